/** What an operator may ask for. */
import { busy, claim, claims } from './holdings.ts';
import { sendTakeoverRequest } from './messages.ts';
import { takeOver } from './resources.ts';
import { holdText } from './seizing.ts';
import { sidesOf } from './sets.ts';
import type { Side } from './sets.ts';
import { requestStandby } from './standby.ts';
import { emit } from './state.ts';
import type { Context } from './state.ts';

/** `standby`: the peer shall take `set`. `takeover`: we shall have it. Both in our view; both answered by an event. */
export function operate(ctx: Context, request: 'standby' | 'takeover', set: 'local' | 'foreign' | 'all'): void {
  if (ctx.state.life !== 'running') return;
  if (request === 'standby') {
    requestStandby(ctx, set, 'operator');
    return;
  }
  askForTakeover(ctx, set);
}

type Wanted = 'local' | 'foreign' | 'all';

function tell(ctx: Context, phase: 'requested' | 'done' | 'refused', set: Wanted, detail: string): void {
  emit(ctx, phase === 'refused' ? 'warn' : 'info', { kind: 'standby', phase, set, detail });
}

function askForTakeover(ctx: Context, set: Wanted): void {
  const { state } = ctx;
  const refuse = (detail: string) => tell(ctx, 'refused', set, detail);
  if (state.status !== 'active') return refuse('this node is not active yet');
  const stuck = sidesOf(set).filter((side) => state.mine[side].state === 'stuck');
  if (stuck.length > 0) {
    // What could not be stopped is ours: to take it over is to start it again. The peer is asked for the rest after that.
    for (const side of stuck) claim(ctx, side, 'operator: start again what could not be stopped');
    state.restarting = { set, sides: stuck };
    tell(ctx, 'requested', set, `the ${stuck.join(' and ')} groups, which could not be stopped, are started again`);
    return;
  }
  const wanted = sidesOf(set).filter((side) => !claims(state, side));
  if (wanted.length === 0) return refuse('already held here');
  askPeer(ctx, set, wanted);
}

function askPeer(ctx: Context, set: Wanted, wanted: readonly Side[]): void {
  const { state } = ctx;
  const refuse = (detail: string) => tell(ctx, 'refused', set, detail);
  const waits = holdText(ctx);
  if (waits !== null) return refuse(waits);
  for (const side of wanted) state.mine[side].failed = false;
  if (state.peer.status === 'dead' || state.peer.stopped) {
    tell(ctx, 'requested', set, 'nobody is to be asked: it is started here');
    takeOver(ctx, 'operator');
    state.restarting = { set, sides: wanted };
    return;
  }
  if (ctx.config.autoFailback === 'legacy') return refuse('auto_failback legacy knows no standby');
  sendTakeoverRequest(ctx, set);
  tell(ctx, 'requested', set, 'takeover: the peer was asked to go standby');
}

/** A takeover that began with starting sets here (stuck ones, or all beside a peer that is gone): answers, or asks the peer for what is missing, when they are through. */
export function advanceRestarting(ctx: Context): void {
  const { state } = ctx;
  const { restarting } = state;
  if (restarting === null || busy(state)) return;
  state.restarting = null;
  const { set, sides } = restarting;
  const failed = sides.filter((side) => state.mine[side].state !== 'held');
  if (failed.length > 0) return tell(ctx, 'refused', set, `could not start: ${failed.join(' ')}`);
  const wanted = sidesOf(set).filter((side) => !claims(state, side));
  if (wanted.length === 0) tell(ctx, 'done', set, 'held here');
  else askPeer(ctx, set, wanted);
}
