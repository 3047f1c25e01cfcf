/**
 * Both nodes have the same deadtime, or a person is told. Every heartbeat advertises its sender's, which the receiver obeys for the sender.
 * With two values each node is given up after its own: who looks at one ha.cf reads the time of one direction only, and a node that
 * is allowed more silence than its peer is missed later than the outage budget says.
 */
import { elapsedMs } from '../base/instant.ts';
import type { Instant } from '../base/instant.ts';
import { REAL_DEADTIME_STEADY_MS, REAL_TICK_MS } from './limits.ts';
import { emit } from './state.ts';
import type { Context } from './state.ts';

/** Compares with what the peer's newest heartbeat, which came at `at`, advertised. */
export function compareDeadtimes(ctx: Context, at: Instant): void {
  const { peer, deadtimes } = ctx.state;
  // The wire carries whole milliseconds.
  const ownMs = Math.floor(ctx.config.deadtimeMs);
  const theirsMs = peer.deadtimeMs;
  if (theirsMs === null) return;
  const isReal = peer.engine === 'heartbeat';
  if (Math.abs(theirsMs - ownMs) < (isReal ? REAL_TICK_MS : 1)) {
    deadtimes.other = null;
    endDeadtimesDiffer(ctx);
    return;
  }
  if (deadtimes.other?.ms !== theirsMs) deadtimes.other = { ms: theirsMs, since: at };
  // A real daemon advertises more than its own for a while when it starts and when it restarts.
  if (isReal && elapsedMs(deadtimes.other.since, at) < REAL_DEADTIME_STEADY_MS) return;
  const detail = `deadtime is ${ownMs} ms here and ${theirsMs} ms on ${ctx.config.peer}: both nodes need the same`;
  if (deadtimes.problem === detail) return;
  endDeadtimesDiffer(ctx);
  deadtimes.problem = detail;
  emit(ctx, 'error', { kind: 'problem', code: 'deadtime-differs', over: false, detail });
}

/** The peer advertises ours, or this life is over. */
export function endDeadtimesDiffer(ctx: Context): void {
  const { deadtimes } = ctx.state;
  if (deadtimes.problem === null) return;
  emit(ctx, 'info', { kind: 'problem', code: 'deadtime-differs', over: true, detail: deadtimes.problem });
  deadtimes.problem = null;
}
