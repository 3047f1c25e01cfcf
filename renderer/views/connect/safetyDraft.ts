/** The safety part of the pair form: references, ipfail, conditions of a takeover, fencing, watchdog, keys. */
import { isHost, isIpv6 } from '../../../agent/common/config/address.ts';
import { parseHaresources } from '../../../agent/common/config/haresources.ts';
import type { FencingSpec, HaSpec } from '../../../electron/common/contract/pair.ts';
import type { PairDraft } from './draft.ts';
import type { Say } from './draftProblems.ts';

export type Condition = HaSpec['takeoverRequires'][number];
export const CONDITIONS = ['reference', 'two-links', 'fencing'] as const satisfies readonly Condition[];

export interface SafetyDraft {
  /** One a line, the gateway first. */
  pingNodes: string;
  ipfail: boolean;
  requires: readonly Condition[];
  fencing: 'none' | FencingSpec['kind'];
  fencingType: string;
  /** Parameters that reset server 1 and server 2, one a line. Kept while another kind is chosen. */
  fencingA: string;
  fencingB: string;
  /** Empty: none. */
  watchdog: string;
  authMethod: HaSpec['authMethod'];
}

export const EMPTY_SAFETY: SafetyDraft = {
  pingNodes: '',
  ipfail: false,
  requires: [],
  fencing: 'none',
  fencingType: 'external/ipmi',
  fencingA: '',
  fencingB: '',
  watchdog: '',
  authMethod: 'sha1',
};

export const linesOf = (text: string): string[] =>
  text
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');

export function safetyDraft(ha: HaSpec, [a, b]: readonly [string, string]): SafetyDraft {
  const { fencing } = ha;
  const plugin =
    fencing?.kind === 'plugin'
      ? {
          fencingType: fencing.type,
          fencingA: (fencing.parameters[a] ?? []).join('\n'),
          fencingB: (fencing.parameters[b] ?? []).join('\n'),
        }
      : {};
  return {
    ...EMPTY_SAFETY,
    pingNodes: ha.pingNodes.join('\n'),
    ipfail: ha.ipfail,
    requires: ha.takeoverRequires,
    fencing: fencing?.kind ?? 'none',
    ...plugin,
    watchdog: ha.watchdog ?? '',
    authMethod: ha.authMethod,
  };
}

function fencingSpec(draft: SafetyDraft, [a, b]: readonly [string, string]): FencingSpec | null {
  if (draft.fencing === 'none') return null;
  if (draft.fencing !== 'plugin') return { kind: draft.fencing };
  const parameters = { [a]: linesOf(draft.fencingA), [b]: linesOf(draft.fencingB) };
  return { kind: 'plugin', type: draft.fencingType.trim(), parameters };
}

/** The safety members of the pair file's `ha`. */
export function safetySpec(draft: SafetyDraft, names: readonly [string, string]): Partial<HaSpec> {
  return {
    pingNodes: linesOf(draft.pingNodes),
    ipfail: draft.ipfail,
    takeoverRequires: [...draft.requires],
    fencing: fencingSpec(draft, names),
    watchdog: draft.watchdog.trim() === '' ? null : draft.watchdog.trim(),
    authMethod: draft.authMethod,
  };
}

/** Addresses that the pair guards, and those of the nodes: no judge of whether a node is on the network. */
function ownAddresses(draft: PairDraft): { nodes: Set<string>; guarded: Set<string> } {
  const nodes = new Set([
    ...draft.nodes.flatMap((node) => [node.name, node.host.trim()]),
    ...draft.links.flatMap((link) => (link.medium === 'ucast' ? [link.addressA, link.addressB] : [])),
  ]);
  const names = draft.nodes.map((node) => node.name);
  const { groups } = parseHaresources(`${linesOf(draft.haresources).join('\n')}\n`, 'haresources', names);
  const guarded = groups.flatMap((group) => group.resources.map((resource) => resource.vip?.address ?? ''));
  return { nodes, guarded: new Set(guarded) };
}

function checkPingNodes(draft: PairDraft, say: Say): void {
  const hosts = linesOf(draft.pingNodes);
  const { nodes, guarded } = ownAddresses(draft);
  if (hosts.some((host) => !isHost(host) && !isIpv6(host))) say('pingNodes', 'host');
  if (hosts.some((host) => nodes.has(host) || guarded.has(host))) say('pingNodes', 'ownReference');
  if (new Set(hosts).size < hosts.length) say('pingNodes', 'twice');
  const needed = draft.ipfail || draft.requires.includes('reference');
  if (needed && hosts.length === 0) say('pingNodes', 'referenceNeeded');
  if (draft.ipfail && draft.failback === 'legacy') say('ipfail', 'ipfailLegacy');
}

function checkFencing(draft: PairDraft, say: Say): void {
  if (draft.fencing === 'none' && draft.requires.includes('fencing')) say('fencing', 'fencingNeeded');
  if (draft.fencing !== 'plugin') return;
  const bad = (word: string): boolean => /[\s#]/.test(word);
  const type = draft.fencingType.trim();
  if (type === '' || bad(type)) say('fencingType', type === '' ? 'required' : 'fencingWord');
  for (const field of ['fencingA', 'fencingB'] as const) {
    const words = linesOf(draft[field]);
    if (words.length === 0) say(field, 'required');
    if (words.some(bad)) say(field, 'fencingWord');
  }
}

/** Everything wrong with the safety part. */
export function checkSafety(draft: PairDraft, say: Say): void {
  checkPingNodes(draft, say);
  if (draft.requires.includes('two-links') && draft.links.length < 2) say('requires', 'twoLinksNeeded');
  checkFencing(draft, say);
  if (draft.watchdog.trim() !== '' && !/^\/[^\s#,]+$/.test(draft.watchdog.trim())) say('watchdog', 'devicePath');
}
