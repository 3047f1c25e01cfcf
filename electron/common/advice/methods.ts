/** The published methods, each under its name, with its own numbers: what it alone would set, or why it may not be used here. */
import type { AdviceMethod } from '../contract/advice.ts';
import type { SessionTiming } from '../contract/session.ts';
import { YEAR_MS } from './budget.ts';
import { chenAlphaMs, predictionErrors } from './chen.ts';
import { fitTail, tailQuantileMs, type GpdRefusal, type GpdResult } from './gpd.ts';
import { beatsToBear, countLosses, isBursty, lossBound } from './loss.ts';
import { moments, normalUpperQuantile, quantile } from './numbers.ts';
import type { CountedStream } from './streams.ts';
import { numberText, percentText, say, timeText } from './words.ts';

/** One direction's merged stream, and what it is judged by. */
export interface Direction {
  readonly counted: CountedStream;
  readonly present: SessionTiming;
  /** At most this many false takeovers a heartbeat. */
  readonly perBeat: number;
  /** The fitted tail, or why there is none. */
  readonly tail: GpdResult;
}

/** The chance that one heartbeat's gap may be too long, for at most one false takeover in `years`. */
export function perBeatFor(keepaliveMs: number, years: number): number {
  return keepaliveMs / (years * YEAR_MS);
}

export function directionOf(counted: CountedStream, present: SessionTiming, years: number): Direction {
  const perBeat = perBeatFor(present.keepaliveMs, years);
  return { counted, present, perBeat, tail: fitTail(counted.gapMs) };
}

type Result = Pick<AdviceMethod, 'deadtimeMs' | 'outcome' | 'text'>;

const refused = (en: string, zh: string): Result => ({ deadtimeMs: null, outcome: 'refused', text: say(en, zh) });
const value = (deadtimeMs: number, en: string, zh: string): Result => ({
  deadtimeMs,
  outcome: 'value',
  text: say(en, zh),
});

/** The FAQ's rule: no late heartbeat, then leave it; else one and a half to two times the longest gap. */
function linuxHaFaq({ counted, present }: Direction): Result {
  const longestMs = counted.view.maxMs ?? 0;
  const [longest, warn] = [timeText(longestMs), timeText(present.warntimeMs)];
  if (longestMs <= present.warntimeMs) {
    const text = say(
      `no late heartbeat: the longest gap, ${longest}, is within warntime (${warn}); leave deadtime as it is`,
      `没有迟到的心跳：最长间隔 ${longest} 未超过 warntime（${warn}）；deadtime 保持不变`,
    );
    return { deadtimeMs: present.deadtimeMs, outcome: 'keep', text };
  }
  const twice = timeText(2 * longestMs);
  return value(
    1.5 * longestMs,
    `longest gap ${longest}: 1.5 times it, up to twice (${twice}) to be careful`,
    `最长间隔 ${longest}：取其 1.5 倍，谨慎时取 2 倍（${twice}）`,
  );
}

/** Windows as long as the detectors in use keep. */
const PHI_WINDOW = 1000;

/** Smallest standard deviation, as a share of keepalive: what the detectors in use ship (100 ms at one second). */
const PHI_SD_SHARE = 0.1;

function phiAccrual({ counted, present }: Direction, phi: number): Result {
  const z = normalUpperQuantile(10 ** -phi);
  const { gapMs } = counted;
  let worst = { mean: 0, sd: 0, deadtimeMs: 0 };
  for (let at = 0; at < gapMs.length; at += PHI_WINDOW) {
    // A short rest at the end is read together with what is before it.
    const { mean, sd: measured } = moments(
      gapMs,
      Math.max(0, Math.min(at, gapMs.length - PHI_WINDOW)),
      Math.min(gapMs.length, at + PHI_WINDOW),
    );
    const sd = Math.max(measured, PHI_SD_SHARE * present.keepaliveMs);
    if (mean + z * sd > worst.deadtimeMs) worst = { mean, sd, deadtimeMs: mean + z * sd };
  }
  const [mean, sd] = [timeText(worst.mean), timeText(worst.sd)];
  return value(
    worst.deadtimeMs,
    `normal distribution, worst window of ${PHI_WINDOW}: mean ${mean} + ${z.toFixed(2)} × σ ${sd}; real stalls are longer than a normal tail says`,
    `正态分布，${PHI_WINDOW} 个心跳的最差窗口：均值 ${mean} + ${z.toFixed(2)} × σ ${sd}；真实停顿比正态尾部更长`,
  );
}

