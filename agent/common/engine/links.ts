/**
 * Liveness of every link, in both directions. From the peer: measured by arrivals. To the peer:
 * told by the peer, which echoes the send times of our heartbeats (Twinbeat peers only). The
 * same echoes give round trip and clock offset.
 */
import { elapsedMs, plusMs } from '../base/instant.ts';
import type { Instant } from '../base/instant.ts';
import type { DirectionState } from '../timeline/event.ts';
import { fieldText } from '../wire/message.ts';
import type { WireMessage } from '../wire/message.ts';
import { wantComparison } from './ipfail.ts';
import { ECHO_MEMORY, OFFSET_SAMPLES } from './limits.ts';
import { emit } from './state.ts';
import type { Context, LinkState } from './state.ts';
import type { Wake } from './wake.ts';

/** Thousandths of a millisecond keep the copies of one heartbeat apart, so that an echo names its link. */
const STAMP_STEP_MS = 0.001;

/** Send time of the copy for the link at `index`, as it is written in `tbt`. */
export function stampOf(now: Instant, index: number): string {
  return (now.monotonicMs + index * STAMP_STEP_MS).toFixed(3);
}

/** Remembers a stamp that leaves on this link. */
export function noteSent(link: LinkState, stamp: string): void {
  link.sent.add(stamp);
  if (link.sent.size > ECHO_MEMORY) {
    const oldest = link.sent.values().next();
    if (!oldest.done) link.sent.delete(oldest.value);
  }
}

/** The `tbe` field: `link,peerTbt,holdMs` for every link that heard the peer, joined by semicolons. */
export function echoList(links: readonly LinkState[], now: Instant): string {
  let list = '';
  for (const link of links) {
    if (link.newest === null) continue;
    const holdMs = Math.max(0, elapsedMs(link.newest.receivedAt, now));
    list += `${list === '' ? '' : ';'}${link.name},${link.newest.text},${holdMs.toFixed(3)}`;
  }
  return list;
}

export interface EchoEntry {
  readonly link: string;
  /** Our send time, as it stands there and as a number. */
  readonly stamp: string;
  readonly sentMs: number;
  readonly holdMs: number;
}

/** What one `tbe` field says; `text` is the field. */
export interface EchoReading {
  readonly text: string;
  readonly entries: readonly EchoEntry[];
}

function parseMs(value: string | undefined): number | null {
  return value !== undefined && /^[0-9]{1,15}(\.[0-9]{1,6})?$/.test(value) ? Number(value) : null;
}

/** The copies of one heartbeat carry the same list on every link; it is read once. */
function readEchoList(ctx: Context, text: string): readonly EchoEntry[] {
  const { state } = ctx;
  if (state.lastEchoes?.text !== text) state.lastEchoes = { text, entries: parseEchoes(text) };
  return state.lastEchoes.entries;
}

function parseEchoes(value: string): EchoEntry[] {
  const entries: EchoEntry[] = [];
  for (const part of value.split(';')) {
    const [link, stamp, hold] = part.split(',');
    const holdMs = parseMs(hold);
    const sentMs = parseMs(stamp);
    if (link !== undefined && stamp !== undefined && sentMs !== null && holdMs !== null) {
      entries.push({ link, stamp, sentMs, holdMs });
    }
  }
  return entries;
}

/** A message of the peer's present life came in on this link. */
export function noteHeard(link: LinkState, receivedAt: Instant): void {
  if (link.lastHeardAt === null || elapsedMs(link.lastHeardAt, receivedAt) > 0) link.lastHeardAt = receivedAt;
}

/** The peer started over: what it echoed before belongs to its earlier life. */
export function forgetEchoes(links: readonly LinkState[]): void {
  for (const link of links) {
    link.newest = null;
    link.echo = null;
    link.samples.length = 0;
  }
}

