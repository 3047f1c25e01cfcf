/**
 * Who holds a virtual address, judged from every witness at hand. "A client can reach it" is
 * not enough: a killed daemon leaves its address behind and then both nodes answer. So the
 * verdict is built from what each node reads back from its own kernel, from who answers on
 * the LAN and from who answered the client, and it says `unknown` with the missing witness
 * named rather than guess.
 */
import type { LanHolder, LanWord } from './lanWords.ts';
import type { MotionWord } from './motion.ts';
import { CLIENT_WITNESS, LAN_WITNESS } from './witnesses.ts';

/** How old a node's own word may be, milliseconds. Three missed status polls and a little slack. */
export const WITNESS_FRESH_MS = 3000;

/** How old the holder's question to the LAN ("who else has it?") may be, milliseconds. */
export const LAN_QUESTION_FRESH_MS = 5000;

/** `moving`: nobody has it, and a takeover or hand-over is under way. */
export type VerdictWord = 'one' | 'moving' | 'dual' | 'none' | 'unknown';

/** What one node is known to do with the address. Times are on the session axis, milliseconds. */
export interface NodeWitness {
  readonly node: string;
  /** From the rack; `null` where nobody can know (a real server). */
  readonly poweredOff: boolean | null;
  /** The node's own word; null: never heard. */
  readonly held: {
    readonly holds: boolean;
    /** When the node said so. */
    readonly atMs: number;
    /** Since when it has said the same. */
    readonly sinceMs: number;
    /** How wrong both times can be. */
    readonly errorMs: number;
  } | null;
  /** Answer to the node's last question to the LAN; null: never asked. */
  readonly lan: { readonly conflictMac: string | null; readonly askedAgoMs: number } | null;
  /** The node itself is reached, and its agent does not run: whatever it held last, it takes nothing new. */
  readonly agentDown?: boolean;
  /** By its own fresh word it hears a reference host: its questions to the LAN reach somebody. */
  readonly hearsReference?: boolean;
}

/** The last answered probe of this very address; `answeredBy` null: none was answered yet. There may be no probe of it. */
export interface ProbeWitness {
  readonly answeredBy: string | null;
  readonly atMs: number;
}

/** Witnesses beside the nodes and the client. */
export interface MoreEvidence {
  /** The observer on the LAN; null: there is none, or it never answered. */
  readonly lan: LanWord | null;
  /** A takeover or hand-over under way; null: none. */
  readonly motion: MotionWord | null;
}

const NOTHING_MORE: MoreEvidence = { lan: null, motion: null };

export interface VipJudgement {
  readonly verdict: VerdictWord;
  /** The only holder, when the verdict is `one`. */
  readonly holder: string | null;
  /** Everybody known to hold it; a MAC address for a holder that is neither node. */
  readonly holders: readonly string[];
  readonly answeredBy: string | null;
  /**
   * Every witness that says nothing of this address now: a node by its name, LAN_WITNESS, CLIENT_WITNESS. One of them may settle what is
   * `unknown`; beside any other verdict they say on whose word it does not stand. A client that asks and is not answered does say something.
   */
  readonly missing: readonly string[];
}

/** A judgement before it is said who was not heard for it. */
type Judged = Omit<VipJudgement, 'missing'>;

type Holding = 'holds' | 'not' | 'unknown';

/** What a node is taken to do right now: the rack knows that a node without power holds nothing. */
function holdingOf(witness: NodeWitness, nowMs: number): Holding {
  if (witness.poweredOff === true) return 'not';
  if (witness.held === null || nowMs - witness.held.atMs > WITNESS_FRESH_MS) return 'unknown';
  return witness.held.holds ? 'holds' : 'not';
}

/**
 * True when there was a moment at which both are known to hold. Without this check an ordinary
 * move would flash `dual`:
 *
 *   1. A's last word, 150 ms ago, is "I hold it".
 *   2. A releases, B takes over, B says "I hold it".
 *   3. A's next word is not here yet.
 */
