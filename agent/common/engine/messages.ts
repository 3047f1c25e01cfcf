/** Builders of what we send. Field order is the real daemon's (reference, section 3): specific fields, `dest`, control fields. */
import { fieldText, text, binary } from '../wire/message.ts';
import type { WireField, WireMessage } from '../wire/message.ts';
import type { ResourceSet } from '../timeline/event.ts';
import { echoList, noteSent, stampOf } from './links.ts';
import { remember } from './rexmit.ts';
import type { Announcement, Context } from './state.ts';

/** Number of the two members of the pair; `ttl` counts the configured nodes. */
const PAIR_NODES = 2;

function hex(value: number): string {
  return Math.floor(value).toString(16);
}

function origin(ctx: Context): WireField[] {
  return [text('src', ctx.config.self), binary('srcuuid', ctx.config.uuid)];
}

/** A zero `ts` is dropped by the real daemon, so a clock at the epoch sends 1. */
function ts(ctx: Context): WireField {
  return text('ts', hex(Math.max(1, ctx.world.wallSeconds)));
}

function ttl(ctx: Context): WireField {
  return text('ttl', String(ctx.config.hopfudge + PAIR_NODES + ctx.config.pingNodes.length));
}

function controlFields(ctx: Context, seq: number): WireField[] {
  const { config, world } = ctx;
  return [
    ...origin(ctx),
    text('seq', hex(seq)),
    text('hg', hex(config.generation)),
    ts(ctx),
    text('ld', world.loadAverage),
    ttl(ctx),
  ];
}

/** Sends a sequenced message on all links and remembers it. Returns its sequence number. */
export function sendSequenced(ctx: Context, fields: readonly WireField[]): number {
  const seq = ctx.state.nextSeq++;
  const message: WireMessage = { fields: [...fields, ...controlFields(ctx, seq)] };
  remember(ctx.state, seq, message, ctx.world.now);
  ctx.messages.push({ link: 'all', message });
  return seq;
}

/** Sends an unsequenced (`NS_…`) message to the peer on all links. */
export function sendUnsequenced(ctx: Context, type: string, fields: readonly WireField[]): void {
  const all = [text('t', type), text('dest', ctx.config.peer), ...fields, ...origin(ctx)];
  const message = { fields: [...all, text('hg', hex(ctx.config.generation)), ts(ctx), ttl(ctx)] };
  ctx.messages.push({ link: 'all', message });
}

/**
 * Sends the heartbeat. `dt` is always exactly our deadtime: the peer enforces it on us, so the real daemon's
 * allowance of two seconds after a start would delay the takeover from a node that dies young.
 *
 * Unless the peer is known to be a real heartbeat, every link gets its own copy, equal but for our extra fields: link
 * name, send time, echo. The remembered copy, which answers retransmission requests, has none of these: a late copy must
 * not look like a fresh stamp.
 */
export function sendStatus(ctx: Context): void {
  const { state, config } = ctx;
  const seq = state.nextSeq++;
  const specific = [
    text('t', 'status'),
    text('st', state.status),
    text('dt', hex(config.deadtimeMs)),
    text('protocol', '1'),
    text('tbv', '1'),
  ];
  const control = controlFields(ctx, seq);
  const plain: WireMessage = { fields: [...specific, ...control] };
  remember(state, seq, plain, ctx.world.now);
  if (state.peer.engine === 'heartbeat') {
    ctx.messages.push({ link: 'all', message: plain });
    return;
  }
  const echoes = echoList(state.links, ctx.world.now);
  state.links.forEach((link, index) => {
    const stamp = stampOf(ctx.world.now, index);
    noteSent(link, stamp);
    const extra = [text('tbl', link.name), text('tbt', stamp), text('tbe', echoes)];
    ctx.messages.push({ link: link.id, message: { fields: [...specific, ...extra, ...control] } });
  });
}

/**
 * `resource`: what we hold. Two fields are our own: `tbc`, what we hold or are starting, each with its term, and `tbx`, what we could not start.
 */
export function sendResource(ctx: Context, said: Announcement, claims: string, info: string | null): void {
  const fields = [
    text('t', 'resource'),
    text('rsc_hold', said.hold),
    text('rtype', 'full'),
    text('isstable', said.stable ? '1' : '0'),
    text('tbc', claims),
  ];
  if (said.failed !== 'none') fields.push(text('tbx', said.failed));
  if (info !== null) fields.push(text('info', info));
  sendSequenced(ctx, fields);
}

