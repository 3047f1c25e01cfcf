/** Which stretch of a session a person means by "what happened": around the newest fault, or the newest thing that moved. */
import type { SessionBatch } from '../contract/session.ts';

export interface StretchMs {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Shown before the beginning, milliseconds: what it was like while all was well. */
const BEFORE_MS = 3000;
/** Shown after the end of a fault, milliseconds: a boot, a start of the daemon, a join. The heal is part of what happened. */
const HEAL_MS = 60_000;
/** Shown after the newest of a burst of events. */
const AFTER_MS = 5000;
/** Events further apart than this do not belong together: longer than any deadtime in use. */
const BURST_GAP_MS = 45_000;

const DECISIONS: ReadonlySet<string> = new Set([
  'takeover',
  'standby',
  'peer-status',
  'link',
  'ipfail',
  'shutdown',
  'restart',
  'key-mismatch',
]);

/** The newest stretch in which something happened; null: nothing has. `nowMs`: end of the record. */
export function lastStretch(batch: Pick<SessionBatch, 'faults' | 'events'>, nowMs: number): StretchMs | null {
  return newest(faultStretch(batch.faults, nowMs), burstStretch(batch.events, nowMs));
}

/** A burst that belongs to the fault is inside its stretch; only a later one is news of its own. */
function newest(fault: StretchMs | null, burst: StretchMs | null): StretchMs | null {
  if (fault === null || burst === null) return fault ?? burst;
  return burst.fromMs > fault.toMs ? burst : fault;
}

function faultStretch(faults: SessionBatch['faults'], nowMs: number): StretchMs | null {
  const begun = faults.filter((f) => f.phase === 'injected').sort((a, b) => a.tMs - b.tMs);
  const last = begun.at(-1);
  if (last === undefined) return null;
  const end = faults.find((f) => f.faultId === last.faultId && f.phase === 'reverted' && f.tMs >= last.tMs);
  return { fromMs: last.tMs - BEFORE_MS, toMs: Math.min(nowMs, (end?.tMs ?? nowMs) + HEAL_MS) };
}

function burstStretch(events: SessionBatch['events'], nowMs: number): StretchMs | null {
  const told = events.filter((e) => DECISIONS.has(e.event.body.kind)).sort((a, b) => a.tMs - b.tMs);
  const last = told.at(-1);
  if (last === undefined) return null;
  let fromMs = last.tMs;
  for (const { tMs } of [...told].reverse()) {
    if (fromMs - tMs > BURST_GAP_MS) break;
    fromMs = tMs;
  }
  return { fromMs: fromMs - BEFORE_MS, toMs: Math.min(nowMs, last.tMs + AFTER_MS) };
}
