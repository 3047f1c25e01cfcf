/**
 * The third witness: an observer on the LAN that is neither node, told by the agent's bundle (`twinbeat-agent witness`)
 * on the rack's client host, or on this computer where it is root and on that LAN. One process for each address.
 */
import { BlockList, isIPv4 } from 'node:net';
import { networkInterfaces } from 'node:os';
import { z } from 'zod';
import type { WitnessSample } from '../../common/contract/session.ts';
import { WITNESS_STARTING } from '../../common/verdict/witnesses.ts';
import { sleepMs } from '../base/time.ts';
import type { ProbeHost } from '../probe/probe.ts';
import type { SpawnedLines } from '../service/ports.ts';
import type { Session } from '../session/session.ts';

/** One line of `twinbeat-agent witness`. */
const WitnessLineSchema = z.object({
  kind: z.enum(['asked', 'announced']),
  atMonotonicMs: z.number(),
  errorMs: z.number(),
  address: z.string(),
  macs: z.array(z.string()),
  neighbourMac: z.string().nullable(),
});
type WitnessLine = z.infer<typeof WitnessLineSchema>;

/** The LAN is asked this often, milliseconds. */
const ASK_PERIOD_MS = 100;
/** A view of the LAN that does not change is recorded this often, milliseconds: it shows that the witness lives. */
const UNCHANGED_PERIOD_MS = 500;
/** Addresses that are observed at once; a pair with more is judged by its first ones. */
const ADDRESSES_MAX = 4;
/** Pause before a witness that ended is started again, milliseconds: it may be missing a right that nobody will grant. */
const RESTART_PAUSE_MS = 5000;

/** Where the witness runs. */
export interface WitnessHost extends ProbeHost {
  /** Interface on the LAN of an address, or why there is none. */
  ifaceOf(address: string): { readonly iface: string } | { readonly missing: string };
  /** Hardware address to ask from so that answers change nothing on that host; null: its own. */
  readonly askAs: string | null;
}

/** On a real pair: this computer. Names why it cannot, which is then what the verdict lacks. */
export function localWitnessHost(host: ProbeHost, interfaces = networkInterfaces): WitnessHost | { missing: string } {
  if (process.platform !== 'linux') return { missing: 'only a Linux computer can observe the LAN' };
  if (process.getuid?.() !== 0) return { missing: 'observing the LAN from this computer needs root' };
  return {
    ...host,
    askAs: null,
    ifaceOf: (address) => {
      const family = isIPv4(address) ? 'ipv4' : 'ipv6';
      for (const [iface, entries = []] of Object.entries(interfaces())) {
        for (const { cidr, internal } of entries) {
          const [net, bits] = cidr?.split('/') ?? [];
          if (internal || net === undefined || isIPv4(net) !== isIPv4(address)) continue;
          const lan = new BlockList();
          lan.addSubnet(net, Number(bits), family);
          if (lan.check(address, family)) return { iface };
        }
      }
      return { missing: `this computer is not on the LAN of ${address}` };
    },
  };
}

function parseLine(line: string): WitnessLine | null {
  try {
    return WitnessLineSchema.parse(JSON.parse(line));
  } catch {
    return null;
  }
}

/** One address: keeps its process running until closed. */
class AddressWitness {
  child: SpawnedLines | null = null;
  detail: string = WITNESS_STARTING;
  readonly over: Promise<void>;
  private readonly stop = new AbortController();
  private lastKey = '';
  private repeated = 0;
  private recordedMs = Number.NEGATIVE_INFINITY;

  constructor(address: string, host: WitnessHost, take: (line: WitnessLine) => void) {
    this.over = this.run(address, host, take);
  }

  close(): Promise<void> {
    this.stop.abort();
    this.child?.kill();
    return this.over;
  }

  private async run(address: string, host: WitnessHost, take: (line: WitnessLine) => void): Promise<void> {
    while (!this.stop.signal.aborted) {
      const place = host.ifaceOf(address);
      if ('missing' in place) this.detail = place.missing;
      else {
        const as = host.askAs === null ? [] : ['--as', host.askAs];
        const period = ['--period-ms', String(ASK_PERIOD_MS)];
        const child = host.start(['witness', '--address', address, '--iface', place.iface, ...period, ...as]);
        this.child = child;
        try {
          for await (const text of child.lines) this.heard(text, take);
        } catch {
          // The pipe broke with the process; its exit says the rest.
        }
        const status = await child.exit;
        this.child = null;
        this.detail = `the witness ended with status ${status ?? 'unknown'}`;
      }
      await sleepMs(RESTART_PAUSE_MS, this.stop.signal);
    }
  }

  /** A change is recorded, and the look after it, which tells whether it stays; of the same again only some. */
  private heard(text: string, take: (line: WitnessLine) => void): void {
    const line = parseLine(text);
    if (line === null) return;
    this.detail = '';
    if (line.kind === 'asked') {
      const key = `${line.macs.join()} ${line.neighbourMac ?? ''}`;
      this.repeated = key === this.lastKey ? this.repeated + 1 : 0;
      this.lastKey = key;
      if (this.repeated > 1 && line.atMonotonicMs - this.recordedMs < UNCHANGED_PERIOD_MS) return;
      this.recordedMs = line.atMonotonicMs;
    }
    take(line);
  }
}

export interface LanWitnessState {
  readonly running: boolean;
  readonly from: string;
  readonly detail: string;
}

/** All addresses of one pair. */
export class LanWitness {
  private readonly host: WitnessHost | { missing: string };
  private readonly session: Session;
  private readonly nodeOf: (mac: string) => string | null;
  private readonly witnesses = new Map<string, AddressWitness>();
  private closed = false;

  /** `nodeOf`: whose hardware address it is, as far as known now. */
  constructor(host: WitnessHost | { missing: string }, session: Session, nodeOf: (mac: string) => string | null) {
    this.host = host;
    this.session = session;
    this.nodeOf = nodeOf;
  }

  /** Observes these addresses besides those that it observes already. */
  watch(addresses: readonly string[]): void {
    if ('missing' in this.host || this.closed) return;
    for (const address of addresses) {
      if (this.witnesses.has(address) || this.witnesses.size >= ADDRESSES_MAX) continue;
      this.witnesses.set(address, new AddressWitness(address, this.host, (line) => this.take(line)));
    }
  }

  get state(): LanWitnessState {
    if ('missing' in this.host) return { running: false, from: '', detail: this.host.missing };
    const all = [...this.witnesses.values()];
    const detail = all.map((w) => w.detail).find((text) => text !== '') ?? '';
    const running = all.length > 0 && all.every((w) => w.child !== null && w.detail === '');
    return { running, from: this.host.name, detail: all.length === 0 ? 'no address is known yet' : detail };
  }

  async close(): Promise<void> {
    this.closed = true;
    await Promise.all([...this.witnesses.values()].map((w) => w.close()));
  }

  private take(line: WitnessLine): void {
    const sample: WitnessSample = {
      tMs: this.session.axisMs(line.atMonotonicMs),
      errorMs: line.errorMs,
      address: line.address,
      kind: line.kind,
      holders: line.macs.map((mac) => ({ mac, node: this.nodeOf(mac) })),
      neighbourMac: line.neighbourMac,
    };
    this.session.addWitness(sample);
  }
}
