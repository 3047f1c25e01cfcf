/** The pair form as the person types it, its problems field by field, and the pair file it becomes. */
import {
  type HaSpec,
  type LinkSpec,
  type NodeSpec,
  type PairSpec,
  PairSpecSchema,
} from '../../../electron/common/contract/pair.ts';

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
}

export interface PairDraft {
  /** Empty for a pair that was never saved. */
  id: string;
  name: string;
  nodes: [NodeDraft, NodeDraft];
  /** Trusted fingerprints of a loaded profile; not edited here, not lost either. */
  hostKeys: [string[], string[]];
  writeHa: boolean;
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
});

export function emptyDraft(): PairDraft {
  return {
    id: '',
    name: '',
    nodes: [emptyNode(), emptyNode()],
    hostKeys: [[], []],
    writeHa: false,
    keepalive: '500',
    warntime: '1500',
    deadtime: '3000',
    initdead: '30000',
    failback: 'off',
    udpPort: '694',
    links: [emptyLink('serial'), emptyLink('bcast')],
    haresources: '',
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
  return link.medium === 'ucast'
    ? { ...sides, addressA: link.address[a] ?? '', addressB: link.address[b] ?? '' }
    : sides;
}

/** A saved pair as a form. */
export function draftOf(spec: PairSpec): PairDraft {
  const { ha, probe } = spec;
  const names = [spec.nodes[0].name, spec.nodes[1].name] as const;
  const base: PairDraft = {
    ...emptyDraft(),
    id: spec.id,
    name: spec.name,
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
export type Problem =
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
  | 'baud';

/** Problems by field: `name`, `nodes.0.host`, `links.1.a`, … */
export type Problems = ReadonlyMap<string, Problem>;

const BAUDS: ReadonlySet<number> = new Set([
  1200, 2400, 4800, 9600, 19200, 38400, 57600, 115200, 230400, 460800, 921600,
]);
const isPort = (text: string): boolean => /^\d+$/.test(text) && Number(text) >= 1 && Number(text) <= 65535;
const isPositive = (text: string): boolean => text.trim() !== '' && Number(text) > 0;
const isAddress = (text: string): boolean => {
  const parts = text.split('.');
  if (parts.length === 4) return parts.every((p) => /^\d{1,3}$/.test(p) && Number(p) <= 255);
  return /^[0-9a-f:]+$/i.test(text) && text.includes(':');
};

function checkNodes(draft: PairDraft, say: (field: string, problem: Problem) => void): void {
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

function checkTiming(draft: PairDraft, say: (field: string, problem: Problem) => void): void {
  for (const field of ['keepalive', 'warntime', 'deadtime', 'initdead'] as const) {
    if (!isPositive(draft[field])) say(field, 'positive');
  }
  if (Number(draft.warntime) >= Number(draft.deadtime)) say('warntime', 'warnBelowDead');
  // One lost packet must never cost a failover.
  if (Number(draft.deadtime) < 2 * Number(draft.keepalive)) say('deadtime', 'deadAboveKeepalive');
  if (Number(draft.initdead) < Number(draft.deadtime)) say('initdead', 'initdeadAboveDead');
}

function checkHa(draft: PairDraft, say: (field: string, problem: Problem) => void): void {
  checkTiming(draft, say);
  if (!isPort(draft.udpPort)) say('udpPort', 'port');
  if (draft.links.length === 0) say('links', 'links');
  draft.links.forEach((link, i) => {
    if (link.a.trim() === '') say(`links.${i}.a`, 'required');
    if (link.b.trim() === '') say(`links.${i}.b`, 'required');
    if (link.medium === 'serial' && !BAUDS.has(Number(link.baud))) say(`links.${i}.baud`, 'baud');
    if (link.medium !== 'ucast') return;
    if (!isAddress(link.addressA)) say(`links.${i}.addressA`, 'address');
    if (!isAddress(link.addressB)) say(`links.${i}.addressB`, 'address');
  });
  const names = draft.nodes.map((n) => n.name);
  const groups = resourceLines(draft);
  const isGroup = (line: string): boolean => {
    const [node, ...resources] = line.split(/\s+/);
    return names.includes(node ?? '') && resources.length > 0;
  };
  if (groups.length === 0 || !groups.every(isGroup)) say('haresources', 'haresources');
}

function checkProbe(draft: PairDraft, say: (field: string, problem: Problem) => void): void {
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
  return found;
}

const resourceLines = (draft: PairDraft): string[] =>
  draft.haresources
    .split('\n')
    .map((l) => l.trim())
    .filter((l) => l !== '');

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
  return { medium: 'ucast', iface: ends, address: { [a]: link.addressA.trim(), [b]: link.addressB.trim() } };
}

/** The pair of a form without problems. Throws what the schema says if the two ever disagree. */
export function specOf(draft: PairDraft, taken: readonly string[]): PairSpec {
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
  };
  const probe = {
    kind: draft.probe,
    address: draft.probeAddress,
    port: Number(draft.probePort),
    path: draft.probePath || '/',
    periodMs: Number(draft.probePeriod),
  };
  return PairSpecSchema.parse({
    schema: 'twinbeat.pair/1',
    id: draft.id === '' ? idFor(draft.name, taken) : draft.id,
    name: draft.name.trim(),
    nodes: draft.nodes.map((node, i) => nodeSpec(node, draft.hostKeys[i] ?? [])),
    ha: draft.writeHa ? ha : null,
    probe: draft.probe === 'off' ? null : probe,
  });
}
