/** Retransmission and acknowledgement (reference, sections 4.3 and 4.4): our history, and what we miss of the peer's. */
import { elapsedMs, isBefore, plusMs } from '../base/instant.ts';
import type { Instant } from '../base/instant.ts';
import { fieldText, text } from '../wire/message.ts';
import type { WireMessage } from '../wire/message.ts';
import { HISTORY_MESSAGES_MAX, REXMIT_BURST_MAX, REXMIT_FIRST_MIN_MS } from './limits.ts';
import { parseDecimal, parseHex, sendUnsequenced } from './messages.ts';
import { emit } from './state.ts';
import type { Context, EngineState } from './state.ts';

/** The real daemon skips repeats that come this much earlier than its request period. */
const REXMIT_REPEAT_SLACK_MS = 10;

/** Keeps a sent message for requests; the oldest goes when the history is full. */
export function remember(state: EngineState, seq: number, message: WireMessage, now: Instant): void {
  state.history.set(seq, { message, sentAt: now });
  state.history.delete(seq - HISTORY_MESSAGES_MAX);
}

/**
 * Notes that everything between `from` and `to` (both excluded) is missing and when to ask for it. The delay is drawn once for the
 * whole gap: until it is over, the packets may only have been overtaken on a slower link, and nothing is said to be lost.
 */
export function expectMissing(ctx: Context, from: number, to: number): void {
  const { missing } = ctx.state.peer.tracking;
  const latestMs = Math.max(REXMIT_FIRST_MIN_MS, ctx.config.maxRexmitDelayMs);
  const dueAt = plusMs(ctx.world.now, ctx.random.nextInteger(REXMIT_FIRST_MIN_MS, latestMs));
  for (let seq = from + 1; seq < to; seq++) missing.set(seq, { dueAt, asked: false });
}

/** Asks for every missing message whose time has come. Nothing is asked of a peer that is not there. */
export function requestMissing(ctx: Context): void {
  const { peer } = ctx.state;
  if (peer.status !== 'up' && peer.status !== 'active') return;
  let lost = 0;
  for (const [seq, { dueAt, asked }] of peer.tracking.missing) {
    if (isBefore(ctx.world.now, dueAt)) continue;
    if (!asked) lost++;
    peer.tracking.missing.set(seq, { dueAt: plusMs(ctx.world.now, ctx.config.maxRexmitDelayMs), asked: true });
    sendUnsequenced(ctx, 'NS_rexmit', [text('firstseq', String(seq)), text('lastseq', String(seq))]);
  }
  if (lost > 0) emit(ctx, 'warn', { kind: 'packets-lost', peer: ctx.config.peer, count: lost });
}

/**
 * Answers a request for our messages from the history, with the identical message. Also for one that it acknowledged: who asks does not
 * have it, and an acknowledgement that was meant for our earlier life, and came late, does not say so.
 */
export function answerRexmit(ctx: Context, message: WireMessage): void {
  const { state } = ctx;
  const first = parseDecimal(fieldText(message, 'firstseq'));
  const last = parseDecimal(fieldText(message, 'lastseq'));
  if (first === null || last === null || first < 1 || last < first) return;
  const end = Math.min(last, state.nextSeq - 1, first + REXMIT_BURST_MAX - 1);
  for (let seq = first; seq <= end; seq++) {
    const entry = state.history.get(seq);
    if (entry === undefined) {
      if (seq <= state.peer.ackedByPeer) continue;
      const known = state.nextSeq - HISTORY_MESSAGES_MAX;
      sendUnsequenced(ctx, 'NS_nak_rexmit', [
        text('firstseq', seq.toString(16)),
        text('info', seq < known ? 'seqno too low' : 'seqno not found'),
      ]);
      continue;
    }
    if (elapsedMs(entry.sentAt, ctx.world.now) < ctx.config.maxRexmitDelayMs - REXMIT_REPEAT_SLACK_MS) continue;
    entry.sentAt = ctx.world.now;
    ctx.messages.push({ link: 'all', message: entry.message });
    reportAfterOld(ctx, entry.message);
  }
}

/** The real daemon believes the report that came last, even one that was sent again and is overtaken; ours are told apart by their numbers. */
function reportAfterOld(ctx: Context, resent: WireMessage): void {
  const { state } = ctx;
  if (state.peer.engine === 'heartbeat' && fieldText(resent, 't') === 'resource') state.announced = null;
}

/** The peer no longer has this message: stop asking. */
export function acceptNak(ctx: Context, message: WireMessage): void {
  const seq = parseHex(fieldText(message, 'firstseq'));
  if (seq !== null && ctx.state.peer.tracking.missing.delete(seq)) acknowledge(ctx);
}

/** The peer has everything of ours up to `ackseq`. */
export function acceptAck(ctx: Context, message: WireMessage): void {
  const seq = parseHex(fieldText(message, 'ackseq'));
  if (seq === null || seq >= ctx.state.nextSeq) return;
  ctx.state.peer.ackedByPeer = Math.max(ctx.state.peer.ackedByPeer, seq);
}

/** Highest number up to which nothing is missing. */
function contiguousSeq(ctx: Context): number {
  const { missing, lastSeq } = ctx.state.peer.tracking;
  let lowest = (lastSeq ?? 0) + 1;
  for (const seq of missing.keys()) lowest = Math.min(lowest, seq);
  return lowest - 1;
}

/** Acknowledges the newest number with our trigger digit below which nothing is missing, once. */
export function acknowledge(ctx: Context): void {
  const { peer, ackTrigger } = ctx.state;
  if (!peer.flowControl) return;
  const contiguous = contiguousSeq(ctx);
  const seq = contiguous - ((((contiguous - ackTrigger) % 10) + 10) % 10);
  sendAck(ctx, seq);
}

/** Acknowledges everything at once, whatever the trigger: the peer waits for it before it goes. */
export function acknowledgeNow(ctx: Context): void {
  if (ctx.state.peer.flowControl) sendAck(ctx, contiguousSeq(ctx));
}

function sendAck(ctx: Context, seq: number): void {
  const { tracking } = ctx.state.peer;
  if (seq < tracking.firstSeq || seq <= tracking.ackedSeq) return;
  tracking.ackedSeq = seq;
  sendUnsequenced(ctx, 'NS_ackmsg', [text('ackseq', seq.toString(16))]);
}
