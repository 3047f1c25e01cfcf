/** What we hold: acquire and release commands, their results, and the sets that follow from them. */
import { assert } from '../base/assert.ts';
import type { ResourceSet } from '../timeline/event.ts';
import { beginRestart } from './ending.ts';
import { SIDES, setOf } from './sets.ts';
import type { Side } from './sets.ts';
import { emit } from './state.ts';
import type { Context, EngineState, PendingCommand } from './state.ts';

/** True when we run the set or are starting it. What is being stopped is no claim any more. */
export function claims(state: EngineState, side: Side): boolean {
  const holding = state.mine[side].state;
  return holding === 'starting' || holding === 'held';
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
  const runs = (side: Side) => state.mine[side].state === 'held' || state.mine[side].state === 'stopping';
  return setOf(runs('local'), runs('foreign'));
}

/** True while the host works for us. */
export function busy(state: EngineState): boolean {
  return state.pending.size > 0;
}

function groupsOf(ctx: Context, side: Side): readonly string[] {
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

/** Starts a set, unless it is ours already. A set without groups is held at once: the wire speaks of sets, not of groups. */
export function claim(ctx: Context, side: Side, because: string): void {
  const holding = ctx.state.mine[side];
  if (holding.state === 'starting' || holding.state === 'held') return;
  holding.term = ++ctx.state.highestTerm;
  holding.contested = false;
  if (groupsOf(ctx, side).length === 0) {
    holding.state = 'held';
    return;
  }
  holding.state = 'starting';
  issue(ctx, { kind: 'acquire', side, retry: false }, because);
}

/** Stops a set, unless it is not ours. While it is being started the stop queues behind the start. */
export function release(ctx: Context, side: Side, because: string): void {
  const holding = ctx.state.mine[side];
  if (holding.state === 'none' || holding.state === 'stopping') return;
  holding.contested = false;
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
  if (command.kind === 'acquire') acquireDone(ctx, command.side, ok, detail);
  else releaseDone(ctx, command.side, command.retry, ok, detail);
}

function acquireDone(ctx: Context, side: Side, ok: boolean, detail: string): void {
  const holding = ctx.state.mine[side];
  if (holding.state === 'starting' && ok) {
    holding.state = 'held';
    holding.failed = false;
    holding.offered = false;
    return;
  }
  if (ok) return;
  emit(ctx, 'error', { kind: 'problem', code: 'acquire-failed', over: false, detail: `${side}: ${detail}` });
  // A failed repeat of the announcement leaves the groups running: nothing to undo.
  if (holding.state !== 'starting') return;
  holding.failed = true;
  release(ctx, side, 'acquire failed: stop what started');
}

/**
 * A failed stop is tried once more. If that fails too, something may still run that we cannot stop; the next life
 * begins by releasing it, and until then we say nothing, so that the peer does not take our word for a clean hand-over.
 */
function releaseDone(ctx: Context, side: Side, retry: boolean, ok: boolean, detail: string): void {
  const holding = ctx.state.mine[side];
  if (ok) {
    holding.state = 'none';
    return;
  }
  emit(ctx, retry ? 'crit' : 'error', {
    kind: 'problem',
    code: 'release-failed',
    over: false,
    detail: `${side}: ${detail}`,
  });
  if (!retry) {
    issue(ctx, { kind: 'release', side, retry: true }, 'release failed: try again');
    return;
  }
  holding.state = 'none';
  beginRestart(ctx, { reason: `could not stop the ${side} groups`, silent: true, afterMs: 0 });
}

/** Gives up every set. */
export function releaseAll(ctx: Context, because: string): void {
  for (const side of SIDES) release(ctx, side, because);
}
