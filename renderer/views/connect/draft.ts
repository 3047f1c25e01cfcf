/** The pair form as the person types it, and a saved pair as a form. */
import type { HaSpec, LinkSpec, NodeSpec, PairSpec } from '../../../electron/common/contract/pair.ts';
import { EMPTY_SAFETY, type SafetyDraft, safetyDraft } from './safetyDraft.ts';

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
