/** The pair form as the person types it, its problems field by field, and the pair file it becomes. */
import {
  type HaSpec,
  type LinkSpec,
  type NodeSpec,
  type PairSpec,
  PairSpecSchema,
} from '../../../electron/common/contract/pair.ts';
import { isHost, isIpv4, isIpv4Multicast, isIpv6 } from '../../../agent/common/config/address.ts';
import { specificationGaps } from '../../../electron/common/setup/gaps.ts';
import { checkSafety, EMPTY_SAFETY, linesOf, type SafetyDraft, safetyDraft, safetySpec } from './safetyDraft.ts';

export interface NodeDraft {
  name: string;
  host: string;
  port: string;
  user: string;
  auth: 'password' | 'key' | 'agent';
  keyFile: string;
  sudo: NodeSpec['sudo'];
}

export interface LinkDraft {
  medium: LinkSpec['medium'];
  /** Device or interface on each node. */
  a: string;
  b: string;
  addressA: string;
  addressB: string;
  baud: string;
  /** Multicast only. */
  group: string;
  port: string;
  ttl: string;
}

export interface PairDraft extends SafetyDraft {
  /** Empty for a pair that was never saved. */
  id: string;
  name: string;
  nodes: [NodeDraft, NodeDraft];
  /** Trusted fingerprints of a loaded profile; not edited here, not lost either. */
  hostKeys: [string[], string[]];
  writeHa: boolean;
  /** The servers run heartbeat, which is only observed. */
  observes: boolean;
  keepalive: string;
  warntime: string;
  deadtime: string;
  initdead: string;
  failback: HaSpec['autoFailback'];
  udpPort: string;
  links: LinkDraft[];
  haresources: string;
  probe: 'off' | 'http' | 'tcp';
  probeAddress: string;
  probePort: string;
  probePath: string;
  probePeriod: string;
}

const emptyNode = (): NodeDraft => ({
  name: '',
  host: '',
  port: '22',
  user: 'root',
  auth: 'password',
  keyFile: '',
  sudo: 'none',
});

export const emptyLink = (medium: LinkSpec['medium']): LinkDraft => ({
  medium,
  a: medium === 'serial' ? '/dev/ttyS0' : 'eth1',
  b: medium === 'serial' ? '/dev/ttyS0' : 'eth1',
  addressA: '',
  addressB: '',
  baud: '19200',
  group: '239.0.0.43',
  port: '694',
  ttl: '1',
});

export function emptyDraft(): PairDraft {
  return {
    id: '',
    name: '',
    nodes: [emptyNode(), emptyNode()],
    hostKeys: [[], []],
    writeHa: false,
    observes: false,
    keepalive: '500',
    warntime: '1500',
    deadtime: '3000',
    initdead: '30000',
    failback: 'off',
    udpPort: '694',
    links: [emptyLink('serial'), emptyLink('bcast')],
    haresources: '',
    ...EMPTY_SAFETY,
    probe: 'off',
    probeAddress: '',
    probePort: '80',
    probePath: '/',
    probePeriod: '100',
  };
}

function nodeDraft(node: NodeSpec): NodeDraft {
  const keyFile = node.auth.method === 'key' ? node.auth.keyFile : '';
  return {
    name: node.name,
    host: node.host,
    port: String(node.port),
    user: node.user,
    auth: node.auth.method,
    keyFile,
    sudo: node.sudo,
  };
}

function linkDraft(link: LinkSpec, [a, b]: readonly [string, string]): LinkDraft {
  const base = emptyLink(link.medium);
  if (link.medium === 'serial')
    return { ...base, a: link.device[a] ?? '', b: link.device[b] ?? '', baud: String(link.baud) };
  const sides = { ...base, a: link.iface[a] ?? '', b: link.iface[b] ?? '' };
  if (link.medium === 'ucast') return { ...sides, addressA: link.address[a] ?? '', addressB: link.address[b] ?? '' };
  if (link.medium === 'bcast') return sides;
  return { ...sides, group: link.group, port: String(link.port), ttl: String(link.ttl) };
}

