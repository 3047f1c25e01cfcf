/**
 * Fencing (reference, section 7.3): a silent peer that may run something is reset before its groups are taken. Only the device's
 * own word, or a person's, is a success; time never is.
 *
 * A reset that was begun cannot be called back. Its success proves one thing: the life (generation) of the peer that was known
 * when it was begun is over. So it counts for every death of that generation, also when the peer was heard meanwhile, and for
 * none of another: a peer that came back with a new generation has started over and left nothing to take.
 */
import { elapsedMs, plusMs } from '../base/instant.ts';
import type { TakeoverHoldReason } from '../timeline/event.ts';
import { FENCE_RETRY_MS } from './limits.ts';
import { sendStonith } from './messages.ts';
import type { StonithResult } from './messages.ts';
import type { Death } from './safety.ts';
import { emit } from './state.ts';
import type { Context } from './state.ts';

/** Without a device the condition `fencing` cannot be met; a person's word is then the only way. */
function configured(ctx: Context): boolean {
  return ctx.config.fencingDevice !== null || ctx.config.takeoverRequires.includes('fencing');
}

/** Says once for each death that nothing is fenced, in the real daemon's words. */
function tellOnce(ctx: Context, phase: 'not-needed' | 'not-configured', result: StonithResult, detail: string): void {
  const { fencing } = ctx.state.safety;
  if (fencing.told) return;
  fencing.told = true;
  const severity = phase === 'not-needed' ? 'info' : 'warn';
  emit(ctx, severity, { kind: 'fencing', phase, node: ctx.config.peer, detail });
  sendStonith(ctx, result);
}

/**
 * Why the takeover waits for the device, or null. `mayBegin`: nothing else holds it back. While we may be the one that is cut off, or a
 * cable may be the reason, nobody is shot; and a failed fencing is not repeated.
 */
export function waitForFencing(ctx: Context, death: Death, mayBegin: boolean): TakeoverHoldReason | null {
  const { safety, peer } = ctx.state;
  const { fencing } = safety;
  if (!death.mayHold) {
    tellOnce(ctx, 'not-needed', 'unneeded', `${ctx.config.peer} gave up its resources`);
    return null;
  }
  if (!configured(ctx)) {
    if (mayBegin) tellOnce(ctx, 'not-configured', 'n_stnth', `${ctx.config.peer} may still run its resources`);
    return null;
  }
  if (fencing.provedDead === peer.tracking.generation) return null;
  const { retryAt } = fencing;
  const due = retryAt === null || elapsedMs(retryAt, ctx.world.now) >= 0;
  if (mayBegin && due && fencing.command === null) beginFencing(ctx);
  return fencing.failed ? 'fencing-failed' : 'fencing';
}

function beginFencing(ctx: Context): void {
  const { state, config } = ctx;
  const { fencing } = state.safety;
  const id = state.nextCommand++;
  const because = `${config.peer} is silent and may hold resources`;
  Object.assign(fencing, { view: 'running', command: id, generation: state.peer.tracking.generation, retryAt: null });
  state.safety.asides.set(id, { kind: 'fence' });
  const detail = config.fencingDevice ?? 'no device';
  emit(ctx, 'warn', { kind: 'fencing', phase: 'begin', node: config.peer, detail });
  ctx.commands.push({ kind: 'fence', id, node: config.peer, because });
}

/** Takes the device's answer. */
export function fencingDone(ctx: Context, ok: boolean, detail: string): void {
  const { state, config } = ctx;
  const { fencing, death } = state.safety;
  fencing.command = null;
  const current = fencing.generation === state.peer.tracking.generation;
  if (ok) {
    if (current) fencing.provedDead = fencing.generation;
    if (death !== null) fencing.view = current ? 'done' : 'none';
    const late = current ? detail : `${detail} (${config.peer} had started over meanwhile; nothing is taken for that)`;
    emit(ctx, 'info', { kind: 'fencing', phase: 'done', node: config.peer, detail: late.trim() });
  } else {
    if (death !== null && death.certain === 'no') {
      fencing.view = 'failed';
      fencing.failed = true;
      fencing.retryAt = plusMs(ctx.world.now, FENCE_RETRY_MS);
    }
    emit(ctx, 'error', { kind: 'fencing', phase: 'failed', node: config.peer, detail });
  }
  if (state.life === 'running') sendStonith(ctx, ok ? 'OK' : failureResult(detail));
}

/** The device's library distinguishes "no such host here" from every other failure; so does the real daemon's message. */
function failureResult(detail: string): StonithResult {
  return /\bbadhost\b/i.test(detail) ? 'badhost' : 'bad';
}

/** A person vouches for the peer's death: that is what the device would have said. */
export function fencingConfirmed(ctx: Context): void {
  const { fencing } = ctx.state.safety;
  Object.assign(fencing, { view: 'done', retryAt: null, told: true });
  const detail = 'a person has confirmed that it is off';
  emit(ctx, 'warn', { kind: 'fencing', phase: 'done', node: ctx.config.peer, detail });
  sendStonith(ctx, 'OK');
}

/** The peer fell silent: nothing was said or tried about this death yet. A command of an earlier death may still run. */
export function beginDeath(ctx: Context): void {
  const { fencing } = ctx.state.safety;
  Object.assign(fencing, { retryAt: null, told: false, failed: false });
  fencing.view = fencing.command === null ? 'none' : 'running';
}

/** A heartbeat of the peer: what was done about its silence is history. */
export function fencingHeard(ctx: Context): void {
  const { safety, peer } = ctx.state;
  const { fencing } = safety;
  if (fencing.provedDead !== null) {
    if (fencing.provedDead === peer.tracking.generation) {
      const detail = 'the device reported success, but the node goes on as if nothing had happened: check the device';
      emit(ctx, 'crit', { kind: 'fencing', phase: 'failed', node: ctx.config.peer, detail });
    }
    fencing.provedDead = null;
  }
  fencing.view = 'none';
  fencing.retryAt = null;
  fencing.failed = false;
}