function heldTogether(a: NodeWitness, b: NodeWitness): boolean {
  if (a.held === null || b.held === null) return false;
  const bothSinceMs = Math.max(a.held.sinceMs, b.held.sinceMs);
  const bothUntilMs = Math.min(a.held.atMs, b.held.atMs);
  return bothUntilMs - bothSinceMs >= a.held.errorMs + b.held.errorMs;
}

function later(a: NodeWitness, b: NodeWitness): NodeWitness {
  return (a.held?.sinceMs ?? 0) >= (b.held?.sinceMs ?? 0) ? a : b;
}

function freshAnswer(probe: ProbeWitness | null, nowMs: number): string | null {
  return probe !== null && nowMs - probe.atMs <= WITNESS_FRESH_MS ? probe.answeredBy : null;
}

/** A second host that answers for the address, as the holder itself saw it on the LAN. */
function strangerMac(holder: NodeWitness): string | null {
  const lan = holder.lan;
  return lan !== null && lan.askedAgoMs <= LAN_QUESTION_FRESH_MS ? lan.conflictMac : null;
}

function freshLan(lan: LanWord | null, nowMs: number): LanWord | null {
  return lan !== null && nowMs - lan.atMs <= WITNESS_FRESH_MS ? lan : null;
}

/** True when the LAN gave the same answer twice: once can be the hand-over itself, whose old holder answered and whose new one announced. */
const isSteady = (lan: LanWord): boolean => lan.atMs > lan.sinceMs;

/** The only one who answers on the LAN, seen twice, by node name; null: nobody, more than one, or neither node. */
function onlyOnLan(lan: LanWord | null): string | null {
  if (lan === null || !isSteady(lan) || lan.holders.length !== 1) return null;
  return lan.holders[0]?.node ?? null;
}

const nameOf = (holder: LanHolder): string => holder.node ?? holder.mac;

/**
 * True when silence on the holder's LAN means that nobody else has the address. Either the holder is known not to be deaf there, or the
 * silent node had given the address up and nothing runs on it that could take it again.
 */
function isPlain(holder: NodeWitness, absent: NodeWitness): boolean {
  const gaveUp = absent.agentDown === true && absent.held !== null && !absent.held.holds;
  return holder.hearsReference === true || gaveUp;
}

/** One known holder, and the other node's word is missing: may the rest of the evidence settle it? */
function judgeLoneHolder(
  holder: NodeWitness,
  absent: NodeWitness,
  probe: ProbeWitness | null,
  seen: LanWord | null,
  nowMs: number,
): Judged {
  const answeredBy = freshAnswer(probe, nowMs);
  const holders = [holder.node];
  // The LAN was asked after the holder took it, so that what it says is about now.
  const askedSince = seen !== null && holder.held !== null && seen.sinceMs - holder.held.sinceMs > holder.held.errorMs;
  if (onlyOnLan(seen) === holder.node) {
    return { verdict: 'one', holder: holder.node, holders, answeredBy };
  }
  if (onlyOnLan(seen) === absent.node && askedSince) {
    return { verdict: 'dual', holder: null, holders: [holder.node, absent.node], answeredBy };
  }
  // The silent node answered a client after the other one had taken the address: both have it.
  const answeredAfter =
    probe !== null && holder.held !== null && probe.atMs - holder.held.sinceMs > holder.held.errorMs;
  if (answeredBy === absent.node && answeredAfter) {
    return { verdict: 'dual', holder: null, holders: [holder.node, absent.node], answeredBy };
  }
  const lan = holder.lan;
  const lanIsClear = lan !== null && lan.askedAgoMs <= LAN_QUESTION_FRESH_MS && lan.conflictMac === null;
  // An address that no probe asks for cannot be answered: its holder's question must do, where nothing speaks against it.
  const isVouched = probe === null ? isPlain(holder, absent) : answeredBy === holder.node;
  if (lanIsClear && isVouched) {
    return { verdict: 'one', holder: holder.node, holders, answeredBy };
  }
  return { verdict: 'unknown', holder: null, holders, answeredBy };
}

