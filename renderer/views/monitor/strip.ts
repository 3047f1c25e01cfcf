/** The canvas charts: margin and latency. uPlot does the drawing; this says what and how. */
import uPlot from 'uplot';
import type { Palette } from '../../app/palette.ts';
import { FONT_FAMILY } from '../../app/fonts.ts';
import { type BucketGrid, decimate, gridTimes, type PlotValue } from '../../lib/decimate.ts';
import { isLandmark } from '../../lib/eventText.ts';
import { LinkColumn, ProbeColumn } from '../../lib/sessionData.ts';
import { axisTicks, type Frame, GUTTER_PX, type Line, RIGHT_PX } from './frame.ts';
import type { TimeRange } from './viewport.ts';

export type StripKind = 'margin' | 'latency';

/** Words that a chart draws itself. */
export interface StripTexts {
  readonly warntime: string;
  readonly deadtime: string;
}

/** Latencies below this cannot be told from it on the logarithmic scale, milliseconds. */
const LATENCY_MS_MIN = 0.05;
/** Least height of a label of an axis. */
const LABEL_SPACE_PX = 16;
/** A drag shorter than this is a click. */
const SELECT_PX_MIN = 4;
const SYNC_KEY = 'twinbeat-monitor';

export interface Strip {
  readonly plot: uPlot;
  draw(frame: Frame, hidden: ReadonlySet<string>): void;
  /** Value of the line under the cursor; null: no cursor, or nothing known there. */
  valueAtCursor(index: number): number | null;
  destroy(): void;
}

interface StripOptions {
  readonly kind: StripKind;
  readonly lines: readonly Line[];
  readonly hasProbe: boolean;
  readonly palette: Palette;
  readonly texts: StripTexts;
  readonly size: { readonly width: number; readonly height: number };
  readonly onSelect: (range: TimeRange) => void;
  readonly onCursor: () => void;
}

const ratio = (): number => window.devicePixelRatio || 1;

export function lineColour(palette: Palette, line: Line): string {
  return palette.series[line.colourIndex % palette.series.length] ?? palette.text;
}

interface Threshold {
  readonly value: number;
  readonly text: string;
  readonly colour: string;
  readonly dash: number[];
}

function drawThreshold(u: uPlot, { value, text, colour, dash }: Threshold, ground: string): void {
  const { ctx, bbox } = u;
  const y = u.valToPos(value, 'y', true);
  if (y < bbox.top || y > bbox.top + bbox.height) return;
  ctx.save();
  ctx.strokeStyle = colour;
  ctx.fillStyle = colour;
  ctx.lineWidth = ratio();
  ctx.setLineDash(dash.map((d) => d * ratio()));
  ctx.beginPath();
  ctx.moveTo(bbox.left, y);
  ctx.lineTo(bbox.left + bbox.width, y);
  ctx.stroke();
  ctx.font = `${10.5 * ratio()}px ${FONT_FAMILY}`;
  ctx.textAlign = 'left';
  ctx.textBaseline = 'bottom';
  // A halo in the ground's colour keeps the word readable on a line that runs through it.
  ctx.setLineDash([]);
  ctx.strokeStyle = ground;
  ctx.lineWidth = 4 * ratio();
  ctx.lineJoin = 'round';
  ctx.strokeText(text, bbox.left + 4 * ratio(), y - 1.5 * ratio());
  ctx.fillText(text, bbox.left + 4 * ratio(), y - 1.5 * ratio());
  ctx.restore();
}

function drawLandmarks(u: uPlot, frame: Frame): void {
  const { ctx, bbox } = u;
  ctx.save();
  ctx.lineWidth = ratio();
  ctx.setLineDash([2 * ratio(), 3 * ratio()]);
  for (const { tMs, event } of frame.data.events) {
    if (tMs < frame.range.fromMs || tMs > frame.range.toMs || !isLandmark(event)) continue;
    const x = u.valToPos(tMs / 1000, 'x', true);
    ctx.strokeStyle = event.severity === 'info' ? frame.palette.muted : frame.palette.warn;
    ctx.beginPath();
    ctx.moveTo(x, bbox.top);
    ctx.lineTo(x, bbox.top + bbox.height);
    ctx.stroke();
  }
  ctx.restore();
}

