/** What we hold: acquire and release commands, their results, and the sets that follow from them. */
import { assert } from '../base/assert.ts';
import { elapsedMs, plusMs } from '../base/instant.ts';
import type { ResourceSet } from '../timeline/event.ts';
import { STOP_RETRY_MS } from './limits.ts';
import { SIDES, includes, mirrorSide, setOf, without } from './sets.ts';
import type { Side } from './sets.ts';
import { emit } from './state.ts';
import type { Context, EngineState, Holding, PendingCommand } from './state.ts';

/** True when we run the set, are starting it, or cannot stop it. What is being stopped is no claim any more. */
export function claims(state: EngineState, side: Side): boolean {
  const holding = state.mine[side].state;
  return holding === 'starting' || holding === 'held' || holding === 'stuck';
}

/** True when something of a set runs that we could not stop. */
export function anyStuck(state: EngineState): boolean {
  return SIDES.some((side) => state.mine[side].state === 'stuck');
}

/** Sets whose acquire command succeeded and that are not being released. */
export function heldSet(state: EngineState): ResourceSet {
  return setOf(state.mine.local.state === 'held', state.mine.foreign.state === 'held');
}

/** Sets of which anything may run here: what the peer must not start. */
export function touchedSet(state: EngineState): ResourceSet {
  return setOf(state.mine.local.state !== 'none', state.mine.foreign.state !== 'none');
}

/**
 * Sets that run here or are being stopped, also after a start that failed half way: the peer must not start what
 * may still run here. A set that is only being started is not among them.
 */
export function runningSet(state: EngineState): ResourceSet {
  const runs = ({ state: holding }: Holding) => holding !== 'none' && holding !== 'starting';
  return setOf(runs(state.mine.local), runs(state.mine.foreign));
}

/** True while the host works for us. */
export function busy(state: EngineState): boolean {
  return state.pending.size > 0;
}

/** Sets that we could not start, for the report: only who knows that the other node failed as well may keep a part of one. */
export function failedSet(state: EngineState): ResourceSet {
  return setOf(state.mine.local.failed, state.mine.foreign.failed);
}

/** The peer has said that it could not start this set of ours either. */
export function failedThere(state: EngineState, side: Side): boolean {
  return includes(state.peer.failed, mirrorSide(side));
}

/** Sets that the peer runs as a whole, by its own word and view: what it could only start in part is nobody's. */
export function heldByPeer({ peer }: EngineState): ResourceSet {
  return without(peer.holds, peer.failed);
}

/** Keys of the groups of a set. */
export function groupsOf(ctx: Context, side: Side): readonly string[] {
  return side === 'local' ? ctx.config.localGroups : ctx.config.foreignGroups;
}

function issue(ctx: Context, command: PendingCommand, because: string): number {
  const { state } = ctx;
  const id = state.nextCommand++;
  assert(command.kind !== 'exit' && command.side !== null, 'only sets are acquired and released');
  state.pending.set(id, command);
  state.mine[command.side].command = id;
  ctx.commands.push({ kind: command.kind, id, groups: groupsOf(ctx, command.side), because });
  return id;
}

/**
 * Starts a set, unless it is ours already. A set without groups is held at once: the wire speaks of sets, not of groups.
 *
 * The term of the claim exceeds every term we know. It is also at least the wall clock's second, for the claims of a life
 * that has forgotten the terms: without that, a node restarted during a split would take its new claim for the older one.
 * A wrong clock costs only that: both nodes still compare the same two numbers.
 */
export function claim(ctx: Context, side: Side, because: string): void {
  const { state } = ctx;
  const holding = state.mine[side];
  if (holding.state === 'starting' || holding.state === 'held') return;
  // A stuck set never stopped being ours: its claim is as old as it was.
  if (holding.state !== 'stuck') {
    state.highestTerm = Math.max(state.highestTerm + 1, Math.floor(ctx.world.wallSeconds));
    holding.term = state.highestTerm;
  }
  holding.contested = false;
  if (groupsOf(ctx, side).length === 0) {
    holding.state = 'held';
    return;
  }
  const again = holding.state === 'stuck' && !holding.partly;
  holding.state = 'starting';
  holding.partly = false;
  holding.retryStopAt = null;
  issue(ctx, { kind: 'acquire', side, retry: again }, because);
}

/** Stops a set, unless it is not ours. While it is being started the stop queues behind the start. */
export function release(ctx: Context, side: Side, because: string): void {
  const holding = ctx.state.mine[side];
  if (holding.state === 'none' || holding.state === 'stopping') return;
  holding.contested = false;
  holding.partly = false;
  holding.retryStopAt = null;
  if (groupsOf(ctx, side).length === 0) {
    holding.state = 'none';
    return;
  }
  holding.state = 'stopping';
  issue(ctx, { kind: 'release', side, retry: false }, because);
}

/** Announces the addresses of a held set again: another node answered for them until now. */
export function announceAgain(ctx: Context, side: Side): void {
  const holding = ctx.state.mine[side];
  assert(holding.state === 'held', 'only what is held can be announced again');
  holding.contested = false;
  if (groupsOf(ctx, side).length === 0) return;
  issue(ctx, { kind: 'acquire', side, retry: false }, 'announce again after the peer gave it up');
}

/** Takes the result of a command. Results of commands that a newer one overtook change nothing. */
export function commandDone(ctx: Context, id: number, ok: boolean, detail: string): void {
  const { state } = ctx;
  const command = state.pending.get(id);
  assert(command !== undefined, `command-done for unknown command ${id}`);
  state.pending.delete(id);
  if (command.side === null || state.mine[command.side].command !== id) return;
  if (command.kind === 'acquire') acquireDone(ctx, command.side, command.retry, ok, detail);
  else releaseDone(ctx, command.side, command.retry, ok, detail);
}

