/**
 * What heartbeats take of a serial line. All media carry the same beats, so the slowest one sets the keepalive: beyond the line's rate the
 * beats queue, arrive later and later, and the link is lost while its cable is sound.
 */
import type { HaConfig } from '../../../agent/common/config/model.ts';
import { encodeText } from '../../../agent/common/wire/codec.ts';
import { binary, text } from '../../../agent/common/wire/message.ts';
import type { WireField } from '../../../agent/common/wire/message.ts';
import type { HaSpec } from '../contract/pair.ts';

/** Start bit, eight data bits, stop bit. */
const BITS_PER_BYTE = 10;

/** One in so many messages is acknowledged (docs/engine.md, sharp edge 16). */
const MESSAGES_PER_ACK = 10;

/** From here on a burst (a join, a retransmission) delays the beats behind it by more than they wait themselves. */
export const SERIAL_SHARE_WARNING = 0.5;

/** What does not go through the line at all. */
export const SERIAL_SHARE_MAX = 1;

const DIGEST_HEX = { md5: 32, sha1: 40, sha256: 64 } as const;

export interface SerialUse {
  readonly nodes: readonly string[];
  readonly keepaliveMs: number;
  readonly baud: number;
  /** Names of all links as the heartbeats carry them: devices and interfaces. */
  readonly linkNames: readonly string[];
  readonly pingNodes: number;
  readonly method: HaSpec['authMethod'];
}

export interface SerialBudget {
  readonly baud: number;
  readonly keepaliveMs: number;
  /** A heartbeat with its share of acknowledgements, bytes on the line. */
  readonly beatBytes: number;
  /** Part of each direction of the line that is taken, 0..; above 1 it cannot work. */
  readonly share: number;
  /** Shortest keepalive at which half the line stays free, milliseconds. */
  readonly keepaliveMinMs: number;
  readonly verdict: 'fits' | 'tight' | 'impossible';
}

const slowest = (bauds: readonly number[]): number | null => (bauds.length === 0 ? null : Math.min(...bauds));

/** What a pair file asks of its serial line; null: it has none. */
export function serialUse(ha: HaSpec, nodes: readonly string[]): SerialUse | null {
  const baud = slowest(ha.links.flatMap((link) => (link.medium === 'serial' ? [link.baud] : [])));
  if (baud === null) return null;
  const ends = ha.links.map((link) => Object.values(link.medium === 'serial' ? link.device : link.iface));
  const linkNames = ends.map((names) => names.reduce((a, b) => (b.length > a.length ? b : a), ''));
  const { keepaliveMs, authMethod: method } = ha;
  return { nodes, keepaliveMs, baud, linkNames, pingNodes: ha.pingNodes.length, method };
}

/** What a node's own ha.cf asks of its serial line; null: it has none. `method`: of the key that signs. */
export function serialUseOfFile(config: HaConfig, method: SerialUse['method']): SerialUse | null {
  const { keepaliveMs, nodes, links, pingNodes } = config;
  const baud = slowest(links.flatMap((link) => (link.medium === 'serial' ? [link.baud] : [])));
  const linkNames = links.map(({ name }) => name);
  return baud === null ? null : { nodes, keepaliveMs, baud, linkNames, pingNodes: pingNodes.length, method };
}

/** A monotonic clock that has run for months, as the wire writes it. */
const STAMP = '9999999999.999';
const UUID = new Uint8Array(16);

function control(use: SerialUse): WireField[] {
  const longest = use.nodes.reduce((a, b) => (b.length > a.length ? b : a), '');
  return [
    ...[text('src', longest), binary('srcuuid', UUID), text('seq', 'fffff'), text('hg', 'ffffffff')],
    ...[text('ts', 'ffffffff'), text('ld', '10.00 10.00 10.00 10/1000 100000'), text('ttl', String(3 + use.pingNodes))],
  ];
}

/** Bytes of a message that has been signed. The digest is as long whatever the secret is. */
function sizeOf(fields: readonly WireField[], method: SerialUse['method']): number {
  const keyring = { signIndex: 1, keys: new Map([[1, { method: 'md5', secret: 'x' } as const]]) };
  return encodeText({ fields }, keyring).length - DIGEST_HEX.md5 + DIGEST_HEX[method];
}

/** The share that a pair's heartbeats take of a serial line. */
export function serialShare(use: SerialUse): SerialBudget {
  const { linkNames, keepaliveMs, baud } = use;
  const longest = linkNames.reduce((a, b) => (b.length > a.length ? b : a), '');
  const echoes = linkNames.map((name) => `${name},${STAMP},${keepaliveMs.toFixed(3)}`).join(';');
  const beat = [
    ...[text('t', 'status'), text('st', 'active'), text('dt', 'fffff'), text('protocol', '1'), text('tbv', '1')],
    ...[text('tbl', longest), text('tbt', STAMP), text('tbe', echoes), ...control(use)],
  ];
  const ack = [text('t', 'NS_ackmsg'), text('dest', use.nodes[0] ?? ''), text('ackseq', 'fffff'), ...control(use)];
  const beatBytes = sizeOf(beat, use.method) + sizeOf(ack, use.method) / MESSAGES_PER_ACK;
  const lineMs = (beatBytes * BITS_PER_BYTE * 1000) / baud;
  const share = lineMs / keepaliveMs;
  return {
    baud,
    keepaliveMs,
    beatBytes,
    share,
    keepaliveMinMs: Math.ceil(lineMs / SERIAL_SHARE_WARNING),
    verdict: share > SERIAL_SHARE_MAX ? 'impossible' : share > SERIAL_SHARE_WARNING ? 'tight' : 'fits',
  };
}
