/** Puts together what a report says, from stored sessions and, where the pair is connected, from the nodes themselves. */
import type { AgentStatus } from '../../../agent/common/rpc/agentContract.ts';
import { downtimeBudgets } from '../../common/advice/budget.ts';
import { timeText } from '../../common/advice/words.ts';
import type { PreflightItem } from '../../common/contract/deploy.ts';
import type { PairSpec } from '../../common/contract/pair.ts';
import type { NodeConnection, PairState } from '../../common/contract/state.ts';
import { text } from '../../common/drill/text.ts';
import { suiteStatistics } from '../../common/drill/statistics.ts';
import type { ReportForm } from '../../common/report/form.ts';
import { withoutCurves } from '../../common/report/advice.ts';
import { REPORT_SCHEMA } from '../../common/report/model.ts';
import type { Attachment, ReportFacts, ReportLink, ReportNode } from '../../common/report/model.ts';
import type { NodeRecord } from '../../common/report/record.ts';
import { pairLinks } from '../../common/verdict/links.ts';
import { idleState } from '../service/livePair.ts';
import type { StoredSession } from '../store/archive.ts';
import type { SessionStore } from '../store/sessionStore.ts';
import type { Margins } from './margins.ts';
import { lastStatus, recordsOf } from './sessions.ts';
import type { ToldRun } from './stories.ts';

/** Everything that is known when the pages are made. */
export interface Collected {
  readonly reportId: string;
  readonly console: ReportFacts['console'];
  readonly madeWallMs: number;
  readonly offsetMin: number;
  readonly form: ReportForm;
  readonly spec: PairSpec;
  readonly isRack: boolean;
  readonly store: SessionStore;
  readonly sessions: readonly StoredSession[];
  /** null: the pair is not connected. */
  readonly state: PairState | null;
  /** null: none was made. */
  readonly preflight: readonly PreflightItem[] | null;
  /** What was read from the nodes just now, by name. */
  readonly read: ReadonlyMap<string, NodeRecord>;
  readonly runs: readonly ToldRun[];
  readonly margins: Margins;
  readonly attachments: readonly Attachment[];
  readonly library: ReportFacts['library'];
}

type NodeStatus = NonNullable<ReportNode['status']>;

function statusFacts(status: AgentStatus, atWallMs: number): NodeStatus {
  const observed = status.observed;
  return {
    atWallMs,
    engine: status.engine,
    engineVersion: observed?.version ?? status.version,
    status: status.status,
    peerStatus: status.peer.status,
    timing: status.timing,
    fencing: status.fencing?.device ?? null,
    takeoverRequires: status.takeoverRequires,
    protections: status.protection,
    pingNodes: status.pingNodes.map(({ name, status: word }) => ({ name, status: word })),
    groups: status.groups,
    vips: status.vips.map(({ address, heldOn }) => ({ address, heldOn })),
    key: { index: status.keys.index, method: status.keys.method, fingerprint: status.keys.fingerprint },
    problems: status.problems.map(({ code, detail }) => (detail === '' ? code : detail)),
  };
}

function nodeFacts(c: Collected, index: 0 | 1): ReportNode {
  const { name, host } = c.spec.nodes[index];
  const live = c.state?.nodes[index].status ?? null;
  const stored = lastStatus(c.store, c.sessions, name);
  const status =
    live !== null
      ? statusFacts(live, c.madeWallMs)
      : stored === null
        ? null
        : statusFacts(stored.status, stored.atWallMs);
  const records = recordsOf(c.store, c.sessions, name);
  const after = c.read.get(name) ?? records.at(-1) ?? null;
  return { name, host, status, before: beforeDrills(c, records) ?? null, after };
}

/** The first reading, if it is from before anything was broken: a later one proves nothing. */
function beforeDrills(c: Collected, records: readonly NodeRecord[]): NodeRecord | undefined {
  const faults = c.runs.flatMap(({ run: { run } }) =>
    run.faultAtMs === null ? [] : [run.startedWallMs + run.faultAtMs - run.beganAtMs],
  );
  return records.find((record) => record.atWallMs < Math.min(...faults));
}

/** The state of a pair that is not connected, with the last word of each node where its live one would be. */
function recalledState(c: Collected): PairState {
  const idle = idleState(c.spec);
  const recall = (connection: NodeConnection): NodeConnection => ({
    ...connection,
    status: lastStatus(c.store, c.sessions, connection.node)?.status ?? null,
  });
  return { ...idle, nodes: [recall(idle.nodes[0]), recall(idle.nodes[1])] };
}

function linkFacts(c: Collected): ReportLink[] {
  const [a, b] = c.spec.nodes;
  return pairLinks(c.state ?? recalledState(c)).map((link) => ({
    label: link.labels.find((label) => label !== null) ?? link.key,
    medium: link.medium,
    aToB: { state: link.aToB.state, marginMinMs: c.margins.of(b.name, link.ids[1]) },
    bToA: { state: link.bToA.state, marginMinMs: c.margins.of(a.name, link.ids[0]) },
  }));
}

/** Connections that a session ends itself are no gaps in what it heard, milliseconds before its last measurement. */
const CLOSING_MS = 500;