/**
 * Reads our extra fields from one copy of a status. Returns the shortest time, in milliseconds, for which
 * the peer has not heard us on any link by its own account, or null when it does not say.
 */
export function readEchoes(ctx: Context, link: LinkState, message: WireMessage, receivedAt: Instant): number | null {
  const stamp = fieldText(message, 'tbt');
  const sentMs = parseMs(stamp);
  const echoes = fieldText(message, 'tbe');
  if (stamp === undefined || sentMs === null || echoes === undefined) return null;
  const peerName = fieldText(message, 'tbl');
  if (link.newest === null || sentMs > link.newest.sentMs) link.newest = { text: stamp, sentMs, receivedAt };
  let shortestMs: number | null = null;
  for (const entry of readEchoList(ctx, echoes)) {
    shortestMs = shortestMs === null ? entry.holdMs : Math.min(shortestMs, entry.holdMs);
    const target = echoTarget(ctx, entry);
    if (target === null) continue;
    noteEcho(target, entry, receivedAt);
    if (target === link && entry.link === peerName) measure(link, entry, sentMs, receivedAt);
  }
  return shortestMs;
}

/**
 * Our link on which the echoed heartbeat left. While the peer hears nothing it repeats the same old stamp, which we then
 * know from its last echo. A stamp of an earlier life of ours matches nothing.
 */
function echoTarget(ctx: Context, entry: EchoEntry): LinkState | null {
  for (const link of ctx.state.links) {
    if (link.echo?.sentMs === entry.sentMs || link.sent.has(entry.stamp)) return link;
  }
  return null;
}

/** Of two reports of the same heartbeat the earlier estimate is the better one: delay on the way only adds. */
function noteEcho(link: LinkState, entry: EchoEntry, receivedAt: Instant): void {
  const { sentMs } = entry;
  const heardAt = plusMs(receivedAt, -entry.holdMs);
  const known = link.echo;
  if (known !== null && known.sentMs > sentMs) return;
  const same = known !== null && known.sentMs === sentMs;
  const better = same && elapsedMs(known.heardAt, heardAt) > 0 ? known.heardAt : heardAt;
  link.echo = { sentMs, heardAt: better, learnedAt: receivedAt };
}

/** Round trip and clock offset from the four times of one exchange, as NTP takes them. */
function measure(link: LinkState, entry: EchoEntry, peerSentMs: number, receivedAt: Instant): void {
  if (!link.sent.has(entry.stamp)) return;
  const { sentMs } = entry;
  const rttMs = receivedAt.monotonicMs - sentMs - entry.holdMs;
  if (rttMs < 0) return;
  link.rtt = { ms: rttMs, at: receivedAt };
  const peerHeardMs = peerSentMs - entry.holdMs;
  const offsetMs = (peerHeardMs - sentMs + (peerSentMs - receivedAt.monotonicMs)) / 2;
  link.samples.push({ offsetMs, errorMs: rttMs / 2 });
  if (link.samples.length > OFFSET_SAMPLES) link.samples.shift();
}

/** Clock offset from the sample with the shortest round trip, or null before there is one. */
export function bestOffset(link: LinkState): { readonly offsetMs: number; readonly errorMs: number } | null {
  let best: LinkState['samples'][number] | null = null;
  for (const sample of link.samples) if (best === null || sample.errorMs < best.errorMs) best = sample;
  return best;
}

/** Deadtime that holds for the peer's silence, milliseconds. */
export function peerDeadtimeMs(ctx: Context): number {
  return ctx.state.peer.deadtimeMs ?? ctx.config.deadtimeMs;
}

function judge(silenceMs: number, warnMs: number, deadMs: number): DirectionState {
  if (silenceMs >= deadMs) return 'dead';
  return silenceMs >= warnMs ? 'late' : 'up';
}

