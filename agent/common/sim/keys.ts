/**
 * Keys of the two nodes, and the gate before their engines: a message passes when the receiver accepts the key that
 * signed it. Some messages really are signed and verified by the codec, which must judge as the model does.
 */
import { assert } from '../base/assert.ts';
import type { AuthMethod, Keyring } from '../base/keyring.ts';
import type { Ready } from '../engine/types.ts';
import { decodePacket, encodeNetstring, encodeText } from '../wire/codec.ts';
import { fieldText } from '../wire/message.ts';
import type { WireMessage } from '../wire/message.ts';
import type { Violation } from './checkers.ts';
import type { Cluster } from './cluster.ts';
import type { KeyAlarmChecker } from './keyAlarm.ts';
import type { Parcel, Receiver, Seal } from './network.ts';

/** Part of the messages that go through the real codec: it costs as much as a hundred simulated ones. */
const REAL_PACKETS = 0.03;

/** authkeys indexes in use. A strange key has the index of the right one: only the secrets differ. */
const INDEXES = 3;

/** What a refused packet may make an engine say. It may never make it do or send anything. */
const ALLOWED_EVENTS: ReadonlySet<string> = new Set(['key-mismatch', 'takeover-hold', 'problem']);

interface Ring {
  accepts: number[];
  signs: number;
}

export class KeyModel {
  readonly method: AuthMethod;
  private readonly rings: readonly [Ring, Ring] = [
    { accepts: [1], signs: 1 },
    { accepts: [1], signs: 1 },
  ];
  private current = 1;
  private next: number | null = null;
  private lastId = 1;

  constructor(method: AuthMethod) {
    this.method = method;
  }

  /** The other node accepts what this one signs. */
  heardFrom(from: 0 | 1): boolean {
    return this.rings[from === 0 ? 1 : 0].accepts.includes(this.rings[from].signs);
  }

  /** The key that this node signs with. */
  signs(node: 0 | 1): number {
    return this.rings[node].signs;
  }

  /** This node takes messages signed with that key. */
  accepts(node: 0 | 1, keyId: number): boolean {
    return this.rings[node].accepts.includes(keyId);
  }

  /** What stands in the node's authkeys, for the codec. */
  keyring(node: 0 | 1): Keyring {
    const { accepts, signs } = this.rings[node];
    const key = (id: number) => [indexOf(id), { method: this.method, secret: `secret-${id}` }] as const;
    return { signIndex: indexOf(signs), keys: new Map(accepts.map(key)) };
  }

  /** First step of a rotation: both accept a new key. Nothing, while another rotation is under way. */
  addNew(): void {
    if (this.next !== null) return;
    // A file has one key under an index, and one of the nodes may have one of its own.
    const used = new Set(this.rings.flatMap(({ accepts }) => accepts.map(indexOf)));
    assert(used.size < INDEXES, 'there is no index left for a new key');
    do this.next = ++this.lastId;
    while (used.has(indexOf(this.next)));
    for (const ring of this.rings) ring.accepts.push(this.next);
  }

  /** Second step: both sign with it. */
  signWithNew(): void {
    for (const ring of this.rings) {
      if (this.next !== null && ring.accepts.includes(this.next)) ring.signs = this.next;
    }
  }

  /** Third step: the old key is gone. */
  dropOld(): void {
    this.current = this.next ?? this.current;
    this.agree();
  }

  /**
   * This node gets a key that the other one does not know, under the same index. `halfway`: it signs with it, under the next index, and
   * goes on accepting the one that both have.
   */
  estrange(node: 0 | 1, halfway = false): void {
    const offset = halfway ? 1 : 0;
    do this.lastId++;
    while (indexOf(this.lastId) !== indexOf(this.current + offset));
    Object.assign(this.rings[node], {
      accepts: halfway ? [this.current, this.lastId] : [this.lastId],
      signs: this.lastId,
    });
  }

  /** Both have one and the same key. */
  agree(): void {
    this.next = null;
    for (const ring of this.rings) Object.assign(ring, { accepts: [this.current], signs: this.current });
  }
}

function indexOf(keyId: number): number {
  return 1 + (keyId % INDEXES);
}

