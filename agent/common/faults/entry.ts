/** What the catalogue knows of one fault. Texts are English sentences; the screen has the other language beside them. */

export type FaultCategory = 'serial' | 'process' | 'host' | 'network' | 'config' | 'split-brain';

/**
 * How close to the real thing it is. `physical`: hardware itself (a plug, power). `driver`: done by the operating system (a signal, a line
 * setting, an interface). `emulated`: a filter or an edited file stands in for it. A report never lets one stand in for another.
 */
export type EvidenceLevel = 'physical' | 'driver' | 'emulated';

/** Who can do it. `console`: faults on both nodes, put together by the console. `hands`: a person, told what to do and watched. */
export type FaultDoer = 'agent' | 'console' | 'rack' | 'hands' | 'nobody';

/** What it needs on the node or beside it; each is probed before it is offered. */
export type FaultNeed =
  | 'nft'
  | 'nft-egress'
  | 'netem'
  | 'tbf'
  | 'tty'
  | 'uart'
  | 'usb-serial'
  | 'perl'
  | 'prlimit'
  | 'mount'
  | 'fallocate'
  | 'fsfreeze'
  | 'clock'
  | 'memory-cgroup'
  | 'watchdog'
  | 'config-write'
  | 'resource-script'
  | 'service'
  | 'client-program'
  | 'network-link'
  | 'multicast-link'
  | 'serial-link'
  | 'ping-node'
  | 'address'
  | 'peer'
  | 'hands'
  | 'power-switch'
  | 'hypervisor'
  | 'sysrq'
  | 'third-host'
  | 'keepalived'
  | 'heartbeat'
  | 'ip_vs'
  | 'fencing';

/** What a person does shows in the pair by this; the console watches for it, and for its end. */
export type HandsSign =
  /** Both directions of the serial link died. */
  | 'serial-dead'
  /** Every link of the service LAN died, or the references went silent. */
  | 'lan-dead'
  /** Two links died together. */
  | 'links-dead'
  /** The node's agent is gone and its peer calls it dead. */
  | 'node-gone'
  /** Both agents are gone. */
  | 'both-gone';

export interface FaultAmount {
  readonly unit: 'percent' | 'ppm' | 'seconds' | 'ms' | 'kbit';
  readonly standard: number;
  readonly min: number;
  readonly max: number;
}

export interface FaultEntry {
  /** Row of the catalogue (docs/faults.md). A letter behind it: a variant of that row. */
  readonly id: string;
  /** The name on the wire and on the command line. */
  readonly name: string;
  readonly category: FaultCategory;
  readonly doer: FaultDoer;
  readonly level: EvidenceLevel;
  readonly needs: readonly FaultNeed[];
  /** `node`: of one node. `link`: may be limited to one link. `pair`: of both nodes at once. */
  readonly scope: 'node' | 'link' | 'pair';
  /** Whether the way to manage the node ends with it: never, only when that is asked for, always. */
  readonly management: 'kept' | 'may-be-cut' | 'cut';
  /** Two holders may come of it, and that is declared: no reason to stop. */
  readonly mayBeDual: boolean;
  /** Clients may go unserved for as long as it lasts, and that is declared: no reason to stop. */
  readonly mayBeUnserved: boolean;
  readonly amount: FaultAmount | null;
  readonly sign: HandsSign | null;
  readonly title: string;
  readonly what: string;
  readonly healthy: string;
  readonly wrong: string;
  /** Why nobody can do it from here; null where somebody can. */
  readonly why: string | null;
}

type Optional = 'needs' | 'scope' | 'management' | 'mayBeDual' | 'mayBeUnserved' | 'amount' | 'sign' | 'why';
type Given<N extends string> = Omit<FaultEntry, Optional | 'name'> & Partial<Pick<FaultEntry, Optional>> & { name: N };

/** An entry with what most of them have in common filled in. */
export function entry<const N extends string>(given: Given<N>): FaultEntry & { readonly name: N } {
  return {
    needs: [],
    scope: 'node',
    management: 'kept',
    mayBeDual: false,
    mayBeUnserved: false,
    amount: null,
    sign: null,
    why: null,
    ...given,
  };
}
