/**
 * What happened in a stretch of a session, on one axis. Every time is milliseconds of the session with the half width
 * of its error; what cannot be known is null and names the source that is missing.
 */
import type { Text } from '../contract/drill.ts';
import type { SessionBatch } from '../contract/session.ts';
import type { Situation } from '../contract/state.ts';
import type { VerdictWord } from '../verdict/vip.ts';

/** What a timeline is made from. */
export interface TimelineInput {
  /** Everything recorded in the stretch, samples and probes as little thinned as can be had. */
  readonly batch: SessionBatch;
  readonly nodes: readonly [string, string];
  /** null: the address that the record speaks of first. */
  readonly address: string | null;
  readonly fromMs: number;
  readonly toMs: number;
  /** Period of the client's probe; null: there is none. */
  readonly probePeriodMs: number | null;
  /** Baud of the pair's serial line; null: none, or not known. */
  readonly serialBaud: number | null;
  /** An exercise runs: what was broken is to be found, so neither the fault nor what the evidence is called is told. */
  readonly exercise?: boolean | undefined;
}

/** Who says so. `console`: this computer itself (faults). */
export type Source =
  | { readonly kind: 'console' }
  | { readonly kind: 'node'; readonly node: string }
  | { readonly kind: 'lan' }
  | { readonly kind: 'client' };

export type LaneKind = 'fault' | 'verdict' | 'heard' | 'decisions' | 'resources' | 'address' | 'lan' | 'client';

/** `a`, `b`: something of the first or second node. The others are judgements; `unknown` is never drawn as good. */
export type Tone = 'good' | 'warn' | 'bad' | 'unknown' | 'fault' | 'a' | 'b' | 'plain';

/** A state that lasted. `toMs` is the end of the stretch where it went on. */
export interface Span {
  readonly fromMs: number;
  readonly toMs: number;
  readonly errorMs: number;
  readonly tone: Tone;
  readonly text: Text;
}

/** A moment. */
export interface Mark {
  /** Unique in the timeline. */
  readonly id: string;
  readonly tMs: number;
  readonly errorMs: number;
  readonly source: Source;
  readonly tone: Tone;
  /** A few characters for the picture. */
  readonly short: Text;
  /** A whole sentence. */
  readonly text: Text;
  /** Marks of other sources closer than the sum of both errors: their order is not known. */
  readonly unorderedWith: readonly string[];
}

export interface Lane {
  readonly id: string;
  readonly kind: LaneKind;
  readonly title: Text;
  /** The node whose lane it is, or who hears; null: nobody's. */
  readonly node: string | null;
  readonly spans: readonly Span[];
  readonly marks: readonly Mark[];
  /** Why there is nothing to see in it; null: there is, or nothing happened. */
  readonly missing: Text | null;
}

export type PhaseId = 'fault' | 'detected' | 'decided' | 'resources' | 'announced' | 'served' | 'reverted' | 'stable';

export interface Phase {
  readonly id: PhaseId;
  readonly atMs: number | null;
  readonly errorMs: number | null;
  /** Who says so; null where `atMs` is. */
  readonly source: Source | null;
  /** What was seen; where `atMs` is null: which source is missing, or that it did not happen. */
  readonly text: Text;
  /** Time since the fault (for `stable`: since the revert), and how wrong it can be: both errors together. */
  readonly sinceStartMs: number | null;
  readonly sinceStartErrorMs: number | null;
}

/** One stretch without service, as a client saw it. */
export interface Outage {
  readonly window: 'fault' | 'heal';
  readonly fromMs: number;
  /** null: it had not ended when the stretch does. */
  readonly toMs: number | null;
  readonly restoredBy: string | null;
}

export interface VerdictSpan {
  readonly fromMs: number;
  readonly toMs: number;
  readonly verdict: VerdictWord;
  readonly holders: readonly string[];
  readonly missing: readonly string[];
}

/** Sums of one window. Durations in milliseconds; null: could not be known. */
export interface WindowSums {
  readonly fromMs: number;
  readonly toMs: number;
  /** Longest stretch without service; 0: no request failed. */
  readonly outageMs: number | null;
  readonly outageErrorMs: number | null;
  readonly unavailableMs: number | null;
  /** For how long both nodes held the address. */
  readonly dualMs: number;
  /** For how long nobody could tell. */
  readonly unknownMs: number;
}

export interface StaleNeighbour {
  readonly fromMs: number;
  /** null: it was still so at the end. */
  readonly toMs: number | null;
  readonly neighbourMac: string;
  /** Node that has this hardware address; null: neither. */
  readonly neighbourNode: string | null;
  /** The only holder at the time, and its hardware address. */
  readonly holder: string;
  readonly holderMac: string;
}

export interface Timeline {
  readonly fromMs: number;
  readonly toMs: number;
  readonly nodes: readonly [string, string];
  readonly address: string | null;
  readonly lanes: readonly Lane[];
  readonly phases: readonly Phase[];
  readonly verdicts: readonly VerdictSpan[];
  readonly outages: readonly Outage[];
  /** From the fault to its revert (or the end), and from there on; null: there was no fault, no revert. */
  readonly faultWindow: WindowSums | null;
  readonly healWindow: WindowSums | null;
  readonly situations: readonly Situation[];
  readonly stale: readonly StaleNeighbour[];
  /** Largest clock error of each node in the stretch, milliseconds; null: nothing of it was placed. */
  readonly clockErrorMs: readonly [number | null, number | null];
  /** What speaks against trusting the picture: gaps in what was heard, a probe that stood still. */
  readonly doubts: readonly Text[];
}
