/**
 * The timeline as one SVG, for the screen and for a report alike. Colours are the page's own where there is a page, else
 * those of paper; nothing is told by colour alone.
 */
import type { Text } from '../contract/drill.ts';
import { withShortNames } from '../words/nodeNames.ts';
import { unorderedGroups, unorderedPhases } from './order.ts';
import type { Lane, Mark, Phase, Span, Timeline, Tone } from './types.ts';
import { duration, type TimelineWords } from './words.ts';

export interface SvgSize {
  readonly widthPx: number;
  /** Part of the stretch that is shown; missing: all of it. */
  readonly view?: { readonly fromMs: number; readonly toMs: number };
  /** Id of the mark that is in focus; missing: none. */
  readonly focus?: string | null;
}

const LABEL_SHARE = 0.26;
const LABEL_PX_MAX = 220;
const RIGHT_PX = 14;
const ROW_PX = 22;
const BAR_PX = 13;
const HEAD_ROW_PX = 14;
/** Names of phases are in so many rows at most; fewer phases take fewer. */
const HEAD_ROWS_MAX = 6;
const AXIS_PX = 20;
const TOP_PX = 8;
/** Width of a character on average, pixels at the size that is used; wide ones count twice. */
const CHAR_PX = 6;
const TICKS = 8;
/** An error narrower than this on the screen is not drawn, pixels. */
const ERROR_PX_MIN = 2;
/** A group whose order is not known is drawn at least as wide as its marks, pixels. */
const UNORDERED_PX_MIN = 16;

/** The page's palette, with a paper's as fallback. */
const INK = {
  text: 'var(--tb-text,#18202a)',
  muted: 'var(--tb-muted,#55606e)',
  grid: 'var(--tb-border,#cfd6de)',
  panel: 'var(--tb-panel,#ffffff)',
} as const;
const FILL: Readonly<Record<Tone, string>> = {
  good: 'var(--tb-ok,#0d7440)',
  warn: 'var(--tb-warn,#8f5400)',
  bad: 'var(--tb-bad,#b9202c)',
  unknown: 'url(#tb-unknown)',
  fault: 'var(--tb-warn,#8f5400)',
  a: 'var(--tb-node-a,#0b5cad)',
  b: 'var(--tb-node-b,#7a3aa8)',
  plain: 'var(--tb-muted,#55606e)',
};