/** A saved pair as a form. */
export function draftOf(spec: PairSpec): PairDraft {
  const { ha, probe } = spec;
  const names = [spec.nodes[0].name, spec.nodes[1].name] as const;
  const base: PairDraft = {
    ...emptyDraft(),
    id: spec.id,
    name: spec.name,
    observes: spec.engine === 'heartbeat',
    nodes: [nodeDraft(spec.nodes[0]), nodeDraft(spec.nodes[1])],
    hostKeys: [[...spec.nodes[0].hostKeys], [...spec.nodes[1].hostKeys]],
  };
  if (ha !== null) {
    Object.assign(base, {
      writeHa: true,
      keepalive: String(ha.keepaliveMs),
      warntime: String(ha.warntimeMs),
      deadtime: String(ha.deadtimeMs),
      initdead: String(ha.initdeadMs),
      failback: ha.autoFailback,
      udpPort: String(ha.udpPort),
      links: ha.links.map((link) => linkDraft(link, names)),
      haresources: ha.haresources.join('\n'),
      ...safetyDraft(ha, names),
    });
  }
  if (probe !== null) {
    const { kind, address, port, path, periodMs } = probe;
    Object.assign(base, {
      probe: kind,
      probeAddress: address,
      probePort: String(port),
      probePath: path,
      probePeriod: String(periodMs),
    });
  }
  return base;
}

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

/** A problem by its key, or in the words of the pair file's own rules where the form has none for it. */
export type Problem = ProblemKey | { readonly text: string };

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

const resourceLines = (draft: PairDraft): string[] => linesOf(draft.haresources);

/** An id from the name that no other pair has; names in other scripts become `pair`. */
export function idFor(name: string, taken: readonly string[]): string {
  const base =
    name
      .toLowerCase()
      .replace(/[^a-z0-9]+/g, '-')
      .replace(/^-+|-+$/g, '') || 'pair';
  // `rack` is the built-in rack's own.
  const used = new Set([...taken, 'rack']);
  if (!used.has(base)) return base;
  let n = 2;
  while (used.has(`${base}-${n}`)) n += 1;
  return `${base}-${n}`;
}

function nodeSpec(node: NodeDraft, hostKeys: readonly string[]): unknown {
  const auth = node.auth === 'key' ? { method: 'key', keyFile: node.keyFile.trim() } : { method: node.auth };
  return {
    name: node.name,
    host: node.host.trim(),
    port: Number(node.port),
    user: node.user.trim(),
    auth,
    sudo: node.sudo,
    hostKeys,
  };
}

function linkSpec(link: LinkDraft, [a, b]: readonly [string, string]): unknown {
  const ends = { [a]: link.a.trim(), [b]: link.b.trim() };
  if (link.medium === 'serial') return { medium: 'serial', device: ends, baud: Number(link.baud) };
  if (link.medium === 'bcast') return { medium: 'bcast', iface: ends };
  if (link.medium === 'mcast') {
    const { group, port, ttl } = link;
    return { medium: 'mcast', iface: ends, group: group.trim(), port: Number(port), ttl: Number(ttl) };
  }
  return { medium: 'ucast', iface: ends, address: { [a]: link.addressA.trim(), [b]: link.addressB.trim() } };
}

/** What the form says as a pair file, not judged yet. */
function rawSpec(draft: PairDraft, taken: readonly string[]): unknown {
  const names = [draft.nodes[0].name, draft.nodes[1].name] as const;
  const ha = {
    keepaliveMs: Number(draft.keepalive),
    warntimeMs: Number(draft.warntime),
    deadtimeMs: Number(draft.deadtime),
    initdeadMs: Number(draft.initdead),
    autoFailback: draft.failback,
    udpPort: Number(draft.udpPort),
    links: draft.links.map((link) => linkSpec(link, names)),
    haresources: resourceLines(draft),
    ...safetySpec(draft, names),
  };
  const probe = {
    kind: draft.probe,
    address: draft.probeAddress,
    port: Number(draft.probePort),
    path: draft.probePath || '/',
    periodMs: Number(draft.probePeriod),
  };
  return {
    schema: 'twinbeat.pair/1',
    id: draft.id === '' ? idFor(draft.name, taken) : draft.id,
    name: draft.name.trim(),
    nodes: draft.nodes.map((node, i) => nodeSpec(node, draft.hostKeys[i] ?? [])),
    engine: draft.observes ? 'heartbeat' : 'twinbeat',
    ha: draft.writeHa ? ha : null,
    probe: draft.probe === 'off' ? null : probe,
  };
}

/** The pair of a form without problems. Throws what the schema says when there are some after all. */
export function specOf(draft: PairDraft, taken: readonly string[]): PairSpec {
  return PairSpecSchema.parse(rawSpec(draft, taken));
}
