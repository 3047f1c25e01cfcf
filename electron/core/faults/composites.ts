/** How a fault of both nodes is put together from what their agents and the rack can do. */
import { faultNamed } from '../../../agent/common/faults/index.ts';
import { RpcError } from '../../../agent/common/rpc/messages.ts';
import type { ConsoleFaultName, FaultOffer } from '../../common/contract/state.ts';
import { sleepMs, within } from '../base/time.ts';
import type { RackHandlePort } from '../service/ports.ts';
import { AGENT_INJECT_DEFAULTS } from './agentFaults.ts';
import type { AgentFaults, AgentInjectOptions, FaultNode } from './agentFaults.ts';
import type { PairFaultPlan, TimedLeg } from './pairFaults.ts';
import { isDeed, rackDeed } from './rackDeeds.ts';
import { rackLeg } from './rackFaults.ts';

type Why = { readonly reasonCode: NonNullable<FaultOffer['reasonCode']>; readonly reason: string };

/** What the parts work with. `offered`: a node's agent says that it can do this. */
export interface CompositeParts {
  readonly nodes: readonly FaultNode[];
  readonly agents: AgentFaults;
  readonly rack: RackHandlePort | null;
  offered(node: string, name: ConsoleFaultName): boolean;
}

/** A short split keeps this much of deadtime as margin, besides one keepalive. */
const SHORT_MARGIN_SHARE = 0.1;
const SHORT_MS_MIN = 500;
/** The serial line of a heal in steps comes back after this part of the time. */
const FIRST_PATH_SHARE = 0.5;
const REPEATS = 5;
/** How long a handover may take to begin, milliseconds. */
const TAKEOVER_MS_MAX = 20_000;
const TAKEOVER_LOOK_MS = 50;
const ANSWER_MS_MAX = 2000;

const SPLITS: ReadonlySet<ConsoleFaultName> = new Set([
  ...(['split-short', 'split', 'heal-in-steps', 'split-one-way', 'split-in-takeover', 'split-repeated'] as const),
]);

/** True for faults that this console puts together. */
export function isComposite(name: ConsoleFaultName): boolean {
  return SPLITS.has(name) || name === 'block-ping-both' || name === 'serial-flapping';
}

function timingOf({ nodes }: CompositeParts): { keepaliveMs: number; deadtimeMs: number } | null {
  return nodes[0]?.feed.status?.timing ?? nodes[1]?.feed.status?.timing ?? null;
}

/** Why the parts cannot be had; null: they can. */
export function whyNot(name: ConsoleFaultName, node: string, parts: CompositeParts): Why | null {
  const { nodes, rack } = parts;
  const isRackOnly = name === 'serial-flapping';
  if (!isRackOnly && nodes.some(({ feed }) => feed.client === null))
    return { reasonCode: 'both-nodes', reason: 'it needs the agents of both nodes' };
  const serial = rack === null ? null : rackDeed(rack.state(), node, 'pull-serial', 0);
  const hasSerial = nodes.some(({ feed }) => feed.status?.links.some((link) => link.medium === 'serial') ?? false);
  const needsSerial = isRackOnly || name === 'heal-in-steps';
  if (needsSerial || (hasSerial && rack !== null)) {
    if (serial === null) {
      const reason = isRackOnly
        ? (faultNamed(name).why ?? '')
        : 'its paths heal one by one: that takes the rack’s serial cable';
      return { reasonCode: 'serial-by-software', reason };
    }
    if (!isDeed(serial)) return serial;
  }
  const byAgent: ConsoleFaultName =
    name === 'block-ping-both'
      ? 'block-ping'
      : rack !== null
        ? 'drop-heartbeats'
        : name === 'split-one-way'
          ? name
          : 'split';
  const unable = isRackOnly ? undefined : nodes.find((n) => !parts.offered(n.node, byAgent));
  if (unable !== undefined)
    return { reasonCode: 'both-nodes', reason: `the agent of ${unable.node} cannot do its part (${byAgent})` };
  const timing = timingOf(parts);
  if (timing === null) return { reasonCode: 'both-nodes', reason: 'the timing of the pair is not known' };
  if (name === 'split-short' && shortMs(timing) < SHORT_MS_MIN) {
    const reason = `deadtime less one keepalive leaves less than ${SHORT_MS_MIN} ms: too short to be one`;
    return { reasonCode: 'both-nodes', reason };
  }
  return null;
}

function shortMs({ keepaliveMs, deadtimeMs }: { keepaliveMs: number; deadtimeMs: number }): number {
  return Math.round(deadtimeMs * (1 - SHORT_MARGIN_SHARE) - keepaliveMs);
}

function splitLegs(
  name: ConsoleFaultName,
  node: string,
  parts: CompositeParts,
  options: AgentInjectOptions,
): TimedLeg[] {
  const { nodes, agents, rack } = parts;
  const isOneWay = name === 'split-one-way';
  const legs: TimedLeg[] = [];
  for (const { node: at, feed } of nodes) {
    const hasNetwork = feed.status?.links.some((link) => link.medium !== 'serial') ?? true;
    if ((isOneWay && at !== node) || (rack !== null && !hasNetwork)) continue;
    const leg = agents.leg(at, isOneWay ? name : 'split', rack === null ? null : 'network', options);
    legs.push({ leg, share: 1 });
  }
  const deed = rack === null ? null : rackDeed(rack.state(), node, isOneWay ? 'serial-deaf' : 'pull-serial', 0);
  if (rack !== null && deed !== null && isDeed(deed)) {
    legs.push({ leg: rackLeg(rack, deed, options.attended), share: name === 'heal-in-steps' ? FIRST_PATH_SHARE : 1 });
  }
  return legs;
}

