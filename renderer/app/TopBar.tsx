/** Pair chooser, rack and connection buttons, language, theme, commands. */
import { BulbOutlined, GlobalOutlined, PoweroffOutlined, SearchOutlined } from '@ant-design/icons';
import { Button, Dropdown, Popconfirm, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import { RACK_PAIR_ID } from '../../electron/common/contract/console.ts';
import { LANGUAGES } from '../locales/index.ts';
import { connectPair, disconnectPair } from '../stores/connect.ts';
import { link } from '../stores/link.ts';
import { attempt } from '../stores/notices.ts';
import { selectPair, usePairs } from '../stores/pairs.ts';
import { useRackFlow } from '../stores/rackFlow.ts';
import { changeSettings, languageOf, useSettings } from '../stores/settings.ts';
import { showPane, useUi } from '../stores/ui.ts';
import { launchRack } from './launch.ts';

const MANAGE = '\u0000manage';

function PairChooser(): React.JSX.Element {
  const { t } = useTranslation();
  const list = usePairs((s) => s.list);
  const rackUp = usePairs((s) => s.rack?.phase === 'up');
  const selectedId = usePairs((s) => s.selectedId);
  const named = list.filter((p) => p.id !== RACK_PAIR_ID).map((p) => ({ value: p.id, label: p.name }));
  const options = [
    ...(rackUp || selectedId === RACK_PAIR_ID ? [{ value: RACK_PAIR_ID, label: t('connect.rackPair') }] : []),
    ...named,
    { value: MANAGE, label: t('top.manage') },
  ];
  return (
    <Select
      className="tb-pair"
      aria-label={t('top.pair')}
      placeholder={t('top.noPair')}
      value={selectedId}
      options={options}
      onChange={(id: string) => {
        if (id === MANAGE) return showPane('connect');
        selectPair(id);
        useUi.setState({ entered: true });
      }}
    />
  );
}

function RackButton(): React.JSX.Element {
  const { t } = useTranslation();
  const phase = usePairs((s) => s.rack?.phase ?? 'down');
  const flowing = useRackFlow((s) => s.phase === 'running');
  const rack = useSettings((s) => s.info?.rack ?? null);
  if (phase === 'up') {
    return (
      <Popconfirm
        title={t('top.rackStop')}
        description={t('top.rackStopAsk')}
        okText={t('top.rackStop')}
        cancelText={t('common.cancel')}
        onConfirm={() => void attempt(() => link.client.rackDown({}))}
      >
        <Button icon={<PoweroffOutlined />} disabled={flowing}>
          {t('top.rackStop')}
        </Button>
      </Popconfirm>
    );
  }
  const busy = phase === 'starting' || phase === 'stopping';
  const label =
    phase === 'starting' ? t('top.rackStarting') : phase === 'stopping' ? t('top.rackStopping') : t('top.rackStart');
  return (
    <Button
      type="primary"
      icon={<PoweroffOutlined />}
      loading={busy}
      disabled={rack === null || !rack.available || flowing}
      title={rack !== null && !rack.available ? rack.reason : undefined}
      onClick={() => launchRack()}
    >
      {label}
    </Button>
  );
}

function ConnectionButton(): React.JSX.Element | null {
  const { t } = useTranslation();
  const selectedId = usePairs((s) => s.selectedId);
  const isIdle = usePairs((s) => s.state?.nodes.every((n) => n.phase === 'idle' || n.phase === 'gave-up') ?? true);
  if (selectedId === null) return null;
  return isIdle ? (
    <Button type="primary" ghost onClick={() => connectPair(selectedId)}>
      {t('top.connect')}
    </Button>
  ) : (
    <Button onClick={() => disconnectPair(selectedId)}>{t('top.disconnect')}</Button>
  );
}

/** `bare`: the first screen has its own buttons for what the bar would offer. */
export function TopBar({ bare }: { readonly bare: boolean }): React.JSX.Element {
  const { t } = useTranslation();
  const language = useSettings(languageOf);
  const theme = useSettings((s) => s.settings?.theme ?? 'system');
  const themes = [
    { key: 'light', label: t('top.themeLight') },
    { key: 'dark', label: t('top.themeDark') },
    { key: 'system', label: t('top.themeSystem') },
  ];
  return (
    <header className="tb-top" role="banner" aria-label={t('top.bar')}>
      <span className="tb-mark" aria-hidden="true">
        <svg viewBox="0 0 32 32" width="20" height="20">
          <path d="M1 12h8l2-5 3 9 2-4h15" className="tb-mark-a" />
          <path d="M1 23h15l2-4 3 8 2-4h8" className="tb-mark-b" />
        </svg>
      </span>
      <h1 className="tb-name">{t('app.name')}</h1>
      <PairChooser />
      {!bare && <ConnectionButton />}
      {!bare && <RackButton />}
      <span className="tb-spacer" />
      <Button
        icon={<SearchOutlined />}
        onClick={() => useUi.setState({ paletteOpen: true })}
        aria-keyshortcuts="Control+K Meta+K"
      >
        {t('top.palette')} <kbd>{'Ctrl K'}</kbd>
      </Button>
      <Dropdown
        trigger={['click']}
        menu={{
          selectable: true,
          selectedKeys: [language],
          items: LANGUAGES.map((l) => ({ key: l.id, label: l.name })),
          onClick: ({ key }) => changeSettings({ language: key as 'en' | 'zh-CN' }),
        }}
      >
        <Button type="text" icon={<GlobalOutlined />} aria-label={t('top.language')}>
          {language === 'zh-CN' ? '中' : 'EN'}
        </Button>
      </Dropdown>
      <Dropdown
        trigger={['click']}
        menu={{
          selectable: true,
          selectedKeys: [theme],
          items: themes,
          onClick: ({ key }) => changeSettings({ theme: key as 'light' | 'dark' | 'system' }),
        }}
      >
        <Button type="text" icon={<BulbOutlined />} aria-label={t('top.theme')} />
      </Dropdown>
    </header>
  );
}
