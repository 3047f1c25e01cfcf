/**
 * When time itself looks wrong: watch, do not act. The peer counts our silence by its own clock, whatever ours says. A node
 * that was away for longer than its deadtime has been taken over from and starts over; one that was away for less holds what
 * it has and judges nobody until it has read what came in meanwhile.
 */
import { assert } from '../base/assert.ts';
import { elapsedMs, isBefore, plusMs } from '../base/instant.ts';
import { beginRestart } from './ending.ts';
import { LATE_STEP_MS } from './limits.ts';
import { emit } from './state.ts';
import type { Context } from './state.ts';

/** Part of the deadtime that a late step may add to the peer's life at most, once per silence. */
const GRACE_FRACTION = 0.25;

const PROBLEM_NOT_SCHEDULED = 'not-scheduled';

/** Looks at our own punctuality, before anything else in a step. */
export function checkOwnTime(ctx: Context): void {
  const { state, config, world } = ctx;
  assert(!isBefore(world.now, state.lastStepAt), 'the monotonic clock went backwards');
  // The peer counts from our last heartbeat, which may be a keepalive older than our last step.
  const silentMs = elapsedMs(state.nextBeatAt, world.now) + config.keepaliveMs;
  if (silentMs > config.deadtimeMs) becomeStalled(ctx, silentMs);
  becomeLate(ctx, elapsedMs(state.wakeAt, world.now));
}

/**
 * The host says that it was away for `gapMs`. What the monotonic clock shows of that is known already; a suspended machine's
 * clock shows nothing, and then the gap comes on top of the time since our last heartbeat.
 */
export function noteStalled(ctx: Context, gapMs: number): void {
  const { state, config, world } = ctx;
  const unseenMs = gapMs - elapsedMs(state.lastStepAt, world.now);
  const sinceBeatMs = elapsedMs(state.nextBeatAt, world.now) + config.keepaliveMs;
  const suspended = unseenMs > config.keepaliveMs;
  const silentMs = suspended ? gapMs + Math.max(0, sinceBeatMs) : gapMs;
  if (silentMs > config.deadtimeMs) becomeStalled(ctx, silentMs);
  else if (suspended) {
    // By our clock the next heartbeat is up to a keepalive away; by the peer's it may be the last that comes in time.
    state.nextBeatAt = world.now;
    ageReplies(ctx, unseenMs);
    becomeLate(ctx, unseenMs);
  }
}

/** A ping node that answered before we slept has not answered just now, though our clock says so. */
function ageReplies(ctx: Context, sleptMs: number): void {
  for (const ping of ctx.state.pings) {
    if (ping.lastHeardAt !== null) ping.lastHeardAt = plusMs(ping.lastHeardAt, -sleptMs);
  }
}

/** We came late and have not read yet what came meanwhile. */
export function onlyWatching(ctx: Context): boolean {
  const { graceUntil } = ctx.state;
  return graceUntil !== null && isBefore(ctx.world.now, graceUntil);
}

/**
 * We were not scheduled for longer than the deadtime. The peer must not hear this generation again: it would see a healed split.
 * Everything is released, also what runs rightly: who holds what is asked in the next life, before anything is started.
 */
function becomeStalled(ctx: Context, gapMs: number): void {
  beginRestart(ctx, { reason: `not scheduled for ${Math.round(gapMs)} ms`, silent: true, afterMs: 0 });
}

/** A step came late: packets may wait unread in the sockets, so nobody's silence proves anything for a moment. */
function becomeLate(ctx: Context, lateMs: number): void {
  const { state, config, world } = ctx;
  const silence = state.peer.lastHeardAt ?? 'unheard';
  if (lateMs <= LATE_STEP_MS || state.graceUsedFor === silence) return;
  state.graceUsedFor = silence;
  const graceMs = Math.min(lateMs, config.deadtimeMs * GRACE_FRACTION);
  state.graceUntil = plusMs(world.now, graceMs);
  // Shorter ones are everyday life on a busy host and cannot hide a whole heartbeat.
  if (lateMs <= config.keepaliveMs || state.safety.notScheduled || state.life !== 'running') return;
  state.safety.notScheduled = true;
  const detail = `not scheduled for ${Math.round(lateMs)} ms: only watching for ${Math.round(graceMs)} ms`;
  emit(ctx, 'warn', { kind: 'problem', code: PROBLEM_NOT_SCHEDULED, over: false, detail });
}

/** The grace is over: what is silent now is silent. */
export function advanceOwnTime(ctx: Context): void {
  if (!onlyWatching(ctx)) endNotScheduled(ctx);
}

/** Ends the report of a stall that is past. */
export function endNotScheduled(ctx: Context): void {
  const { safety } = ctx.state;
  if (!safety.notScheduled) return;
  safety.notScheduled = false;
  emit(ctx, 'info', { kind: 'problem', code: PROBLEM_NOT_SCHEDULED, over: true, detail: 'scheduled in time again' });
}
