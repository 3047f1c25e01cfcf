/** The longest gaps, and what else happened near each of them. */
import type { AdviceContext, AdviceGap } from '../contract/advice.ts';
import { quantile } from './numbers.ts';
import type { AdviceRecord, ArrivalStream } from './record.ts';
import { gapJudge, type Window } from './windows.ts';
import { numberText, say, timeText } from './words.ts';

/** What happened this long before a gap began or after it ended belongs to its story, milliseconds. */
const NEAR_MS = 1000;

const MERGED_GAPS = 10;
const LINK_GAPS = 3;
const CONTEXT_MAX = 8;

/** A gap is told of when it is this much longer than the usual one. */
const TOLD_FACTOR = 1.01;

/** Events that say something about a silence; the rest is routine. */
const TELLING = new Set([
  'fault',
  'late-heartbeat',
  'peer-status',
  'local-status',
  'link',
  'problem',
  'takeover',
  'standby',
  'shutdown',
  'restart',
  'peer-restarted',
  'partition-healed',
  'packets-lost',
  'resource',
  'fencing',
  'ping-node',
]);

const KINDS: Readonly<Record<string, AdviceContext['kind']>> = {
  fault: 'fault',
  'late-heartbeat': 'late-heartbeat',
  link: 'link',
  'peer-status': 'peer',
  'peer-restarted': 'peer',
  'partition-healed': 'peer',
  'packets-lost': 'peer',
  problem: 'problem',
};

const FIELDS = [
  'name',
  'phase',
  'link',
  'direction',
  'peer',
  'status',
  'state',
  'intervalMs',
  'silentMs',
  'code',
  'detail',
];
const MORE_FIELDS = ['resource', 'action', 'reason', 'set', 'node', 'count'];

/** An event's own words: kind and what it carries, the same in every language. */
function eventWords(body: { readonly kind: string; readonly [field: string]: unknown }): string {
  const parts = [...FIELDS, ...MORE_FIELDS].flatMap((field) => {
    const value = body[field];
    if (typeof value === 'number') return [field.endsWith('Ms') ? timeText(value) : String(value)];
    return typeof value === 'string' && value !== '' ? [value] : [];
  });
  return [body.kind, ...parts].join(' ');
}

/** First index whose time is not before `tMs`. */
function firstAt(sorted: readonly { readonly tMs: number }[], tMs: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle]?.tMs ?? 0) < tMs) low = middle + 1;
    else high = middle;
  }
  return low;
}

function* between<T extends { readonly tMs: number }>(sorted: readonly T[], fromMs: number, toMs: number): Iterable<T> {
  for (let i = firstAt(sorted, fromMs); i < sorted.length; i += 1) {
    const item = sorted[i];
    if (item === undefined || item.tMs > toMs) return;
    yield item;
  }
}

function* nearEvents(record: AdviceRecord, fromMs: number, toMs: number): Iterable<AdviceContext> {
  for (const { tMs, event } of between(record.events, fromMs, toMs)) {
    const { body, node } = event;
    if (!TELLING.has(body.kind)) continue;
    const words = `${node}: ${eventWords(body)}`;
    yield { kind: KINDS[body.kind] ?? 'other', node, atMs: tMs, text: say(words, words) };
  }
  for (const { tMs, node, name, phase } of between(record.faults, fromMs, toMs)) {
    yield {
      kind: 'fault',
      node,
      atMs: tMs,
      text: say(`fault ${name} on ${node}: ${phase}`, `${node} 上的故障 ${name}：${phase}`),
    };
  }
}

function* nearReadings(record: AdviceRecord, fromMs: number, toMs: number): Iterable<AdviceContext> {
  for (const node of record.nodes) {
    const late = [...between(record.lateness, fromMs, toMs)].filter((r) => r.node === node);
    const worst = late.reduce<(typeof late)[number] | null>((a, b) => (a === null || b.value > a.value ? b : a), null);
    if (worst !== null) {
      const ms = timeText(worst.value);
      const text = say(`the agent of ${node} itself ran ${ms} late`, `${node} 的代理自身晚了 ${ms}`);
      yield { kind: 'lateness', node, atMs: worst.tMs, text };
    }
    const load = [...between(record.loads, fromMs - 10_000, toMs + 10_000)].filter((r) => r.node === node).at(-1);
    if (load !== undefined) {
      const value = numberText(load.value);
      yield { kind: 'load', node, atMs: load.tMs, text: say(`load of ${node}: ${value}`, `${node} 的负载：${value}`) };
    }
  }
}

function* nearHoles(record: AdviceRecord, fromMs: number, toMs: number): Iterable<AdviceContext> {
  for (const gap of record.gaps) {
    if (gap.fromMs > toMs || (gap.toMs ?? record.toMs) < fromMs) continue;
    const text = say(
      `the console heard nothing from ${gap.source}: ${gap.reason}`,
      `控制台没有收到 ${gap.source} 的消息：${gap.reason}`,
    );
    yield { kind: 'console-gap', node: null, atMs: gap.fromMs, text };
  }
}

function contextOf(record: AdviceRecord, windows: readonly Window[], atMs: number, gapMs: number): AdviceContext[] {
  const [fromMs, toMs] = [atMs - gapMs - NEAR_MS, atMs + NEAR_MS];
  const during = windows
    .filter((window) => window.fromMs < atMs && window.toMs >= atMs - gapMs)
    .map((window): AdviceContext => ({
      kind: window.kind === 'fault' ? 'fault' : 'other',
      node: null,
      atMs: window.fromMs,
      text: window.text,
    }));
  return [
    ...during,
    ...nearHoles(record, fromMs, toMs),
    ...nearReadings(record, fromMs, toMs),
    ...nearEvents(record, fromMs, toMs),
  ].slice(0, CONTEXT_MAX);
}

interface LongGap {
  readonly stream: ArrivalStream;
  readonly gapMs: number;
  readonly atMs: number;
  readonly counts: boolean;
}

function longestOf(stream: ArrivalStream, count: number, windows: readonly Window[]): LongGap[] {
  const sorted = [...stream.gapMs].sort((a, b) => a - b);
  // What is hardly longer than usual has no story.
  const limit = Math.max(sorted.at(-count) ?? 0, (quantile(sorted, 0.5) ?? 0) * TOLD_FACTOR);
  const isExcluded = gapJudge(windows);
  const found: LongGap[] = [];
  stream.gapMs.forEach((gapMs, i) => {
    const atMs = stream.atMs[i] ?? 0;
    const counts = !isExcluded(atMs, gapMs);
    if (gapMs >= limit) found.push({ stream, gapMs, atMs, counts });
  });
  return found.sort((a, b) => b.gapMs - a.gapMs).slice(0, count);
}

/** The longest gaps of every stream, those of the merged ones first, each with its story. Excluded ones are among them and say so. */
export function longestGaps(record: AdviceRecord, windows: readonly Window[]): AdviceGap[] {
  const of = (isMerged: boolean, count: number): AdviceGap[] =>
    record.streams
      .filter(({ link }) => (link === null) === isMerged)
      .flatMap((stream) => longestOf(stream, count, windows))
      .sort((a, b) => b.gapMs - a.gapMs)
      .map(({ stream, gapMs, atMs, counts }) => ({
        from: stream.from,
        to: stream.to,
        link: stream.link,
        gapMs,
        atMs,
        wallMs: record.startedWallMs + atMs,
        counts,
        context: contextOf(record, windows, atMs, gapMs),
      }));
  return [...of(true, MERGED_GAPS / 2), ...of(false, LINK_GAPS)];
}
