/**
 * Everything back, on both nodes and in the rack, also what this console never knew: each agent is asked first; then,
 * with or without an answer, a script on the node undoes whatever was ever written there and looks for what could be
 * left. Only what was read back counts as proven.
 */
import { parseTakeBack, takeBackScript } from '../../../agent/common/faults/index.ts';
import type { FaultCheck } from '../../../agent/common/rpc/agentContract.ts';
import type { PanicNode, PanicReport } from '../../common/contract/panic.ts';
import type { RackState } from '../../common/contract/rack.ts';
import { monotonicNowMs, sleepMs, within } from '../base/time.ts';
import { runCommand } from '../service/nodeCommand.ts';
import type { RackHandlePort } from '../service/ports.ts';
import type { FaultNode } from './agentFaults.ts';

/** An agent that does not answer by then is passed over, milliseconds. */
const AGENT_MS_MAX = 20_000;
const SCRIPT_MS_MAX = 120_000;
/** A node whose power comes back, or whose SSH is just being cut by a guarded fault, is waited for this long, milliseconds. */
const REACH_MS_MAX = 90_000;
const REACH_LOOK_MS = 500;

/** Where the agent keeps its things on every node that we deployed to. */
const STATE_DIR = '/var/lib/twinbeat-agent';
const RUN_DIR = '/run/twinbeat-agent';

/** Of a node whose fault says where its folder is, its state's folder. */
function stateDirOf(faultDirs: readonly string[]): string {
  const [dir] = faultDirs;
  return dir === undefined ? STATE_DIR : dir.replace(/\/faults\/[^/]+$/, '');
}

async function untilReachable({ connector, feed }: FaultNode, withinMs: number): Promise<boolean> {
  const deadline = monotonicNowMs() + withinMs;
  while (connector.state().phase !== 'ready' && feed.client === null) {
    if (monotonicNowMs() > deadline) return false;
    connector.retryNow();
    await sleepMs(REACH_LOOK_MS);
  }
  return true;
}

/** One node. Never throws: what cannot be known is said. */
async function takeBack(target: FaultNode, faultDirs: readonly string[], reachMs: number): Promise<PanicNode> {
  const { node, feed, connector } = target;
  const via: PanicNode['via'] = [];
  const reverted = new Set<string>();
  let checks: FaultCheck[] = [];
  let problem = '';
  if (!(await untilReachable(target, reachMs))) {
    problem = `${node} cannot be reached (${connector.state().detail}): its guards end what is on, at their time at the latest`;
    return { node, via, reverted: [], checks, problem, proven: false };
  }
  const answer =
    feed.client === null ? null : await within(AGENT_MS_MAX, '', feed.client.faultPanic({})).catch(() => null);
  if (answer !== null) {
    via.push('agent');
    for (const id of answer.reverted) reverted.add(id);
    checks = answer.checks;
  }
  try {
    const { out, err } = await runCommand(connector, takeBackScript(stateDirOf(faultDirs), RUN_DIR), SCRIPT_MS_MAX);
    const found = parseTakeBack(out);
    for (const id of found.reverted) reverted.add(id);
    if (found.isWhole) {
      via.push('ssh');
      // The node's own word, without the agent in between, is the later one and counts.
      checks = [...found.checks];
    } else problem = `the script on ${node} did not come to its end: ${err.trim() || 'no reason given'}`;
  } catch (error) {
    problem = error instanceof Error ? error.message : String(error);
  }
  const bad = checks.filter((check) => !check.ok);
  if (problem === '' && bad.length > 0) problem = bad.map(({ what, detail }) => `${what}: ${detail}`).join('; ');
  const proven = via.includes('ssh') && problem === '';
  return { node, via, reverted: [...reverted], checks, problem, proven };
}

/** Cables and power as the rack has them. */
export function rackChecks(state: RackState): FaultCheck[] {
  const pulled = state.cables.filter((c) => !c.aToB || !c.bToA || c.noisePpm > 0).map((c) => c.id);
  const spare = state.impostor == null ? [] : [`a spare computer has ${state.impostor.address}`];
  const notWhole = [...pulled, ...spare];
  const off = state.nodes.filter((n) => n.power === 'off').map((n) => n.name);
  return [
    {
      what: 'cables',
      ok: notWhole.length === 0,
      detail: notWhole.length === 0 ? 'all are plugged in and clean' : `not whole: ${notWhole.join(', ')}`,
    },
    {
      what: 'power',
      ok: off.length === 0,
      detail: off.length === 0 ? 'both servers have it' : `off: ${off.join(', ')}`,
    },
  ];
}

/** Plugs in every cable, gives every server its power, mends the power switch. Says what refused by what it then finds. */
async function restoreRack(rack: RackHandlePort): Promise<void> {
  const state = rack.state();
  await Promise.allSettled([
    ...state.cables.map(({ id }) => rack.cable(id, { aToB: true, bToA: true, noisePpm: 0 })),
    ...state.nodes.filter((n) => n.power === 'off').map((n) => rack.power(n.name, 'on')),
    ...(state.powerSwitchBroken ? [rack.powerSwitch({ broken: false })] : []),
    ...(state.impostor == null ? [] : [rack.impostor(null)]),
  ]);
}

/** `dirs`: folders of the faults that are known to be on, by node. `waitMs`: how long a silent node is waited for. */
export async function panic(
  nodes: readonly FaultNode[],
  rack: RackHandlePort | null,
  dirs: (node: string) => readonly string[],
  waitMs = REACH_MS_MAX,
): Promise<PanicReport> {
  if (rack !== null) await restoreRack(rack);
  const reports = await Promise.all(nodes.map((target) => takeBack(target, dirs(target.node), waitMs)));
  const checks = rack === null ? [] : rackChecks(rack.state());
  return { nodes: reports, rack: checks, proven: reports.every((r) => r.proven) && checks.every((c) => c.ok) };
}