/** Sums over the sessions. A thousand sessions are not read sample by sample: clock errors are those of the runs and of now. */
function methodFacts(c: Collected): ReportFacts['method'] {
  const counts = c.sessions.map((s) => c.store.archive.counts(s.id));
  const gaps = c.sessions.flatMap((s) => {
    const { toMs } = c.store.archive.counts(s.id);
    const heard = c.store.archive.gaps(s.id).filter((g) => g.fromMs < (toMs ?? Infinity) - CLOSING_MS);
    return heard.map((g) => Math.max(0, (g.toMs ?? toMs ?? g.fromMs) - g.fromMs));
  });
  const runs = c.runs.map(({ run }) => run.run);
  const clockOf = (index: 0 | 1): number | null => {
    const name = c.spec.nodes[index].name;
    const worst = c.sessions.map((s) => c.store.archive.clockErrorMax(s.id, name)).filter((ms) => ms !== null);
    return worst.length === 0 ? null : Math.max(...worst);
  };
  const loads = runs.flatMap((run) => run.loadPerCore);
  const { probe } = c.spec;
  return {
    probe:
      probe === null
        ? null
        : {
            target:
              probe.kind === 'http'
                ? `http://${probe.address}:${probe.port}${probe.path}`
                : `${probe.address}:${probe.port}`,
            periodMs: probe.periodMs,
          },
    clockErrorMs: [clockOf(0), clockOf(1)],
    loadPerCore: loads.length === 0 ? null : Math.max(...loads),
    gaps: { count: gaps.length, totalMs: gaps.reduce((sum, ms) => sum + ms, 0) },
    levels: [...new Set(runs.flatMap((run) => (run.level === null ? [] : [run.level])))],
    samples: counts.reduce((sum, one) => sum + one.samples, 0),
    probes: counts.reduce((sum, one) => sum + one.probes, 0),
  };
}

/** Files that are not what they were; null: one of the readings is missing. */
function changedFiles(before: NodeRecord | null, after: NodeRecord | undefined): string[] | null {
  if (before === null || after === undefined) return null;
  const files = after.config
    .filter((file) => before.config.find((one) => one.path === file.path)?.sha256 !== file.sha256)
    .map((file) => file.path);
  const keys = JSON.stringify(before.keys) === JSON.stringify(after.keys) ? [] : ['authkeys'];
  return [...files, ...keys];
}

function afterFacts(c: Collected, nodes: readonly ReportNode[]): ReportFacts['after'] {
  return {
    checkedWallMs: c.read.size === 0 ? null : c.madeWallMs,
    nodes: nodes.map(({ name, before }) => {
      const after = c.read.get(name);
      const active = (c.state?.faults ?? []).filter(
        (f) => f.node === name && (f.phase === 'armed' || f.phase === 'injected'),
      );
      const held = active.map((f) => ({ kind: 'fault' as const, text: `${f.name}: ${f.detail || f.phase}` }));
      const found = after?.leftovers ?? null;
      return {
        node: name,
        leftovers: found === null ? (held.length === 0 ? null : held) : [...found, ...held],
        changedFiles: changedFiles(before, after),
      };
    }),
  };
}

/** Beside the longest outage that a client saw in a drill of this report, else the one that the advisor expects. */
function budgetFacts(c: Collected): ReportFacts['budgets'] {
  const runs = c.runs.map(({ run: { run } }) => run).filter((r) => r.verdict !== 'void' && r.verdict !== 'skipped');
  const measured = runs.flatMap(({ outageMs }) => (outageMs === null || outageMs === 0 ? [] : [outageMs]));
  if (measured.length === 0) {
    const expected = c.margins.advice?.budgetOutage ?? null;
    const outage = expected?.source === 'expected' ? expected : null;
    return { outage, rows: downtimeBudgets(outage?.ms ?? null) };
  }
  const ms = Math.max(...measured);
  const time = timeText(ms);
  const said = text(
    `Longest outage that a client saw in ${measured.length} runs of this report: ${time}.`,
    `本报告的 ${measured.length} 次演练中客户端所见的最长中断：${time}。`,
  );
  return { outage: { ms, source: 'measured', text: said }, rows: downtimeBudgets(ms) };
}

export function factsOf(c: Collected): ReportFacts {
  const nodes: [ReportNode, ReportNode] = [nodeFacts(c, 0), nodeFacts(c, 1)];
  return {
    schema: REPORT_SCHEMA,
    reportId: c.reportId,
    language: c.form.language,
    madeWallMs: c.madeWallMs,
    offsetMin: c.offsetMin,
    console: c.console,
    form: c.form,
    pair: { id: c.spec.id, name: c.spec.name, isRack: c.isRack },
    sessions: c.sessions.map((s) => {
      const { toMs } = c.store.archive.counts(s.id);
      return { id: s.id, startedWallMs: s.startedWallMs, durationMs: Math.max(0, toMs ?? 0), host: s.host };
    }),
    nodes,
    links: linkFacts(c),
    margin: c.margins.smallest,
    method: methodFacts(c),
    preflight: c.preflight === null ? null : [...c.preflight],
    runs: c.runs.map(({ run }) => run),
    statistics: suiteStatistics(c.runs.map(({ run }) => run.run)),
    library: c.library,
    marginStreams: c.margins.streams,
    budgets: budgetFacts(c),
    advice: c.margins.advice === null ? null : withoutCurves(c.margins.advice),
    after: afterFacts(c, nodes),
    attachments: [...c.attachments],
  };
}
