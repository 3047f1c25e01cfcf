/** What is wrong with the pair form, field by field. */
import { isHost, isIpv4, isIpv4Multicast, isIpv6 } from '../../../agent/common/config/address.ts';
import { PairSpecSchema } from '../../../electron/common/contract/pair.ts';
import { specificationGaps } from '../../../electron/common/setup/gaps.ts';
import type { LinkDraft, PairDraft } from './draft.ts';
import { rawSpec, resourceLines, serialBudgetOf } from './draftSpec.ts';
import { checkSafety } from './safetyDraft.ts';

/** Keys of `connect.problem` in the texts. */
export type ProblemKey =
  | 'required'
  | 'nodeName'
  | 'port'
  | 'sameName'
  | 'sameHost'
  | 'positive'
  | 'warnBelowDead'
  | 'deadAboveKeepalive'
  | 'initdeadAboveDead'
  | 'period'
  | 'links'
  | 'haresources'
  | 'address'
  | 'baud'
  | 'oneBaud'
  | 'sameFamily'
  | 'multicast'
  | 'ttl'
  | 'host'
  | 'ownReference'
  | 'twice'
  | 'referenceNeeded'
  | 'ipfailLegacy'
  | 'twoLinksNeeded'
  | 'fencingNeeded'
  | 'fencingWord'
  | 'devicePath';

/** Heartbeats do not fit through the serial line, with what they would take and the shortest keepalive that leaves half of it free. */
export interface SerialProblem {
  readonly key: 'serialFull';
  readonly params: { readonly percent: number; readonly keepaliveMs: number };
}

/** A problem by its key, or in the words of the pair file's own rules where the form has none for it. */
export type Problem = ProblemKey | SerialProblem | { readonly text: string };

export type Say = (field: string, problem: Problem) => void;

/** Where problems are shown that belong to no field. */
export const WHOLE_FORM = 'form';

/** Problems by field: `name`, `nodes.0.host`, `links.1.a`, … */
export type Problems = ReadonlyMap<string, Problem>;

const BAUDS: ReadonlySet<number> = new Set([
  1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600,
]);
const isPort = (text: string): boolean => /^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= 65535;
const isPositive = (text: string): boolean => text.trim() !== '' && Number(text) > 0;
const isAddress = (text: string): boolean => isIpv4(text.trim()) || isIpv6(text.trim());
const isMulticast = (text: string): boolean => isIpv4Multicast(text) || (isIpv6(text) && /^ff/i.test(text));

function checkNodes(draft: PairDraft, say: Say): void {
  draft.nodes.forEach((node, i) => {
    if (!/^[a-z0-9._-]+$/.test(node.name)) say(`nodes.${i}.name`, node.name === '' ? 'required' : 'nodeName');
    if (node.host.trim() === '') say(`nodes.${i}.host`, 'required');
    if (!isPort(node.port)) say(`nodes.${i}.port`, 'port');
    if (node.user.trim() === '') say(`nodes.${i}.user`, 'required');
    if (node.auth === 'key' && node.keyFile.trim() === '') say(`nodes.${i}.keyFile`, 'required');
  });
  const [a, b] = draft.nodes;
  if (a.name !== '' && a.name === b.name) say('nodes.1.name', 'sameName');
  if (a.host !== '' && a.host === b.host && a.port === b.port) say('nodes.1.host', 'sameHost');
}

function checkTiming(draft: PairDraft, say: Say): void {
  for (const field of ['keepalive', 'warntime', 'deadtime', 'initdead'] as const) {
    if (!isPositive(draft[field])) say(field, 'positive');
  }
  if (Number(draft.warntime) >= Number(draft.deadtime)) say('warntime', 'warnBelowDead');
  // One lost packet must never cost a failover.
  if (Number(draft.deadtime) <= 2 * Number(draft.keepalive)) say('deadtime', 'deadAboveKeepalive');
  if (Number(draft.initdead) < Number(draft.deadtime)) say('initdead', 'initdeadAboveDead');
}

