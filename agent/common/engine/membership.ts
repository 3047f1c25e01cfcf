/** Who is there: our own way to `active` (reference, section 6.2), heartbeats, and the peer's life, death and return. */
import { elapsedMs, isBefore, plusMs } from '../base/instant.ts';
import type { Instant } from '../base/instant.ts';
import type { NodeStatus } from '../timeline/event.ts';
import { fieldBinary, fieldText } from '../wire/message.ts';
import type { WireMessage } from '../wire/message.ts';
import { compareDeadtimes } from './deadtimes.ts';
import { announceIpfail, forgetIpfail, wantComparison } from './ipfail.ts';
import { becomeRequesting, forgetMixed, isLegacy } from './legacy.ts';
import { MUTE_KEEPALIVES, REQNODES_RETRY_MS } from './limits.ts';
import { forgetEchoes, peerDeadtimeMs } from './links.ts';
import { parseDecimal, parseHex, sendReqnodes, sendStatus } from './messages.ts';
import { pingsSettled } from './pings.ts';
import { checkReferenceTimes } from './reference.ts';
import { becomeStarting, forgetReports, meetAgain, takeOver } from './resources.ts';
import { noteAlive, noteDeath } from './seizing.ts';
import { SIDES } from './sets.ts';
import { cancelStandby } from './standby.ts';
import { emit } from './state.ts';
import type { Context, EngineState } from './state.ts';
import type { Verdict } from './tracking.ts';

/** First input: say that we exist. The first message of a generation must be a status. */
export function becomeUp(ctx: Context): void {
  const { state, config } = ctx;
  state.life = 'running';
  state.startedAt = ctx.world.now;
  sendStatus(ctx);
  emit(ctx, 'info', { kind: 'local-status', status: 'init' });
  state.status = 'up';
  sendStatus(ctx);
  emit(ctx, 'info', { kind: 'local-status', status: 'up' });
  state.nextBeatAt = plusMs(ctx.world.now, config.keepaliveMs);
  checkReferenceTimes(ctx);
}

/** Sends the heartbeat when it is due. One that could not be sent in time is not made up for. */
export function beat(ctx: Context): void {
  const { state, config, world } = ctx;
  if (isBefore(world.now, state.nextBeatAt)) return;
  sendStatus(ctx);
  const next = plusMs(state.nextBeatAt, config.keepaliveMs);
  state.nextBeatAt = isBefore(world.now, next) ? next : plusMs(world.now, config.keepaliveMs);
}

/** The peer and every ping node are there, or given up: then we may become active. A peer of the newer dialect is asked first. */
export function advanceMembership(ctx: Context): void {
  const { state } = ctx;
  const { peer } = state;
  if (state.status !== 'up' || !pingsSettled(state)) return;
  if (peer.status === 'dead' || peer.stopped || (peer.engine !== null && !peer.flowControl)) {
    becomeActive(ctx);
    return;
  }
  if (peer.engine === null) return;
  if (state.reqnodesAt !== null && isBefore(ctx.world.now, state.reqnodesAt)) return;
  state.reqnodesAt = plusMs(ctx.world.now, REQNODES_RETRY_MS);
  sendReqnodes(ctx);
}

/** Everybody configured was heard or given up. From here on resources are our business. */
export function becomeActive(ctx: Context): void {
  const { state } = ctx;
  if (state.status !== 'up' || !pingsSettled(state)) return;
  state.status = 'active';
  state.reqnodesAt = null;
  emit(ctx, 'info', { kind: 'local-status', status: 'active' });
  sendStatus(ctx);
  announceIpfail(ctx);
  // What a dead peer left is taken by seizing.ts, when that is safe.
  if (state.peer.status === 'dead') return;
  if (state.peer.stopped) takeOver(ctx, 'start');
  else if (isLegacy(ctx)) becomeRequesting(ctx);
  else becomeStarting(ctx);
}

/**
 * When the peer's silence makes it dead, or null when it is dead already. Its own advertised deadtime counts; until we
 * are active initdead does, as slow switches and boots need it.
 */
export function peerDeadline(ctx: Context): Instant | null {
  const { state, config } = ctx;
  const { peer } = state;
  if (peer.status === 'dead') return null;
  const limitMs = state.status === 'active' ? peerDeadtimeMs(ctx) : config.initdeadMs;
  const deadline = plusMs(peer.lastHeardAt ?? state.startedAt, limitMs);
  return state.graceUntil !== null && isBefore(deadline, state.graceUntil) ? state.graceUntil : deadline;
}

/** Declares the peer dead when its time is over. A life that does not listen any more has nothing to say about it. */
export function checkPeer(ctx: Context): void {
  if (ctx.state.ending?.silent === true) return;
  const deadline = peerDeadline(ctx);
  if (deadline !== null && !isBefore(ctx.world.now, deadline)) becomePeerDead(ctx);
}

function becomePeerDead(ctx: Context): void {
  const { state } = ctx;
  const { peer } = state;
  setPeerStatus(ctx, 'dead');
  noteDeath(ctx);
  peer.aliveSince = null;
  peer.tracking.missing.clear();
  if (state.life === 'running') cancelStandby(ctx, 'the peer is dead');
  forgetReports(ctx, `${ctx.config.peer} is dead`);
  if (state.status !== 'active') return;
  // If the peer lives and only does not reach us, this tells it at once that it is deaf-mute to us.
  if (!peer.stopped) sendStatus(ctx);
}

function setPeerStatus(ctx: Context, status: NodeStatus): void {
  if (ctx.state.peer.status === status) return;
  ctx.state.peer.status = status;
  emit(ctx, status === 'dead' ? 'warn' : 'info', { kind: 'peer-status', peer: ctx.config.peer, status });
}

