/** Names what is happening while it happens: from every change, and from the last minute in full. */
import type { SessionBatch, SessionSample } from '../../common/contract/session.ts';
import type { LiveSituation } from '../../common/contract/state.ts';
import { situationsOf } from '../../common/whathappened/timeline.ts';
import type { TimelineInput } from '../../common/whathappened/types.ts';
import type { Session } from '../session/session.ts';

/** Looked again this often, milliseconds: a name stands at most that long behind its evidence. */
const LOOK_PERIOD_MS = 500;
/** Samples and probes older than this are forgotten unless they were a change, milliseconds. */
const RECENT_MS = 60_000;
/** A sample that says nothing new is kept this often for each node, milliseconds. */
const SAME_PERIOD_MS = 400;
/** Bounds of what is kept in memory. */
const KEPT_MAX = {
  events: 3000,
  samples: 4000,
  probes: 2000,
  witness: 3000,
  faults: 500,
  facts: 500,
  gaps: 500,
} as const;
/** What is over stays named this long, milliseconds. */
const OVER_SHOWN_MS = 60_000;
/** Names remembered with the time at which each was first said. */
const NAMED_MAX = 500;

const stateKey = ({ node: _node, tMs: _tMs, links, status, peerStatus, heldVips }: SessionSample): string =>
  `${status} ${peerStatus} ${heldVips.join()} ${links.map((l) => l.fromPeer).join()}`;

/** Drops from the front what is old and may go. */
function trim<T extends { readonly tMs: number }>(items: T[], max: number, mayGo: (item: T) => boolean): T[] {
  const kept = items.filter((item) => !mayGo(item));
  return kept.length > max ? kept.slice(kept.length - max) : kept;
}

export class SituationWatch {
  private readonly session: Session;
  private readonly about: Pick<TimelineInput, 'nodes' | 'address' | 'probePeriodMs' | 'serialBaud'>;
  private readonly off: (() => void)[];
  private readonly timer: NodeJS.Timeout;
  private readonly batch: SessionBatch = {
    samples: [],
    events: [],
    probes: [],
    gaps: [],
    witness: [],
    faults: [],
    facts: [],
  };
  private readonly newestSample = new Map<string, { key: string; keptMs: number }>();
  /** Samples that were a change, and the first of each node: they say how things were before the window. */
  private readonly changes = new WeakSet<SessionSample>();
  private readonly named = new Map<string, { sinceMs: number; namedAtMs: number }>();
  private present: LiveSituation[] = [];
  private newestProbeMs = Number.NEGATIVE_INFINITY;

  /** `onChange`: the names are others than before. */
  constructor(
    session: Session,
    about: Pick<TimelineInput, 'nodes' | 'address' | 'probePeriodMs' | 'serialBaud'>,
    onChange: () => void,
  ) {
    this.session = session;
    this.about = about;
    const { batch } = this;
    this.off = [
      session.onSample.on((sample) => this.takeSample(sample)),
      session.onEvent.on((event) => batch.events.push(event)),
      session.onWitness.on((sample) => batch.witness.push(sample)),
      session.onFault.on((fault) => batch.faults.push(fault)),
      session.onFacts.on((facts) => batch.facts.push(facts)),
      session.onProbe.on((probe) => {
        if (probe.ok && probe.tMs - this.newestProbeMs < SAME_PERIOD_MS) return;
        this.newestProbeMs = probe.tMs;
        batch.probes.push(probe);
      }),
    ];
    this.timer = setInterval(() => this.look(onChange), LOOK_PERIOD_MS);
  }

  /** What is named now, the newest last; what ended lately is among it. */
  get situations(): readonly LiveSituation[] {
    return this.present;
  }

  close(): void {
    clearInterval(this.timer);
    for (const off of this.off) off();
  }

  private takeSample(sample: SessionSample): void {
    const last = this.newestSample.get(sample.node);
    const key = stateKey(sample);
    const isChange = last?.key !== key;
    if (!isChange && sample.tMs - last.keptMs < SAME_PERIOD_MS) return;
    if (isChange) this.changes.add(sample);
    this.newestSample.set(sample.node, { key, keptMs: sample.tMs });
    this.batch.samples.push(sample);
  }

  private forget(nowMs: number): void {
    const { batch } = this;
    const isOld = ({ tMs }: { readonly tMs: number }): boolean => tMs < nowMs - RECENT_MS;
    const never = (): boolean => false;
    batch.samples = trim(batch.samples, KEPT_MAX.samples, (s) => isOld(s) && !this.changes.has(s));
    batch.probes = trim(batch.probes, KEPT_MAX.probes, isOld);
    batch.witness = trim(batch.witness, KEPT_MAX.witness, isOld);
    batch.events = trim(batch.events, KEPT_MAX.events, never);
    batch.faults = trim(batch.faults, KEPT_MAX.faults, never);
    batch.facts = trim(batch.facts, KEPT_MAX.facts, never);
  }

  private look(onChange: () => void): void {
    const nowMs = this.session.nowMs();
    this.forget(nowMs);
    const fromMs = Math.max(0, nowMs - RECENT_MS);
    const found = situationsOf({ ...this.about, batch: this.batch, fromMs, toMs: nowMs });
    const shown = found.filter((s) => s.untilMs === null || s.untilMs > nowMs - OVER_SHOWN_MS);
    const before = this.present.map((s) => `${s.key} ${s.untilMs ?? ''}`).join('\n');
    this.present = shown.map((s): LiveSituation => {
      const first = this.named.get(s.key) ?? { sinceMs: s.sinceMs, namedAtMs: nowMs };
      this.named.set(s.key, first);
      return { ...s, ...first };
    });
    const oldest = this.named.keys().next().value;
    if (this.named.size > NAMED_MAX && oldest !== undefined) this.named.delete(oldest);
    if (this.present.map((s) => `${s.key} ${s.untilMs ?? ''}`).join('\n') !== before) onChange();
  }
}
