/** One chart in the page: makes it, feeds it, remakes it when its lines, size, theme or words change. */
import { useEffect, useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { paletteOf } from '../../app/palette.ts';
import { themeOf, useSettings } from '../../stores/settings.ts';
import { useSize } from '../../ui/useSize.ts';
import type { Line } from './frame.ts';
import { createStrip, type Strip, type StripKind } from './strip.ts';
import { useFrames } from './useFrames.ts';
import type { Viewport } from './viewport.ts';

interface Props {
  readonly kind: StripKind;
  readonly lines: readonly Line[];
  readonly hasProbe: boolean;
  readonly hidden: ReadonlySet<string>;
  readonly viewport: Viewport;
  /** Values under the cursor by line key, or null when the cursor is elsewhere. */
  readonly onValues: (kind: StripKind, values: ReadonlyMap<string, number | null> | null) => void;
}

export function StripView({ kind, lines, hasProbe, hidden, viewport, onValues }: Props): React.JSX.Element {
  const { t } = useTranslation();
  const theme = useSettings(themeOf);
  const [host, size] = useSize<HTMLDivElement>();
  const strip = useRef<Strip | null>(null);
  const keys = lines.map((l) => l.key).join('\n');
  const texts = useMemo(() => ({ warntime: t('monitor.warntime'), deadtime: t('monitor.deadtime') }), [t]);
  const tell = useRef(onValues);
  useEffect(() => {
    tell.current = onValues;
  });

  useEffect(() => {
    const element = host.current;
    if (element === null || size.width < 50 || size.height < 30) return;
    const made = createStrip(element, {
      kind,
      lines,
      hasProbe,
      palette: paletteOf(theme),
      texts,
      size,
      onSelect: (range) => viewport.select(range),
      onCursor: () => {
        const isOver = (made.plot.cursor.left ?? -1) >= 0;
        const names = [...lines.map((l) => l.key), ...(hasProbe ? ['probe'] : [])];
        tell.current(kind, isOver ? new Map(names.map((name, i) => [name, made.valueAtCursor(i)])) : null);
      },
    });
    strip.current = made;
    return () => {
      strip.current = null;
      made.destroy();
    };
    // `keys` stands for `lines`, which is a new array with every state.
  }, [keys, hasProbe, theme, texts, size, kind, viewport]);

  useFrames(host, viewport, (frame) => strip.current?.draw(frame, hidden));
  return (
    <div className="tb-strip" data-kind={kind}>
      <span className="tb-strip-name">{t(`monitor.${kind}`)}</span>
      <div className="tb-strip-host" ref={host} role="img" aria-label={t(`monitor.${kind}`)} />
    </div>
  );
}
