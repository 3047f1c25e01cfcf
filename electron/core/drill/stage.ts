/** What a drill works with: one connected pair, seen through its feeds, and what can be done to it. */
import type { VipVerdict } from '../../common/contract/state.ts';
import type { Surroundings } from '../../common/drill/availability.ts';
import { soleHolder } from '../../common/drill/record.ts';
import { GOOD_RUN_COUNT } from '../../common/drill/outage.ts';
import type { Quantities } from '../../common/drill/quantity.ts';
import type { NodeView, PairView, Roles } from '../../common/drill/view.ts';
import type { DrillLimits, GateName } from '../../common/contract/drill.ts';
import type { Faults } from '../faults/faults.ts';
import type { Probe } from '../probe/probe.ts';
import type { RackHandlePort } from '../service/ports.ts';
import type { NodeFeed } from '../session/nodeFeed.ts';
import type { Session } from '../session/session.ts';
import type { RunWatch } from './watch.ts';

export interface DrillStage {
  readonly pairId: string;
  readonly pairName: string;
  readonly session: Session;
  readonly feeds: readonly [NodeFeed, NodeFeed];
  readonly faults: Faults;
  readonly probe: Probe | null;
  /** null: real servers; power and cables are for hands. */
  readonly rack: RackHandlePort | null;
  /** As the pair is configured by us; null: its own configuration was kept. */
  readonly ipfail: boolean | null;
  vips(): readonly VipVerdict[];
  answeredBy(): string | null;
  /** Starts or stops the deployed service. Throws what the node says. */
  agentService(node: string, action: 'start' | 'stop'): Promise<void>;
  /** Output of a shell command as root; null: it could not be run. */
  run(node: string, command: string): Promise<string | null>;
  /** Unix epoch milliseconds, for people to find the run again. */
  wallMs(): number;
}

function nodeView(feed: NodeFeed): NodeView {
  return {
    node: feed.node,
    attached: feed.client !== null,
    detail: feed.agent.detail === '' ? feed.agent.phase : feed.agent.detail,
    status: feed.status,
    statusAgeMs: feed.statusAgeMs(),
  };
}

/** The newest answers of the same node in a row; only what is due later than `fromMs` counts. */
function goodRun(watch: RunWatch | null): PairView['goodRun'] {
  const newest = watch?.newestProbes(GOOD_RUN_COUNT) ?? [];
  const by = newest.at(-1)?.answeredBy ?? null;
  let count = 0;
  for (const probe of newest.toReversed()) {
    if (!probe.ok || probe.answeredBy !== by) break;
    count += 1;
  }
  return { by, count };
}

/** The pair as it is now. `watch`: the record of the run that asks; null before there is one. */
export function viewOf(stage: DrillStage, watch: RunWatch | null, waived: readonly GateName[] = []): PairView {
  return {
    nodes: [nodeView(stage.feeds[0]), nodeView(stage.feeds[1])],
    vips: stage.vips(),
    faults: stage.faults.list(),
    hasProbe: stage.probe !== null,
    answeredBy: stage.answeredBy(),
    goodRun: goodRun(watch),
    takenOver: watch?.takenOver() ?? [],
    waived,
  };
}

/** What the times of scripts are measured in here. Without a word of either agent: Linux-HA's defaults. */
export function quantitiesOf(stage: DrillStage, limits: DrillLimits): Quantities {
  const timing = stage.feeds[0].status?.timing ?? stage.feeds[1].status?.timing;
  const { keepaliveMs, warntimeMs, deadtimeMs, initdeadMs } = timing ?? {
    keepaliveMs: 1000,
    warntimeMs: 5000,
    deadtimeMs: 10_000,
    initdeadMs: 30_000,
  };
  return { keepaliveMs, warntimeMs, deadtimeMs, initdeadMs, probeMs: stage.probe?.spec.periodMs ?? 0, ...limits };
}

/** What the pair offers now. `roles` null: as the address is held at present, or the pair's own order where nobody holds it. */
export async function surroundingsOf(
  stage: DrillStage,
  watch: RunWatch | null,
  roles: Roles | null,
): Promise<Surroundings> {
  const view = viewOf(stage, watch);
  const [first, second] = stage.feeds;
  const isSecond = soleHolder(view) === second.node;
  const present = isSecond
    ? { holder: second.node, standby: first.node }
    : { holder: first.node, standby: second.node };
  const offers = await stage.faults.offers();
  return { view, rack: stage.rack?.state() ?? null, offers, ipfail: stage.ipfail, roles: roles ?? present };
}
