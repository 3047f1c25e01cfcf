/** Where margins and latencies lie: a small bar chart and its order statistics, twice a second at most. */
import { Segmented, Select } from 'antd';
import { useEffect, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { Bar, BarChart, CartesianGrid, XAxis, YAxis } from 'recharts';
import { paletteOf } from '../../app/palette.ts';
import { duration, millis, seconds } from '../../lib/format.ts';
import { type Bin, histogram, type Summary, summarise, valuesBetween } from '../../lib/histogram.ts';
import { LinkColumn } from '../../lib/sessionData.ts';
import { sessionData, usePairs } from '../../stores/pairs.ts';
import { themeOf, useSettings } from '../../stores/settings.ts';
import { type Line, lineLabel, linesOf } from './frame.ts';
import { useSize } from '../../ui/useSize.ts';
import { lineColour, type StripKind } from './strip.ts';
import { sessionNowMs } from './useFrames.ts';

const REFRESH_MS = 1000;
const BIN_COUNT = 30;
const SPANS_MS = [30_000, 60_000, 300_000, 900_000];

interface Result {
  readonly lines: readonly Line[];
  readonly bins: readonly Bin[];
  readonly rows: readonly (Summary | null)[];
}

function compute(kind: StripKind, spanMs: number): Result {
  const { state } = usePairs.getState();
  const nowMs = sessionNowMs();
  if (state === null || Number.isNaN(nowMs)) return { lines: [], bins: [], rows: [] };
  const lines = linesOf(sessionData, state);
  // Of the margin the smallest value since the last sample counts: the close calls are the point.
  const column = kind === 'margin' ? LinkColumn.marginMin : LinkColumn.rtt;
  const values = lines.map((line) => {
    const ring = sessionData.nodes.get(line.receiver)?.links.get(line.link);
    return ring === undefined ? [] : valuesBetween(ring, column, nowMs - spanMs, nowMs);
  });
  return { lines, bins: histogram(values, BIN_COUNT), rows: values.map(summarise) };
}

/** The result, refreshed slowly and only while the pane can be seen. */
function useResult(host: React.RefObject<HTMLElement | null>, kind: StripKind, spanMs: number): Result {
  const [result, setResult] = useState<Result>({ lines: [], bins: [], rows: [] });
  useEffect(() => {
    const refresh = (): void => {
      if (host.current !== null && host.current.offsetParent !== null) setResult(compute(kind, spanMs));
    };
    refresh();
    const timer = setInterval(refresh, REFRESH_MS);
    return () => clearInterval(timer);
  }, [host, kind, spanMs]);
  return result;
}

function Rows({ result, kind }: { readonly result: Result; readonly kind: StripKind }): React.JSX.Element {
  const { t } = useTranslation();
  const palette = paletteOf(useSettings(themeOf));
  const text = (ms: number | undefined): string => (kind === 'margin' ? seconds(ms ?? null) : millis(ms ?? null));
  return (
    <table className="tb-table">
      <thead>
        <tr>
          <th>{t('distribution.line')}</th>
          <th>{t('distribution.count')}</th>
          <th>{t('distribution.worst')}</th>
          <th>{t('distribution.median')}</th>
          <th>{t('distribution.p99')}</th>
          <th>{t('distribution.max')}</th>
        </tr>
      </thead>
      <tbody>
        {result.lines.map((line, i) => {
          const row = result.rows[i];
          return (
            <tr key={line.key}>
              <td>
                <i className="tb-swatch" style={{ background: lineColour(palette, line) }} data-dashed={line.dashed} />
                {lineLabel(line, t)}
              </td>
              <td>{row?.count ?? 0}</td>
              <td>{text(row?.min)}</td>
              <td>{text(row?.median)}</td>
              <td>{text(row?.p99)}</td>
              <td>{text(row?.max)}</td>
            </tr>
          );
        })}
      </tbody>
    </table>
  );
}

function Bars({ result, kind }: { readonly result: Result; readonly kind: StripKind }): React.JSX.Element {
  const palette = paletteOf(useSettings(themeOf));
  const rows = result.bins.map((bin) => ({
    name: kind === 'margin' ? (bin.fromMs / 1000).toFixed(2) : bin.fromMs.toFixed(bin.fromMs < 10 ? 2 : 0),
    ...Object.fromEntries(bin.counts.map((count, i) => [`s${i}`, count])),
  }));
  const [host, size] = useSize<HTMLDivElement>();
  const tick = { fill: palette.muted, fontSize: 11 };
  return (
    <div className="tb-bars" ref={host}>
      {size.width > 0 && size.height > 0 && (
        <BarChart
          width={size.width}
          height={size.height}
          data={rows}
          margin={{ top: 8, right: 12, bottom: 4, left: 0 }}
          barCategoryGap={1}
        >
          <CartesianGrid stroke={palette.grid} vertical={false} />
          <XAxis
            dataKey="name"
            tick={tick}
            stroke={palette.border}
            unit={kind === 'margin' ? ' s' : ' ms'}
            minTickGap={24}
          />
          <YAxis tick={tick} stroke={palette.border} width={44} allowDecimals={false} />
          {result.lines.map((line, i) => (
            <Bar
              key={line.key}
              dataKey={`s${i}`}
              stackId="all"
              fill={lineColour(palette, line)}
              fillOpacity={line.dashed ? 0.55 : 1}
              isAnimationActive={false}
            />
          ))}
        </BarChart>
      )}
    </div>
  );
}

export function Distribution(): React.JSX.Element {
  const { t } = useTranslation();
  const [kind, setKind] = useState<StripKind>('margin');
  const [spanMs, setSpanMs] = useState(60_000);
  const host = useRef<HTMLElement>(null);
  const result = useResult(host, kind, spanMs);
  const kinds = (['margin', 'latency'] as const).map((value) => ({ value, label: t(`distribution.${value}`) }));
  return (
    <section className="tb-pane tb-distribution" ref={host} aria-label={t('distribution.region')}>
      <div className="tb-tools">
        <Segmented size="small" value={kind} options={kinds} onChange={(value) => setKind(value)} />
        <Select
          size="small"
          style={{ width: 130 }}
          aria-label={t('monitor.span')}
          value={spanMs}
          options={SPANS_MS.map((ms) => ({ value: ms, label: t('distribution.over', { time: duration(ms) }) }))}
          onChange={setSpanMs}
        />
      </div>
      {result.bins.length === 0 ? (
        <div className="tb-empty">{t('distribution.empty')}</div>
      ) : (
        <>
          <Bars result={result} kind={kind} />
          <Rows result={result} kind={kind} />
        </>
      )}
    </section>
  );
}
