/**
 * Who holds what (reference, sections 6.3 to 6.7): reports, starting our own groups, takeover, failback, sets that
 * nobody or both claim. Rules that the real daemon does not have apply between two Twinbeat nodes:
 *
 * - Both claim a set (a split healed, or two starts crossed): the claim with the lower term, that is the older holder,
 *   keeps it; at equal terms the lower name. The other releases at once. Nobody restarts, nothing is down meanwhile.
 *   Both nodes compare the same two fixed numbers, so they always agree. The keeper announces its addresses again.
 * - Nobody claims a set although both are settled: its preferred node starts it, else the other.
 * - A peer that is alive but has not heard us for our deadtime has taken everything: we give up everything.
 */
import { elapsedMs, plusMs } from '../base/instant.ts';
import { fieldText } from '../wire/message.ts';
import type { WireMessage } from '../wire/message.ts';
import { beginRestart } from './ending.ts';
import {
  announceAgain,
  busy,
  claim,
  claims,
  endStartProblems,
  failedThere,
  groupsOf,
  release,
  releaseAll,
} from './holdings.ts';
import {
  FAILBACK_RETRY_MS,
  ORPHAN_EVIDENCE_MS,
  ORPHAN_FOREIGN_MS,
  ORPHAN_LOCAL_MS,
  ORPHAN_UNSAID_MS,
  REAL_CONFLICT_MS,
  RESTART_SILENCE_EXTRA_MS,
  SETTLE_DEADLINE_MS,
} from './limits.ts';
import { sendStarting } from './messages.ts';
import type { Header } from './messages.ts';
import { readClaims, report, settled } from './report.ts';
import { SIDES, includes, mirrorSide, parseSet, union } from './sets.ts';
import type { Side } from './sets.ts';
import { cancelStandby, noteReport, requestStandby } from './standby.ts';
import { emit } from './state.ts';
import type { Context, EngineState, Takeover } from './state.ts';

/** The peer runs or claims this set of ours. */
export function peerHas(state: EngineState, side: Side): boolean {
  return includes(union(state.peer.claims, state.peer.holds), mirrorSide(side));
}

/** Active with a living peer: ask what it holds. */
export function becomeStarting(ctx: Context): void {
  ctx.state.phase = 'starting';
  sendStarting(ctx);
}

/** The peer became active and asks what we hold. */
export function receiveStarting(ctx: Context, header: Header): void {
  const { state } = ctx;
  const { peer } = state;
  const seq = header.seq ?? 0;
  peer.conversing = true;
  if (seq > peer.reportSeq) {
    peer.reportSeq = seq;
    peer.stable = false;
  }
  if (state.phase === 'starting') state.phase = 'both-starting';
  report(ctx, null);
}

/** The peer reports what it holds. A report older than one we have seen is void. */
export function receiveResource(ctx: Context, header: Header, message: WireMessage): void {
  const { state } = ctx;
  const { peer } = state;
  const hold = parseSet(fieldText(message, 'rsc_hold'));
  const seq = header.seq ?? 0;
  if (hold === null || peer.stopped || seq <= peer.reportSeq) return;
  peer.reportSeq = seq;
  peer.conversing = true;
  const replaces = fieldText(message, 'rtype') === 'full' || hold === 'none';
  peer.holds = replaces ? hold : union(peer.holds, hold);
  readClaims(peer, message, peer.holds);
  endStartProblems(ctx);
  state.highestTerm = Math.max(state.highestTerm, peer.terms.local, peer.terms.foreign);
  const stableBefore = peer.stable;
  const isStable = fieldText(message, 'isstable');
  if (isStable !== undefined) peer.stable = isStable === '1';
  if (state.phase === 'starting' || state.phase === 'both-starting') {
    state.phase = 'received';
    state.settleBy ??= plusMs(ctx.world.now, SETTLE_DEADLINE_MS);
  }
  if (state.life !== 'running') return;
  noteReport(ctx, fieldText(message, 'info'));
  const contested = resolveConflicts(ctx);
  advanceReceived(ctx);
  // The real daemon answers "settled" with its own report; so does the keeper of a contested set.
  if (contested || (peer.stable && !stableBefore && state.standby.kind === 'none')) report(ctx, null);
}

/**
 * Leaves `received`: what the peer does not have of ours we start. A real peer is waited for as its like would
 * (settled, or ten seconds). Between two Twinbeat nodes a report says all that is needed, so nobody waits.
 */
export function advanceReceived(ctx: Context): void {
  const { state } = ctx;
  // What a dead peer did not name it may hold all the same: that is for seizing.ts.
  if (state.phase !== 'received' || state.peer.status === 'dead') return;
  const due = state.settleBy !== null && elapsedMs(state.settleBy, ctx.world.now) >= 0;
  const free = !peerHas(state, 'local');
  const told = state.peer.engine === 'twinbeat' && free;
  if (!told && !state.peer.stable && !due) return;
  state.phase = 'stable';
  if (free) claim(ctx, 'local', 'start');
}