/** `again`: the set was stuck. The host starts every group of it that it can, also after one has failed. */
function acquireDone(ctx: Context, side: Side, again: boolean, ok: boolean, detail: string): void {
  const holding = ctx.state.mine[side];
  if (ok) {
    // Also a start that a stop has overtaken, or a repeated announcement: it works again.
    endProblem(ctx, side, 'acquire-failed');
    if (holding.state !== 'starting') return;
    holding.state = 'held';
    holding.failed = false;
    holding.offered = false;
    // What could not be stopped runs in order now; there is nothing left to stop.
    endProblem(ctx, side, 'stop-failed');
    return;
  }
  if (holding.state === 'held') {
    // A failed repeat of the announcement leaves the groups running: nothing to undo, and nothing that could ever be over.
    emit(ctx, 'error', { kind: 'log', text: `Announcing the ${side} groups again failed; they run: ${detail}` });
    return;
  }
  beginProblem(ctx, side, 'acquire-failed', `${side}: ${detail}`);
  if (holding.state !== 'starting') return;
  if (again) {
    // To stop it once more would take down its healthy groups as well, and nobody could start them elsewhere: only when the
    // peer runs them, too, it has to be.
    const contested = includes(ctx.state.peer.claims, mirrorSide(side));
    holding.state = 'stuck';
    holding.retryStopAt = contested ? plusMs(ctx.world.now, STOP_RETRY_MS) : null;
    return;
  }
  holding.failed = true;
  const { peer } = ctx.state;
  const alone = peer.status === 'dead' || peer.stopped;
  if ((alone || failedThere(ctx.state, side)) && groupsOf(ctx, side).length > 1) {
    // Nobody else could serve the groups of the set that did start; the host has stopped what there was of the others.
    holding.state = 'stuck';
    holding.partly = true;
    holding.retryStopAt = null;
    return;
  }
  release(ctx, side, 'acquire failed: stop what started');
}

/** A failed stop is tried once more. If that fails too, something runs here that we cannot end. */
function releaseDone(ctx: Context, side: Side, retry: boolean, ok: boolean, detail: string): void {
  const holding = ctx.state.mine[side];
  if (ok) {
    holding.state = 'none';
    endProblem(ctx, side, 'stop-failed');
    return;
  }
  if (retry) {
    becomeStuck(ctx, side, detail);
    return;
  }
  emit(ctx, 'error', { kind: 'log', text: `Stopping the ${side} groups failed, trying once more: ${detail}` });
  issue(ctx, { kind: 'release', side, retry: true }, 'release failed: try again');
}

/**
 * The set stays claimed as long as we live: to say that it was released would let the peer start what may still run
 * here. A hand-over to the peer is withdrawn and the set may stay; in every other case we had to give it up and go on trying.
 */
function becomeStuck(ctx: Context, side: Side, detail: string): void {
  const { state } = ctx;
  const holding = state.mine[side];
  holding.state = 'stuck';
  holding.retryStopAt = state.standby.kind === 'releasing' ? null : plusMs(ctx.world.now, STOP_RETRY_MS);
  beginProblem(ctx, side, 'stop-failed', `${side}: ${detail}`);
}

/** Stops stuck sets again when it is time; one that only starts in part, when a peer is there to try the whole of it. */
export function advanceStuck(ctx: Context): void {
  const { peer } = ctx.state;
  const peerCanTry = peer.status === 'active' && peer.conversing && !peer.stopped;
  for (const side of SIDES) {
    const { state, retryStopAt, partly } = ctx.state.mine[side];
    if (state === 'stuck' && partly && peerCanTry && !failedThere(ctx.state, side))
      release(ctx, side, 'acquire failed: the peer may start all of it');
    if (state !== 'stuck' || retryStopAt === null || elapsedMs(retryStopAt, ctx.world.now) < 0) continue;
    release(ctx, side, 'stop failed: try again');
  }
}

type SetProblem = 'acquire-failed' | 'stop-failed';

function beginProblem(ctx: Context, side: Side, code: SetProblem, detail: string): void {
  const holding = ctx.state.mine[side];
  const known = code === 'stop-failed' ? holding.stopProblem : holding.startProblem;
  if (known === detail) return;
  endProblem(ctx, side, code);
  if (code === 'stop-failed') holding.stopProblem = detail;
  else holding.startProblem = detail;
  emit(ctx, code === 'stop-failed' ? 'crit' : 'error', { kind: 'problem', code, over: false, detail });
}

/** Ends a problem in the words in which it began: another set may have one of the same code. */
function endProblem(ctx: Context, side: Side, code: SetProblem): void {
  const holding = ctx.state.mine[side];
  const detail = code === 'stop-failed' ? holding.stopProblem : holding.startProblem;
  if (detail === null) return;
  if (code === 'stop-failed') holding.stopProblem = null;
  else holding.startProblem = null;
  emit(ctx, 'info', { kind: 'problem', code, over: true, detail });
}

/** The peer runs what we could not start: it is served. Held and claimed, so that half a start of the peer does not count. */
export function endStartProblems(ctx: Context): void {
  const { mine, peer } = ctx.state;
  for (const side of SIDES) {
    const runs = includes(peer.holds, mirrorSide(side)) && includes(peer.claims, mirrorSide(side));
    if (runs && !failedThere(ctx.state, side) && mine[side].state === 'none') endProblem(ctx, side, 'acquire-failed');
  }
}

/** This life is over; what it could not start is no problem of the next one. */
export function endSetProblems(ctx: Context): void {
  for (const side of SIDES) endProblem(ctx, side, 'acquire-failed');
}

/** Gives up every set. */
export function releaseAll(ctx: Context, because: string): void {
  for (const side of SIDES) release(ctx, side, because);
}