/** When a link that never heard anything counts as dead: other links heard the peer long enough, or start-up is over. */
function unheardDeadline(ctx: Context): Instant {
  const { aliveSince } = ctx.state.peer;
  if (aliveSince !== null) return plusMs(aliveSince, peerDeadtimeMs(ctx));
  return plusMs(ctx.state.startedAt, ctx.config.initdeadMs);
}

function judgeFromPeer(ctx: Context, link: LinkState): DirectionState {
  const { now } = ctx.world;
  if (link.lastHeardAt !== null) {
    return judge(elapsedMs(link.lastHeardAt, now), ctx.config.warntimeMs, peerDeadtimeMs(ctx));
  }
  return elapsedMs(unheardDeadline(ctx), now) >= 0 ? 'dead' : link.fromPeer;
}

/** Until when the peer's newest account of what it hears says anything; null: it never gave one. */
function accountUntil(ctx: Context): Instant | null {
  const { peer } = ctx.state;
  if (peer.engine !== 'twinbeat' || peer.status === 'dead' || peer.lastStatusAt === null) return null;
  return plusMs(peer.lastStatusAt, peerDeadtimeMs(ctx));
}

/**
 * `dead` only when the peer says, lately and on whatever link, that it does not hear us on this one; when we hear nothing of
 * it we do not know. Between two of its heartbeats its account ages by up to one keepalive without meaning
 * anything; what exceeds that makes it doubtful.
 */
function judgeToPeer(ctx: Context, link: LinkState): DirectionState {
  const { now } = ctx.world;
  const { warntimeMs, deadtimeMs, keepaliveMs } = ctx.config;
  const { peer } = ctx.state;
  const until = accountUntil(ctx);
  if (until === null || peer.lastStatusAt === null || elapsedMs(until, now) >= 0) return 'unknown';
  // Just after a start or a split the peer's account is of the time before.
  const early = peer.aliveSince === null || elapsedMs(peer.aliveSince, peer.lastStatusAt) < deadtimeMs;
  if (link.echo === null) return early ? link.toPeer : 'dead';
  const told = judge(elapsedMs(link.echo.heardAt, peer.lastStatusAt), warntimeMs, deadtimeMs);
  if (told !== 'up') return early && link.toPeer === 'unknown' ? 'unknown' : told;
  const aged = elapsedMs(link.echo.heardAt, now) - keepaliveMs;
  return aged >= warntimeMs ? 'late' : 'up';
}

/** Brings every direction's state up to date and reports the changes. */
export function updateLinkStates(ctx: Context): void {
  for (const link of ctx.state.links) {
    const fromPeer = judgeFromPeer(ctx, link);
    if (fromPeer !== link.fromPeer) {
      link.fromPeer = fromPeer;
      emitLink(ctx, link.id, 'from-peer', fromPeer);
      if (fromPeer === 'dead') wantComparison(ctx, `link ${link.name} is dead`);
    }
    const toPeer = judgeToPeer(ctx, link);
    if (toPeer !== link.toPeer) {
      link.toPeer = toPeer;
      emitLink(ctx, link.id, 'to-peer', toPeer);
    }
  }
}

function emitLink(ctx: Context, link: string, direction: 'from-peer' | 'to-peer', state: DirectionState): void {
  emit(ctx, state === 'up' || state === 'unknown' ? 'info' : 'warn', { kind: 'link', link, direction, state });
}

/** Moments at which a direction may change its state without any input. */
export function linkDeadlines(ctx: Context, wake: Wake): void {
  const { warntimeMs, keepaliveMs } = ctx.config;
  const deadtimeMs = peerDeadtimeMs(ctx);
  wake.consider(accountUntil(ctx));
  for (const link of ctx.state.links) {
    if (link.lastHeardAt === null) wake.consider(unheardDeadline(ctx));
    wake.consider(link.lastHeardAt, warntimeMs);
    wake.consider(link.lastHeardAt, deadtimeMs);
    if (link.echo !== null) wake.consider(link.echo.heardAt, keepaliveMs + warntimeMs);
  }
}
