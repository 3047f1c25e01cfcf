/** What a sample cannot tell: when there is too little for any number, how far a number may be trusted, and what is missing. */
import type { Advice, AdviceConfidence, AdviceQuestion } from '../contract/advice.ts';
import type { Text } from '../contract/drill.ts';
import type { Direction } from './methods.ts';
import type { AdviceRecord } from './record.ts';
import type { CountedStream } from './streams.ts';
import { inducedStallMs } from './terms.ts';
import { unionMs, type Window } from './windows.ts';
import { numberText, say, spanText, timeText } from './words.ts';

/** The largest of this many is with 95 % confidence at least the 99 % point: with fewer there is no tail to speak of. */
export const BEATS_MIN = 300;
export const OBSERVED_MS_MIN = 5 * 60_000;

const HOUR_MS = 3_600_000;
const MEDIUM_MS = 24 * HOUR_MS;
const HIGH_MS = 72 * HOUR_MS;

/** A load average that this small means that nobody used the pair. */
const IDLE_LOAD = 0.2;

/** Why no number is given; null: there is enough. */
export function refusalOf(record: AdviceRecord, merged: readonly CountedStream[]): Text | null {
  const heard = merged.filter((c) => c.view.count > 0);
  if (heard.length === 0)
    return say('Too little data: no heartbeat has been recorded yet.', '数据太少：还没有记录到任何心跳。');
  if (heard.length < 2) {
    const only = heard[0]?.view;
    return say(
      `Only one direction was recorded (${only?.from ?? ''} to ${only?.to ?? ''}): the other node's agent says nothing.`,
      `只记录到一个方向（${only?.from ?? ''} 到 ${only?.to ?? ''}）：另一节点的代理没有数据。`,
    );
  }
  const silent = heard.find((c) => !record.timings.has(c.view.from));
  if (silent !== undefined) {
    const { from } = silent.view;
    return say(`What ${from} has set is not known.`, `不知道 ${from} 的当前设置。`);
  }
  const least = heard.reduce((a, b) => (b.view.observedMs < a.view.observedMs ? b : a)).view;
  const beats = Math.min(...heard.map((c) => c.view.count));
  if (beats >= BEATS_MIN && least.observedMs >= OBSERVED_MS_MIN) return null;
  const [time, need] = [spanText(least.observedMs), spanText(OBSERVED_MS_MIN)];
  return say(
    `Too little data: ${beats} heartbeats in ${time} that count; at least ${BEATS_MIN} in ${need} are needed, and a day or more under real load is worth having.`,
    `数据太少：可计入的心跳 ${beats} 个，历时 ${time}；至少需要 ${need} 内 ${BEATS_MIN} 个，最好有真实负载下一天以上的数据。`,
  );
}

function hoursCovered(record: AdviceRecord, merged: readonly CountedStream[]): number[] {
  const hours = new Set<number>();
  for (const { atMs } of merged) {
    for (const at of atMs) hours.add(Math.floor((((record.startedWallMs + at) / HOUR_MS) % 24) + 24) % 24);
  }
  return [...hours].sort((a, b) => a - b);
}

function loadsOf(record: AdviceRecord): Advice['observed']['load'] {
  return record.nodes.flatMap((node) => {
    const values = record.loads.filter((r) => r.node === node).map((r) => r.value);
    values.sort((a, b) => a - b);
    const [median, max] = [values[values.length >> 1], values.at(-1)];
    return median === undefined || max === undefined ? [] : [{ node, median, max }];
  });
}

