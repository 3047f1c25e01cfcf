/** The time line under the charts: node states, holders, the client, events; on the charts' own axis. */
import type { Palette } from '../../app/palette.ts';
import { FONT_FAMILY } from '../../app/fonts.ts';
import { clock } from '../../lib/format.ts';
import { columnSegments, type Holding, holderSegments, type Segment } from '../../lib/lanes.ts';
import { NODE_STATUSES, NodeColumn, ProbeColumn } from '../../lib/sessionData.ts';
import { axisTicks, type Frame, GUTTER_PX, RIGHT_PX } from './frame.ts';
import { shortName } from '../../../electron/common/words/nodeNames.ts';

export const LANE_HEIGHT_PX = 19;
export const AXIS_HEIGHT_PX = 18;

export interface LaneTexts {
  readonly status: Readonly<Record<(typeof NODE_STATUSES)[number], string>>;
  readonly vip: (address: string) => string;
  readonly client: string;
  readonly events: string;
  readonly nobody: string;
  readonly dual: string;
  readonly noAnswer: string;
  readonly unnamed: string;
}

interface Block {
  readonly fromMs: number;
  readonly toMs: number;
  readonly fill: string;
  readonly ink: string;
  readonly text: string;
  /** Drawn with stripes: true as far as it goes, but the other side is not heard. */
  readonly striped?: boolean;
}

export interface Lane {
  readonly name: string;
  /** Where nothing is known the lane is hatched; not so for events, where nothing is nothing. */
  readonly hatched: boolean;
  readonly blocks: readonly Block[];
}

function statusBlocks(segments: readonly Segment<number>[], palette: Palette, texts: LaneTexts): Block[] {
  const look = {
    init: [palette.unknownSoft, palette.unknown],
    up: [palette.warnSoft, palette.warn],
    active: [palette.okSoft, palette.ok],
    dead: [palette.badSoft, palette.bad],
  } as const;
  return segments.flatMap((s): Block[] => {
    const status = NODE_STATUSES[s.value];
    if (status === undefined) return [];
    const [fill, ink] = look[status];
    return [{ fromMs: s.fromMs, toMs: s.toMs, fill, ink, text: texts.status[status] }];
  });
}

function holderBlocks(segments: readonly Segment<Holding>[], frame: Frame, texts: LaneTexts): Block[] {
  const { palette, nodes } = frame;
  return segments.flatMap((s): Block[] => {
    const span = { fromMs: s.fromMs, toMs: s.toMs };
    if (s.value === 'dual') return [{ ...span, fill: palette.alarm, ink: palette.onAlarm, text: texts.dual }];
    if (s.value === 'none') return [{ ...span, fill: palette.badSoft, ink: palette.bad, text: texts.nobody }];
    if (s.value === 'unknown') return [];
    const isA = s.value === 'a' || s.value === 'a-alone';
    const striped = s.value.endsWith('alone');
    return [
      {
        ...span,
        fill: isA ? palette.nodeA : palette.nodeB,
        ink: palette.panel,
        text: shortName(isA ? nodes[0] : nodes[1], nodes),
        striped,
      },
    ];
  });
}

function clientBlocks(segments: readonly Segment<number>[], frame: Frame, texts: LaneTexts): Block[] {
  const { palette, nodes, data } = frame;
  return segments.map((s): Block => {
    const span = { fromMs: s.fromMs, toMs: s.toMs };
    if (s.value < 0) return { ...span, fill: palette.alarm, ink: palette.onAlarm, text: texts.noAnswer };
    const name = data.answerers[s.value - 1];
    const fill = name === nodes[0] ? palette.nodeA : name === nodes[1] ? palette.nodeB : palette.muted;
    return { ...span, fill, ink: palette.panel, text: name === undefined ? texts.unnamed : shortName(name, nodes) };
  });
}

/** All lanes of a frame, top to bottom. The last one is the events' own. */
export function buildLanes(frame: Frame, texts: LaneTexts): Lane[] {
  const { data, nodes, range, gapMs, palette, nowMs } = frame;
  const of = (node: string, column: number): Segment<number>[] => {
    const ring = data.nodes.get(node)?.samples;
    return ring === undefined ? [] : columnSegments(ring, column, range, gapMs, data.gapsOf(node, nowMs));
  };
  const statusLanes = nodes.map((node): Lane => ({
    name: shortName(node, nodes),
    hatched: true,
    blocks: statusBlocks(of(node, NodeColumn.status), palette, texts),
  }));
  const held = nodes.map((node) => of(node, NodeColumn.held));
  const vipLanes = data.addresses.map((address, bit): Lane => ({
    name: texts.vip(address),
    hatched: true,
    blocks: holderBlocks(holderSegments(held[0] ?? [], held[1] ?? [], bit), frame, texts),
  }));
  const answers = columnSegments(data.probes, ProbeColumn.answered, range, gapMs);
  return [
    ...statusLanes,
    ...vipLanes,
    { name: texts.client, hatched: true, blocks: clientBlocks(answers, frame, texts) },
    { name: texts.events, hatched: false, blocks: [] },
  ];
}

const hatches = new Map<string, CanvasPattern | null>();

function hatch(ctx: CanvasRenderingContext2D, ground: string, line: string): CanvasPattern | string {
  const key = `${ground} ${line}`;
  let pattern = hatches.get(key);
  if (pattern === undefined) {
    const tile = document.createElement('canvas');
    tile.width = tile.height = 8;
    const pen = tile.getContext('2d');
    if (pen !== null) {
      pen.fillStyle = ground;
      pen.fillRect(0, 0, 8, 8);
      pen.strokeStyle = line;
      pen.lineWidth = 1.4;
      pen.beginPath();
      for (const d of [-8, 0, 8]) {
        pen.moveTo(d, 8);
        pen.lineTo(d + 8, 0);
      }
      pen.stroke();
    }
    pattern = ctx.createPattern(tile, 'repeat');
    hatches.set(key, pattern);
  }
  return pattern ?? ground;
}