/** `ask_resources`: one step of the three-phase standby. `set` is in the giver's view. */
export function sendAsk(ctx: Context, set: ResourceSet, info: 'me' | 'other' | 'done'): void {
  sendSequenced(ctx, [text('t', 'ask_resources'), text('rsc_hold', set), text('info', info)]);
}

/** `hb_takeover`: the peer should go standby so that we get `set` (our view). */
export function sendTakeoverRequest(ctx: Context, set: ResourceSet): void {
  sendSequenced(ctx, [text('t', 'hb_takeover'), text('rsc_hold', set)]);
}

/**
 * `starting`: we are active; the answer is what the peer holds. `tbf` is our own field: the legacy family says this only to a
 * Twinbeat peer, after they were apart, and must not look like the other family.
 */
export function sendStarting(ctx: Context): void {
  const family = ctx.config.autoFailback === 'legacy' ? [text('tbf', 'legacy')] : [];
  sendSequenced(ctx, [text('t', 'starting'), ...family]);
}

/** `shutdone`: everything is released, for good. Returns its sequence number. */
export function sendShutdone(ctx: Context): number {
  return sendSequenced(ctx, [text('t', 'shutdone'), text('st', 'dead')]);
}

/** What the real daemon tells of a fencing: done, refused by the device, no such host, no device, not needed. */
export type StonithResult = 'OK' | 'bad' | 'badhost' | 'n_stnth' | 'unneeded';

/** `stonith`: what became of the peer's fencing. An announcement; the receiver ignores it. */
export function sendStonith(ctx: Context, result: StonithResult): void {
  sendSequenced(ctx, [text('t', 'stonith'), text('node', ctx.config.peer), text('result', result)]);
}

/** Our own message: the receiver, a Twinbeat peer, shall take an address off that it does not rightly hold. */
export const LET_GO_TYPE = 'tb-letgo';

/** `tb-letgo`: we hold `address` of `group`, and the network shows another holder. */
export function sendLetGo(ctx: Context, address: string, group: string): void {
  const fields = [text('t', LET_GO_TYPE), text('dest', ctx.config.peer)];
  sendSequenced(ctx, [...fields, text('tbaddr', address), text('tbgroup', group)]);
}

/** `reqnodes`: which nodes does the peer know? Its answer lets us become active. */
export function sendReqnodes(ctx: Context): void {
  sendSequenced(ctx, [text('t', 'reqnodes'), text('dest', ctx.config.peer)]);
}

/** `repnodes`: both names, in a fixed order. An empty list is a single space, as the real daemon writes it. */
export function sendRepnodes(ctx: Context): void {
  const names = [ctx.config.self, ctx.config.peer].sort().join(' ');
  const lists = [text('nodelist', `${names} `), text('delnodelist', ' ')];
  sendSequenced(ctx, [text('t', 'repnodes'), text('dest', ctx.config.peer), ...lists]);
}

/** Fields that every message needs before anything else is looked at. */
export interface Header {
  readonly type: string;
  readonly source: string;
  /** Node it is addressed to, or null for everybody. */
  readonly dest: string | null;
  /** Sequence number; null for `NS_…`. */
  readonly seq: number | null;
  /** Generation; 0 when absent, as the real daemon reads it. */
  readonly generation: number;
}

/** A non-negative number from hexadecimal text of at most 12 digits, else null. */
export function parseHex(value: string | undefined): number | null {
  if (value === undefined || !/^[0-9a-fA-F]{1,12}$/.test(value)) return null;
  return parseInt(value, 16);
}

/** A non-negative number from decimal text of at most 12 digits, else null. */
export function parseDecimal(value: string | undefined): number | null {
  return value !== undefined && /^[0-9]{1,12}$/.test(value) ? parseInt(value, 10) : null;
}

/** Reads the header; null when a field without which the real daemon drops the message is missing or malformed. */
export function readHeader(message: WireMessage): Header | null {
  const type = fieldText(message, 't');
  const source = fieldText(message, 'src');
  const stamp = parseHex(fieldText(message, 'ts'));
  if (type === undefined || source === undefined || stamp === null || stamp === 0) return null;
  const dest = fieldText(message, 'dest') ?? null;
  const generation = parseHex(fieldText(message, 'hg')) ?? 0;
  if (type.startsWith('NS_')) return { type, source, dest, seq: null, generation };
  const seq = parseHex(fieldText(message, 'seq'));
  return seq === null || seq === 0 ? null : { type, source, dest, seq, generation };
}