/** Hands everything over and waits until the other node begins to start it. Throws `takeover-not-seen`. */
async function untilTakeover(node: string, { nodes }: CompositeParts): Promise<void> {
  const from = nodes.find((n) => n.node === node)?.feed.client ?? null;
  const to = nodes.find((n) => n.node !== node)?.feed ?? null;
  if (from === null || to === null) throw new RpcError('fault-unavailable', 'it needs the agents of both nodes');
  const asked = await within(ANSWER_MS_MAX, 'no answer', from.standby({ set: 'all' }));
  if (!asked.accepted) throw new RpcError('fault-unavailable', `${node} does not hand over: ${asked.detail}`);
  for (let waitedMs = 0; waitedMs < TAKEOVER_MS_MAX; waitedMs += TAKEOVER_LOOK_MS) {
    const status = await within(ANSWER_MS_MAX, 'no answer', to.client?.status({}) ?? Promise.reject(new Error())).catch(
      () => null,
    );
    const begins = status?.groups.some((group) => group.state === 'starting' || group.state === 'started') ?? false;
    if (begins) return;
    await sleepMs(TAKEOVER_LOOK_MS);
  }
  throw new RpcError('takeover-not-seen', `${node} was asked to hand over, and the other node did not begin to start`);
}

/** The parts of a fault and their times. `whyNot` has been asked before. */
export function compose(
  name: ConsoleFaultName,
  node: string,
  durationMs: number,
  parts: CompositeParts,
  options: AgentInjectOptions = AGENT_INJECT_DEFAULTS,
): PairFaultPlan {
  const timing = timingOf(parts) ?? { keepaliveMs: 1000, deadtimeMs: 10_000 };
  const { rack, agents, nodes } = parts;
  const plain = { name, node, durationMs, rhythm: null, prepare: () => Promise.resolve() };
  if (name === 'block-ping-both') {
    const legs = nodes.map((n): TimedLeg => ({ leg: agents.leg(n.node, 'block-ping', null, options), share: 1 }));
    return { ...plain, legs, detail: 'the ping nodes are silent for both' };
  }
  const halfMs = 2 * timing.deadtimeMs;
  if (name === 'serial-flapping') {
    const deed = rack === null ? null : rackDeed(rack.state(), node, 'pull-serial', 0);
    if (rack === null || deed === null || !isDeed(deed))
      throw new RpcError('fault-unavailable', 'there is no such cable');
    const cycles = Math.max(1, Math.floor(durationMs / (2 * halfMs)));
    const detail = `the serial cable is out for ${halfMs} ms and in for ${halfMs} ms`;
    return {
      ...plain,
      legs: [{ leg: rackLeg(rack, deed, options.attended), share: 1 }],
      rhythm: { halfMs, cycles },
      detail,
    };
  }
  const legs = splitLegs(name, node, parts, options);
  switch (name) {
    case 'split-short': {
      const lastsMs = Math.min(durationMs, shortMs(timing));
      return {
        ...plain,
        durationMs: lastsMs,
        legs,
        detail: `all heartbeats are cut for ${lastsMs} ms, less than deadtime`,
      };
    }
    case 'split-repeated': {
      const detail = `all heartbeats are cut for ${halfMs} ms, again and again`;
      const wholeMs = Math.max(durationMs, REPEATS * 2 * halfMs);
      return { ...plain, durationMs: wholeMs, legs, rhythm: { halfMs, cycles: REPEATS }, detail };
    }
    case 'split-in-takeover':
      return {
        ...plain,
        legs,
        detail: 'all heartbeats were cut in the middle of a takeover',
        prepare: () => untilTakeover(node, parts),
      };
    case 'split-one-way':
      return { ...plain, legs, detail: `${node} hears nothing on any link` };
    case 'heal-in-steps':
      return { ...plain, legs, detail: 'all heartbeats are cut; the serial line comes back first' };
    default:
      return { ...plain, legs, detail: 'all heartbeats are cut both ways' };
  }
}

/** What the parts run, for people. */
export function compositeCommands(name: ConsoleFaultName, node: string, { nodes, rack }: CompositeParts): string[] {
  if (name === 'serial-flapping') return ['rack: pull cable serial, plug cable serial, again and again'];
  const part = name === 'block-ping-both' ? 'block-ping' : name === 'split-one-way' ? name : 'split';
  const on = name === 'split-one-way' ? nodes.filter((n) => n.node === node) : nodes;
  const serial = rack !== null && name !== 'block-ping-both' ? ['rack: cut cable serial'] : [];
  return [
    ...(name === 'split-in-takeover' ? [`${node}: standby all`] : []),
    ...on.map((n) => `${n.node}: ${part}`),
    ...serial,
  ];
}
