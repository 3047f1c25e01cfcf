/** Somebody on a link who knows the protocol, both names and every number, and does not have the key. */
import type { Keyring } from '../base/keyring.ts';
import type { SeededRandom } from '../base/random.ts';
import { encodeNetstring, encodeText } from '../wire/codec.ts';
import { text } from '../wire/message.ts';
import type { WireField, WireMessage } from '../wire/message.ts';
import type { Cluster } from './cluster.ts';
import type { KeyGate, KeyModel } from './keys.ts';

/** Each would do harm if it were believed. `starting`, `reqnodes` and acknowledgements would only confuse. */
const LIES: readonly (readonly WireField[])[] = [
  [text('t', 'shutdone'), text('st', 'dead')],
  [text('t', 'status'), text('st', 'active'), text('dt', 'ffffff'), text('protocol', '1'), text('tbv', '1')],
  [text('t', 'resource'), text('rsc_hold', 'none'), text('rtype', 'full'), text('isstable', '1'), text('tbc', '-')],
  [
    text('t', 'resource'),
    text('rsc_hold', 'all'),
    text('rtype', 'full'),
    text('isstable', '1'),
    text('tbc', 'local:1'),
  ],
  [text('t', 'ask_resources'), text('rsc_hold', 'all'), text('info', 'me')],
  [text('t', 'ask_resources'), text('rsc_hold', 'all'), text('info', 'other')],
  [text('t', 'ask_resources'), text('rsc_hold', 'all'), text('info', 'done')],
  [text('t', 'hb_takeover'), text('rsc_hold', 'all')],
  [text('t', 'starting')],
  [text('t', 'NS_nak_rexmit'), text('firstseq', '1'), text('info', 'seqno not found')],
];

const TRICKS = ['wrong-secret', 'unknown-index', 'weak-method', 'unsigned', 'changed'] as const;

interface Packet {
  readonly bytes: Uint8Array;
  readonly genuine: WireMessage | null;
}

export class Attacker {
  private readonly cluster: Cluster;
  private readonly keys: KeyModel;
  private readonly gate: KeyGate;
  private active = 0;
  private seq = 0;
  private readonly heard: [WireMessage | null, WireMessage | null] = [null, null];

  constructor(cluster: Cluster, keys: KeyModel, gate: KeyGate) {
    this.cluster = cluster;
    this.keys = keys;
    this.gate = gate;
    cluster.observe({
      message: (node, { message }) => {
        this.heard[node] = message;
        this.seq++;
      },
    });
  }

  /** Forges the peer of `node` on a link until `end`. */
  begin(node: 0 | 1, linkIndex: number): void {
    this.active++;
    this.again(node, this.cluster.network.links[linkIndex]?.id ?? '', this.active);
  }

  /** Ends every attack. */
  end(): void {
    this.active++;
  }

  private again(node: 0 | 1, link: string, round: number): void {
    const { cluster } = this;
    if (round !== this.active) return;
    const peer = node === 0 ? 1 : 0;
    const packet = this.forge(peer);
    this.gate.forged(node, link, packet.bytes, packet.genuine, cluster.options.names[peer]);
    const afterMs = cluster.random.nextFraction() * cluster.options.keepaliveMs;
    cluster.schedule.at(cluster.nowMs + afterMs, () => this.again(node, link, round));
  }

  private forge(as: 0 | 1): Packet {
    const { random } = this.cluster;
    const trick = random.pick(TRICKS);
    const heard = this.heard[as];
    if (trick === 'changed' && heard !== null) return this.change(heard, this.keys.keyring(as));
    const message = this.lie(as);
    const { signIndex } = this.keys.keyring(as);
    const index = trick === 'unknown-index' ? 9 : signIndex;
    const method = trick === 'weak-method' ? 'crc' : this.keys.method;
    const bytes = this.encode(message, { signIndex: index, keys: new Map([[index, { method, secret: 'guess' }]]) });
    return { bytes: trick === 'unsigned' ? withoutAuth(bytes) : bytes, genuine: null };
  }

  private lie(as: 0 | 1): WireMessage {
    const { random, nodes, options } = this.cluster;
    // Newer than everything said so far, in this life of the sender or the next.
    const generation = nodes[as].generation + random.nextInteger(0, 1);
    const control = [
      text('src', options.names[as]),
      text('seq', (this.seq + random.nextInteger(1, 9)).toString(16)),
      text('hg', generation.toString(16)),
      text('ts', '65000010'),
      text('ttl', '3'),
    ];
    return { fields: [...random.pick(LIES), ...control] };
  }

  private encode(message: WireMessage, ring: Keyring): Uint8Array {
    if (this.cluster.random.chance(0.5)) return encodeText(message, ring);
    return encodeNetstring(message, ring, { innerAuth: false });
  }

  /** A true packet with one bit changed. */
  private change(message: WireMessage, ring: Keyring): Packet {
    const bytes = this.encode(message, ring).slice();
    flipOneBit(bytes, this.cluster.random);
    return { bytes, genuine: message };
  }
}

function flipOneBit(bytes: Uint8Array, random: SeededRandom): void {
  const at = random.nextInteger(0, bytes.length - 1);
  bytes[at] = (bytes[at] ?? 0) ^ (1 << random.nextInteger(0, 7));
}

/** Cuts the packet before the signature: in the text form the last line but one, else what follows the end mark. */
function withoutAuth(bytes: Uint8Array): Uint8Array {
  const asText = String.fromCharCode(...bytes);
  const at = asText.startsWith('>>>') ? asText.indexOf('auth=') : asText.indexOf('%%%\n') + 4;
  return bytes.slice(0, at);
}
