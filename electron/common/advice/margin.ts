/** The smallest margin: what was left before a takeover when it was tightest. Headline of a run, and a criterion to accept it by. */
import type { Advice, AdviceStream } from '../contract/advice.ts';
import type { CriterionResult } from '../contract/drill.ts';
import { numberText, percentText, say, timeText } from './words.ts';

/** Acceptance drill 20: the longest gap of a soak is at most half of deadtime. */
export const MARGIN_SHARE_MIN = 0.5;

/** One direction of a link, or of all together (`link` null), as far as a margin is about it. */
export type MarginStream = Pick<
  AdviceStream,
  'from' | 'to' | 'link' | 'count' | 'maxMs' | 'smallestMarginMs' | 'smallestMarginAtMs'
>;

/** The least margin of the merged streams, of whichever direction it was; null: no direction has one. */
export function smallestMargin(streams: readonly MarginStream[]): Advice['margin'] {
  let least: Advice['margin'] = null;
  for (const { from, to, link, maxMs, smallestMarginMs: ms, smallestMarginAtMs: atMs } of streams) {
    if (link !== null || ms === null || maxMs === null || atMs === null) continue;
    if (least !== null && least.smallestMs <= ms) continue;
    const share = ms / (ms + maxMs);
    const [left, gap] = [timeText(ms), timeText(maxMs)];
    const text = say(
      `${left} left of deadtime (${percentText(share)}): longest gap ${gap}, ${from} to ${to}`,
      `deadtime 还剩 ${left}（${percentText(share)}）：最长间隔 ${gap}，${from} 到 ${to}`,
    );
    least = { smallestMs: ms, share, from, to, atMs, text };
  }
  return least;
}

/**
 * Passes when at least `shareMin` of deadtime was left at every moment in both directions. Unknown when a direction was not heard, or
 * its deadtime is not known: silence of the record is no proof of a margin. A direction that fell below is a fail even then.
 */
export function marginCriterion(
  streams: readonly MarginStream[],
  shareMin: number = MARGIN_SHARE_MIN,
): CriterionResult {
  const percent = numberText(shareMin * 100);
  const text = say(
    `The smallest margin in both directions is at least ${percent} % of deadtime`,
    `两个方向的最小余量都不少于 deadtime 的 ${percent} %`,
  );
  const margin = smallestMargin(streams);
  const known = streams.filter((s) => s.link === null && s.count > 0 && s.smallestMarginMs !== null);
  const directions = new Set(known.map((s) => s.to)).size;
  const isBelow = margin !== null && margin.share < shareMin;
  const result = isBelow ? 'fail' : margin === null || directions < 2 ? 'unknown' : 'pass';
  const missing = say('not every direction was measured', '并非每个方向都有测量');
  return { check: 'smallest-margin', text, result, measured: margin?.text ?? missing };
}
