/** What each line is, and its value: under the cursor when it is on a chart, else now. Click to hide. */
import { useTranslation } from 'react-i18next';
import { paletteOf } from '../../app/palette.ts';
import { millis, seconds } from '../../lib/format.ts';
import { LinkColumn } from '../../lib/sessionData.ts';
import { sessionData } from '../../stores/pairs.ts';
import { themeOf, useSettings } from '../../stores/settings.ts';
import { GAP_MS, type Line } from './frame.ts';
import { lineColour, type StripKind } from './strip.ts';

export type CursorValues = Readonly<Record<StripKind, ReadonlyMap<string, number | null> | null>>;

interface Props {
  readonly lines: readonly Line[];
  readonly hidden: ReadonlySet<string>;
  readonly cursor: CursorValues;
  readonly nowMs: number;
  onToggle(key: string): void;
}

function present(line: Line, column: number, nowMs: number): number | null {
  const ring = sessionData.nodes.get(line.receiver)?.links.get(line.link);
  // An old value is not a present one.
  if (ring === undefined || nowMs - ring.newestMs > GAP_MS) return null;
  const value = ring.valueAt(column, ring.length - 1);
  return Number.isNaN(value) ? null : value;
}

export function Legend({ lines, hidden, cursor, nowMs, onToggle }: Props): React.JSX.Element {
  const { t } = useTranslation();
  const palette = paletteOf(useSettings(themeOf));
  return (
    <div className="tb-lines">
      {lines.map((line) => {
        const name = t('monitor.series', { link: line.linkName, from: line.sender, to: line.receiver });
        const margin =
          cursor.margin === null ? present(line, LinkColumn.margin, nowMs) : (cursor.margin.get(line.key) ?? null);
        const latency =
          cursor.latency === null ? present(line, LinkColumn.rtt, nowMs) : (cursor.latency.get(line.key) ?? null);
        return (
          <button
            key={line.key}
            type="button"
            className="tb-line"
            aria-pressed={!hidden.has(line.key)}
            title={t('monitor.toggle', { name })}
            onClick={() => onToggle(line.key)}
          >
            <svg width="20" height="8" aria-hidden="true">
              <path
                d="M0 4h20"
                stroke={lineColour(palette, line)}
                strokeWidth="2"
                strokeDasharray={line.dashed ? '5 3' : undefined}
              />
            </svg>
            <span className="tb-line-name">{name}</span>
            <span className="tb-line-value">{seconds(margin)}</span>
            <span className="tb-line-value">{millis(latency)}</span>
          </button>
        );
      })}
    </div>
  );
}
