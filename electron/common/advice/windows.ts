/** Stretches that say nothing about a healthy pair: start-ups, restarts, faults and drills. They are shown and not counted. */
import type { SessionTiming } from '../contract/session.ts';
import type { Text } from '../contract/drill.ts';
import type { AdviceRecord } from './record.ts';
import { say } from './words.ts';

export interface Window {
  readonly fromMs: number;
  readonly toMs: number;
  readonly kind: 'fault' | 'start';
  /** Name of the fault; empty for a start. */
  readonly name: string;
  readonly text: Text;
}

/** After a fault or a start the pair is given one deadtime to be itself again; without a known one this long, milliseconds. */
const SETTLE_MS = 10_000;

export function settleMs(timings: ReadonlyMap<string, SessionTiming>): number {
  return [...timings.values()].reduce((most, t) => Math.max(most, t.deadtimeMs), 0) || SETTLE_MS;
}

interface Mark {
  readonly tMs: number;
  readonly node: string;
  readonly faultId: string;
  readonly name: string;
  readonly phase: string;
}

/** What the console saw and what the nodes journaled; the same fault may be in both. */
function faultMarks(record: AdviceRecord): Mark[] {
  const journaled = record.events.flatMap(({ tMs, event }): Mark[] => {
    const { body, node } = event;
    if (body.kind !== 'fault') return [];
    return [{ tMs, node, faultId: String(body['faultId']), name: String(body['name']), phase: String(body['phase']) }];
  });
  return [...record.faults, ...journaled].sort((a, b) => a.tMs - b.tMs);
}

function faultWindows(record: AdviceRecord, settle: number): Window[] {
  const open = new Map<string, Mark>();
  const windows: Window[] = [];
  const close = (mark: Mark, toMs: number): void => {
    const { name, node } = mark;
    const text = say(`fault ${name} on ${node}`, `${node} 上的故障 ${name}`);
    windows.push({ fromMs: mark.tMs, toMs, kind: 'fault', name, text });
  };
  for (const mark of faultMarks(record)) {
    const key = `${mark.node} ${mark.faultId}`;
    const begun = open.get(key);
    if (mark.phase === 'armed' || mark.phase === 'injected') {
      if (begun === undefined) open.set(key, mark);
    } else if (begun !== undefined) {
      close(begun, mark.tMs + settle);
      open.delete(key);
    }
  }
  for (const mark of open.values()) close(mark, record.toMs);
  return windows;
}

/** From a node's first sign of a start until it and, in its eyes, its peer are active. */
function startWindows(record: AdviceRecord, node: string, settle: number): Window[] {
  const windows: Window[] = [];
  let local = '';
  let peer = '';
  let openMs: number | null = null;
  const text = say(`start or restart, as ${node} saw it`, `启动或重启（${node} 所见）`);
  for (const { tMs, event } of record.events) {
    if (event.node !== node) continue;
    const { body } = event;
    const begins = body.kind === 'restart' || body.kind === 'shutdown' || body.kind === 'peer-restarted';
    if (body.kind === 'local-status') local = String(body['status']);
    if (body.kind === 'peer-status') peer = String(body['status']);
    const isStarting = local === 'init' || local === 'up' || peer === 'init' || peer === 'up';
    if (begins || isStarting) openMs ??= tMs;
    else if (openMs !== null && local !== 'dead' && peer === 'active') {
      windows.push({ fromMs: openMs, toMs: tMs + settle, kind: 'start', name: '', text });
      openMs = null;
    }
  }
  if (openMs !== null) windows.push({ fromMs: openMs, toMs: record.toMs, kind: 'start', name: '', text });
  return windows;
}

/** Everything that is left out, sorted by its beginning. Windows may overlap. */
export function excludedWindows(record: AdviceRecord): Window[] {
  const settle = settleMs(record.timings);
  return [...faultWindows(record, settle), ...record.nodes.flatMap((node) => startWindows(record, node, settle))].sort(
    (a, b) => a.fromMs - b.fromMs,
  );
}

/** Length of their union within a stretch, milliseconds. */
export function unionMs(windows: readonly Window[], fromMs: number, toMs: number): number {
  let total = 0;
  let doneMs = fromMs;
  for (const window of windows) {
    const start = Math.max(doneMs, window.fromMs);
    const end = Math.min(toMs, window.toMs);
    if (end <= start) continue;
    total += end - start;
    doneMs = end;
  }
  return total;
}

/** For gaps in the order of time: does the one that ends at `atMs` touch a window? */
export function gapJudge(windows: readonly Window[]): (atMs: number, gapMs: number) => boolean {
  const merged: { fromMs: number; toMs: number }[] = [];
  for (const { fromMs, toMs } of windows) {
    const last = merged.at(-1);
    if (last !== undefined && fromMs <= last.toMs) last.toMs = Math.max(last.toMs, toMs);
    else merged.push({ fromMs, toMs });
  }
  let next = 0;
  return (atMs, gapMs) => {
    while (next < merged.length && (merged[next]?.toMs ?? 0) < atMs - gapMs) next += 1;
    const window = merged[next];
    return window !== undefined && window.fromMs < atMs;
  };
}