function chen({ counted, present, perBeat }: Direction): Result {
  const losses = countLosses(counted.gapMs, present.keepaliveMs);
  const errors = predictionErrors(counted.gapMs, present.keepaliveMs);
  if (errors.count === 0) return refused('too few heartbeats to expect the next one', '心跳太少，无法预期下一个');
  const loss = lossBound(losses);
  const alphaMs = chenAlphaMs(present.keepaliveMs, loss, errors.variance, perBeat);
  const [share, sd] = [percentText(loss), timeText(Math.sqrt(errors.variance))];
  if (alphaMs === null)
    return refused(`no α within 1000 heartbeats (loss ${share})`, `1000 个心跳内没有合适的 α（丢失 ${share}）`);
  const [alpha, worst] = [timeText(alphaMs), timeText(errors.largestMs)];
  return value(
    present.keepaliveMs + alphaMs,
    `keepalive + α ${alpha}, from loss ≤ ${share} and delay σ ${sd}, whatever the distribution; largest error of an expected arrival ${worst}`,
    `keepalive + α ${alpha}，由丢失 ≤ ${share} 与延迟 σ ${sd} 得出，与分布无关；预期到达的最大误差 ${worst}`,
  );
}

function cantelli({ counted, perBeat }: Direction): Result {
  const { mean, sd } = moments(counted.gapMs);
  const deadtimeMs = mean + sd * Math.sqrt(1 / perBeat - 1);
  const p = numberText(perBeat);
  return {
    deadtimeMs,
    outcome: 'bound',
    text: say(
      `true of every distribution with this mean and σ (${timeText(sd)}): ${timeText(deadtimeMs)} for p = ${p}; its distance to the normal value is the model risk`,
      `对具有此均值与 σ（${timeText(sd)}）的任何分布都成立：p = ${p} 时为 ${timeText(deadtimeMs)}；它与正态值之差就是模型风险`,
    ),
  };
}

/** Room for jitter behind the last heartbeat that may be lost, milliseconds. */
function jitterMs({ counted, present }: Direction): number {
  const onTime = counted.sorted.filter((gap) => gap < 1.5 * present.keepaliveMs);
  return Math.max(0, (quantile(onTime, 0.999) ?? present.keepaliveMs) - present.keepaliveMs);
}

/** k heartbeats may be lost, then the next one is late by its jitter. null: no such k. */
export function lossDeadtimeMs(direction: Direction): number | null {
  const { counted, present, perBeat } = direction;
  const beats = beatsToBear(countLosses(counted.gapMs, present.keepaliveMs), perBeat);
  return beats === null ? null : beats * present.keepaliveMs + jitterMs(direction);
}

function lossArithmetic(direction: Direction): Result {
  const { counted, present, perBeat } = direction;
  const losses = countLosses(counted.gapMs, present.keepaliveMs);
  const beats = beatsToBear(losses, perBeat);
  const share = percentText(lossBound(losses));
  if (beats === null) return refused(`loss of ${share} cannot be outlasted`, `丢失率 ${share} 无法靠等待克服`);
  const room = timeText(jitterMs(direction));
  const p = numberText(perBeat);
  const channel = isBursty(losses)
    ? say('in bursts (Gilbert-Elliott)', '成串丢失（Gilbert-Elliott）')
    : say('independent', '相互独立');
  const ms = beats * present.keepaliveMs + jitterMs(direction);
  return value(
    ms,
    `${losses.lost} lost of ${losses.lost + losses.received} (≤ ${share}, ${channel.en}; longest run ${losses.longestRun}): ${beats} in a row are rarer than ${p}, and ${room} of jitter`,
    `${losses.lost + losses.received} 个中丢失 ${losses.lost} 个（≤ ${share}，${channel['zh-CN']}；最长连续 ${losses.longestRun}）：连续 ${beats} 个的概率低于 ${p}，另加 ${room} 抖动`,
  );
}

