/** How a life ends: graceful stop (reference, section 6.10) and restart with a new generation (section 6.8). */
import { elapsedMs, plusMs } from '../base/instant.ts';
import { anyStuck, busy, releaseAll } from './holdings.ts';
import { STOP_LINGER_MS } from './limits.ts';
import { sendShutdone } from './messages.ts';
import { report } from './report.ts';
import { emit } from './state.ts';
import type { Context, Ending } from './state.ts';

/** Graceful stop: release everything, tell the peer, exit. Asked for during a restart, it makes it a stop. */
export function beginStop(ctx: Context): void {
  const { state } = ctx;
  if (state.life === 'over' || state.life === 'lingering') return;
  if (state.life === 'releasing') {
    state.ending = { ...(state.ending as Ending), restart: false, afterMs: 0 };
    return;
  }
  emit(ctx, 'info', { kind: 'shutdown', phase: 'begin' });
  begin(ctx, { restart: false, silent: false, afterMs: 0, reason: 'stop' });
}

/**
 * Release everything, then start over with a new generation after `afterMs` of silence.
 * `silent`: the peer believes that we are dead, or must; not one more packet of this generation may reach it.
 */
export function beginRestart(ctx: Context, how: Omit<Ending, 'restart'>): void {
  const { state } = ctx;
  if (state.life === 'over') return;
  if (state.life === 'lingering' || state.life === 'releasing') {
    const ending = state.ending as Ending;
    state.ending = { ...ending, silent: ending.silent || how.silent };
    return;
  }
  emit(ctx, 'warn', { kind: 'restart', reason: how.reason });
  begin(ctx, { ...how, restart: true });
}

function begin(ctx: Context, ending: Ending): void {
  const { state } = ctx;
  state.life = 'releasing';
  state.ending = ending;
  state.phase = 'shutdown';
  state.standby = { kind: 'none' };
  state.takeover = null;
  state.restarting = null;
  releaseAll(ctx, ending.reason);
  // Until the release is done the report still names the sets: nobody may start them yet.
  if (!ending.silent && state.status === 'active') report(ctx, 'shutdown');
}

/** Moves an ending on when its commands are done and its time has come. */
export function advanceEnding(ctx: Context): void {
  const { state } = ctx;
  const { ending } = state;
  // As long as something of ours runs that we cannot stop, we neither say that it is released nor leave the peer to guess.
  if (ending === null || busy(state) || anyStuck(state)) return;
  if (state.life === 'releasing') becomeReleased(ctx, ending);
  if (state.life !== 'lingering') return;
  const { peer } = state;
  const gone = peer.status === 'dead' || peer.lastHeardAt === null || peer.stopped;
  const acknowledged = state.shutdoneSeq !== null && peer.ackedByPeer >= state.shutdoneSeq;
  const late = state.lingerUntil === null || elapsedMs(state.lingerUntil, ctx.world.now) >= 0;
  if (gone || acknowledged || late || ending.silent) becomeOver(ctx, ending);
}

/** Everything is released: say so, once, and stay a little for retransmissions. */
function becomeReleased(ctx: Context, ending: Ending): void {
  const { state } = ctx;
  state.life = 'lingering';
  if (ending.silent) return;
  emit(ctx, 'info', { kind: 'shutdown', phase: 'released' });
  state.shutdoneSeq = sendShutdone(ctx);
  state.lingerUntil = plusMs(ctx.world.now, STOP_LINGER_MS);
}

function becomeOver(ctx: Context, ending: Ending): void {
  const { state } = ctx;
  state.life = 'over';
  const id = state.nextCommand++;
  state.pending.set(id, { kind: 'exit', side: null, retry: false });
  if (!ending.restart) emit(ctx, 'info', { kind: 'shutdown', phase: 'done' });
  ctx.commands.push({ kind: 'exit', id, restart: ending.restart, afterMs: ending.afterMs });
}
