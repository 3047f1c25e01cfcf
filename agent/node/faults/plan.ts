/**
 * What each fault does, as commands: one list that injects and one that undoes. Pure; the guard runs them. Network
 * faults live in a table of their own, so that undoing them is deleting it, never a flush of somebody's rules.
 */
import { fail, type Result } from '../../common/base/result.ts';
import type { HaConfig, LinkConfig } from '../../common/config/model.ts';
import { faultNamed, type CatalogueEntry } from '../../common/faults/index.ts';
import { FaultNameSchema, type FaultName } from '../../common/rpc/agentContract.ts';
import type { FaultEngine } from './engine.ts';
import { planConfigFault } from './planConfig.ts';
import { planHostFault } from './planHost.ts';
import { planNetworkFault, splitHere } from './planNetwork.ts';
import { planProcessFault } from './planProcess.ts';
import { planSerialFault } from './planSerial.ts';
import type { ProcessId } from './shell.ts';
import type { SshSession } from './sshSessions.ts';

/** Every fault that a console may ask an agent for. */
export const FAULT_NAMES: readonly FaultName[] = FaultNameSchema.options;

/** A service of the pair that runs on this node now. */
export interface RunningService {
  readonly name: string;
  readonly process: ProcessId;
  /** Shell command that starts it again. */
  readonly start: string;
  /** An address of its group: it is only started again where that is held. */
  readonly address: string;
}

/** What the node offers, looked up just before. */
export interface FaultSurroundings {
  readonly node: string;
  readonly peer: string;
  readonly engine: FaultEngine;
  readonly links: readonly LinkConfig[];
  readonly timing: Pick<HaConfig, 'keepaliveMs' | 'deadtimeMs' | 'autoFailback'>;
  /** Addresses of the ping nodes. */
  readonly pingAddresses: readonly string[];
  readonly vips: readonly string[];
  /** Interface of the service LAN: where the VIPs belong; null: none can be placed. */
  readonly lanIface: string | null;
  readonly sshSessions: readonly SshSession[];
  /** Interface of each of this host's addresses. */
  readonly ifaceOfAddress: ReadonlyMap<string, string>;
  /** Commands that are installed. */
  readonly tools: ReadonlySet<string>;
  /** What the kernel's packet filter and scheduler can do, tried in a namespace of their own. */
  readonly kernel: { readonly egress: boolean; readonly netem: boolean; readonly tbf: boolean };
  /** By device: what kind of line it is. Devices that are not there are missing. */
  readonly ttys: ReadonlyMap<string, TtyKind>;
  readonly services: readonly RunningService[];
  /** Shell scripts of haresources that could be changed, in their order. */
  readonly scripts: readonly string[];
  /** Programs that ha.cf keeps running. */
  readonly clients: readonly ProcessId[];
  /** File systems that belong to resources of the pair and are mounted here. */
  readonly mounts: readonly string[];
  readonly configDir: string;
  readonly stateDir: string;
  readonly stateDisk: { readonly freeBytes: number; readonly isMemory: boolean };
  /** Folder of the log file; null: it logs elsewhere. */
  readonly logDir: string | null;
  /** Why the clock cannot be set here; null: it can. */
  readonly clockReason: string | null;
  /** Programs that set the clock. */
  readonly timeDaemons: readonly ProcessId[];
  readonly processors: number;
  /** Bytes of memory that are free for programs; null: no memory group can be made here. */
  readonly memoryFreeBytes: number | null;
  /** A hardware watchdog is armed and would reset this node. */
  readonly hasWatchdog: boolean;
  /** Mount points of this node, to never cover one. */
  readonly mountPoints: ReadonlySet<string>;
}

export type TtyKind =
  | { readonly kind: 'pty' | 'uart' }
  /** `port`: folder of the USB device. `latency`: file of its latency timer; null: it has none. */
  | { readonly kind: 'usb'; readonly port: string; readonly latency: string | null };

/** What is wanted of a fault. */
export interface FaultWish {
  readonly link: string | null;
  /** In the unit of the catalogue; null: its standard. */
  readonly amount: number | null;
  /** Spare no SSH session. */
  readonly cutManagement: boolean;
}

export const PLAIN_WISH: FaultWish = { link: null, amount: null, cutManagement: false };

export interface FaultPlan {
  /** Shell commands, run one after the other; the first that fails ends it. */
  readonly inject: readonly string[];
  /** Idempotent: harmless when nothing was injected, or when run twice. */
  readonly revert: readonly string[];
  /** Runs behind `revert`, but not at a boot: starts again what the fault had ended. */
  readonly restart: readonly string[];
  /** Shell test that succeeds when the fault is gone; null: `revert` having run is the proof. */
  readonly isGone: string | null;
  /** `guard`: it ends or freezes the agent, so the agent cannot do it and report it. */
  readonly by: 'agent' | 'guard';
  readonly link: string | null;
  readonly detail: string;
  /** Files that it changes: copied before anything else, and put back to the byte. */
  readonly files: readonly string[];
  /** That an agent runs is already the end of the fault. */
  readonly isOverWhenAgentRuns: boolean;
  readonly cutsManagement: boolean;
  /** It may not last longer; null: no bound of its own. */
  readonly durationMsMax: number | null;
}

export type PlanFailure = 'unavailable' | 'no-such-link';
export type Plan = Result<FaultPlan, PlanFailure>;

/** What a planner gets: the fault, its id and folder, the wish and the node. */
export interface PlanInput {
  readonly fault: CatalogueEntry;
  /** Letters and digits. */
  readonly id: string;
  /** The fault's own folder. */
  readonly dir: string;
  readonly wish: FaultWish;
  readonly amount: number;
  readonly at: FaultSurroundings;
}

export function unavailable(why: string): Plan {
  return fail('unavailable', why);
}

/** Why the amount is not one; null: it is. */
function wrongAmount(entry: CatalogueEntry, amount: number | null): string | null {
  if (amount === null || entry.amount === null) return null;
  const { min, max, unit } = entry.amount;
  return amount >= min && amount <= max ? null : `${entry.name} takes ${min} to ${max} ${unit}, not ${amount}`;
}

/** The commands of a fault, or why it cannot be had on this node. `id`: letters and digits. `root`: folder of all faults. */
export function planFault(name: FaultName, id: string, wish: FaultWish, root: string, at: FaultSurroundings): Plan {
  const fault = faultNamed(name);
  if (fault.why !== null) return unavailable(fault.why);
  const wrong = wrongAmount(fault, wish.amount);
  if (wrong !== null) return unavailable(wrong);
  const amount = wish.amount ?? fault.amount?.standard ?? 0;
  const input: PlanInput = { fault, id, dir: `${root}/${id}`, wish, amount, at };
  switch (fault.category) {
    case 'serial':
      return planSerialFault(input);
    case 'process':
      return planProcessFault(input);
    case 'host':
      return planHostFault(input);
    case 'network':
      return planNetworkFault(input);
    case 'config':
      return planConfigFault(input);
    case 'split-brain':
      // The parts of one node; the others are these at other times.
      if (name === 'split' || name === 'split-one-way') return splitHere(input);
      return unavailable('it concerns both nodes: the console puts it together');
  }
}