function seriesOptions(options: StripOptions): uPlot.Series[] {
  const own = options.lines.map((line): uPlot.Series => ({
    stroke: lineColour(options.palette, line),
    width: 1.5,
    ...(line.dashed ? { dash: [5, 3] } : {}),
    points: { show: false },
    spanGaps: false,
  }));
  const probe: uPlot.Series = { stroke: options.palette.muted, width: 1, points: { show: false }, spanGaps: false };
  return [{}, ...own, ...(options.hasProbe ? [probe] : [])];
}

function axes({ palette, kind }: StripOptions, frame: () => Frame | null): uPlot.Axis[] {
  const grid = { stroke: palette.grid, width: 1 };
  const splits = (u: uPlot): number[] => {
    const f = frame();
    return f === null ? [] : axisTicks(f.range, f.wallStartMs ?? 0, u.over.clientWidth).map((tick) => tick.tMs / 1000);
  };
  const format = (_u: uPlot, values: (number | null)[]): string[] =>
    values.map((v) => {
      if (v === null) return '';
      if (kind === 'margin') return `${v < 0 ? '−' : ''}${Number(Math.abs(v / 1000).toFixed(2))} s`;
      return v >= 1000 ? `${v / 1000} s` : `${v} ms`;
    });
  const decades = (_u: uPlot, _axis: number, min: number, max: number): number[] =>
    [0.01, 0.1, 1, 10, 100, 1000, 10_000].filter((v) => v >= min * 0.999 && v <= max * 1.001);
  // uPlot's own filter for logarithmic axes would leave two labels of five.
  const thinned = (u: uPlot, values: number[]): (number | null)[] => {
    const every = Math.max(1, Math.ceil((values.length * LABEL_SPACE_PX) / Math.max(1, u.over.clientHeight)));
    return values.map((v, i) => (i % every === 0 ? v : null));
  };
  return [
    { splits, values: () => [], size: 0, grid, ticks: { show: false } },
    {
      size: GUTTER_PX,
      stroke: palette.muted,
      font: `11px ${FONT_FAMILY}`,
      grid,
      ticks: { show: false },
      gap: 6,
      values: format,
      ...(kind === 'latency' ? { splits: decades, filter: thinned } : { space: 20 }),
    },
  ];
}

function marginRange(frame: Frame | null, lowest: number): [number, number] {
  const dead = frame?.timing?.deadtimeMs ?? 3000;
  // A little below zero always: the moment of death must not sit on the frame.
  return [Math.max(-2 * dead, Math.min(-0.12 * dead, lowest * 1.05)), dead * 1.06];
}

function latencyRange(values: readonly PlotValue[][]): [number, number] {
  let max = 1;
  let min = Infinity;
  for (const series of values) {
    for (const v of series) {
      if (v === null || v === undefined) continue;
      if (v > max) max = v;
      if (v < min) min = v;
    }
  }
  const low = 10 ** Math.floor(Math.log10(Math.max(LATENCY_MS_MIN, Number.isFinite(min) ? min : 0.1)));
  return [low, max * 1.6];
}

function valuesOf(options: StripOptions, frame: Frame, grid: BucketGrid, hidden: ReadonlySet<string>): PlotValue[][] {
  const empty = (): PlotValue[] => new Array<PlotValue>(grid.buckets * 2).fill(null);
  const columns =
    options.kind === 'margin'
      ? { low: LinkColumn.marginMin, high: LinkColumn.margin }
      : { low: LinkColumn.rtt, high: LinkColumn.rtt };
  const own = options.lines.map((line) => {
    const ring = frame.data.nodes.get(line.receiver)?.links.get(line.link);
    if (ring === undefined || hidden.has(line.key)) return empty();
    return decimate(ring, columns, grid, frame.gapMs, frame.data.gapsOf(line.receiver, frame.nowMs));
  });
  if (!options.hasProbe) return own;
  const probe = decimate(frame.data.probes, { low: ProbeColumn.latency, high: ProbeColumn.latency }, grid, frame.gapMs);
  return [...own, hidden.has('probe') ? empty() : probe];
}

