/** Stretches of sessions written down by hand, as the console would have recorded them: for what is judged from a record. */
import type { EventBody, Severity } from '../../agent/common/timeline/event.ts';
import type { NodeFacts, NodeLife, SessionBatch } from '../../electron/common/contract/session.ts';
import type { TimelineInput } from '../../electron/common/whathappened/types.ts';

export const STORY_VIP = '192.168.2.3';
export const STORY_NODES = ['node1', 'node2'] as const;
export const STORY_MACS = { node1: '02:54:42:00:00:0a', node2: '02:54:42:00:00:0b' } as const;
export const STORY_TIMING = { keepaliveMs: 500, warntimeMs: 1500, deadtimeMs: 3000, initdeadMs: 6000 };
export const SERIAL = 'serial:/dev/ttyS0';
export const CROSS = 'bcast:eth1';

export type StoryNode = (typeof STORY_NODES)[number];
type Heard = 'up' | 'late' | 'dead' | 'unknown';

const SAMPLE_PERIOD_MS = 200;
const PROBE_PERIOD_MS = 100;
const CLOCK_ERROR_MS = 0.5;

/** What one node's samples say from a time on. */
interface Saying {
  readonly fromMs: number;
  readonly speaks: boolean;
  readonly holds: boolean;
  readonly peerStatus: 'active' | 'dead' | 'up' | 'init';
  readonly links: Readonly<Record<string, Heard>>;
}

const QUIET: Saying = {
  fromMs: 0,
  speaks: true,
  holds: false,
  peerStatus: 'active',
  links: { [SERIAL]: 'up', [CROSS]: 'up' },
};

export class SessionStory {
  readonly batch: SessionBatch = { samples: [], events: [], probes: [], gaps: [], witness: [], faults: [], facts: [] };
  private readonly sayings: Record<StoryNode, Saying[]> = {
    node1: [{ ...QUIET, holds: true }],
    node2: [QUIET],
  };
  private served: { fromMs: number; by: string | null }[] = [{ fromMs: 0, by: 'node1' }];
  private answering: { fromMs: number; nodes: readonly string[] }[] = [{ fromMs: 0, nodes: ['node1'] }];
  private neighbour: { fromMs: number; node: StoryNode }[] = [];
  private seq = 0;

  constructor() {
    for (const node of STORY_NODES) this.facts(0, node, 'answers');
  }

  event(tMs: number, node: StoryNode, body: EventBody, severity: Severity = 'info'): this {
    this.seq += 1;
    const event = {
      seq: this.seq,
      node,
      at: { monotonicMs: tMs + 1e6 },
      wallMs: 1e12 + tMs,
      severity,
      body: { ...body },
    };
    this.batch.events.push({ index: this.seq, tMs, errorMs: CLOCK_ERROR_MS, event });
    return this;
  }

  /** Samples of the node say this from `fromMs` on; what is not named stays. */
  say(fromMs: number, node: StoryNode, what: Partial<Omit<Saying, 'fromMs'>>): this {
    const last = this.sayings[node].at(-1) ?? QUIET;
    this.sayings[node].push({ ...last, ...what, links: { ...last.links, ...what.links }, fromMs });
    return this;
  }

  facts(tMs: number, node: StoryNode, life: NodeLife, over: Partial<NodeFacts> = {}): this {
    this.batch.facts.push({
      tMs,
      node,
      life,
      detail: '',
      engine: 'twinbeat',
      version: '0.1.0',
      timing: STORY_TIMING,
      keys: { index: 1, method: 'sha1', fingerprint: 'aaaa', accepted: 1 },
      links: [
        { id: SERIAL, label: 'serial /dev/ttyS0', medium: 'serial' },
        { id: CROSS, label: 'bcast eth1', medium: 'bcast' },
      ],
      macs: { [STORY_VIP]: STORY_MACS[node] },
      problems: [],
      ...over,
    });
    return this;
  }

  fault(tMs: number, node: StoryNode, name: string, phase: 'injected' | 'reverted'): this {
    const about = { faultId: `fault-${name}`, node, name, phase, link: null, detail: '' };
    this.batch.faults.push({ tMs, errorMs: 5, ...about });
    return this;
  }

  /** The client is answered by `by` from `fromMs` on; null: by nobody. */
  serve(fromMs: number, by: string | null): this {
    this.served.push({ fromMs, by });
    return this;
  }

  /** These answer on the LAN from `fromMs` on. */
  answer(fromMs: number, ...nodes: StoryNode[]): this {
    this.answering.push({ fromMs, nodes });
    return this;
  }

  /** The client's host sends to this node from `fromMs` on. */
  sendsTo(fromMs: number, node: StoryNode): this {
    this.neighbour.push({ fromMs, node });
    return this;
  }

  announce(tMs: number, node: StoryNode): this {
    const holders = [{ mac: STORY_MACS[node], node }];
    this.batch.witness.push({ tMs, errorMs: 5, address: STORY_VIP, kind: 'announced', holders, neighbourMac: null });
    return this;
  }

  /** The whole stretch, with samples, probes and looks at the LAN filled in. */
  until(toMs: number, over: Partial<TimelineInput> = {}): TimelineInput {
    for (let t = 0; t <= toMs; t += SAMPLE_PERIOD_MS) for (const node of STORY_NODES) this.sample(t, node);
    for (let t = 0; t <= toMs; t += PROBE_PERIOD_MS) {
      const by = newest(this.served, t)?.by ?? null;
      const good = by !== null;
      this.batch.probes.push({
        tMs: t,
        ok: good,
        answeredBy: by,
        latencyMs: good ? 1 : null,
        error: good ? null : 'timeout',
      });
      this.look(t);
    }
    this.batch.witness.sort((a, b) => a.tMs - b.tMs);
    this.batch.events.sort((a, b) => a.tMs - b.tMs);
    return {
      batch: this.batch,
      nodes: STORY_NODES,
      address: STORY_VIP,
      fromMs: 0,
      toMs,
      probePeriodMs: PROBE_PERIOD_MS,
      serialBaud: null,
      ...over,
    };
  }

  private sample(tMs: number, node: StoryNode): void {
    const saying = newest(this.sayings[node], tMs);
    if (saying?.speaks !== true) return;
    this.batch.samples.push({
      tMs,
      errorMs: CLOCK_ERROR_MS,
      node,
      status: 'active',
      peerStatus: saying.peerStatus,
      mine: saying.holds ? 'all' : 'none',
      heldVips: saying.holds ? [STORY_VIP] : [],
      nodeMarginMs: saying.peerStatus === 'dead' ? -100 : 2800,
      links: Object.entries(saying.links).map(([id, fromPeer]) => {
        const marginMs = { up: 2800, late: 1200, dead: -100, unknown: null }[fromPeer];
        return { id, fromPeer, marginMs, marginMinMs: marginMs, rttMs: 1 };
      }),
      latenessMs: 0.1,
    });
  }

  private look(tMs: number): void {
    const nodes = newest(this.answering, tMs)?.nodes ?? [];
    const holders = nodes.map((node) => ({ mac: STORY_MACS[node as StoryNode], node }));
    const to = newest(this.neighbour, tMs)?.node;
    const neighbourMac = to === undefined ? null : STORY_MACS[to];
    this.batch.witness.push({ tMs, errorMs: 0, address: STORY_VIP, kind: 'asked', holders, neighbourMac });
  }
}

function newest<T extends { readonly fromMs: number }>(items: readonly T[], tMs: number): T | undefined {
  return items.findLast((item) => item.fromMs <= tMs);
}
