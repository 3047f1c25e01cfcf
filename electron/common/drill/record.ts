/** The record of one run, and the numbers that follow from it. Pure; times in milliseconds on the session axis. */
import type { MarginStream } from '../advice/margin.ts';
import type { SessionEvent } from '../contract/session.ts';
import { dualMs, holdSpans, measureOutage, outageSpans } from './outage.ts';
import type { HoldSpan, HoldWord, OutageSpan, ProbePoint } from './outage.ts';
import type { Quantities } from './quantity.ts';
import type { DrillScript } from './script.ts';
import type { PairView, Roles } from './view.ts';

/** A stretch with something broken, or after it was mended. The next one begins where this ends. */
export interface RunWindow {
  readonly kind: 'fault' | 'heal';
  readonly fromMs: number;
  readonly toMs: number;
  /** False: hands did it, and when exactly is not known. */
  readonly isTimed: boolean;
}

/** A stretch in which a node had no power: it can hold nothing then, and says nothing. */
export interface PowerCut {
  readonly node: string;
  readonly fromMs: number;
}

/** A stretch in which a node's agent said nothing, as when it was killed. What it held then only others can tell. */
export interface Silence {
  readonly node: string;
  readonly fromMs: number;
  readonly toMs: number;
  /** Addresses that it held when it spoke again; null: it has not. */
  readonly heldAfter: readonly string[] | null;
}

/** Who answered for an address on the LAN when a witness there asked. */
export interface LanWord {
  readonly tMs: number;
  readonly address: string;
  /** Nodes that answered; null: somebody answered whose node is not known. */
  readonly nodes: readonly string[] | null;
}

export interface NodeCost {
  readonly node: string;
  /** Processor time of the engine while the fault was on, percent of one core; null: unknown. */
  readonly cpuPercent: number | null;
  /** Growth of the logs while the fault was on, kilobytes a minute; null: unknown. */
  readonly logKilobytesPerMinute: number | null;
}

export interface RunRecord {
  readonly roles: Roles;
  readonly quantities: Quantities;
  readonly autoFailback: boolean;
  /** First column of haresources; null: unknown or not one node. */
  readonly preferredNode: string | null;
  readonly beganAtMs: number;
  readonly endedAtMs: number;
  readonly windows: readonly RunWindow[];
  /** Sorted by due time, from the beginning on. Empty without a probe. */
  readonly probes: readonly ProbePoint[];
  readonly probePeriodMs: number | null;
  readonly events: readonly SessionEvent[];
  readonly powerCuts: readonly PowerCut[];
  readonly silences: readonly Silence[];
  readonly lanWords: readonly LanWord[];
  /** Just before each heal; null: there was none. */
  readonly beforeHeal: PairView | null;
  readonly atStart: PairView;
  readonly atEnd: PairView;
  readonly marginMinMs: number | null;
  /** The same by direction, of every heartbeat of the run: what each node heard of the other over all links. */
  readonly margins: readonly MarginStream[];
  readonly costs: readonly NodeCost[];
}

/** The first time that something broke; null: nothing did. */
export function faultAtMs(record: RunRecord): number | null {
  return record.windows.find((w) => w.kind === 'fault')?.fromMs ?? null;
}

/** The last heal; null: none. */
export function healAtMs(record: RunRecord): number | null {
  return record.windows.findLast((w) => w.kind === 'heal')?.fromMs ?? null;
}

/** Spans without service, with the kind of the window in which each began. */
export function spansByWindow(record: RunRecord): (OutageSpan & { readonly kind: RunWindow['kind'] | 'before' })[] {
  const kindAt = (tMs: number): RunWindow['kind'] | 'before' =>
    record.windows.findLast((w) => w.fromMs <= tMs)?.kind ?? 'before';
  // A request that was due up to a period before the fault can still be its first victim.
  const slackMs = record.probePeriodMs ?? 0;
  return outageSpans(record.probes).map((span) => ({ ...span, kind: kindAt(span.fromMs + slackMs) }));
}

/** The longest of the wanted spans, milliseconds; 0: none; null: one did not end, or there is no probe. */
export function longestOutageMs(record: RunRecord, wanted: 'fault' | 'heal' | 'run'): number | null {
  if (record.probePeriodMs === null) return null;
  const spans = spansByWindow(record).filter((s) => wanted === 'run' || s.kind === wanted);
  if (spans.some((s) => s.toMs === null)) return null;
  return Math.max(0, ...spans.map((s) => (s.toMs ?? 0) - s.fromMs));
}