const XML: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function escaped(words: string): string {
  // Control characters are not allowed in XML at all, and names come from logs.
  return words.replace(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/g, ' ').replace(/[&<>"']/g, (c) => XML[c] ?? c);
}

const n = (value: number): string => String(Math.round(value * 10) / 10);

function widthOf(words: string): number {
  let px = 0;
  for (const c of words) px += (c.codePointAt(0) ?? 0) > 0x2e80 ? 2 * CHAR_PX : CHAR_PX;
  return px;
}

/** As much of the words as fits; empty when hardly anything does. */
function fitted(words: string, px: number): string {
  if (widthOf(words) <= px) return words;
  let used = CHAR_PX;
  let kept = '';
  for (const c of words) {
    used += widthOf(c);
    if (used > px) break;
    kept += c;
  }
  return kept.length < 3 ? '' : `${kept}…`;
}

interface Frame {
  readonly words: TimelineWords;
  readonly fromMs: number;
  readonly toMs: number;
  readonly leftPx: number;
  readonly rightPx: number;
  readonly focus: string | null;
  /** Every mark by its id, for those that name each other. */
  readonly marks: ReadonlyMap<string, Mark>;
  x(tMs: number): number;
  /** As there is room for it: nodes by their short names. */
  brief(words: Text): string;
}

function frameOf(timeline: Timeline, words: TimelineWords, size: SvgSize): Frame {
  const { fromMs, toMs } = size.view ?? timeline;
  const leftPx = Math.min(LABEL_PX_MAX, size.widthPx * LABEL_SHARE);
  const rightPx = Math.max(leftPx + 1, size.widthPx - RIGHT_PX);
  const perMs = (rightPx - leftPx) / Math.max(1, toMs - fromMs);
  const x = (tMs: number): number => leftPx + (tMs - fromMs) * perMs;
  const marks = new Map(timeline.lanes.flatMap((lane) => lane.marks.map((mark) => [mark.id, mark] as const)));
  const brief = (sentence: Text): string => withShortNames(words.of(sentence), timeline.nodes);
  return { words, fromMs, toMs, leftPx, rightPx, focus: size.focus ?? null, marks, x, brief };
}

const textAt = (x: number, y: number, words: string, more = ''): string =>
  words === ''
    ? ''
    : `<text x="${n(x)}" y="${n(y)}"${more === '' ? ` fill="${INK.text}"` : more}>${escaped(words)}</text>`;

function stepMs(spanMs: number): number {
  const rough = spanMs / TICKS;
  const power = 10 ** Math.floor(Math.log10(Math.max(rough, 1)));
  const factor = [1, 2, 5, 10].find((f) => f * power >= rough) ?? 10;
  return factor * power;
}

function axis(frame: Frame, zeroMs: number, topPx: number, bottomPx: number): string {
  const step = stepMs(frame.toMs - frame.fromMs);
  const parts: string[] = [];
  for (let i = Math.ceil((frame.fromMs - zeroMs) / step); zeroMs + i * step <= frame.toMs; i += 1) {
    const x = frame.x(zeroMs + i * step);
    const label =
      i === 0
        ? '0'
        : `${i > 0 ? '+' : '−'}${duration(Math.abs(i * step))
            .replace(/\.00? s$/, ' s')
            .replace('.0 ms', ' ms')}`;
    parts.push(
      `<line x1="${n(x)}" x2="${n(x)}" y1="${n(topPx)}" y2="${n(bottomPx)}" stroke="${INK.grid}" stroke-width="0.6"/>`,
    );
    // A number that is cut off is another number.
    if (x + 3 + widthOf(label) < frame.rightPx + RIGHT_PX)
      parts.push(textAt(x + 3, topPx - 6, label, ` fill="${INK.muted}"`));
  }
  return parts.join('');
}

/** The same for every view of a timeline, so that zooming moves nothing up or down. */
function headRows(phases: readonly Phase[]): number {
  return Math.min(HEAD_ROWS_MAX, phases.filter((phase) => phase.atMs !== null).length);
}

/** Where the lanes begin, pixels from above. */
function lanesTopPx({ phases }: Pick<Timeline, 'phases'>): number {
  return TOP_PX + headRows(phases) * HEAD_ROW_PX + AXIS_PX;
}

/** Phases as lines through all lanes; their names above, in as many rows as it takes for them not to overlap. */
function phaseLines(frame: Frame, phases: readonly Phase[], bottomPx: number): string {
  const unordered = unorderedPhases(phases);
  const rows: number[] = Array.from({ length: headRows(phases) }, () => Number.NEGATIVE_INFINITY);
  return phases
    .flatMap((phase): string[] => {
      const { atMs, errorMs } = phase;
      if (atMs === null || atMs < frame.fromMs || atMs > frame.toMs) return [];
      const x = frame.x(atMs);
      const since =
        phase.id === 'fault' || phase.sinceStartMs === null
          ? ''
          : ` ${phase.id === 'stable' ? '' : '+'}${duration(phase.sinceStartMs)}`;
      const isUnordered = unordered.has(phase.id);
      const label = `${isUnordered ? '≈ ' : ''}${frame.words.phase(phase.id)}${since}`;
      const px = widthOf(label) + 8;
      const flip = x + px > frame.rightPx;
      const start = flip ? x - px : x;
      const free = rows.findIndex((end) => end <= start);
      const row = free < 0 ? rows.length - 1 : free;
      rows[row] = start + px;
      const y = TOP_PX + (row + 1) * HEAD_ROW_PX;
      const band = errorBand(frame, atMs, errorMs ?? 0, y - 4, bottomPx, INK.muted, 0.08);
      const title = `<title>${escaped(`${label}: ${frame.words.of(phase.text)} (± ${duration(errorMs ?? 0)})${isUnordered ? ` · ${frame.words.unordered}` : ''}`)}</title>`;
      return [
        `<g>${title}${band}<line x1="${n(x)}" x2="${n(x)}" y1="${n(y - 4)}" y2="${n(bottomPx)}" stroke="${INK.text}" stroke-width="1" stroke-dasharray="3 2"/>` +
          `${textAt(flip ? x - 4 : x + 4, y, label, ` fill="${INK.text}" font-weight="600"${flip ? ' text-anchor="end"' : ''}`)}</g>`,
      ];
    })
    .join('');
}

function errorBand(
  frame: Frame,
  atMs: number,
  errorMs: number,
  top: number,
  bottom: number,
  fill: string,
  opacity: number,
): string {
  const left = Math.max(frame.leftPx, frame.x(atMs - errorMs));
  const right = Math.min(frame.rightPx, frame.x(atMs + errorMs));
  if (right - left < ERROR_PX_MIN) return '';
  return `<rect x="${n(left)}" width="${n(right - left)}" y="${n(top)}" height="${n(bottom - top)}" fill="${fill}" opacity="${opacity}"/>`;
}

function spanBar(frame: Frame, span: Span, y: number): string {
  if (span.toMs < frame.fromMs || span.fromMs > frame.toMs) return '';
  const left = Math.max(frame.leftPx, frame.x(span.fromMs));
  const right = Math.min(frame.rightPx, frame.x(span.toMs));
  const width = Math.max(1, right - left);
  const top = y + (ROW_PX - BAR_PX) / 2;
  const isHatched = span.tone === 'unknown' || span.tone === 'fault';
  const isSoft = span.tone === 'plain' || span.tone === 'good';
  const opacity = span.tone === 'unknown' ? 1 : isSoft ? 0.28 : 0.82;
  const dashed = span.tone === 'fault' ? ` stroke="${FILL.fault}" stroke-dasharray="4 2"` : '';
  const label = frame.brief(span.text);
  const ink = isSoft || span.tone === 'unknown' || span.tone === 'fault' ? INK.text : INK.panel;
  const fill = span.tone === 'fault' ? 'url(#tb-fault)' : FILL[span.tone];
  const title = `${frame.words.of(span.text)} · ${duration(span.toMs - span.fromMs)}`;
  return (
    `<g><title>${escaped(title)}</title><rect x="${n(left)}" width="${n(width)}" y="${n(top)}" height="${BAR_PX}" rx="2" fill="${fill}" opacity="${opacity}"${dashed}/>` +
    `${textAt(left + 4, top + BAR_PX - 3, fitted(label, width - 8), ` fill="${ink}" font-size="10"${isHatched ? ` paint-order="stroke" stroke="${INK.panel}" stroke-width="2.5"` : ''}`)}</g>`
  );
}

/** A diamond at the moment, a band as wide as its error, and its name where there is room before the next one. */
function markGlyph(frame: Frame, mark: Mark, y: number, roomPx: number): string {
  const x = frame.x(mark.tMs);
  const middle = y + ROW_PX / 2;
  const fill = FILL[mark.tone === 'unknown' ? 'plain' : mark.tone];
  const isUnordered = mark.unorderedWith.length > 0;
  const label = `${isUnordered ? '≈ ' : ''}${frame.brief(mark.short)}`;
  const shown = fitted(label, roomPx - 8);
  const others = mark.unorderedWith
    .flatMap((id) => frame.marks.get(id) ?? [])
    .map((other) => `${frame.words.source(other.source)} ${frame.words.of(other.short)}`);
  const title = `${frame.words.of(mark.text)} (± ${duration(mark.errorMs)})${isUnordered ? ` · ${frame.words.unordered}: ${others.join(', ')}` : ''}`;
  const inFocus = frame.focus === mark.id;
  const size = inFocus ? 6 : 4;
  const shape = `<path d="M${n(x)} ${n(middle - size)}l${size} ${size}l-${size} ${size}l-${size}-${size}z" fill="${isUnordered ? INK.panel : fill}" stroke="${inFocus ? INK.text : fill}" stroke-width="${inFocus ? 2 : 1.3}"${isUnordered ? ' stroke-dasharray="2 1.5"' : ''}/>`;
  return (
    `<g data-mark="${escaped(mark.id)}"><title>${escaped(title)}</title>${errorBand(frame, mark.tMs, mark.errorMs, y + 3, y + ROW_PX - 3, fill, 0.25)}${shape}` +
    `${textAt(x + 7, middle + 3.5, shown, ` fill="${INK.text}" font-size="10" paint-order="stroke" stroke="${INK.panel}" stroke-width="2.5"`)}</g>`
  );
}

function laneRow(frame: Frame, lane: Lane, y: number): string {
  const name = frame.words.of(lane.title);
  const marks = lane.marks
    .filter((mark) => mark.tMs >= frame.fromMs && mark.tMs <= frame.toMs)
    .sort((p, q) => p.tMs - q.tMs);
  const bars = lane.spans.map((span) => spanBar(frame, span, y)).join('');
  // Over a bar with words of its own only what alarms is named; the rest has its title.
  const hasBars = lane.spans.some((span) => span.tone !== 'plain');
  const glyphs = marks
    .map((mark, i) => {
      const next = marks[i + 1];
      const room = (next === undefined ? frame.rightPx + RIGHT_PX : frame.x(next.tMs)) - frame.x(mark.tMs) - 7;
      return markGlyph(frame, mark, y, hasBars && mark.tone !== 'bad' ? 0 : room);
    })
    .join('');
  const missing =
    lane.missing === null
      ? ''
      : textAt(
          frame.leftPx + 4,
          y + ROW_PX / 2 + 3.5,
          `— ${frame.words.of(lane.missing)}`,
          ` fill="${INK.muted}" font-style="italic"`,
        );
  return (
    `<g data-lane="${escaped(lane.id)}"><line x1="0" x2="${n(frame.rightPx)}" y1="${n(y + ROW_PX)}" y2="${n(y + ROW_PX)}" stroke="${INK.grid}" stroke-width="0.5"/>` +
    `<g><title>${escaped(name)}</title>${textAt(4, y + ROW_PX / 2 + 3.5, fitted(frame.brief(lane.title).replace(' /dev/', ' '), frame.leftPx - 10))}</g>${missing}${bars}${glyphs}</g>`
  );
}

/**
 * A hatched bracket over everything of one group whose order is not known: as wide as its marks with their errors, as high as their lanes.
 * It takes no pointer, as what it is about has titles of its own below it.
 */
function unorderedBands(frame: Frame, lanes: readonly Lane[], topPx: number): string {
  const rowOf = new Map(lanes.flatMap((lane, row) => lane.marks.map((mark) => [mark.id, row] as const)));
  return unorderedGroups(lanes)
    .map((group): string => {
      const fromMs = Math.min(...group.map((mark) => mark.tMs - mark.errorMs));
      const toMs = Math.max(...group.map((mark) => mark.tMs + mark.errorMs));
      if (toMs < frame.fromMs || fromMs > frame.toMs) return '';
      const middle = (frame.x(fromMs) + frame.x(toMs)) / 2;
      const half = Math.max(UNORDERED_PX_MIN, frame.x(toMs) - frame.x(fromMs)) / 2;
      const left = Math.max(frame.leftPx, middle - half);
      const right = Math.min(frame.rightPx, middle + half);
      if (right <= left) return '';
      const rows = group.map((mark) => rowOf.get(mark.id) ?? 0);
      const top = topPx + Math.min(...rows) * ROW_PX + 1;
      const bottom = topPx + (Math.max(...rows) + 1) * ROW_PX - 1;
      const ends = [left, right].map(
        (x, i) => `M${n(x + (i === 0 ? 3 : -3))} ${n(top)}H${n(x)}V${n(bottom)}H${n(x + (i === 0 ? 3 : -3))}`,
      );
      return (
        `<g data-unordered="${escaped(group.map((mark) => mark.id).join(' '))}" pointer-events="none"><title>${escaped(frame.words.unordered)}</title>` +
        `<rect x="${n(left)}" width="${n(right - left)}" y="${n(top)}" height="${n(bottom - top)}" fill="url(#tb-unordered)"/>` +
        `<path d="${ends.join('')}" fill="none" stroke="${INK.text}" stroke-width="1"/></g>`
      );
    })
    .join('');
}

const PATTERNS =
  `<defs><pattern id="tb-unknown" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="6" height="6" fill="var(--tb-unknown-soft,#e9ecf0)"/><rect width="2" height="6" fill="var(--tb-unknown,#5f6975)" opacity="0.55"/></pattern>` +
  `<pattern id="tb-fault" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(-45)"><rect width="6" height="6" fill="var(--tb-warn-soft,#fbefd9)"/><rect width="1.6" height="6" fill="${FILL.fault}" opacity="0.6"/></pattern>` +
  `<pattern id="tb-unordered" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="1.2" height="5" fill="${INK.text}" opacity="0.35"/></pattern></defs>`;

/** Height of the picture that `timelineSvg` makes, pixels. */
export function timelineHeightPx(timeline: Timeline): number {
  return lanesTopPx(timeline) + timeline.lanes.length * ROW_PX + 6;
}

/** The whole picture. Times on its axis count from the fault, or from the beginning where there was none. */
export function timelineSvg(timeline: Timeline, words: TimelineWords, size: SvgSize): string {
  const frame = frameOf(timeline, words, size);
  const heightPx = timelineHeightPx(timeline);
  const lanesTop = lanesTopPx(timeline);
  const bottom = heightPx - 6;
  const zeroMs = timeline.phases.find((phase) => phase.id === 'fault')?.atMs ?? timeline.fromMs;
  const rows = timeline.lanes.map((lane, i) => laneRow(frame, lane, lanesTop + i * ROW_PX)).join('');
  const empty = timeline.lanes.length === 0 ? textAt(frame.leftPx, lanesTop, words.nothing) : '';
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${n(size.widthPx)}" height="${n(heightPx)}" viewBox="0 0 ${n(size.widthPx)} ${n(heightPx)}" role="img" aria-label="${escaped(words.title)}" font-family="system-ui, 'Noto Sans', 'Noto Sans CJK SC', 'Microsoft YaHei', sans-serif" font-size="11">` +
    `${PATTERNS}<rect width="100%" height="100%" fill="${INK.panel}"/>${axis(frame, zeroMs, lanesTop, bottom)}${rows}${unorderedBands(frame, timeline.lanes, lanesTop)}${phaseLines(frame, timeline.phases, bottom)}${empty}</svg>`
  );
}