/** Takes everything that we do not hold: the peer is dead, or said that it released everything. */
export function takeOver(ctx: Context, cause: Takeover['cause']): void {
  const { state } = ctx;
  if (state.life !== 'running' || state.status !== 'active') return;
  state.phase = 'stable';
  state.needFailback = true;
  // A set that could not be stopped is started again: nobody else will.
  const wanted = SIDES.filter((side) => !claims(state, side) || state.mine[side].state === 'stuck');
  if (wanted.length === 0) return;
  if (wanted.includes('foreign')) {
    state.takeover = { cause, sides: wanted };
    emit(ctx, cause === 'peer-dead' ? 'warn' : 'info', {
      kind: 'takeover',
      phase: 'begin',
      from: ctx.config.peer,
      cause,
    });
  }
  for (const side of wanted) {
    state.mine[side].failed = false;
    claim(ctx, side, `takeover: ${cause}`);
  }
}

/** Reports the end of a takeover: every set that it starts is through. A peer whose groups are all ours has nothing to start, and is no end. */
export function advanceTakeover(ctx: Context): void {
  const { state } = ctx;
  const { takeover } = state;
  if (takeover === null) return;
  const states = takeover.sides.map((side) => state.mine[side].state);
  if (states.some((set) => set === 'starting' || set === 'stopping')) return;
  state.takeover = null;
  const phase = states.every((set) => set === 'held') ? 'done' : 'failed';
  emit(ctx, phase === 'done' ? 'info' : 'error', {
    kind: 'takeover',
    phase,
    from: ctx.config.peer,
    cause: takeover.cause,
  });
}

/** The peer stopped gracefully: it holds nothing, and what it reports from now on counts no more. */
export function receiveShutdone(ctx: Context): void {
  const { state } = ctx;
  emit(ctx, 'info', { kind: 'log', text: `Received shutdown notice from '${ctx.config.peer}'.` });
  forgetReports(ctx, `${ctx.config.peer} stopped`);
  state.peer.stopped = true;
  if (state.life === 'running') cancelStandby(ctx, 'the peer stopped');
  // What waited in the sockets while we slept may go on with the peer's next life.
  if (state.safety.notScheduled) state.safety.noticeWaits = true;
  else takeOver(ctx, 'peer-stopped');
}

/** Takes over on a notice that was read while we only watched, unless the peer has started again since. */
export function advanceNotice(ctx: Context): void {
  const { safety, peer } = ctx.state;
  if (!safety.noticeWaits || safety.notScheduled) return;
  safety.noticeWaits = false;
  if (peer.stopped) takeOver(ctx, 'peer-stopped');
}

/** The peer died, stopped or started over: what it said before is void. */
export function forgetReports(ctx: Context, why: string): void {
  const { state } = ctx;
  const { peer } = state;
  peer.conversing = false;
  peer.holds = 'none';
  peer.claims = 'none';
  peer.failed = 'none';
  peer.stable = false;
  peer.reportSeq = 0;
  state.announced = null;
  state.conflictSince = null;
  becomeHeard(ctx, why);
  state.alarms = { local: null, foreign: null };
}

/** Both nodes were apart: exchange what they hold, as at a start. A real heartbeat restarts instead, and so do we. */
export function meetAgain(ctx: Context, why: string): void {
  const { state, config } = ctx;
  if (state.life !== 'running' || state.status !== 'active') return;
  const claimed = claims(state, 'local') || claims(state, 'foreign');
  if (state.peer.engine === 'heartbeat' && claimed) {
    const afterMs = Math.ceil(config.deadtimeMs / 1000) * 1000 + RESTART_SILENCE_EXTRA_MS;
    beginRestart(ctx, { reason: why, silent: false, afterMs });
    return;
  }
  // A real legacy daemon knows no `starting`.
  if (config.autoFailback !== 'legacy' || state.peer.engine === 'twinbeat') sendStarting(ctx);
  report(ctx, null);
}

/** Applies the rule for sets that both claim. Returns true when we keep one, so that the peer must hear of it. */
function resolveConflicts(ctx: Context): boolean {
  const { state, config } = ctx;
  let keeps = false;
  let both = false;
  for (const side of SIDES) {
    if (!claims(state, side) || !includes(state.peer.claims, mirrorSide(side))) {
      if (state.alarms[side] === 'both') state.alarms[side] = null;
      if (state.mine[side].contested && state.mine[side].state === 'held' && !peerHas(state, side))
        announceAgain(ctx, side);
      continue;
    }
    both = true;
    raise(ctx, side, 'both');
    if (state.peer.engine !== 'twinbeat') continue;
    const theirs = state.peer.terms[mirrorSide(side)];
    const ours = state.mine[side].term;
    if (state.unheard || theirs < ours || (theirs === ours && config.peer < config.self)) {
      if (state.mine[side].state !== 'stuck') release(ctx, side, 'the peer has held it for longer');
    } else {
      state.mine[side].contested = true;
      keeps = true;
    }
  }
  if (!both) state.conflictSince = null;
  else state.conflictSince ??= ctx.world.now;
  return keeps;
}

function raise(ctx: Context, side: Side, alarm: 'both' | 'nobody'): void {
  if (ctx.state.alarms[side] === alarm) return;
  ctx.state.alarms[side] = alarm;
  emit(ctx, 'error', { kind: 'ownership-alarm', alarm, set: side });
}