/** All time without service and its pieces, from the first fault on. */
export function unavailability(record: RunRecord): { readonly totalMs: number | null; readonly gaps: number } {
  const spans = spansByWindow(record).filter((s) => record.windows.length === 0 || s.kind !== 'before');
  if (record.probePeriodMs === null) return { totalMs: null, gaps: 0 };
  const open = spans.some((s) => s.toMs === null);
  const totalMs = open ? null : spans.reduce((sum, s) => sum + (s.toMs ?? 0) - s.fromMs, 0);
  return { totalMs, gaps: spans.length };
}

/** Longest stretch in which the probe itself sent nothing, when it is too long to trust the rest; else null. */
export function probeStalledMs(record: RunRecord): number | null {
  return measureOutage(record.probes, record.probePeriodMs ?? 0).stalledMs;
}

type Body = SessionEvent['event']['body'];

/** Events of a node from a time on that are as wanted, in the order of time. */
export function eventsOf(
  record: RunRecord,
  node: string,
  fromMs: number,
  wanted: (body: Body) => boolean,
): SessionEvent[] {
  return record.events
    .filter((e) => e.event.node === node && e.tMs >= fromMs && wanted(e.event.body))
    .sort((a, b) => a.tMs - b.tMs);
}

/** What the LAN said of a node while its agent was silent, and what it held when it spoke again. */
function wordsOfOthers(record: RunRecord, node: string, address: string): HoldWord[] {
  return record.silences
    .filter((s) => s.node === node)
    .flatMap((silence) => {
      const heard = record.lanWords.filter(
        (w) => w.address === address && w.tMs > silence.fromMs && w.tMs < silence.toMs && w.nodes !== null,
      );
      const words = heard.map((w): HoldWord => ({ tMs: w.tMs, holds: w.nodes?.includes(node) === true }));
      const { heldAfter, toMs } = silence;
      return heldAfter === null ? words : [...words, { tMs: toMs, holds: heldAfter.includes(address) }];
    });
}

function holds(record: RunRecord, node: string, address: string): HoldSpan[] {
  const heldAtStart = record.atStart.vips.find((v) => v.address === address)?.holders.includes(node) === true;
  const words: HoldWord[] = [{ tMs: record.beganAtMs, holds: heldAtStart }, ...wordsOfOthers(record, node, address)];
  for (const cut of record.powerCuts) if (cut.node === node) words.push({ tMs: cut.fromMs, holds: false });
  const told = eventsOf(
    record,
    node,
    record.beganAtMs,
    (b) => b.kind === 'vip' && b['address'] === address && (b['change'] === 'added' || b['change'] === 'removed'),
  );
  for (const e of told) words.push({ tMs: e.tMs, holds: e.event.body['change'] === 'added' });
  return holdSpans(words.sort((a, b) => a.tMs - b.tMs));
}

/** A stretch in which one node's agent was silent, the other one held, and nobody on the LAN was asked: two holders cannot be told from one. */
function isBlind(record: RunRecord, address: string): boolean {
  return record.silences.some((silence) => {
    const isCut = record.powerCuts.some((c) => c.node === silence.node && c.fromMs <= silence.toMs);
    const other = silence.node === record.roles.holder ? record.roles.standby : record.roles.holder;
    const isSeen = record.lanWords.some(
      (w) => w.address === address && w.nodes !== null && w.tMs >= silence.fromMs && w.tMs <= silence.toMs,
    );
    if (isCut || isSeen) return false;
    return dualMs(holds(record, silence.node, address), holds(record, other, address), silence.toMs) > 0;
  });
}

/** Time for which both nodes held the same address, milliseconds: the worst address counts. null: it cannot be told. */
export function dualHoldMs(record: RunRecord): number | null {
  const { holder, standby } = record.roles;
  const addresses = record.atStart.vips.map((v) => v.address);
  if (addresses.length === 0 || addresses.some((address) => isBlind(record, address))) return null;
  return Math.max(
    ...addresses.map((address) =>
      dualMs(holds(record, holder, address), holds(record, standby, address), record.endedAtMs),
    ),
  );
}

/** Whether the nodes agreed on a hand-over in the run, as they told, or have to by auto_failback when the preferred node is back. */
export function wasHandedOver(record: RunRecord): boolean {
  return record.autoFailback || record.events.some((e) => e.event.body.kind === 'standby' && e.tMs >= record.beganAtMs);
}

