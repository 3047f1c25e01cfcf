/** Every row of the catalogue for one node: what can be done, by whom, with which commands, and why not. */
import { FAULTS } from '../../../agent/common/faults/index.ts';
import type { CatalogueEntry } from '../../../agent/common/faults/index.ts';
import type { ConsoleFaultName, FaultOffer } from '../../common/contract/state.ts';
import type { AgentClient } from '../session/agentLink.ts';
import { compositeCommands, isComposite, whyNot } from './composites.ts';
import type { CompositeParts } from './composites.ts';
import { deedCommands, isDeed, isRackFault, rackDeed } from './rackDeeds.ts';

export type AgentOffers = Awaited<ReturnType<AgentClient['faultList']>>;

type Base = Omit<FaultOffer, 'available' | 'reasonCode' | 'reason' | 'commands' | 'revertCommands'>;

function refuse(base: Base, reasonCode: NonNullable<FaultOffer['reasonCode']>, reason: string): FaultOffer {
  return { ...base, available: false, reasonCode, reason, commands: [], revertCommands: [] };
}

function offer(base: Base, commands: readonly string[], revertCommands: readonly string[]): FaultOffer {
  return {
    ...base,
    available: true,
    reasonCode: null,
    reason: null,
    commands: [...commands],
    revertCommands: [...revertCommands],
  };
}

function baseOf(fault: CatalogueEntry, node: string): Base {
  const { id, name, level, management } = fault;
  return { id, name, node, level, byHand: false, cutsManagement: management === 'cut' };
}

/** `commands`: of the rack. Its power and cables are the real ones there, and never the way to manage a node. */
function rackOffer(fault: CatalogueEntry, node: string, { rack }: CompositeParts): FaultOffer | null {
  if (rack === null || !isRackFault(fault.name) || isComposite(fault.name)) return null;
  const base: Base = { ...baseOf(fault, node), level: 'physical', cutsManagement: false };
  const deed = rackDeed(rack.state(), node, fault.name, fault.amount?.standard ?? 0);
  if (!isDeed(deed)) return refuse(base, deed.reasonCode, deed.reason);
  const { commands, revertCommands } = deedCommands(deed);
  return offer(base, commands, revertCommands);
}

function compositeOffer(fault: CatalogueEntry, node: string, parts: CompositeParts): FaultOffer | null {
  if (!isComposite(fault.name)) return null;
  const base = baseOf(fault, node);
  const why = whyNot(fault.name, node, parts);
  if (why !== null) return refuse(base, why.reasonCode, why.reason);
  return offer(base, compositeCommands(fault.name, node, parts), [
    'each part by its own guard, or all of them at once',
  ]);
}

/** Told to a person, and watched. In the rack there are no hands. */
function handOffer(fault: CatalogueEntry, node: string, { rack, nodes }: CompositeParts): FaultOffer | null {
  if (fault.doer !== 'hands') return null;
  const base: Base = { ...baseOf(fault, node), byHand: true };
  if (rack !== null) return refuse({ ...base, byHand: false }, 'nowhere', 'the rack has no hands, and no such part');
  if (nodes.some(({ feed }) => feed.client === null))
    return refuse(base, 'both-nodes', 'it is watched for by the agents of both nodes: one does not answer');
  const isSerial = fault.needs.includes('serial-link');
  const hasSerial = nodes.some(({ feed }) => feed.status?.links.some((link) => link.medium === 'serial') ?? false);
  if (isSerial && !hasSerial) return refuse(base, 'no-such-link', 'this pair has no serial link');
  return offer(base, [`by hand: ${fault.what}`], ['by hand']);
}

function agentOffer(fault: CatalogueEntry, node: string, list: AgentOffers, { nodes }: CompositeParts): FaultOffer {
  const base = baseOf(fault, node);
  const found = list.find((candidate) => candidate.name === fault.name);
  if (found === undefined) {
    const agent = nodes.find((candidate) => candidate.node === node)?.feed.agent;
    if (agent?.phase === 'other-version') return refuse(base, 'agent-other-version', agent.detail);
    return refuse(base, 'agent-silent', 'the agent of this node does not answer');
  }
  const { available, reason, commands, revertCommands, cutsManagement } = found;
  if (!available) return refuse(base, 'agent', reason);
  return offer({ ...base, cutsManagement }, commands, revertCommands);
}

/** `list`: what the node's agent offers; empty: it does not answer. */
export function offersOf(node: string, list: AgentOffers, parts: CompositeParts): FaultOffer[] {
  return FAULTS.map((fault): FaultOffer => {
    const special =
      rackOffer(fault, node, parts) ?? compositeOffer(fault, node, parts) ?? handOffer(fault, node, parts);
    if (special !== null) return special;
    if (fault.why !== null) return refuse(baseOf(fault, node), 'nowhere', fault.why);
    return agentOffer(fault, node, list, parts);
  });
}

/** A node's agent can do this. */
export function isOffered(list: AgentOffers | undefined, name: ConsoleFaultName): boolean {
  return list?.some((candidate) => candidate.name === name && candidate.available) ?? false;
}
