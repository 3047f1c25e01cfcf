/** T = max(…): the members of the algorithm that this product recommends by, and which of them won. */
import type { AdviceQuestion, AdviceTerm } from '../contract/advice.ts';
import type { Text } from '../contract/drill.ts';
import { tailQuantileMs } from './gpd.ts';
import { lossDeadtimeMs, type Direction } from './methods.ts';
import { largest } from './numbers.ts';
import type { AdviceRecord } from './record.ts';
import { serialFloor } from './serial.ts';
import type { CountedStream } from './streams.ts';
import type { Window } from './windows.ts';
import { say, timeText } from './words.ts';

/** Longest gap times this; the FAQ says 1.5 to 2. */
const LONGEST_FACTOR = 1.5;
/** Where the tail may not be extrapolated, the FAQ's careful end takes its place. */
const REFUSED_FACTOR = 2;

/** Heartbeats that must be missing before a node is dead, with one link and with two. */
const BEATS_ONE_LINK = 5;
const BEATS_TWO_LINKS = 3;

/** warntime is to be below half of deadtime and leave room for one lost heartbeat: two keepalives, twice. */
const WARN_BEATS = 2;
const WARN_ROOM_MS = 100;

/** A watchdog must have had its time, and the node its reset, before the peer takes over, milliseconds. */
const WATCHDOG_MARGIN_MS = 1000;

/** Faults of the catalogue that slow a host down instead of cutting it off or stopping it. */
const STALLS: ReadonlySet<string> = new Set([
  'cpu-hog',
  'memory-hog',
  'disk-full',
  'disk-stall',
  'files-exhausted',
  'log-unwritable',
]);

const PAUSES: ReadonlySet<string> = new Set(['vm-pause']);

export interface TermInput {
  readonly record: AdviceRecord;
  readonly windows: readonly Window[];
  readonly directions: readonly Direction[];
  /** All counted streams, for the jitter of the serial line. */
  readonly counted: readonly CountedStream[];
  /** As recommended. */
  readonly keepaliveMs: number;
  readonly question: AdviceQuestion;
}

type Induced = Pick<TermInput, 'record' | 'windows'>;

type Term = Omit<AdviceTerm, 'won'>;

function term(id: Term['id'], role: Term['role'], ms: number | null, text: Text): Term {
  return { id, role, ms, text };
}

function longestTerm({ directions }: TermInput): Term {
  const longestMs = largest(directions.map((d) => d.counted.view.maxMs ?? 0));
  const text = say(`1.5 × longest gap ${timeText(longestMs)}`, `1.5 × 最长间隔 ${timeText(longestMs)}`);
  return term('longest-gap', 'sample', LONGEST_FACTOR * longestMs, text);
}

interface Tail {
  readonly ms: number;
  readonly by: 'fit' | 'loss' | 'longest';
}

/**
 * What one direction's tail asks for: the fitted quantile, or the careful end of the FAQ's rule where it may not be extrapolated. Lost
 * heartbeats come on top: a fit sees runs as long as those that happened, the arithmetic also those that have not happened yet.
 */
function tailMs(direction: Direction): Tail {
  const { tail, perBeat, counted } = direction;
  const lossMs = (counted.view.lost ?? 0) > 0 ? (lossDeadtimeMs(direction) ?? 0) : 0;
  const shape: Tail = tail.ok
    ? { ms: tailQuantileMs(tail.fit, perBeat), by: 'fit' }
    : { ms: REFUSED_FACTOR * (counted.view.maxMs ?? 0), by: 'longest' };
  return lossMs > shape.ms ? { ms: lossMs, by: 'loss' } : shape;
}

const TAIL_TEXT: Readonly<Record<Tail['by'], Text>> = {
  fit: say('fitted tail at the asked risk (extrapolated)', '按所要求风险的拟合尾部（外推）'),
  loss: say('loss arithmetic at the asked risk: heartbeats were lost', '按所要求风险的丢失算法：有心跳丢失'),
  longest: say('the tail is not extrapolated: twice the longest gap', '尾部不外推：最长间隔的 2 倍'),
};

function tailTerm({ directions }: TermInput): Term {
  const tails = directions.map(tailMs).sort((a, b) => b.ms - a.ms);
  const worst = tails[0];
  return term('tail', 'sample', worst?.ms ?? null, TAIL_TEXT[worst?.by ?? 'longest']);
}

function beatsTerm({ record, keepaliveMs }: TermInput): Term {
  const isOne = record.links.length < 2;
  const beats = isOne ? BEATS_ONE_LINK : BEATS_TWO_LINKS;
  const text = isOne
    ? say(`${beats} keepalives with one link`, `单链路：${beats} 个 keepalive`)
    : say(
        `${beats} keepalives with two links, taken for independent: a shared switch, hub or supply cannot be seen`,
        `双链路：${beats} 个 keepalive，视为相互独立：共用的交换机、集线器或电源无法看到`,
      );
  return term('beats', 'floor', beats * keepaliveMs, text);
}

/** Longest merged gap while one of these faults was on; null: none was, or nothing was heard in it. */
function longestInFaultMs({ record, windows }: Induced, names: ReadonlySet<string>): number | null {
  const stalls = windows.filter((w) => w.kind === 'fault' && names.has(w.name));
  const isWithin = (atMs: number, gapMs: number): boolean =>
    stalls.some((w) => w.fromMs < atMs && w.toMs > atMs - gapMs);
  const gaps = record.streams
    .filter((s) => s.link === null)
    .flatMap((s) => s.gapMs.filter((gap, i) => isWithin(s.atMs[i] ?? 0, gap)));
  return gaps.length === 0 ? null : largest(gaps);
}