/** No node is known to hold it. `absent`: those whose word is missing. */
function judgeNoHolder(
  known: readonly NodeWitness[],
  absent: readonly NodeWitness[],
  answeredBy: string | null,
  seen: LanWord | null,
  motion: MotionWord | null,
): Judged {
  const base = { holder: null, holders: [], answeredBy };
  const lanIsEmpty = seen !== null && isSteady(seen) && seen.holders.length === 0;
  if (motion !== null && (absent.length === 0 || lanIsEmpty)) return { verdict: 'moving', ...base };
  if (absent.length === 0) return { verdict: 'none', ...base };
  const only = onlyOnLan(seen);
  // The one that is silent still answers on the LAN, the other one says that it has nothing: a frozen daemon beside a living kernel.
  if (known.length === 1 && only !== null && absent[0]?.node === only) {
    return { verdict: 'one', holder: only, holders: [only], answeredBy };
  }
  return { verdict: 'unknown', ...base };
}

/** Everything but who is missing. */
function judged(
  a: NodeWitness,
  b: NodeWitness,
  probe: ProbeWitness | null,
  nowMs: number,
  seen: LanWord | null,
  motion: MotionWord | null,
): Judged {
  const answeredBy = freshAnswer(probe, nowMs);
  const states = [a, b].map((witness) => ({ witness, holding: holdingOf(witness, nowMs) }));
  const holding = states.filter((s) => s.holding === 'holds').map((s) => s.witness);
  const absent = states.filter((s) => s.holding === 'unknown').map((s) => s.witness);
  const [first, second] = holding;
  if (first !== undefined && second !== undefined && heldTogether(first, second)) {
    return { verdict: 'dual', holder: null, holders: [first.node, second.node], answeredBy };
  }
  if (seen !== null && seen.holders.length > 1 && isSteady(seen)) {
    return { verdict: 'dual', holder: null, holders: seen.holders.map(nameOf), answeredBy };
  }
  if (first !== undefined && second !== undefined) {
    const holder = later(first, second);
    return { verdict: 'one', holder: holder.node, holders: [holder.node], answeredBy };
  }
  if (first !== undefined) {
    const mac = strangerMac(first);
    if (mac !== null) return { verdict: 'dual', holder: null, holders: [first.node, mac], answeredBy };
    const [silent] = absent;
    if (silent !== undefined) return judgeLoneHolder(first, silent, probe, seen, nowMs);
    return { verdict: 'one', holder: first.node, holders: [first.node], answeredBy };
  }
  const known = states.filter((s) => s.holding === 'not').map((s) => s.witness);
  return judgeNoHolder(known, absent, answeredBy, seen, motion);
}

/**
 * Judges one address by its own witnesses. `probe` null: none asks for it. `nowMs` is the present on the session axis.
 *
 * Two nodes that speak for themselves settle an address without the LAN and without a client, since each reads its own kernel and the
 * holder asks the LAN for others itself; the verdict stands, and the missing witness is named beside it. A missing node is another
 * matter: what a node that is not heard may hold only the LAN or a client can say.
 */
export function judgeVip(
  a: NodeWitness,
  b: NodeWitness,
  probe: ProbeWitness | null,
  nowMs: number,
  more: MoreEvidence = NOTHING_MORE,
): VipJudgement {
  const seen = freshLan(more.lan, nowMs);
  const missing = [a, b].filter((witness) => holdingOf(witness, nowMs) === 'unknown').map(({ node }) => node);
  if (seen === null) missing.push(LAN_WITNESS);
  if (probe === null) missing.push(CLIENT_WITNESS);
  return { ...judged(a, b, probe, nowMs, seen, more.motion), missing };
}
