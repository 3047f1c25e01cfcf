/** What an operator may ask for. */
import { claim, claims } from './holdings.ts';
import { sendTakeoverRequest } from './messages.ts';
import { takeOver } from './resources.ts';
import { holdText } from './seizing.ts';
import { sidesOf } from './sets.ts';
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

function askForTakeover(ctx: Context, set: 'local' | 'foreign' | 'all'): void {
  const { state } = ctx;
  const stuck = sidesOf(set).filter((side) => state.mine[side].state === 'stuck');
  // What could not be stopped is ours: to take it over is to start it again.
  for (const side of stuck) claim(ctx, side, 'operator: start again what could not be stopped');
  const wanted = sidesOf(set).filter((side) => !claims(state, side));
  const refuse = (detail: string) => emit(ctx, 'warn', { kind: 'standby', phase: 'refused', set, detail });
  if (state.status !== 'active') return refuse('this node is not active yet');
  if (wanted.length === 0) {
    if (stuck.length === 0) refuse('already held here');
    return;
  }
  const waits = holdText(ctx);
  if (waits !== null) return refuse(waits);
  for (const side of wanted) state.mine[side].failed = false;
  if (state.peer.status === 'dead' || state.peer.stopped) return takeOver(ctx, 'operator');
  if (ctx.config.autoFailback === 'legacy') return refuse('auto_failback legacy knows no standby');
  sendTakeoverRequest(ctx, set);
  emit(ctx, 'info', { kind: 'standby', phase: 'requested', set, detail: 'takeover: the peer was asked to go standby' });
}
