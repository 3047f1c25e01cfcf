/** One authenticated message, from header to handler. Unknown types are sequenced and otherwise ignored. */
import { elapsedMs } from '../base/instant.ts';
import type { Instant } from '../base/instant.ts';
import { assert } from '../base/assert.ts';
import { fieldText } from '../wire/message.ts';
import type { WireMessage } from '../wire/message.ts';
import { receiveIpfail } from './ipfail.ts';
import { endKeyMismatch } from './keyMismatch.ts';
import { answerReqnodes, overhear, receiveLegacy } from './legacy.ts';
import { receiveLetGo } from './letGo.ts';
import { noteHeard, readEchoes } from './links.ts';
import { becomeActive, receiveStatus } from './membership.ts';
import { LET_GO_TYPE, readHeader } from './messages.ts';
import type { Header } from './messages.ts';
import { becomeHeard, becomeUnheard, receiveResource, receiveShutdone, receiveStarting } from './resources.ts';
import { acceptAck, acceptNak, acknowledge, acknowledgeNow, answerRexmit, expectMissing } from './rexmit.ts';
import { mirrorSet, parseSet } from './sets.ts';
import { receiveAsk, requestStandby } from './standby.ts';
import { emit } from './state.ts';
import type { Context, LinkState } from './state.ts';
import { track } from './tracking.ts';
import type { Verdict } from './tracking.ts';

type Accepted = Extract<Verdict, { kind: 'accept' }>;

/** Takes a message that came in on the link with this id. */
export function receive(ctx: Context, linkId: string, message: WireMessage, receivedAt: Instant): void {
  const link = ctx.state.links.find((l) => l.id === linkId);
  assert(link !== undefined, `message on unknown link ${linkId}`);
  // The peer has gone its own way without us; what it says is for our next life.
  if (ctx.state.ending?.silent === true) return;
  const header = readHeader(message);
  // Broadcast brings our own messages back; they are nobody's business.
  if (header === null || header.source === ctx.config.self) return;
  if (header.source !== ctx.config.peer) {
    reportStranger(ctx, header.source);
    return;
  }
  if (header.seq === null) receiveUnsequenced(ctx, link, header, message, receivedAt);
  else receiveSequenced(ctx, link, header, message, receivedAt);
}

function reportStranger(ctx: Context, source: string): void {
  if (ctx.state.unknownNodeReported) return;
  ctx.state.unknownNodeReported = true;
  emit(ctx, 'error', { kind: 'problem', code: 'unknown-node', over: false, detail: `message from '${source}'` });
}

function receiveUnsequenced(ctx: Context, link: LinkState, header: Header, message: WireMessage, at: Instant): void {
  const { peer } = ctx.state;
  // An acknowledgement of an earlier life, late on a slow link, would withhold from the present one for ever what it misses.
  if (header.generation > 0 && header.generation < peer.tracking.generation) return;
  if (header.generation === peer.tracking.generation && peer.status !== 'dead') noteHeard(link, at);
  if (header.dest !== null && header.dest !== ctx.config.self) return;
  if (header.type === 'NS_rexmit') answerRexmit(ctx, message);
  if (header.type === 'NS_ackmsg') acceptAck(ctx, message);
  if (header.type === 'NS_nak_rexmit') acceptNak(ctx, message);
}

function receiveSequenced(ctx: Context, link: LinkState, header: Header, message: WireMessage, at: Instant): void {
  const { peer } = ctx.state;
  const verdict = track(peer.tracking, header, peer.status === 'dead');
  if (verdict.kind === 'drop') {
    if (verdict.reason === 'replay') reportReplay(ctx, header);
    return;
  }
  if (verdict.kind === 'copy') {
    if (verdict.recent) noteHeard(link, at);
    if (header.type === 'status') readEchoes(ctx, link, message, at);
    return;
  }
  noteHeard(link, at);
  endKeyMismatch(ctx);
  if (verdict.fresh && (peer.lastHeardAt === null || elapsedMs(peer.lastHeardAt, at) > 0)) {
    if (header.type !== 'status') peer.lastHeardAt = at;
  }
  noteGap(ctx, verdict);
  if (header.dest === null || header.dest === ctx.config.self) deliver(ctx, link, header, message, verdict, at);
  else overhear(ctx, header, message);
  acknowledge(ctx);
}

/** Once per generation: a slow link may still bring many packets of the peer's earlier life. */
function reportReplay(ctx: Context, header: Header): void {
  const { peer } = ctx.state;
  if (peer.replayReported) return;
  peer.replayReported = true;
  const detail = `generation ${header.generation} of ${header.source}, present one ${peer.tracking.generation}`;
  emit(ctx, 'warn', { kind: 'problem', code: 'old-generation', over: false, detail });
}

function noteGap(ctx: Context, verdict: Accepted): void {
  if (verdict.lostTooMany) emit(ctx, 'error', { kind: 'packets-lost', peer: ctx.config.peer, count: 0 });
  if (verdict.gap !== null) expectMissing(ctx, verdict.gap.from, verdict.gap.to);
}

function deliver(
  ctx: Context,
  link: LinkState,
  header: Header,
  message: WireMessage,
  verdict: Accepted,
  at: Instant,
): void {
  const { state } = ctx;
  switch (header.type) {
    case 'status':
      deliverStatus(ctx, link, header, message, verdict, at);
      return;
    case 'reqnodes':
      answerReqnodes(ctx);
      return;
    case 'repnodes':
      if (state.life === 'running') becomeActive(ctx);
      return;
    case 'shutdone':
      receiveShutdone(ctx);
      acknowledgeNow(ctx);
      return;
    case LET_GO_TYPE:
      receiveLetGo(ctx, message);
      return;
    default:
      // Before we are active, and once we are going, resources are not our business.
      if (state.status === 'active' && state.life !== 'lingering') deliverResource(ctx, header, message);
  }
}

function deliverStatus(
  ctx: Context,
  link: LinkState,
  header: Header,
  message: WireMessage,
  verdict: Accepted,
  at: Instant,
): void {
  const { state, config } = ctx;
  if (header.seq !== state.peer.tracking.statusSeq) return;
  receiveStatus(ctx, message, verdict, at);
  const unheardMs = readEchoes(ctx, link, message, at);
  if (unheardMs === null || !verdict.fresh) return;
  const { aliveSince, status } = state.peer;
  // Just after a split the peer's account is of the time before: wait until it has had our heartbeats for a while.
  const steady = aliveSince !== null && elapsedMs(aliveSince, at) >= config.deadtimeMs;
  if (steady && status === 'active' && unheardMs >= config.deadtimeMs) becomeUnheard(ctx);
  else if (unheardMs < config.warntimeMs) becomeHeard(ctx, `${config.peer} hears us again`);
}

function deliverResource(ctx: Context, header: Header, message: WireMessage): void {
  const running = ctx.state.life === 'running';
  if (receiveLegacy(ctx, header, message)) return;
  receiveIpfail(ctx, header, message);
  if (header.type === 'starting') receiveStarting(ctx, header);
  if (header.type === 'resource') receiveResource(ctx, header, message);
  if (header.type === 'ask_resources' && running) receiveAsk(ctx, header, message);
  if (header.type === 'hb_takeover' && running) {
    const wanted = parseSet(fieldText(message, 'rsc_hold')) ?? 'all';
    requestStandby(ctx, mirrorSet(wanted), 'the peer asks for it');
  }
}
