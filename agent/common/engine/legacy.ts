/**
 * `auto_failback legacy` (reference, section 6.9), the third family: nobody reports what it holds. A node that becomes active asks for
 * its own groups one by one (`ip-request`); who runs one stops it and answers (`ip-request-resp`); then the asker starts it. So every
 * node always gets its own groups back. Both nodes must be of the same family. One that is not is noticed and named.
 *
 * Different from the real one, compatibly: the peer is asked again until it answers, because it does not hear requests before
 * it is active itself; and between two Twinbeat nodes the reports go on, so that the rules for second owners hold here, too.
 */
import { elapsedMs, isBefore, plusMs } from '../base/instant.ts';
import { fieldText, text } from '../wire/message.ts';
import type { WireMessage } from '../wire/message.ts';
import { claim, claims, release } from './holdings.ts';
import { IP_REQUEST_RETRY_MS, SETTLE_DEADLINE_MS } from './limits.ts';
import { sendRepnodes, sendSequenced, sendStatus } from './messages.ts';
import type { Header } from './messages.ts';
import { report } from './report.ts';
import { includes, union, without } from './sets.ts';
import { cancelStandby } from './standby.ts';
import { emit } from './state.ts';
import type { Context } from './state.ts';
import type { Wake } from './wake.ts';

/** Our resolver's spelling of a bare address of haresources, which the real daemon names as it is written. */
const BARE_ADDRESS_PREFIX = 'IPaddr::';

/** True in this family. */
export function isLegacy(ctx: Context): boolean {
  return ctx.config.autoFailback === 'legacy';
}

/** A group's key as the real daemon writes it: the first resource of its line, verbatim. */
function wireKey(key: string): string {
  return key.startsWith(BARE_ADDRESS_PREFIX) ? key.slice(BARE_ADDRESS_PREFIX.length) : key;
}

function isAmong(groups: readonly string[], key: string): boolean {
  return groups.some((group) => group === key || wireKey(group) === key);
}

/** Active with a living peer: it may run our groups. */
export function becomeRequesting(ctx: Context): void {
  const { state, config } = ctx;
  state.phase = 'requesting';
  for (const key of config.localGroups) state.legacy.unanswered.add(wireKey(key));
}

/**
 * `reqnodes` lets the peer become active. Here our status has to go first:
 *
 *   1. node2, a real daemon, returns; the first that it hears of us is an acknowledgement. It sends `reqnodes`.
 *   2. We answer within a millisecond. It is active, and has not yet had a heartbeat of ours.
 *   3. It asks for its groups only when it knows us as active. It does not, so it starts them while we run them.
 */
export function answerReqnodes(ctx: Context): void {
  if (isLegacy(ctx)) sendStatus(ctx);
  sendRepnodes(ctx);
}

/** A message that is not for us. A real peer that starts a group without asking anybody answers itself: then it must not run here. */
export function overhear(ctx: Context, header: Header, message: WireMessage): void {
  const { state, config } = ctx;
  const key = fieldText(message, 'ipaddr');
  const answersItself = header.type === 'ip-request-resp' && header.dest === config.peer && key !== undefined;
  if (!answersItself || !isLegacy(ctx) || state.life !== 'running') return;
  if (isAmong(config.foreignGroups, key)) release(ctx, 'foreign', 'the peer starts it without asking');
}

/** Moves requests of both directions on, and notices a peer of another family that only keeps silent. */
export function advanceLegacy(ctx: Context): void {
  const { state } = ctx;
  answerOwed(ctx);
  if (!isLegacy(ctx)) {
    noticeSilence(ctx);
    return;
  }
  if (state.phase === 'requesting') advanceRequests(ctx);
  if (state.peer.engine === 'heartbeat') inferHoldings(ctx);
  // Nobody says `starting` here; a Twinbeat peer takes reports as soon as it is active.
  else if (state.peer.status === 'active' && !state.peer.stopped) state.peer.conversing = true;
}

function advanceRequests(ctx: Context): void {
  const { state, world } = ctx;
  const { legacy, peer } = state;
  // A dead or stopped peer's groups, and ours that it held, are taken by the takeover, whatever it left unanswered.
  if (peer.status === 'dead' || peer.stopped || state.safety.isolated) return;
  // One that is still coming up runs nothing and does not hear requests; the real daemon does not ask it either.
  // With something missing before its `repnodes` that may be the status that says otherwise.
  if (peer.status !== 'active' && peer.tracking.missing.size > 0) return;
  if (peer.status !== 'active') legacy.unanswered.clear();
  if (legacy.unanswered.size === 0) {
    state.phase = 'stable';
    claim(ctx, 'local', 'start');
    return;
  }
  if (legacy.askAt !== null && isBefore(world.now, legacy.askAt)) return;
  legacy.askAt = plusMs(world.now, IP_REQUEST_RETRY_MS);
  for (const key of legacy.unanswered) sendSequenced(ctx, [text('t', 'ip-request'), text('ipaddr', key)]);
}

/** A real peer reports nothing here. As soon as it is active it runs its own groups, unless we do; ours it has answered for. */
function inferHoldings(ctx: Context): void {
  const { peer, mine, phase, legacy } = ctx.state;
  if (peer.status !== 'active' || peer.stopped || phase !== 'stable' || legacy.mixed !== null) return;
  peer.holds = mine.foreign.state === 'none' ? 'local' : 'none';
  peer.stable = legacy.owed.length === 0;
}

