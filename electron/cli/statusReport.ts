/** What `status` prints: the pair's state in the words of docs/cli.md, as JSON and as text. Pure. */
import type { LiveSituation, NodeConnection, PairState } from '../common/contract/state.ts';
import { freshStatus, pairLinks } from '../common/verdict/links.ts';
import type { Direction } from '../common/verdict/links.ts';
import { witnessNames } from '../common/verdict/witnesses.ts';
import { alarmLines, keysLine, nodeSafety, safetyLines, safetyReport } from './safetyReport.ts';
import type { NodeSafety, SafetyReport } from './safetyReport.ts';

export interface DirectionReport {
  readonly from: string;
  readonly to: string;
  readonly state: 'up' | 'late' | 'dead' | 'unknown';
  readonly lastHeardMs: number | null;
  readonly marginMs: number | null;
}

export interface VipReport {
  readonly address: string;
  readonly verdict: 'one' | 'moving' | 'dual' | 'none' | 'unknown';
  readonly holder: string | null;
  readonly answeredBy: string | null;
  readonly missing: readonly string[];
}

export interface StatusReport {
  readonly nodes: readonly {
    readonly name: string;
    /** Its own word while it is fresh, else its peer's; null: nobody knows. */
    readonly status: string | null;
    readonly engine: string | null;
    /** Groups that are started on it. */
    readonly resources: readonly string[];
    readonly holdsVip: boolean | null;
    readonly agent: string;
    readonly detail: string;
    readonly safety: NodeSafety;
  }[];
  /** The first of `vips`. */
  readonly vip: VipReport | null;
  readonly vips: readonly VipReport[];
  readonly links: readonly {
    readonly id: string;
    /** What people call it, unlike any other link. */
    readonly label: string;
    readonly medium: string;
    readonly directions: readonly DirectionReport[];
  }[];
  readonly safety: SafetyReport;
  /** The observer on the LAN, and who answers there for each address as it saw last; `answers` null: not known. */
  readonly lan: {
    readonly running: boolean;
    readonly detail: string;
    readonly answers: readonly {
      readonly address: string;
      readonly holders: readonly { readonly mac: string; readonly node: string | null }[] | null;
    }[];
  };
  /** What is being named from the evidence, the newest last. */
  readonly situations: readonly LiveSituation[];
}

function nodeReport(
  node: NodeConnection,
  peer: NodeConnection,
  holders: readonly string[],
  verdict: string | null,
): StatusReport['nodes'][number] {
  const status = freshStatus(node);
  const held = status?.vips.some((v) => v.heldOn !== null) ?? null;
  return {
    name: node.node,
    status: status?.status ?? freshStatus(peer)?.peer.status ?? null,
    engine: status?.engine ?? null,
    resources: (status?.groups ?? []).filter((g) => g.state === 'started').flatMap((g) => g.resources),
    // A node without power says nothing and still is known to hold nothing.
    holdsVip:
      held ?? (verdict === 'one' || verdict === 'moving' || verdict === 'none' ? holders.includes(node.node) : null),
    agent: node.agent.phase,
    detail: node.phase === 'ready' ? node.agent.detail : node.detail,
    safety: nodeSafety(status),
  };
}

function direction(from: string, to: string, { state, silenceMs, marginMs }: Direction): DirectionReport {
  return { from, to, state, lastHeardMs: silenceMs, marginMs };
}

/** Links that a node speaks of now. */
function linkReports(state: PairState): StatusReport['links'] {
  const [a, b] = [state.nodes[0].node, state.nodes[1].node];
  return pairLinks(state)
    .filter(({ ends }) => ends.some((end) => end !== null))
    .map(({ key, labels, medium, aToB, bToA }) => ({
      id: key,
      label: labels[0] ?? labels[1] ?? key,
      medium,
      directions: [direction(a, b, aToB), direction(b, a, bToA)],
    }));
}

/** The report of a state. */
export function statusReport(state: PairState): StatusReport {
  const [a, b] = state.nodes;
  const [vip] = state.vips;
  const holders = vip?.holders ?? [];
  const vips = state.vips.map(({ address, verdict, holder, answeredBy, missing }) => ({
    address,
    verdict,
    holder,
    answeredBy,
    missing,
  }));
  return {
    nodes: [nodeReport(a, b, holders, vip?.verdict ?? null), nodeReport(b, a, holders, vip?.verdict ?? null)],
    vip: vips[0] ?? null,
    vips,
    links: linkReports(state),
    safety: safetyReport(state),
    lan: {
      running: state.lan?.running ?? false,
      detail: state.lan?.detail ?? '',
      answers: state.vips.map(({ address, lan }) => ({ address, holders: lan ?? null })),
    },
    situations: state.situations ?? [],
  };
}

/** The id, which `fault --link` takes, and the label where that says more. */
function linkName({ id, label }: StatusReport['links'][number]): string {
  return label === id.replace(':', ' ') ? id : `${id} (${label})`;
}

const ms = (value: number | null): string => (value === null ? '-' : `${value.toFixed(0)} ms`);

function lanLines({ lan }: StatusReport): string[] {
  if (!lan.running) return lan.detail === '' ? [] : [`lan   no witness: ${lan.detail}`];
  return lan.answers.map(({ address, holders }) => {
    const who = (holders ?? []).map(({ mac, node }) => (node === null ? mac : `${node} (${mac})`)).join(' and ');
    return `lan   ${address}  ${holders === null ? 'not seen yet' : who === '' ? 'nobody answers' : `answered by ${who}`}`;
  });
}

/** Names without those that are only worth knowing. */
function situationLines({ situations }: StatusReport): string[] {
  return situations
    .filter((s) => s.level !== 'note' && s.untilMs === null)
    .flatMap((s) => [`${s.level === 'alarm' ? 'ALARM' : 'named'}  ${s.name.en}`, `      -> ${s.advice.en}`]);
}

/** The same for people. */
export function statusText(report: StatusReport): string {
  const nodes = report.nodes.map((n) => {
    const holds = n.holdsVip === null ? 'holds VIP: unknown' : n.holdsVip ? 'HOLDS VIP' : 'standby';
    const aside = n.agent === 'attached' ? '' : `  (agent ${n.agent}${n.detail === '' ? '' : `: ${n.detail}`})`;
    return `node  ${n.name}  ${n.status ?? 'unknown'}  ${holds}  ${n.resources.join(' ')}${aside}`;
  });
  const lines = [...alarmLines(report.safety), ...nodes];
  for (const vip of report.vips) {
    const missing = vip.missing.length > 0 ? `  missing witness: ${witnessNames(vip.missing).en}` : '';
    lines.push(
      `vip   ${vip.address}  ${vip.verdict}  holder ${vip.holder ?? '-'}  answered by ${vip.answeredBy ?? '-'}${missing}`,
    );
  }
  lines.push(...lanLines(report), ...situationLines(report));
  for (const link of report.links) {
    for (const d of link.directions) {
      lines.push(
        `link  ${linkName(link)}  ${d.from} -> ${d.to}  ${d.state}  heard ${ms(d.lastHeardMs)} ago  margin ${ms(d.marginMs)}`,
      );
    }
  }
  for (const { name, safety } of report.nodes) lines.push(...safetyLines(name, safety));
  lines.push(keysLine(report.safety, report.nodes));
  return `${lines.join('\n')}\n`;
}
