/** What a pair needs of each node, from its specification or from the configuration that is already there. */
import { parseHaCf, parseHaresources } from '../../../agent/common/config/index.ts';
import { RACK_STONITH_TYPE } from '../../common/setup/fencing.ts';
import type { HaSpec, PairSpec } from '../../common/contract/pair.ts';
import type { PreflightQuestions } from './scripts/preflight.ts';

const NOTHING: PreflightQuestions = {
  interfaces: [],
  serialDevices: [],
  udpPorts: [],
  vips: [],
  pingNodes: [],
  stonith: null,
  watchdog: null,
};

/** The files of /etc/ha.d on a node that keeps its own; null: not there. */
export interface PresentFiles {
  readonly haCf: string | null;
  readonly haresources: string | null;
}

function vipsOf(haresources: string, nodes: readonly string[]): string[] {
  const { groups } = parseHaresources(haresources, 'haresources', nodes);
  return groups.flatMap((group) =>
    group.resources.flatMap((resource) => (resource.vip === null ? [] : [resource.vip.address])),
  );
}

function stonithType({ fencing }: HaSpec): string | null {
  if (fencing === null || fencing.kind === 'meatware') return fencing === null ? null : 'meatware';
  return fencing.kind === 'rack' ? RACK_STONITH_TYPE : fencing.type;
}

function fromSpec(ha: HaSpec, pair: PairSpec, node: string): PreflightQuestions {
  const ifaces = ha.links.flatMap((link) => (link.medium === 'serial' ? [] : [link.iface[node] ?? '']));
  return {
    interfaces: [...new Set(ifaces.filter((name) => name !== ''))],
    serialDevices: ha.links
      .flatMap((link) => (link.medium === 'serial' ? [link.device[node] ?? ''] : []))
      .filter((device) => device !== ''),
    udpPorts: ha.links.some((link) => link.medium !== 'serial') ? [ha.udpPort] : [],
    vips: vipsOf(
      `${ha.haresources.join('\n')}\n`,
      pair.nodes.map((one) => one.name),
    ),
    pingNodes: ha.pingNodes,
    stonith: stonithType(ha),
    watchdog: ha.watchdog,
  };
}

/** `present` is used when the pair keeps the configuration that is on the node. */
export function questionsFor(pair: PairSpec, node: string, present: PresentFiles): PreflightQuestions {
  if (pair.ha !== null) return fromSpec(pair.ha, pair, node);
  if (present.haCf === null) return NOTHING;
  const { config } = parseHaCf(present.haCf, 'ha.cf');
  if (config === null) return NOTHING;
  const nets = config.links.flatMap((link) => (link.medium === 'serial' ? [] : [link]));
  return {
    interfaces: [...new Set(nets.map((link) => link.iface))],
    serialDevices: config.links.flatMap((link) => (link.medium === 'serial' ? [link.device] : [])),
    udpPorts: [...new Set(nets.map((link) => link.port))],
    vips: present.haresources === null ? [] : vipsOf(present.haresources, config.nodes),
    pingNodes: config.pingNodes.flatMap((ping) => ping.members),
    stonith: config.stonith.findLast(({ host }) => host === '*' || host === node)?.type ?? null,
    watchdog: config.watchdog,
  };
}