/** How much was seen, and when; `windows` were left out. */
export function observedOf(
  record: AdviceRecord,
  merged: readonly CountedStream[],
  windows: readonly Window[],
): Advice['observed'] {
  const first = Math.min(...merged.map((c) => c.stream.atMs[0] ?? record.toMs), record.toMs);
  const observedMs = merged.length === 0 ? 0 : Math.min(...merged.map((c) => c.view.observedMs));
  const beats = merged.length === 0 ? 0 : Math.min(...merged.map((c) => c.view.count));
  const resolution = merged.every((c) => c.view.resolution === 'exact')
    ? say('every heartbeat exactly, as the nodes stamped it', '每个心跳都是节点打上的精确时间')
    : say(
        'rebuilt from samples: exact to the clock error while no more than one heartbeat comes between two samples, else two gaps read as one',
        '由采样重建：两次采样之间最多一个心跳时精确到时钟误差，否则两个间隔会读成一个',
      );
  const time = spanText(observedMs);
  return {
    fromMs: first,
    toMs: record.toMs,
    observedMs,
    beats,
    excluded: windows.filter((w) => w.toMs > first).map(({ fromMs, toMs, text }) => ({ fromMs, toMs, text })),
    excludedMs: unionMs(windows, first, record.toMs),
    hoursOfDay: hoursCovered(record, merged),
    load: loadsOf(record),
    text: say(
      `${beats} heartbeats in ${time} in the direction that has less; ${resolution.en}`,
      `数据较少的方向有 ${beats} 个心跳，历时 ${time}；${resolution['zh-CN']}`,
    ),
  };
}

/** What nobody can read from this sample, said one by one. */
export function unknownsOf(
  record: AdviceRecord,
  windows: readonly Window[],
  observed: Advice['observed'],
  directions: readonly Direction[],
  question: AdviceQuestion,
): Text[] {
  const unknowns: Text[] = [];
  const missingHours = 24 - observed.hoursOfDay.length;
  if (missingHours > 0) {
    unknowns.push(
      say(
        `${missingHours} hours of the day were not seen: backups, cron jobs and the daily peak may lie in them`,
        `一天中有 ${missingHours} 个小时没有观测：备份、定时任务和每日高峰可能就在其中`,
      ),
    );
  }
  if (observed.load.length < 2) unknowns.push(say('the load of the nodes during the sample', '样本期间节点的负载'));
  else if (observed.load.every((l) => l.max < IDLE_LOAD))
    unknowns.push(
      say('how the pair does under load: both nodes were idle all the time', '负载下的表现：两个节点一直空闲'),
    );
  if (inducedStallMs({ record, windows }) === null)
    unknowns.push(say('the worst stall of a busy host: none was induced', '繁忙主机的最长停顿：未人为制造'));
  if (question.vmPauseMs === null)
    unknowns.push(
      say('whether these are virtual machines, and how long one may pause', '是否为虚拟机，以及可能暂停多久'),
    );
  if (record.serialUnknown) unknowns.push(say('the speed of the serial line', '串口线的速率'));
  const longestMs = Math.max(0, ...directions.map((d) => d.counted.view.maxMs ?? 0));
  const deadtimeMs = Math.min(Infinity, ...directions.map((d) => d.present.deadtimeMs));
  if (longestMs >= deadtimeMs) {
    const gap = timeText(longestMs);
    unknowns.push(
      say(
        `whether the silence of ${gap} was a stall or a cut: from here both look alike, and it counts as a stall`,
        `长达 ${gap} 的静默是停顿还是断线：从这里看两者一样，按停顿计入`,
      ),
    );
  }
  return unknowns;
}

/** `high`: three days with every hour and a tail that fits; `medium`: a day; `low`: less; `none`: no number is given. */
export function confidenceOf(
  observed: Advice['observed'],
  directions: readonly Direction[],
  isRefused: boolean,
  hasInduced: boolean,
): Advice['confidence'] {
  const hours = numberText(observed.observedMs / HOUR_MS);
  const covered = observed.hoursOfDay.length;
  const isFitted = directions.length > 0 && directions.every((d) => d.tail.ok);
  const reasons = [
    say(`${hours} h observed, ${covered} of 24 hours of the day`, `观测 ${hours} 小时，覆盖一天中的 ${covered} 个小时`),
    isFitted
      ? say('the tail fits and is extrapolated', '尾部可拟合并外推')
      : say('the tail is not extrapolated', '尾部未外推'),
    hasInduced ? say('a stall was induced', '人为制造过停顿') : say('no stall was induced', '未人为制造停顿'),
  ];
  const isExact = directions.every((d) => d.counted.view.resolution === 'exact');
  if (!isExact) reasons.push(say('rebuilt from samples', '由采样重建'));
  let grade: AdviceConfidence = 'low';
  if (isRefused) grade = 'none';
  else if (observed.observedMs >= HIGH_MS && covered === 24 && isFitted && isExact && hasInduced) grade = 'high';
  else if (observed.observedMs >= MEDIUM_MS && isExact) grade = 'medium';
  return { grade, reasons };
}