const DAY_MS = 86_400_000;

/** Zero exceedances in n say p <= 3/n with 95 % confidence: so many a day. */
export function dataAlonePerDay(beats: number, keepaliveMs: number): number | null {
  return beats === 0 ? null : (3 / beats) * (DAY_MS / keepaliveMs);
}

function zeroExceedance({ counted, present }: Direction): Result {
  const { count, maxMs } = counted.view;
  const perDay = numberText(dataAlonePerDay(count, present.keepaliveMs) ?? 0);
  const p = numberText(count === 0 ? 1 : 3 / count);
  return {
    deadtimeMs: maxMs,
    outcome: 'bound',
    text: say(
      `no gap of ${count} was longer than ${timeText(maxMs ?? 0)}: p ≤ ${p} a heartbeat (95 %), so up to ${perDay} a day cannot be excluded from the data alone`,
      `${count} 个间隔都不超过 ${timeText(maxMs ?? 0)}：每个心跳 p ≤ ${p}（95 %），因此仅凭数据不能排除每天最多 ${perDay} 次`,
    ),
  };
}

const REFUSALS: Readonly<Record<GpdRefusal, readonly [string, string]>> = {
  few: ['fewer than 50 independent exceedances', '独立的超限不足 50 个'],
  heavy: ['the tail is too heavy: ξ may be above 0.5', '尾部过重：ξ 可能大于 0.5'],
  'one-event': ['the tail is one event', '尾部只是一次事件'],
  shape: [
    'no threshold gives a tail of one shape: mostly lost heartbeats beside jitter',
    '没有阈值能给出单一形状的尾部：多为抖动之外的丢失心跳',
  ],
};

function shapeText(result: GpdResult): string {
  const { fit } = result;
  return fit === null
    ? ''
    : `ξ = ${fit.shape.toFixed(2)} ± ${fit.shapeError.toFixed(2)}, u = ${timeText(fit.thresholdMs)}, k = ${fit.exceedances}`;
}

function gpd({ tail, perBeat }: Direction): Result {
  const shape = shapeText(tail);
  if (!tail.ok) {
    const [en, zh] = REFUSALS[tail.reason];
    const aside = shape === '' ? '' : ` (${shape})`;
    return refused(`not extrapolated: ${en}${aside}`, `不外推：${zh}${aside}`);
  }
  const p = numberText(perBeat);
  return value(
    tailQuantileMs(tail.fit, perBeat),
    `generalised Pareto above a threshold, ${shape}: exceeded with p = ${p} a heartbeat (extrapolated)`,
    `阈值以上的广义帕累托分布，${shape}：每个心跳以 p = ${p} 超过（外推）`,
  );
}

const METHODS: readonly { readonly id: AdviceMethod['id']; readonly run: (direction: Direction) => Result }[] = [
  { id: 'linux-ha-faq', run: linuxHaFaq },
  { id: 'phi-8', run: (direction) => phiAccrual(direction, 8) },
  { id: 'phi-12', run: (direction) => phiAccrual(direction, 12) },
  { id: 'chen-nfd-e', run: chen },
  { id: 'cantelli', run: cantelli },
  { id: 'loss', run: lossArithmetic },
  { id: 'zero-exceedance', run: zeroExceedance },
  { id: 'gpd', run: gpd },
];

const RANK = { keep: 0, bound: 1, value: 2, refused: 3 } as const;

/** Every method on every direction; of each the worse answer is told, and a refusal is worse than any number. */
export function runMethods(directions: readonly Direction[]): AdviceMethod[] {
  return METHODS.flatMap(({ id, run }) => {
    const results = directions.map((direction) => ({ direction, result: run(direction) }));
    results.sort(
      (a, b) =>
        RANK[b.result.outcome] - RANK[a.result.outcome] || (b.result.deadtimeMs ?? 0) - (a.result.deadtimeMs ?? 0),
    );
    const worst = results[0];
    if (worst === undefined) return [];
    const { from, to } = worst.direction.counted.view;
    return [{ id, from, to, ...worst.result }];
  });
}
