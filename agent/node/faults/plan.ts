/**
 * What each fault does, as commands: one list that injects and one that undoes. Pure; the guard runs them. Network
 * faults live in a table of their own, so that undoing them is deleting it, never a flush of somebody's rules.
 */
import { fail, ok, type Result } from '../../common/base/result.ts';
import type { LinkConfig } from '../../common/config/model.ts';
import type { FaultName } from '../../common/rpc/agentContract.ts';
import type { SshSession } from './sshSessions.ts';

export const FAULT_NAMES: readonly FaultName[] = [
  'pull-lan',
  'pull-crossover',
  'pull-serial',
  'stop-agent',
  'kill-agent',
  'freeze-agent',
  'drop-heartbeats-in',
  'drop-heartbeats-out',
];

export interface FaultSurroundings {
  readonly links: readonly LinkConfig[];
  /** Interface of the service LAN: where the VIPs belong; null: none can be placed. */
  readonly lanIface: string | null;
  readonly hasNft: boolean;
  readonly sshSessions: readonly SshSession[];
  /** Interface of each of this host's addresses. */
  readonly ifaceOfAddress: ReadonlyMap<string, string>;
  readonly agentPid: number;
  /** Field 22 of /proc/PID/stat: with the pid it names one process for ever. */
  readonly agentStartTicks: string;
  /** Shell command that starts the agent again. */
  readonly startCommand: string;
}

export interface FaultPlan {
  /** Shell commands, run one after the other. */
  readonly inject: readonly string[];
  /** Idempotent: harmless when nothing was injected, or when run twice. */
  readonly revert: readonly string[];
  /** Shell test that succeeds when the fault is gone; null: `revert` having run is the proof. */
  readonly isGone: string | null;
  /** `guard`: it ends or freezes the agent, so the agent cannot do it and report it. */
  readonly by: 'agent' | 'guard';
  readonly link: string | null;
  readonly detail: string;
}

export type PlanFailure = 'unavailable' | 'no-such-link';

type Plan = Result<FaultPlan, PlanFailure>;

function table(family: 'inet' | 'arp', id: string): string {
  return `${family} twinbeat_${id}`;
}

/** One nft transaction: either all of it is in force or none. */
function nftPlan(
  id: string,
  rules: readonly string[],
  families: readonly ('inet' | 'arp')[],
  link: string | null,
  detail: string,
): Plan {
  const inject = [`nft '${rules.join('; ')}'`];
  const revert = families.map((family) => `nft delete table ${table(family, id)} 2>/dev/null`);
  const isGone = families.map((family) => `! nft list table ${table(family, id)} >/dev/null 2>&1`).join(' && ');
  return ok({ inject, revert, isGone, by: 'agent', link, detail });
}

function chain(family: 'inet' | 'arp', id: string, hook: 'input' | 'output'): string {
  const priority = family === 'inet' ? -300 : 0;
  return `add chain ${table(family, id)} ${hook} { type filter hook ${hook} priority ${priority} ; policy accept ; }`;
}

function udpLinks(at: FaultSurroundings): Exclude<LinkConfig, { medium: 'serial' }>[] {
  return at.links.flatMap((link) => (link.medium === 'serial' ? [] : [link]));
}

function dropHeartbeats(id: string, way: 'in' | 'out', wanted: string | null, at: FaultSurroundings): Plan {
  const links = udpLinks(at).filter((link) => wanted === null || link.id === wanted);
  if (links.length === 0) {
    if (wanted === null) return fail('unavailable', 'this node has no heartbeat link over a network');
    return fail('no-such-link', `there is no network link ${wanted}; on a serial line software can drop nothing`);
  }
  const hook = way === 'in' ? 'input' : 'output';
  const match = way === 'in' ? 'iifname' : 'oifname';
  const rules = links.map(
    (link) => `add rule ${table('inet', id)} ${hook} ${match} "${link.iface}" udp dport ${link.port} drop`,
  );
  const detail = `heartbeats ${way === 'in' ? 'from' : 'to'} the peer are dropped on ${links.map((link) => link.iface).join(', ')}`;
  return nftPlan(id, [`add table ${table('inet', id)}`, chain('inet', id, hook), ...rules], ['inet'], wanted, detail);
}

