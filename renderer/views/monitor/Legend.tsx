/** What each line is, and its value: under the cursor when it is on a chart, else now. Click to hide. */
import { useTranslation } from 'react-i18next';
import { paletteOf } from '../../app/palette.ts';
import { millis, seconds } from '../../lib/format.ts';
import { LinkColumn, ProbeColumn } from '../../lib/sessionData.ts';
import { sessionData } from '../../stores/pairs.ts';
import { themeOf, useSettings } from '../../stores/settings.ts';
import { GAP_MS, type Line, lineLabel } from './frame.ts';
import { lineColour, type StripKind } from './strip.ts';

export type CursorValues = Readonly<Record<StripKind, ReadonlyMap<string, number | null> | null>>;

interface Props {
  readonly lines: readonly Line[];
  readonly hidden: ReadonlySet<string>;
  readonly cursor: CursorValues;
  readonly nowMs: number;
  readonly onToggle: (key: string) => void;
}

function present(line: Line, column: number, nowMs: number): number | null {
  const ring = sessionData.nodes.get(line.receiver)?.links.get(line.link);
  // An old value is not a present one.
  if (ring === undefined || nowMs - ring.newestMs > GAP_MS) return null;
  const value = ring.valueAt(column, ring.length - 1);
  return Number.isNaN(value) ? null : value;
}

interface EntryProps {
  readonly name: string;
  readonly colour: string;
  readonly dashed: boolean;
  readonly shown: boolean;
  readonly margin: string;
  readonly latency: string;
  readonly onToggle: () => void;
}

function Entry({ name, colour, dashed, shown, margin, latency, onToggle }: EntryProps): React.JSX.Element {
  const { t } = useTranslation();
  return (
    <button
      type="button"
      className="tb-line"
      aria-pressed={shown}
      title={t('monitor.toggle', { name })}
      onClick={onToggle}
    >
      <svg width="20" height="8" aria-hidden="true">
        <path d="M0 4h20" stroke={colour} strokeWidth="2" strokeDasharray={dashed ? '5 3' : undefined} />
      </svg>
      <span className="tb-line-name">{name}</span>
      <span className="tb-line-value">{margin}</span>
      <span className="tb-line-value">{latency}</span>
    </button>
  );
}

function probeNow(nowMs: number): number | null {
  const { probes } = sessionData;
  const value = probes.valueAt(ProbeColumn.latency, probes.length - 1);
  return nowMs - probes.newestMs > GAP_MS || Number.isNaN(value) ? null : value;
}

export function Legend({ lines, hidden, cursor, nowMs, onToggle }: Props): React.JSX.Element {
  const { t } = useTranslation();
  const palette = paletteOf(useSettings(themeOf));
  const at = (kind: StripKind, key: string, now: () => number | null): number | null => {
    const values = cursor[kind];
    return values === null ? now() : (values.get(key) ?? null);
  };
  return (
    <div className="tb-lines">
      {lines.map((line) => (
        <Entry
          key={line.key}
          name={lineLabel(line, t)}
          colour={lineColour(palette, line)}
          dashed={line.dashed}
          shown={!hidden.has(line.key)}
          margin={seconds(at('margin', line.key, () => present(line, LinkColumn.margin, nowMs)))}
          latency={millis(at('latency', line.key, () => present(line, LinkColumn.rtt, nowMs)))}
          onToggle={() => onToggle(line.key)}
        />
      ))}
      {sessionData.probes.length > 0 && (
        <Entry
          name={t('monitor.probe')}
          colour={palette.muted}
          dashed={false}
          shown={!hidden.has('probe')}
          margin=""
          latency={millis(at('latency', 'probe', () => probeNow(nowMs)))}
          onToggle={() => onToggle('probe')}
        />
      )}
    </div>
  );
}