/** A new generation of the peer: nothing of its earlier life holds. */
function beginPeerLife(ctx: Context, again: boolean, generation: number): void {
  const { state } = ctx;
  const { peer } = state;
  if (again) {
    emit(ctx, 'info', { kind: 'peer-restarted', peer: ctx.config.peer, generation });
    // It was dead in between, noticed or not: what we could not start may be tried again.
    for (const side of SIDES) state.mine[side].failed = false;
  }
  if (state.life === 'running') cancelStandby(ctx, 'the peer started over');
  forgetReports(ctx, `${ctx.config.peer} started over`);
  forgetEchoes(state.links);
  forgetIpfail(ctx);
  forgetMixed(ctx);
  peer.stopped = false;
  peer.ackedByPeer = 0;
  peer.lastStatusAt = null;
  peer.deadtimeMs = null;
  peer.aliveSince = null;
  peer.replayReported = false;
}

function noteLate(ctx: Context, receivedAt: Instant): void {
  const { peer } = ctx.state;
  if (peer.lastStatusAt === null) return;
  const intervalMs = elapsedMs(peer.lastStatusAt, receivedAt);
  if (intervalMs <= ctx.config.warntimeMs) return;
  const severity = intervalMs > ctx.config.deadtimeMs ? 'crit' : 'warn';
  const limitMs = intervalMs > ctx.config.deadtimeMs ? ctx.config.deadtimeMs : ctx.config.warntimeMs;
  emit(ctx, severity, { kind: 'late-heartbeat', peer: ctx.config.peer, intervalMs, limitMs });
}

function reportedStatus(message: WireMessage): NodeStatus {
  const st = fieldText(message, 'st');
  return st === 'init' || st === 'active' ? st : 'up';
}

function readDialect(state: EngineState, message: WireMessage): void {
  const { peer } = state;
  peer.deadtimeMs = parseHex(fieldText(message, 'dt')) ?? peer.deadtimeMs;
  peer.flowControl = parseDecimal(fieldText(message, 'protocol')) !== null;
  peer.engine = fieldText(message, 'tbv') === undefined ? 'heartbeat' : 'twinbeat';
}

function sameBytes(a: Uint8Array, b: Uint8Array): boolean {
  // Two nodes differ in the first bytes already; asked with every heartbeat.
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return a.length === b.length;
}

/**
 * A node's disk was cloned with its uuid. We know nodes by their names and go on; a real daemon lets the uuid
 * rename its entry of the other node and loses track of both, so it is named before one is started.
 */
function noteUuid(ctx: Context, message: WireMessage): void {
  const { state, config } = ctx;
  const theirs = fieldBinary(message, 'srcuuid');
  if (theirs === undefined) return;
  const same = sameBytes(theirs, config.uuid);
  if (same === state.sameUuid) return;
  state.sameUuid = same;
  const detail = `${config.peer} has the same uuid as this node: remove the file of one of them (hb_uuid) and restart it`;
  emit(ctx, same ? 'error' : 'info', { kind: 'problem', code: 'same-uuid', over: !same, detail });
}

/** The newest status of the peer. Copies and late ones never come here. */
export function receiveStatus(
  ctx: Context,
  message: WireMessage,
  verdict: Extract<Verdict, { kind: 'accept' }>,
  receivedAt: Instant,
): void {
  const { state } = ctx;
  const { peer } = state;
  const lastHeardAt = peer.lastHeardAt;
  if (verdict.restarted !== 'no') beginPeerLife(ctx, verdict.restarted === 'again', peer.tracking.generation);
  if (!verdict.healed) noteLate(ctx, receivedAt);
  readDialect(state, message);
  compareDeadtimes(ctx, receivedAt);
  noteUuid(ctx, message);
  peer.lastStatusAt = receivedAt;
  if (lastHeardAt === null || isBefore(lastHeardAt, receivedAt)) peer.lastHeardAt = receivedAt;
  peer.aliveSince ??= receivedAt;
  noteAlive(ctx);
  if (verdict.healed) {
    const silentMs = lastHeardAt === null ? 0 : elapsedMs(lastHeardAt, receivedAt);
    emit(ctx, 'crit', { kind: 'partition-healed', peer: ctx.config.peer, silentMs });
  }
  setPeerStatus(ctx, reportedStatus(message));
  // Already active in the first status that we hear: it went its own way while we could not hear each other.
  const apart = verdict.restarted !== 'no' && peer.status === 'active' && state.status === 'active';
  if (verdict.healed || apart) {
    meetAgain(ctx, `${ctx.config.peer} returns after a partition`);
    wantComparison(ctx, 'the peer returns after a partition');
  } else if (isMute(ctx, receivedAt)) meetAgain(ctx, `${ctx.config.peer} says nothing of its resources`);
}

/**
 * A Twinbeat peer is active like us and yet has never said what it holds:
 *
 * 1. Both start without hearing each other, become active and take everything.
 * 2. The links come up. The first status that arrives is an old one, from before the peer was active.
 * 3. The next one says active, which looks like the peer's start, so nobody thinks of a partition.
 * 4. Both wait for the other to begin, and both hold everything, for ever.
 */
function isMute(ctx: Context, now: Instant): boolean {
  const { state, config } = ctx;
  const { peer } = state;
  if (peer.engine !== 'twinbeat' || peer.status !== 'active' || peer.conversing || peer.stopped) return false;
  if (state.phase !== 'stable' || peer.aliveSince === null) return false;
  return elapsedMs(peer.aliveSince, now) >= config.keepaliveMs * MUTE_KEEPALIVES;
}