function hooksOf(options: StripOptions, frame: () => Frame | null): uPlot.Hooks.Arrays {
  const { texts, palette } = options;
  const onDraw = (u: uPlot): void => {
    const shown = frame();
    if (shown === null) return;
    drawLandmarks(u, shown);
    if (options.kind !== 'margin' || shown.timing === null) return;
    const { deadtimeMs, warntimeMs } = shown.timing;
    const warn = { value: deadtimeMs - warntimeMs, text: texts.warntime, colour: palette.warn, dash: [4, 4] };
    drawThreshold(u, warn, palette.panel);
    drawThreshold(u, { value: 0, text: texts.deadtime, colour: palette.bad, dash: [] }, palette.panel);
  };
  const onSelect = (u: uPlot): void => {
    if (u.select.width < SELECT_PX_MIN) return;
    const fromMs = u.posToVal(u.select.left, 'x') * 1000;
    const toMs = u.posToVal(u.select.left + u.select.width, 'x') * 1000;
    u.setSelect({ left: 0, top: 0, width: 0, height: 0 }, false);
    options.onSelect({ fromMs, toMs });
  };
  return { draw: [onDraw], setSelect: [onSelect], setCursor: [() => options.onCursor()] };
}

function lowestOf(values: readonly PlotValue[][]): number {
  let low = 0;
  for (const series of values) for (const v of series) if (typeof v === 'number' && v < low) low = v;
  return low;
}

/** Makes a chart in its host; `draw` gives it its data and ranges, nothing else does. */
export function createStrip(host: HTMLElement, options: StripOptions): Strip {
  let frame: Frame | null = null;
  const plot = new uPlot(
    {
      ...options.size,
      padding: [6, RIGHT_PX, 4, 0],
      legend: { show: false },
      // Ranges come from the frame: uPlot's own ideas about "nice" ones would make the picture jump.
      scales: { x: { time: false }, y: options.kind === 'latency' ? { distr: 3 } : {} },
      series: seriesOptions(options),
      axes: axes(options, () => frame),
      cursor: {
        sync: { key: SYNC_KEY },
        drag: { x: true, y: false, setScale: false },
        points: { show: false },
        y: false,
      },
      hooks: hooksOf(options, () => frame),
    },
    [[], ...options.lines.map(() => []), ...(options.hasProbe ? [[]] : [])],
    host,
  );
  return {
    plot,
    draw: (next, hidden) => {
      frame = next;
      const buckets = Math.max(20, Math.round(plot.over.clientWidth / 2));
      const grid: BucketGrid = { ...next.range, buckets };
      const values = valuesOf(options, next, grid, hidden);
      const [min, max] = options.kind === 'margin' ? marginRange(next, lowestOf(values)) : latencyRange(values);
      plot.batch(() => {
        plot.setData([gridTimes(grid), ...values] as uPlot.AlignedData, false);
        plot.setScale('x', { min: next.range.fromMs / 1000, max: next.range.toMs / 1000 });
        plot.setScale('y', { min, max });
      });
    },
    valueAtCursor: (index) => {
      const at = plot.cursor.idx;
      const series = plot.data[index + 1];
      if (at === null || at === undefined || series === undefined || (plot.cursor.left ?? -1) < 0) return null;
      // The grid has empty places between samples: the newest value at or before the cursor counts, unless the line is broken there.
      for (let i = at; i >= 0; i--) {
        const value = series[i];
        if (value === null) return null;
        if (value !== undefined) return value;
      }
      return null;
    },
    destroy: () => plot.destroy(),
  };
}
