/**
 * `twinbeat-agent witness`: an observer on the LAN that is neither node. It asks again and again who has an address,
 * hears who announces it, and says where its own host would send packets for it. Times carry their error: what was
 * read came some time after the reading before it.
 */
import { readFileSync } from 'node:fs';
import { fail, ok, type Result } from '../../common/base/result.ts';
import type { Lan } from '../host/lan.ts';
import { canonicalAddress, type HostInterface } from '../host/netlinkMessage.ts';

/** One line of output. */
export type WitnessLine = {
  /** Milliseconds of this host's monotonic clock: when it was asked, or the middle of when the announcement can have come. */
  readonly atMonotonicMs: number;
  readonly errorMs: number;
  readonly address: string;
  /** Where this host sends packets for the address; null: nowhere, or its questions would have changed that. */
  readonly neighbourMac: string | null;
} & (
  | { readonly kind: 'asked'; readonly macs: readonly string[] }
  | { readonly kind: 'announced'; readonly macs: readonly [string] }
);

export interface WitnessOptions {
  readonly address: string;
  readonly iface: HostInterface;
  /**
   * Hardware address to ask from, instead of the interface's own. Answers to the own one would refresh this host's neighbour entry, and
   * so mend the very thing that is looked for. Only where the interface hands on what is not addressed to it, as virtual ones do, and
   * never on a switch port that allows one address.
   */
  readonly askAs: string | null;
  readonly periodMs: number;
}

/** The LAN is read this often, milliseconds: a fiftieth of the shortest deadtime in use, and still next to no load. */
const HEAR_PERIOD_MS = 10;

/** The complete entry of an address in the text of /proc/net/arp; null: none. */
export function neighbourIn(text: string, address: string): string | null {
  for (const line of text.split('\n').slice(1)) {
    const [ip, , flags, mac] = line.trim().split(/\s+/);
    if (ip === address && flags !== undefined && Number(flags) !== 0 && mac !== undefined) return mac.toLowerCase();
  }
  return null;
}

/** What is wrong with the words of the command line, or the options. `interfaces`: those of this host. */
export function witnessOptions(
  words: { readonly address: string | null; readonly iface: string | null; readonly as: string | null },
  periodMs: number,
  interfaces: readonly HostInterface[],
): Result<WitnessOptions, 'bad-options'> {
  const { address, iface: name, as } = words;
  if (address === null || name === null) return fail('bad-options', 'give --address ADDRESS and --iface NAME');
  const iface = interfaces.find((candidate) => candidate.name === name);
  if (iface === undefined) return fail('bad-options', `--iface: there is no interface ${name}`);
  if (iface.mac === null) return fail('bad-options', `--iface: ${name} has no Ethernet address`);
  if (as !== null && !/^[0-9a-f]{2}(:[0-9a-f]{2}){5}$/.test(as))
    return fail('bad-options', `--as: ${as} is not a hardware address such as 02:00:00:00:00:01`);
  return ok({ address, iface, askAs: as, periodMs });
}

function readNeighbour(options: WitnessOptions): string | null {
  if (options.askAs === null || options.address.includes(':')) return null;
  try {
    return neighbourIn(readFileSync('/proc/net/arp', 'latin1'), options.address);
  } catch {
    return null;
  }
}

/** Observes until `stop` fires. `nowMs` is this host's monotonic clock. */
export function runWitness(
  options: WitnessOptions,
  lan: Lan,
  nowMs: () => number,
  emit: (line: WitnessLine) => void,
  stop: AbortSignal,
): Promise<void> {
  const { address, periodMs } = options;
  const family = address.includes(':') ? 'ipv6' : 'ipv4';
  const canonical = canonicalAddress(family, address);
  const iface = { ...options.iface, mac: options.askAs ?? options.iface.mac };
  let heard = new Set<string>();
  let askedAtMs: number | null = null;
  let readAtMs = nowMs();
  const hear = (): void => {
    const now = nowMs();
    const claims = lan.claims().filter((claim) => claim.address === canonical);
    const half = (now - readAtMs) / 2;
    readAtMs = now;
    for (const { mac, unasked } of claims) {
      heard.add(mac);
      if (!unasked) continue;
      const at = { atMonotonicMs: now - half, errorMs: half, address, neighbourMac: readNeighbour(options) };
      emit({ kind: 'announced', ...at, macs: [mac] });
    }
  };
  const ask = (): void => {
    if (askedAtMs !== null) {
      const at = { atMonotonicMs: askedAtMs, errorMs: 0, address, neighbourMac: readNeighbour(options) };
      emit({ kind: 'asked', ...at, macs: [...heard].sort() });
    }
    heard = new Set();
    // A question that could not be sent gets no line: silence would say that nobody has the address.
    askedAtMs = lan.probe(iface, { family, address, source: null }).ok ? nowMs() : null;
  };
  ask();
  return new Promise((resolve) => {
    let dueMs = nowMs() + periodMs;
    const timer = setInterval(() => {
      hear();
      if (nowMs() < dueMs) return;
      dueMs = Math.max(dueMs + periodMs, nowMs());
      ask();
    }, HEAR_PERIOD_MS);
    stop.addEventListener('abort', () => {
      clearInterval(timer);
      lan.close();
      resolve();
    });
  });
}
