/** The pair file that a form becomes. */
import { type PairSpec, PairSpecSchema } from '../../../electron/common/contract/pair.ts';
import { type SerialBudget, serialShare } from '../../../electron/common/setup/serialBudget.ts';
import type { LinkDraft, NodeDraft, PairDraft } from './draft.ts';
import { linesOf, safetySpec } from './safetyDraft.ts';

/** Lines of haresources as the person typed them. */
export const resourceLines = (draft: PairDraft): string[] => linesOf(draft.haresources);

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
export function rawSpec(draft: PairDraft, taken: readonly string[]): unknown {
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

/** What the heartbeats take of the serial line; null: there is none, or a number is missing to tell. */
export function serialBudgetOf(draft: PairDraft): SerialBudget | null {
  const bauds = draft.links.flatMap((link) => (link.medium === 'serial' ? [Number(link.baud)] : []));
  const [baud, keepaliveMs] = [Math.min(...bauds), Number(draft.keepalive)];
  if (bauds.length === 0 || !(baud > 0 && keepaliveMs > 0)) return null;
  return serialShare({
    nodes: draft.nodes.map(({ name }) => name),
    keepaliveMs,
    baud,
    linkNames: draft.links.map(({ a, b }) => (a.length > b.length ? a : b).trim()),
    pingNodes: linesOf(draft.pingNodes).length,
    method: draft.authMethod,
  });
}

/** The pair of a form without problems. Throws what the schema says when there are some after all. */
export function specOf(draft: PairDraft, taken: readonly string[]): PairSpec {
  return PairSpecSchema.parse(rawSpec(draft, taken));
}
