/**
 * What the engine and the daemon need to know, resolved from ha.cf, haresources and
 * authkeys. Parsing keeps the files' text losslessly elsewhere; this is the meaning.
 */

/** One heartbeat path. A ucast `peer` or mcast `group` with a colon is IPv6 (`ucast6`, `mcast6`). `name` is Linux-HA's link name (interface or tty path); `id` is unique among the links of a node. */
export type LinkConfig =
  | {
      readonly medium: 'ucast';
      readonly id: string;
      readonly name: string;
      readonly iface: string;
      readonly peer: string;
      readonly port: number;
    }
  | {
      readonly medium: 'bcast';
      readonly id: string;
      readonly name: string;
      readonly iface: string;
      readonly port: number;
    }
  | {
      readonly medium: 'mcast';
      readonly id: string;
      readonly name: string;
      readonly iface: string;
      readonly group: string;
      readonly port: number;
      readonly ttl: number;
      readonly loop: boolean;
    }
  | {
      readonly medium: 'serial';
      readonly id: string;
      readonly name: string;
      readonly device: string;
      readonly baud: number;
    };

/** `legacy` is Linux-HA's third family; both nodes must use the same one. */
export type AutoFailback = 'on' | 'off' | 'legacy';

/** One `stonith` or `stonith_host` line. It counts on the node that it names (or on both: `*`), and there the last one wins. */
export interface StonithLine {
  readonly host: string;
  readonly type: string;
  readonly parameters: readonly string[];
  /** `stonith <type> <file>`: the parameters are in this file; null: they are `parameters`. */
  readonly file: string | null;
}

/** ha.cf, resolved. Durations in milliseconds. Defaults already applied. */
export interface HaConfig {
  /** Lower-cased names in file order. */
  readonly nodes: readonly string[];
  readonly keepaliveMs: number;
  readonly deadtimeMs: number;
  readonly warntimeMs: number;
  readonly initdeadMs: number;
  readonly deadpingMs: number;
  readonly autoFailback: AutoFailback;
  readonly links: readonly LinkConfig[];
  readonly pingNodes: readonly { readonly name: string; readonly members: readonly string[] }[];
  readonly hopfudge: number;
  readonly maxRexmitDelayMs: number;
  readonly logfile: string | null;
  readonly debugfile: string | null;
  readonly logfacility: string | null;
  /** Log files look like those of syslog; else heartbeat's older form. */
  readonly syslogmsgfmt: boolean;
  readonly hbgenmethod: 'file' | 'time';
  readonly logBadpack: boolean;
  readonly respawn: readonly { readonly user: string; readonly command: string; readonly failfast: boolean }[];
  readonly watchdog: string | null;
  /** `if-allowed`: nothing is written, so that a node which forbids it has no problem worth an alarm. */
  readonly realtime: 'on' | 'off' | 'if-allowed';
  /** Priority 1..99 of the heartbeat thread; null: the lowest, which is above everything that is not real-time. */
  readonly rtprio: number | null;
  readonly stonith: readonly StonithLine[];
  readonly environment: Readonly<Record<string, string>>;
}

/** What must be true before a silent peer's groups are taken (docs/engine.md, "Seizing"). A peer that released them itself needs none of it. */
export type TakeoverCondition =
  /** One of ha.cf's ping nodes answers, and goes on answering while the peer is silent; else we let go. */
  | 'reference'
  /** Two links carried the peer's heartbeats until they went silent together: one cut cable cannot look like a death. */
  | 'two-links'
  /** The stonith device, or a person in its place, has confirmed that the peer is off. */
  | 'fencing';

/** twinbeat.cf, resolved: what the product adds to heartbeat's own files. Absent file: the defaults. */
export interface SafetyConfig {
  readonly takeoverRequires: readonly TakeoverCondition[];
  /** A script that does not stop: say so and stay, or have the watchdog reset this node (needs `watchdog` in ha.cf). */
  readonly onStopFailure: 'report' | 'reboot';
}

/** `ip[/mask[/iface[:label]][/broadcast]]` of IPaddr, IPaddr2 and IPv6addr (reference, section 8.3). */
export interface VipSpec {
  readonly address: string;
  readonly family: 'ipv4' | 'ipv6';
  /** Prefix length in bits, or null: derive it from the route to the address. */
  readonly prefixBits: number | null;
  readonly iface: string | null;
  /** Whole label as `ip addr` takes it, e.g. `eth0:0`; null when none was given. */
  readonly label: string | null;
  readonly broadcast: string | null;
}

/** One resource of a group. `script` is `IPaddr` for a bare address. */
export interface ResourceSpec {
  readonly script: string;
  readonly args: readonly string[];
  /** Present for IPaddr, IPaddr2 and IPv6addr: the daemon owns these addresses itself. */
  readonly vip: VipSpec | null;
  /** As written in the file (a bare address is expanded to `IPaddr::address`). */
  readonly spec: string;
}

/** One logical line of haresources. The key is its first resource's spec; keys are unique. */
export interface ResourceGroup {
  readonly key: string;
  /** Preferred node, lower-cased. */
  readonly node: string;
  readonly resources: readonly ResourceSpec[];
  readonly line: number;
}

/** Where in a file something stands. Lines and columns start at 1. */
export interface SourcePosition {
  readonly file: string;
  readonly line: number;
  readonly column: number;
}

/** One thing wrong with a configuration file, for people and for programs. */
export interface ConfigProblem {
  readonly severity: 'error' | 'warning';
  readonly code: string;
  readonly at: SourcePosition;
  /** A sentence: what is wrong, what was expected. */
  readonly message: string;
}
