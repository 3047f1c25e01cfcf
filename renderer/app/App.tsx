/** Theme, language and antd around the shell. */
import { App as AntApp, ConfigProvider, theme as antTheme } from 'antd';
import enUS from 'antd/es/locale/en_US';
import zhCN from 'antd/es/locale/zh_CN';
import i18next from 'i18next';
import { useEffect, useMemo } from 'react';
import { languageOf, themeOf, useSettings } from '../stores/settings.ts';
import { FONT_FAMILY } from './fonts.ts';
import { Notices } from './Notices.tsx';
import { cssVariables, type Palette, paletteOf, type ThemeName } from './palette.ts';
import { Shell } from './Shell.tsx';

const reducedMotion = window.matchMedia('(prefers-reduced-motion: reduce)');

function antdTheme(name: ThemeName, palette: Palette): Parameters<typeof ConfigProvider>[0]['theme'] {
  return {
    algorithm: [name === 'dark' ? antTheme.darkAlgorithm : antTheme.defaultAlgorithm, antTheme.compactAlgorithm],
    token: {
      colorPrimary: palette.accent,
      colorLink: palette.accent,
      colorBgBase: palette.panel,
      colorBgContainer: palette.panel,
      colorBgElevated: name === 'dark' ? palette.raised : palette.panel,
      colorTextBase: palette.text,
      colorTextSecondary: palette.muted,
      colorTextTertiary: palette.muted,
      colorTextPlaceholder: palette.muted,
      colorBorder: palette.border,
      colorError: palette.bad,
      colorWarning: palette.warn,
      colorSuccess: palette.ok,
      colorInfo: palette.accent,
      colorWarningBg: palette.warnSoft,
      colorErrorBg: palette.badSoft,
      colorSuccessBg: palette.okSoft,
      colorInfoBg: palette.raised,
      colorWarningBorder: palette.warn,
      colorErrorBorder: palette.bad,
      colorInfoBorder: palette.border,
      borderRadius: 4,
      fontFamily: FONT_FAMILY,
      // The compact algorithm takes two pixels off.
      fontSize: 14,
      motion: !reducedMotion.matches,
    },
    components: {
      Button: { primaryShadow: 'none', defaultShadow: 'none', dangerShadow: 'none', primaryColor: palette.onAccent },
    },
  };
}

export function App(): React.JSX.Element {
  const theme = useSettings(themeOf);
  const language = useSettings(languageOf);
  const palette = paletteOf(theme);
  const antd = useMemo(() => antdTheme(theme, palette), [theme, palette]);

  useEffect(() => {
    const { style, dataset } = document.documentElement;
    dataset['theme'] = theme;
    style.colorScheme = theme;
    for (const [name, value] of Object.entries(cssVariables(palette))) style.setProperty(name, value);
  }, [theme, palette]);

  useEffect(() => {
    document.documentElement.lang = language;
    void i18next.changeLanguage(language);
  }, [language]);

  return (
    <ConfigProvider theme={antd ?? {}} locale={language === 'zh-CN' ? zhCN : enUS} button={{ autoInsertSpace: false }}>
      <AntApp className="tb-app" component="div">
        <Notices />
        <Shell />
      </AntApp>
    </ConfigProvider>
  );
}