/** Everything on an interface, except the SSH sessions that come in over it. */
function pull(id: string, iface: string, link: string | null, what: string, at: FaultSurroundings): Plan {
  const kept = at.sshSessions.filter((session) => at.ifaceOfAddress.get(session.serverAddress) === iface);
  const inet = table('inet', id);
  const rules = [`add table ${inet}`, chain('inet', id, 'input'), chain('inet', id, 'output')];
  for (const { clientAddress, serverPort } of kept) {
    const ip = clientAddress.includes(':') ? 'ip6' : 'ip';
    rules.push(`add rule ${inet} input iifname "${iface}" ${ip} saddr ${clientAddress} tcp dport ${serverPort} accept`);
    rules.push(
      `add rule ${inet} output oifname "${iface}" ${ip} daddr ${clientAddress} tcp sport ${serverPort} accept`,
    );
  }
  rules.push(`add rule ${inet} input iifname "${iface}" drop`, `add rule ${inet} output oifname "${iface}" drop`);
  if (kept.length > 0) {
    const detail = `${what} ${iface} carries nothing but ${kept.length} SSH session(s) and ARP, which those need; the VIP's ARP still answers`;
    return nftPlan(id, rules, ['inet'], link, detail);
  }
  const arp = table('arp', id);
  rules.push(`add table ${arp}`, chain('arp', id, 'input'), chain('arp', id, 'output'));
  rules.push(`add rule ${arp} input iifname "${iface}" drop`, `add rule ${arp} output oifname "${iface}" drop`);
  return nftPlan(id, rules, ['inet', 'arp'], link, `${what} ${iface} carries nothing, not even ARP`);
}

function pullCrossover(id: string, wanted: string | null, at: FaultSurroundings): Plan {
  const links = udpLinks(at).filter((link) => (wanted === null ? link.iface !== at.lanIface : link.id === wanted));
  const [link] = links;
  if (link !== undefined) return pull(id, link.iface, link.id, 'crossover', at);
  if (wanted !== null) return fail('no-such-link', `there is no network link ${wanted}`);
  return fail('unavailable', 'every heartbeat link over a network uses the service LAN; use pull-lan');
}

/** Signals to this one process: a pid that was given to another meanwhile is left alone. */
function signalAgent(signal: 'TERM' | 'KILL' | 'STOP' | 'CONT', at: FaultSurroundings): string {
  const { agentPid: pid, agentStartTicks: ticks } = at;
  return `[ "$(cut -d' ' -f22 /proc/${pid}/stat 2>/dev/null)" = ${ticks} ] && kill -${signal} ${pid}`;
}

function agentFault(signal: 'TERM' | 'KILL' | 'STOP', revert: string, detail: string, at: FaultSurroundings): Plan {
  return ok({ inject: [signalAgent(signal, at)], revert: [revert], isGone: null, by: 'guard', link: null, detail });
}

/** The commands of a fault, or why it cannot be had on this node. `id`: letters and digits. */
export function planFault(name: FaultName, id: string, link: string | null, at: FaultSurroundings): Plan {
  const needsNft = name.startsWith('pull-') || name.startsWith('drop-');
  if (needsNft && name !== 'pull-serial' && !at.hasNft)
    return fail('unavailable', 'nft (nftables) is not installed on this node');
  switch (name) {
    case 'pull-lan':
      if (at.lanIface === null) return fail('unavailable', 'no virtual address has an interface on this node');
      return pull(id, at.lanIface, null, 'LAN', at);
    case 'pull-crossover':
      return pullCrossover(id, link, at);
    case 'pull-serial':
      return fail(
        'unavailable',
        'software cannot open a serial line as a pulled cable does: pull it by hand (or in the rack)',
      );
    case 'drop-heartbeats-in':
      return dropHeartbeats(id, 'in', link, at);
    case 'drop-heartbeats-out':
      return dropHeartbeats(id, 'out', link, at);
    case 'stop-agent':
      return agentFault('TERM', at.startCommand, 'the agent stops gracefully and is started again at the end', at);
    case 'kill-agent':
      return agentFault('KILL', at.startCommand, 'the agent is killed (-9) and is started again at the end', at);
    case 'freeze-agent':
      return agentFault('STOP', signalAgent('CONT', at), 'the agent is frozen (SIGSTOP) and goes on at the end', at);
  }
}