function checkLink(link: LinkDraft, i: number, say: Say): void {
  if (link.a.trim() === '') say(`links.${i}.a`, 'required');
  if (link.b.trim() === '') say(`links.${i}.b`, 'required');
  if (link.medium === 'serial' && !BAUDS.has(Number(link.baud))) say(`links.${i}.baud`, 'baud');
  if (link.medium === 'mcast') {
    if (!isMulticast(link.group.trim())) say(`links.${i}.group`, 'multicast');
    if (!isPort(link.port)) say(`links.${i}.port`, 'port');
    if (!/^[0-4]$/.test(link.ttl)) say(`links.${i}.ttl`, 'ttl');
  }
  if (link.medium !== 'ucast') return;
  const [a, b] = [link.addressA.trim(), link.addressB.trim()];
  // A name is resolved by the node.
  if (!isAddress(a) && !isHost(a)) say(`links.${i}.addressA`, 'address');
  if (!isAddress(b) && !isHost(b)) say(`links.${i}.addressB`, 'address');
  if (a.includes(':') !== b.includes(':')) say(`links.${i}.addressB`, 'sameFamily');
}

function checkHa(draft: PairDraft, say: Say): void {
  checkTiming(draft, say);
  if (!isPort(draft.udpPort)) say('udpPort', 'port');
  if (draft.links.length === 0) say('links', 'links');
  draft.links.forEach((link, i) => checkLink(link, i, say));
  // ha.cf knows one baud rate.
  const serial = draft.links.filter((link) => link.medium === 'serial');
  if (new Set(serial.map((link) => link.baud)).size > 1) say('links', 'oneBaud');
  const names = draft.nodes.map((n) => n.name);
  const groups = resourceLines(draft);
  const isGroup = (line: string): boolean => {
    const [node, ...resources] = line.split(/\s+/);
    return names.includes(node ?? '') && resources.length > 0;
  };
  if (groups.length === 0 || !groups.every(isGroup)) say('haresources', 'haresources');
  const budget = serialBudgetOf(draft);
  if (budget?.verdict === 'impossible') {
    const params = { percent: Math.round(budget.share * 100), keepaliveMs: budget.keepaliveMinMs };
    say('keepalive', { key: 'serialFull', params });
  }
  checkSafety(draft, say);
}

function checkProbe(draft: PairDraft, say: Say): void {
  if (!isAddress(draft.probeAddress)) say('probeAddress', draft.probeAddress === '' ? 'required' : 'address');
  if (!isPort(draft.probePort)) say('probePort', 'port');
  const period = Number(draft.probePeriod);
  if (!(period >= 10 && period <= 1000)) say('probePeriod', 'period');
}

/** Everything wrong with the form; the first problem of a field counts. Empty when it can be saved. */
export function problemsOf(draft: PairDraft): Problems {
  const found = new Map<string, Problem>();
  const say = (field: string, problem: Problem): void => {
    if (!found.has(field)) found.set(field, problem);
  };
  if (draft.name.trim() === '') say('name', 'required');
  checkNodes(draft, say);
  if (draft.writeHa) checkHa(draft, say);
  if (draft.probe !== 'off') checkProbe(draft, say);
  // What the form's own rules let through is judged by the rules of the pair file itself.
  if (found.size === 0) for (const { field, text } of fileProblems(draft)) say(field, { text });
  return found;
}

/** Fields of the form by their path in the pair file. Others are shown at the end of the form. */
const FIELDS: Readonly<Record<string, string>> = {
  'ha.keepaliveMs': 'keepalive',
  'ha.warntimeMs': 'warntime',
  'ha.deadtimeMs': 'deadtime',
  'ha.initdeadMs': 'initdead',
  'ha.udpPort': 'udpPort',
  'ha.links': 'links',
  'ha.haresources': 'haresources',
  'ha.pingNodes': 'pingNodes',
  'ha.ipfail': 'ipfail',
  'ha.takeoverRequires': 'requires',
  'ha.fencing': 'fencing',
  'ha.watchdog': 'watchdog',
};

/** Refusals of schema and deployment, each at the field that its path begins with. */
function fileProblems(draft: PairDraft): { field: string; text: string }[] {
  const fieldOf = (path: string): string => {
    const known = Object.keys(FIELDS).find((prefix) => path.startsWith(prefix));
    return (known === undefined ? undefined : FIELDS[known]) ?? WHOLE_FORM;
  };
  const parsed = PairSpecSchema.safeParse(rawSpec(draft, []));
  if (!parsed.success) {
    return parsed.error.issues.map((issue) => {
      const path = issue.path.join('.');
      return { field: fieldOf(path), text: `${path}: ${issue.message}` };
    });
  }
  const { ha } = parsed.data;
  if (ha === null) return [];
  return specificationGaps({ ...parsed.data, ha }).map((text) => ({ field: fieldOf(text), text }));
}