export type ToX = (tMs: number) => number;

/** Session time to canvas x and back, as the charts above do it. */
export function timeScale(frame: Pick<Frame, 'range'>, widthPx: number): { toX: ToX; toMs: (x: number) => number } {
  const plotWidth = Math.max(1, widthPx - GUTTER_PX - RIGHT_PX);
  const { fromMs, toMs } = frame.range;
  return {
    toX: (tMs) => GUTTER_PX + ((tMs - fromMs) / (toMs - fromMs)) * plotWidth,
    toMs: (x) => fromMs + ((x - GUTTER_PX) / plotWidth) * (toMs - fromMs),
  };
}

function drawBlock(ctx: CanvasRenderingContext2D, block: Block, toX: ToX, top: number, palette: Palette): void {
  const x = Math.max(GUTTER_PX, toX(block.fromMs));
  // One pixel at least: a single lost probe is exactly what must not vanish.
  const width = Math.max(1, toX(block.toMs) - x);
  ctx.fillStyle = block.striped === true ? hatch(ctx, block.fill, palette.panel) : block.fill;
  ctx.fillRect(x, top + 2, width, LANE_HEIGHT_PX - 4);
  const needed = ctx.measureText(block.text).width + 10;
  if (width < needed) return;
  if (block.striped === true) {
    ctx.fillStyle = block.fill;
    ctx.fillRect(x, top + 2, needed, LANE_HEIGHT_PX - 4);
  }
  ctx.fillStyle = block.ink;
  ctx.fillText(block.text, x + 5, top + LANE_HEIGHT_PX / 2 + 0.5);
}

function drawEvents(ctx: CanvasRenderingContext2D, frame: Frame, toX: ToX, top: number): void {
  const { palette, data, range } = frame;
  const colours = {
    debug: palette.border,
    info: palette.muted,
    warn: palette.warn,
    error: palette.bad,
    crit: palette.bad,
  };
  for (const { tMs, event } of data.events) {
    if (tMs < range.fromMs || tMs > range.toMs) continue;
    const x = Math.round(toX(tMs));
    ctx.fillStyle = colours[event.severity];
    ctx.beginPath();
    ctx.moveTo(x, top + 4);
    ctx.lineTo(x + 4, top + LANE_HEIGHT_PX / 2);
    ctx.lineTo(x, top + LANE_HEIGHT_PX - 4);
    ctx.lineTo(x - 4, top + LANE_HEIGHT_PX / 2);
    ctx.fill();
  }
}

function drawAxis(ctx: CanvasRenderingContext2D, frame: Frame, toX: ToX, top: number, widthPx: number): void {
  if (frame.wallStartMs === null) return;
  ctx.fillStyle = frame.palette.muted;
  ctx.textAlign = 'center';
  for (const { tMs, decimals } of axisTicks(frame.range, frame.wallStartMs, widthPx - GUTTER_PX - RIGHT_PX)) {
    const x = toX(tMs);
    if (x > widthPx - 26 || x < GUTTER_PX + 20) continue;
    ctx.fillText(clock(frame.wallStartMs + tMs, decimals), x, top + AXIS_HEIGHT_PX / 2);
  }
  ctx.textAlign = 'left';
}

/** The text, cut with an ellipsis where it is too long. */
function fitted(ctx: CanvasRenderingContext2D, text: string, widthPx: number): string {
  if (ctx.measureText(text).width <= widthPx) return text;
  let end = text.length - 1;
  while (end > 1 && ctx.measureText(`${text.slice(0, end)}…`).width > widthPx) end -= 1;
  return `${text.slice(0, end)}…`;
}

/** Draws everything; the context is already scaled to CSS pixels. */
export function drawLanes(ctx: CanvasRenderingContext2D, frame: Frame, texts: LaneTexts, widthPx: number): void {
  const { palette } = frame;
  const { toX } = timeScale(frame, widthPx);
  const lanes = buildLanes(frame, texts);
  ctx.clearRect(0, 0, widthPx, lanes.length * LANE_HEIGHT_PX + AXIS_HEIGHT_PX);
  ctx.font = `11px ${FONT_FAMILY}`;
  ctx.textBaseline = 'middle';
  lanes.forEach((lane, i) => {
    const top = i * LANE_HEIGHT_PX;
    ctx.fillStyle = palette.muted;
    ctx.textAlign = 'right';
    ctx.fillText(fitted(ctx, lane.name, GUTTER_PX - 10), GUTTER_PX - 6, top + LANE_HEIGHT_PX / 2 + 0.5);
    ctx.textAlign = 'left';
    ctx.save();
    ctx.beginPath();
    ctx.rect(GUTTER_PX, top, widthPx - GUTTER_PX - RIGHT_PX, LANE_HEIGHT_PX);
    ctx.clip();
    if (lane.hatched) {
      ctx.fillStyle = hatch(ctx, palette.panel, palette.border);
      ctx.fillRect(GUTTER_PX, top + 2, widthPx, LANE_HEIGHT_PX - 4);
    }
    for (const block of lane.blocks) drawBlock(ctx, block, toX, top, palette);
    if (i === lanes.length - 1) drawEvents(ctx, frame, toX, top);
    ctx.restore();
  });
  drawAxis(ctx, frame, toX, lanes.length * LANE_HEIGHT_PX, widthPx);
}