/** Takes a message of this family, or one that has no meaning in it. Returns true when nobody else may look at it. */
export function receiveLegacy(ctx: Context, header: Header, message: WireMessage): boolean {
  switch (header.type) {
    case 'ip-request':
      receiveRequest(ctx, message);
      return true;
    case 'ip-request-resp':
      receiveAnswer(ctx, header, message);
      return true;
    case 'starting':
      noteFamily(ctx, fieldText(message, 'tbf') === 'legacy');
      // A real peer reads our silence as "wait", which is safe; a Twinbeat peer understands a report.
      return isLegacy(ctx) && ctx.state.peer.engine !== 'twinbeat';
    case 'resource':
      // Its answer was lost, or late: no legacy daemon says what it holds.
      if (ctx.state.legacy.guessed) endMixed(ctx);
      return false;
    case 'ask_resources':
    case 'hb_takeover':
      return isLegacy(ctx);
    default:
      return false;
  }
}

/**
 * The peer wants a group of its own. It starts it on any answer, whatever `weown` says, so none is given before the group
 * is down here. What we are asked for as a set we release as a set: the peer asks for all its groups.
 */
function receiveRequest(ctx: Context, message: WireMessage): void {
  const { state, config } = ctx;
  const key = fieldText(message, 'ipaddr');
  if (key === undefined || state.life !== 'running') return;
  if (!isLegacy(ctx)) noteMixed(ctx, 'legacy');
  // Our own group by our haresources: the files differ. Without an answer the peer leaves it alone.
  if (isAmong(config.localGroups, key)) return;
  const weown = isAmong(config.foreignGroups, key) && state.mine.foreign.state !== 'none';
  if (!state.legacy.owed.some((owed) => owed.key === key)) state.legacy.owed = [...state.legacy.owed, { key, weown }];
  if (!weown || !claims(state, 'foreign')) return;
  cancelStandby(ctx, 'the peer asks for its groups');
  state.needFailback = false;
  release(ctx, 'foreign', 'the peer asks for its groups');
}

function answerOwed(ctx: Context): void {
  const { state, config } = ctx;
  if (state.legacy.owed.length === 0) return;
  const due = state.legacy.owed.filter((owed) => !owed.weown || state.mine.foreign.state === 'none');
  if (due.length === 0) return;
  state.legacy.owed = state.legacy.owed.filter((owed) => !due.includes(owed));
  // The report goes first, as in a standby: the answer completes it.
  if (state.peer.engine === 'twinbeat' && due.some((owed) => owed.weown)) report(ctx, null);
  for (const { key, weown } of due) {
    const answer = [text('ipaddr', key), text('weown', weown ? 'yes' : 'no'), text('ok', 'OK')];
    sendSequenced(ctx, [text('t', 'ip-request-resp'), text('dest', config.peer), ...answer]);
  }
}

/** The peer has stopped one of our groups, or did not run it. Real nodes answer themselves as well; those are for them alone. */
function receiveAnswer(ctx: Context, header: Header, message: WireMessage): void {
  const { state, config } = ctx;
  const { peer, legacy } = state;
  const key = fieldText(message, 'ipaddr');
  if (key === undefined || header.dest !== config.self || fieldText(message, 'ok') !== 'OK') return;
  const seq = header.seq ?? 0;
  // It gave the group up and took it again, as after a short split, and the answer comes late: it is asked once more.
  if (seq < peer.reportSeq && includes(union(peer.holds, peer.claims), 'foreign')) return;
  if (!legacy.unanswered.delete(wireKey(key))) return;
  // The report that says so may be lost, and an older one come after this.
  peer.reportSeq = Math.max(peer.reportSeq, seq);
  peer.holds = without(peer.holds, 'foreign');
  peer.claims = without(peer.claims, 'foreign');
}

/** `starting` is of the other family, except from a Twinbeat peer that says otherwise. */
function noteFamily(ctx: Context, theirsLegacy: boolean): void {
  if (theirsLegacy !== isLegacy(ctx)) noteMixed(ctx, theirsLegacy ? 'legacy' : 'on or off');
}

function noteMixed(ctx: Context, theirs: string): void {
  const { state, config } = ctx;
  if (state.legacy.mixed !== null) return;
  const detail = `auto_failback is ${config.autoFailback} here and ${theirs} on ${config.peer}: both nodes need the same family`;
  state.legacy.mixed = detail;
  emit(ctx, 'error', { kind: 'problem', code: 'failback-mixed', over: false, detail });
}

/** Nobody has to answer `starting` at once, but an active peer that never does is most likely one of the legacy family. */
function noticeSilence(ctx: Context): void {
  const { state, world } = ctx;
  const { legacy, peer } = state;
  if (state.phase !== 'starting' || peer.status !== 'active' || peer.stopped) {
    legacy.unreportedSince = null;
    return;
  }
  legacy.unreportedSince ??= world.now;
  if (elapsedMs(legacy.unreportedSince, world.now) < SETTLE_DEADLINE_MS) return;
  if (legacy.mixed !== null) return;
  noteMixed(ctx, 'probably legacy (it is active but does not say what it holds; we start nothing)');
  legacy.guessed = true;
}

/** The peer has a new life, perhaps with another configuration. */
export function forgetMixed(ctx: Context): void {
  const { legacy } = ctx.state;
  legacy.owed = [];
  legacy.askAt = null;
  endMixed(ctx);
}

/** The families agree, or nothing is known of the peer's. */
function endMixed(ctx: Context): void {
  const { legacy } = ctx.state;
  if (legacy.mixed === null) return;
  emit(ctx, 'info', { kind: 'problem', code: 'failback-mixed', over: true, detail: legacy.mixed });
  legacy.mixed = null;
  legacy.guessed = false;
}

/** Moments at which this family acts by itself. */
export function legacyDeadlines(ctx: Context, wake: Wake): void {
  const { legacy, phase } = ctx.state;
  if (phase === 'requesting') wake.consider(legacy.askAt);
  if (legacy.mixed === null) wake.consider(legacy.unreportedSince, SETTLE_DEADLINE_MS);
}