/** Longest merged gap while a host was made busy on purpose; null: that was not done. */
export function inducedStallMs(input: Induced): number | null {
  return longestInFaultMs(input, STALLS);
}

function stallTerm(input: TermInput): Term {
  const stallMs = inducedStallMs(input);
  const text =
    stallMs === null
      ? say('no stall was induced: run the overload drill', '未人为制造停顿：请做过载演练')
      : say(
          `worst induced stall ${timeText(stallMs)} + keepalive`,
          `人为制造的最长停顿 ${timeText(stallMs)} + keepalive`,
        );
  return term('induced-stall', 'sample', stallMs === null ? null : stallMs + input.keepaliveMs, text);
}

function serialTerm({ record, counted, keepaliveMs }: TermInput): Term[] {
  const { serial, serialUnknown } = record;
  if (serial === null) {
    if (!serialUnknown) return [];
    const text = say('the speed of the serial line is not known to the console', '控制台不知道串口线的速率');
    return [term('serial', 'floor', null, text)];
  }
  const ids = new Set(record.links.filter((l) => l.medium === 'serial').map((l) => l.id));
  const jitterMs = Math.max(0, ...counted.filter((c) => ids.has(c.view.link ?? '')).map((c) => c.view.sdMs ?? 0));
  const nameChars = Math.max(...record.nodes.map((n) => n.length));
  const floor = serialFloor(serial, keepaliveMs, nameChars, jitterMs);
  const parts = `${timeText(floor.burstMs)} / ${timeText(floor.sendMs)} / ${timeText(floor.usbMs)} / ${timeText(jitterMs)}`;
  const text = say(
    `serial line at ${serial.baud}: burst / beat / adapter / jitter ${parts}, and three keepalives behind a burst`,
    `${serial.baud} 波特串口：突发 / 单个心跳 / 适配器 / 抖动 ${parts}，突发之后再加三个 keepalive`,
  );
  return [term('serial', 'floor', floor.ms, text)];
}

function warnTerm({ keepaliveMs }: TermInput): Term {
  const text = say(
    'twice a warntime of two keepalives: one lost heartbeat must not warn, and a warning must come in time',
    '两个 keepalive 的 warntime 的 2 倍：丢一个心跳不应告警，而告警必须及时',
  );
  return term('warntime', 'floor', 2 * WARN_BEATS * keepaliveMs + WARN_ROOM_MS, text);
}

/** Longest times between two events of one node, milliseconds; null: never seen. */
function worstScriptMs(record: AdviceRecord): number | null {
  const times = record.events.flatMap(({ event: { body } }) => {
    const tookMs = body['tookMs'];
    return body.kind === 'resource' && body['phase'] === 'done' && typeof tookMs === 'number' ? [tookMs] : [];
  });
  return times.length === 0 ? null : largest(times);
}

/** From its beginning to its success, the slowest. */
function worstFencingMs(record: AdviceRecord): number | null {
  const begun = new Map<string, number>();
  const times: number[] = [];
  for (const { tMs, event } of record.events) {
    if (event.body.kind !== 'fencing') continue;
    const phase = event.body['phase'];
    if (phase === 'begin') begun.set(event.node, tMs);
    const from = begun.get(event.node);
    if (phase === 'done' && from !== undefined) times.push(tMs - from);
  }
  return times.length === 0 ? null : largest(times);
}

/** A floor that a person may know, or the record shows; the longer one counts. Unknown ones are named, never taken for 0. */
function floorTerm(id: Term['id'], toldMs: number | null, seenMs: number | null, name: Text): Term {
  const known = [toldMs, seenMs].filter((ms) => ms !== null);
  const ms = known.length === 0 ? null : largest(known);
  const text =
    ms === null
      ? say(`${name.en}: not known`, `${name['zh-CN']}：未知`)
      : say(`${name.en}: ${timeText(ms)}`, `${name['zh-CN']}：${timeText(ms)}`);
  return term(id, 'floor', ms, text);
}

/** All members, the longest marked. Those without a value take no part. */
export function algorithmTerms(input: TermInput): AdviceTerm[] {
  const { record, question } = input;
  const { watchdogMs } = question;
  const terms: Term[] = [
    longestTerm(input),
    tailTerm(input),
    beatsTerm(input),
    warnTerm(input),
    stallTerm(input),
    ...serialTerm(input),
    ...(watchdogMs === null
      ? []
      : [floorTerm('watchdog', watchdogMs + WATCHDOG_MARGIN_MS, null, say('watchdog and a second', '看门狗加一秒'))]),
    floorTerm('fencing', question.fencingMs, worstFencingMs(record), say('fencing', '隔离（fencing）')),
    floorTerm('script', null, worstScriptMs(record), say('slowest resource script', '最慢的资源脚本')),
    floorTerm(
      'vm-pause',
      question.vmPauseMs,
      longestInFaultMs(input, PAUSES),
      say('longest pause of a virtual machine', '虚拟机的最长暂停'),
    ),
  ];
  const most = largest(terms.map((t) => t.ms ?? 0));
  const winner = terms.findIndex((t) => t.ms === most);
  return terms.map((t, i) => ({ ...t, won: i === winner }));
}
