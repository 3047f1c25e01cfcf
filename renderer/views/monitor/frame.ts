/** One picture of the monitor: what is drawn, over which stretch, in which colours. Built at most ten times a second. */
import type { LinkStatus } from '../../../agent/common/rpc/agentContract.ts';
import type { PairState } from '../../../electron/common/contract/state.ts';
import type { Palette } from '../../app/palette.ts';
import { freshStatus } from '../../../electron/common/verdict/links.ts';
import type { T } from '../../locales/index.ts';
import type { SessionData } from '../../lib/sessionData.ts';
import { linkTitle, ownName } from '../../lib/linkName.ts';
import type { TimeRange } from './viewport.ts';
import { shortName } from '../../../electron/common/words/nodeNames.ts';

/** One line of the charts: what `receiver` hears from `sender` over one link. */
export interface Line {
  readonly key: string;
  readonly link: string;
  readonly medium: LinkMedium | null;
  /** What tells it from the other links of the node, where that is known; else the link's id. */
  readonly linkName: string;
  readonly sender: string;
  readonly receiver: string;
  /** Index of the link among those of its node: both directions share its colour. */
  readonly colourIndex: number;
  /** A to B is drawn solid, B to A dashed. */
  readonly dashed: boolean;
}

export type LinkMedium = LinkStatus['medium'];

export interface Timing {
  readonly warntimeMs: number;
  readonly deadtimeMs: number;
}

export interface Frame {
  readonly data: SessionData;
  readonly range: TimeRange;
  readonly nowMs: number;
  /** Wall time of the session's zero, Unix epoch milliseconds; null: not known. */
  readonly wallStartMs: number | null;
  readonly nodes: readonly [string, string];
  readonly timing: Timing | null;
  readonly palette: Palette;
  /** Rows further apart than this are not joined, milliseconds. */
  readonly gapMs: number;
}

/** Longer than any sampling or history period, shorter than anything worth calling a line. */
export const GAP_MS = 2500;

/** Space left of the plots for their scales, and right of them; shared by charts and lanes so that times line up. */
export const GUTTER_PX = 70;
export const RIGHT_PX = 10;

/** What a line is called: `serial /dev/ttyS0 node1 → node2`. */
export function lineLabel(line: Line, t: T): string {
  const link = line.medium === null ? line.linkName : linkTitle(line.medium, line.linkName, t);
  const ends = [line.sender, line.receiver];
  return t('monitor.series', { link, from: shortName(line.sender, ends), to: shortName(line.receiver, ends) });
}

/** Lines for everything in the data, A's links first in the order in which the nodes report them. */
export function linesOf(data: SessionData, state: PairState): Line[] {
  const [a, b] = [state.nodes[0].node, state.nodes[1].node];
  const directions = [
    { sender: a, receiver: b, dashed: false },
    { sender: b, receiver: a, dashed: true },
  ];
  const lines = directions.flatMap(({ sender, receiver, dashed }) =>
    [...(data.nodes.get(receiver)?.links.keys() ?? [])].map((link, colourIndex): Line => {
      const status = state.nodes.find((n) => n.node === receiver)?.status?.links.find((l) => l.id === link);
      const named = { medium: status?.medium ?? null, linkName: status === undefined ? link : ownName(status) };
      return { key: `${receiver} ${link}`, link, ...named, sender, receiver, colourIndex, dashed };
    }),
  );
  return lines.sort((x, y) => x.colourIndex - y.colourIndex);
}

/** The pair's timing: of a node that is heard now, else of the last report of any. */
export function timingOf(state: PairState): Timing | null {
  const status =
    state.nodes.map(freshStatus).find((s) => s !== null) ?? state.nodes.map((n) => n.status).find((s) => s !== null);
  return status?.timing ?? null;
}

/** Follows "now" of the session between batches, by the page's monotonic clock. */
export class SessionClock {
  private aheadMs = NaN;

  /** Feeds the newest known session time, read at page time `pageMs`. */
  observe(newestMs: number, pageMs: number): void {
    if (Number.isNaN(newestMs)) return;
    const ahead = newestMs - pageMs;
    // Batches arrive late by some jitter, never early: the largest difference is the best one. A much smaller one is a new session.
    if (Number.isNaN(this.aheadMs) || ahead > this.aheadMs || ahead < this.aheadMs - 3_600_000) this.aheadMs = ahead;
  }

  reset(): void {
    this.aheadMs = NaN;
  }

  /** Session time at page time `pageMs`; NaN while nothing was observed. */
  at(pageMs: number): number {
    return this.aheadMs + pageMs;
  }
}

/** Round steps for the time axis, milliseconds. */
const STEPS_MS = [
  10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 15_000, 30_000, 60_000, 120_000, 300_000, 600_000, 1_800_000,
  3_600_000, 7_200_000,
];

export interface AxisTick {
  readonly tMs: number;
  /** Decimals of the second that tell this tick from its neighbours. */
  readonly decimals: number;
}

/** Ticks at round wall times, about `widthPx / 90` of them. */
export function axisTicks(range: TimeRange, wallStartMs: number, widthPx: number): AxisTick[] {
  const wanted = Math.max(2, widthPx / 90);
  const step = STEPS_MS.find((ms) => (range.toMs - range.fromMs) / ms <= wanted) ?? 14_400_000;
  const decimals = step >= 1000 ? 0 : step >= 100 ? 1 : step >= 10 ? 2 : 3;
  const out: AxisTick[] = [];
  // Local midnight, so that long steps fall on round local hours.
  const zone = new Date(wallStartMs + range.fromMs).getTimezoneOffset() * 60_000;
  const first = Math.ceil((wallStartMs + range.fromMs - zone) / step) * step + zone - wallStartMs;
  for (let tMs = first; tMs <= range.toMs && out.length < 200; tMs += step) out.push({ tMs, decimals });
  return out;
}