/** Both messages say the same. */
export function sameFields(a: WireMessage, b: WireMessage): boolean {
  if (a.fields.length !== b.fields.length) return false;
  return a.fields.every((field, i) => {
    const other = b.fields[i];
    return field.name === other?.name && String(field.value) === String(other.value);
  });
}

/** Checks that nothing reaches an engine without a valid key, and that what is refused changes nothing. */
export class KeyGate implements Receiver {
  readonly violations: Violation[] = [];
  /** Packets that the real codec judged. */
  judged = 0;
  private readonly cluster: Cluster;
  private readonly keys: KeyModel;
  private readonly alarms: Pick<KeyAlarmChecker, 'refused'>;

  constructor(cluster: Cluster, keys: KeyModel, alarms: Pick<KeyAlarmChecker, 'refused'>) {
    this.cluster = cluster;
    this.keys = keys;
    this.alarms = alarms;
    cluster.receiver = this;
    cluster.network.seal = (from, message) => this.seal(from, message);
    cluster.observe({
      stepped: (node, input, ready) => {
        if (input.kind === 'rejected') this.requireHarmless(node, ready);
      },
    });
  }

  private fail(checker: string, detail: string): void {
    this.violations.push({ checker, atMs: this.cluster.nowMs, detail });
  }

  private seal(from: 0 | 1, message: WireMessage): Seal {
    const keyId = this.keys.signs(from);
    if (!this.cluster.random.chance(REAL_PACKETS)) return { keyId, packet: null };
    const ring = this.keys.keyring(from);
    const asText = this.cluster.random.chance(0.5);
    return { keyId, packet: asText ? encodeText(message, ring) : encodeNetstring(message, ring, { innerAuth: true }) };
  }

  deliver(to: 0 | 1, link: string, parcel: Parcel): void {
    const { seal, message } = parcel;
    const valid = seal === null || this.keys.accepts(to, seal.keyId);
    if (seal !== null && seal.packet !== null) this.judge(to, seal.packet, valid ? message : null);
    if (valid) this.cluster.deliver(to, link, parcel);
    else this.refuse(to, link, fieldText(message, 'src') ?? null);
  }

  damaged(to: 0 | 1, link: string, { message }: Parcel): void {
    const spared = this.cluster.random.chance(0.5);
    this.refuse(to, link, spared ? (fieldText(message, 'src') ?? null) : null);
  }

  /** `expected`: what the packet says if it may pass, null if it may not. */
  private judge(to: 0 | 1, packet: Uint8Array, expected: WireMessage | null): void {
    this.judged++;
    const decoded = decodePacket(packet, this.keys.keyring(to));
    if (decoded.ok !== (expected !== null)) {
      this.fail('valid-key', `the codec ${decoded.ok ? 'accepts' : `refuses (${decoded.reason})`} against the model`);
    } else if (decoded.ok && expected !== null && !sameFields(decoded.value.message, expected)) {
      this.fail('valid-key', 'a packet came out of the codec changed');
    }
  }

  /** A packet that somebody without the key made, or changed. `genuine`: what it says if the change meant nothing. */
  forged(to: 0 | 1, link: string, packet: Uint8Array, genuine: WireMessage | null, claimed: string): void {
    this.judged++;
    const decoded = decodePacket(packet, this.keys.keyring(to));
    if (!decoded.ok) return this.refuse(to, link, claimed);
    if (genuine !== null && sameFields(decoded.value.message, genuine)) return;
    this.fail('valid-key', `a forged packet was accepted: ${JSON.stringify(decoded.value.message)}`);
  }

  private refuse(to: 0 | 1, link: string, claimed: string | null): void {
    this.cluster.nodes[to].reject(link, claimed);
    if (claimed === this.cluster.options.names[to === 0 ? 1 : 0]) this.alarms.refused(to);
  }

  /** What an engine makes of a refused packet of which it is told. */
  private requireHarmless(node: 0 | 1, { commands, messages, events }: Ready): void {
    const said = events.filter((event) => !ALLOWED_EVENTS.has(event.body.kind));
    if (commands.length + messages.length + said.length === 0) return;
    const what = JSON.stringify({ commands, messages, said });
    this.fail('valid-key', `a refused packet made ${this.cluster.nodes[node].name} act: ${what}`);
  }
}