/** A conflict that a real heartbeat does not end by its own restart is ended by ours. */
export function advanceConflict(ctx: Context): void {
  const { conflictSince, peer } = ctx.state;
  if (conflictSince === null || peer.engine !== 'heartbeat') return;
  if (elapsedMs(conflictSince, ctx.world.now) >= REAL_CONFLICT_MS) meetAgain(ctx, 'both nodes hold the same resources');
}

/** The peer hears nothing of us on any link while we hear it: it acts as if we were dead, so we give way. */
export function becomeUnheard(ctx: Context): void {
  const { state, config } = ctx;
  if (state.unheard || state.life !== 'running' || state.status !== 'active') return;
  state.unheard = true;
  const detail = `${config.peer} is alive but has not heard us for ${config.deadtimeMs} ms`;
  emit(ctx, 'crit', { kind: 'problem', code: 'unheard', over: false, detail });
  cancelStandby(ctx, 'the peer does not hear us');
  releaseAll(ctx, 'the peer does not hear us and has taken over');
}

/** The peer hears us again, or is not there any more. */
export function becomeHeard(ctx: Context, why: string): void {
  if (!ctx.state.unheard) return;
  ctx.state.unheard = false;
  emit(ctx, 'info', { kind: 'problem', code: 'unheard', over: true, detail: why });
}

/** Both nodes are settled, talk to each other and nothing is on its way. */
function quiet(state: EngineState): boolean {
  const { peer } = state;
  const talking = peer.status === 'active' && peer.conversing && peer.stable && !peer.stopped;
  return settled(state) && talking && peer.tracking.missing.size === 0 && !state.unheard && !state.safety.isolated;
}

/** Starts a set that both settled nodes have left alone for long enough. */
export function advanceOrphans(ctx: Context): void {
  const { state } = ctx;
  for (const side of SIDES) {
    if (state.mine[side].state !== 'none' || peerHas(state, side) || !quiet(state)) {
      state.orphanSince[side] = null;
      if (state.alarms[side] === 'nobody') state.alarms[side] = null;
      continue;
    }
    const since = (state.orphanSince[side] ??= ctx.world.now);
    if (elapsedMs(since, ctx.world.now) < orphanGraceMs(state, side)) continue;
    raise(ctx, side, 'nobody');
    if (!state.mine[side].failed || isLeftToUs(ctx, side)) claimOrphan(ctx, side);
    else offerOnce(ctx, side);
  }
}

/** Both nodes have failed to start the whole of our own set, and a part of it may run: as its preferred node we serve that part. */
function isLeftToUs(ctx: Context, side: Side): boolean {
  return side === 'local' && failedThere(ctx.state, side) && groupsOf(ctx, side).length > 1;
}

/**
 * Only a heartbeat that has just come, with nothing missing before it, shows that the peer has not claimed the set since:
 *
 * 1. Nobody holds a set. The links are cut for less than the deadtime.
 * 2. The peer, whose turn it is, starts the set; its report is lost.
 * 3. The links are back, or not yet. We look at its last report, and start the set as well.
 */
function claimOrphan(ctx: Context, side: Side): void {
  const { lastStatusAt } = ctx.state.peer;
  if (lastStatusAt === null || elapsedMs(lastStatusAt, ctx.world.now) > ORPHAN_EVIDENCE_MS) return;
  claim(ctx, side, 'nobody holds it');
}

/**
 * Milliseconds a set must be left alone before we start it.
 *
 * 1. Nobody holds node1's set. It would start it after 0.3 s, but packets of node2 are missing, so it waits for them and begins anew.
 * 2. After 3 s it is node2's turn as well. Both look at the other's newest heartbeat, find that nobody holds the set, and start it.
 *
 * So node2 has its turn when node1 said that it could not start the set, else only much later.
 */
export function orphanGraceMs(state: EngineState, side: Side): number {
  if (side === 'local') return ORPHAN_LOCAL_MS;
  return state.peer.engine === 'heartbeat' || failedThere(state, side) ? ORPHAN_FOREIGN_MS : ORPHAN_UNSAID_MS;
}

/** We could not start it: a real heartbeat takes it only when asked. A Twinbeat peer sees that nobody holds it. */
function offerOnce(ctx: Context, side: Side): void {
  const { state } = ctx;
  if (state.peer.engine !== 'heartbeat' || state.mine[side].offered) return;
  state.mine[side].offered = true;
  requestStandby(ctx, side, 'we could not start it');
}

/** auto_failback on: gives the peer its groups back once both nodes are settled. */
export function advanceFailback(ctx: Context): void {
  const { state } = ctx;
  if (ctx.config.autoFailback !== 'on' || !state.needFailback || !quiet(state) || busy(state)) return;
  if (state.mine.foreign.state !== 'held') return;
  if (state.failbackAt !== null && elapsedMs(state.failbackAt, ctx.world.now) < 0) return;
  state.failbackAt = plusMs(ctx.world.now, FAILBACK_RETRY_MS);
  requestStandby(ctx, 'foreign', 'auto_failback');
}