/** From the first fault until the standby took the holder for dead; and from then until its takeover was done. */
export function takeoverTimes(record: RunRecord): {
  readonly detectMs: number | null;
  readonly takeoverMs: number | null;
} {
  const fromMs = faultAtMs(record);
  if (fromMs === null) return { detectMs: null, takeoverMs: null };
  const isTimed = record.windows.find((w) => w.kind === 'fault')?.isTimed === true;
  const { holder, standby } = record.roles;
  const [dead] = eventsOf(
    record,
    standby,
    fromMs,
    (b) => b.kind === 'peer-status' && b['peer'] === holder && b['status'] === 'dead',
  );
  const [said] = eventsOf(record, standby, fromMs, (b) => b.kind === 'takeover' && b['phase'] === 'done');
  // What the client needs may come after the word: the engine says it as soon as the peer's own groups are there.
  const added = eventsOf(record, standby, dead?.tMs ?? fromMs, (b) => b.kind === 'vip' && b['change'] === 'added');
  const doneMs = said === undefined ? null : Math.max(said.tMs, added[0]?.tMs ?? said.tMs);
  return {
    detectMs: dead === undefined || !isTimed ? null : dead.tMs - fromMs,
    takeoverMs: dead === undefined || doneMs === null ? null : doneMs - dead.tMs,
  };
}

/** Node whose answers ended the first outage after the fault, and the good answers from then to the heal that came from somebody else. */
export function responders(record: RunRecord): { readonly servedBy: string | null; readonly wrongAnswers: number } {
  const fromMs = faultAtMs(record) ?? record.beganAtMs;
  const untilMs = record.windows.find((w) => w.kind === 'heal')?.fromMs ?? record.endedAtMs;
  const points = record.probes.filter((p) => p.tMs >= fromMs && p.tMs <= untilMs);
  const ended = outageSpans(points).find((s) => s.toMs !== null);
  if (ended === undefined) return { servedBy: points.findLast((p) => p.ok)?.answeredBy ?? null, wrongAnswers: 0 };
  const { restoredBy, toMs } = ended;
  const others = points.filter(
    (p) => p.ok && p.tMs >= (toMs ?? 0) && p.answeredBy !== null && p.answeredBy !== restoredBy,
  );
  return { servedBy: restoredBy, wrongAnswers: restoredBy === null ? 0 : others.length };
}

/** The one node that holds every address by the verdict; null: not one. */
export function soleHolder(view: PairView): string | null {
  const [first] = view.vips;
  const holder = first?.verdict === 'one' ? first.holder : null;
  return view.vips.every((v) => v.verdict === 'one' && v.holder === holder) ? holder : null;
}

/** The longest time without service that ended only because the fault did, milliseconds: nothing noticed it, or handled it. 0: none. */
export function unhandledMs(record: RunRecord): number {
  const faults = record.windows.filter((w) => w.kind === 'fault');
  const spans = spansByWindow(record).flatMap(({ fromMs, toMs, kind }) => {
    const window = faults.findLast((w) => w.fromMs <= fromMs + (record.probePeriodMs ?? 0));
    const isUntilMended = window !== undefined && (toMs ?? record.endedAtMs) >= window.toMs;
    return kind === 'fault' && isUntilMended ? [(toMs ?? record.endedAtMs) - fromMs] : [];
  });
  return Math.max(0, ...spans);
}

/** From a time until the client was served for good, milliseconds; null: it was not. */
export function servedAfterMs(record: RunRecord, fromMs: number): number | null {
  const lastBad = record.probes.findLast((p) => !p.ok);
  const first = record.probes.find((p) => p.ok && p.tMs > Math.max(fromMs, lastBad?.tMs ?? 0));
  return first === undefined ? null : first.tMs - fromMs;
}

/** The number that a drill is about, milliseconds; null: it could not be measured. */
export function headlineMs(record: RunRecord, headline: DrillScript['headline']): number | null {
  if (headline !== 'served-after-heal') return longestOutageMs(record, OUTAGE_OF[headline]);
  const fromMs = healAtMs(record);
  return fromMs === null || record.probePeriodMs === null ? null : servedAfterMs(record, fromMs);
}

const OUTAGE_OF = { 'fault-outage': 'fault', 'heal-outage': 'heal', 'run-outage': 'run' } as const;
