/** The verdict on the address over time, judged from the record by the very rules that judge the present. */
import type { ProbeSample } from '../contract/session.ts';
import { HeldWords } from '../verdict/heldWords.ts';
import { LanWords } from '../verdict/lanWords.ts';
import { Motion } from '../verdict/motion.ts';
import { judgeVip, WITNESS_FRESH_MS } from '../verdict/vip.ts';
import type { NodeWitness, ProbeWitness, VipJudgement } from '../verdict/vip.ts';
import { nodeOfMac, ofKind, type Story } from './story.ts';
import type { VerdictSpan } from './types.ts';

/** A verdict is judged again at least this often, milliseconds: words grow stale without any news. */
const STEP_MS_MAX = 250;
/** A node, the LAN or a client that was silent for at least this share of a verdict's time is named with it. */
const MISSING_SHARE = 0.5;
/** News closer together than this is judged once, milliseconds: no picture shows more. */
const STEP_MS_MIN = 20;

type News = { readonly tMs: number; readonly apply: () => void };

class Witnesses {
  private readonly story: Story;
  private readonly address: string;
  private readonly held: ReadonlyMap<string, HeldWords>;
  private readonly off = new Set<string>();
  private readonly lan = new LanWords();
  private readonly motion = new Motion();
  /** Second holders that a node itself has seen on the LAN, by node. */
  private readonly conflicts = new Map<string, string>();
  private answer: ProbeWitness = { answeredBy: null, atMs: Number.NEGATIVE_INFINITY };
  /** When the client asked last, whatever came of it. */
  private probedMs = Number.NEGATIVE_INFINITY;

  constructor(story: Story, address: string) {
    this.story = story;
    this.address = address;
    this.held = new Map(story.nodes.map((node) => [node, new HeldWords()]));
  }

  /** Everything that is evidence, each with what it changes. */
  news(): News[] {
    const { batch, told, faults } = this.story;
    const { address } = this;
    const say = (node: string, holds: boolean, tMs: number, errorMs: number): void =>
      this.held.get(node)?.say(address, holds, tMs, errorMs);
    return [
      ...batch.samples.map(({ node, tMs, errorMs, heldVips }) => ({
        tMs,
        apply: () => say(node, heldVips.includes(address), tMs, errorMs),
      })),
      ...told.flatMap(({ node, tMs, errorMs, body }) =>
        body.kind === 'vip' && body.address === address && (body.change === 'added' || body.change === 'removed')
          ? [{ tMs, apply: () => say(node, body.change === 'added', tMs, errorMs) }]
          : [],
      ),
      ...ofKind(told, 'vip').flatMap(({ node, tMs, body }) =>
        body.address === address ? [{ tMs, apply: () => this.conflict(node, body.change, body.mac ?? null) }] : [],
      ),
      ...batch.events.map((event) => ({ tMs: event.tMs, apply: () => this.motion.take(event) })),
      ...batch.probes.map((sample) => ({ tMs: sample.tMs, apply: () => this.probed(sample) })),
      ...batch.witness.map((sample) => ({
        tMs: sample.tMs,
        apply: () =>
          this.lan.take({
            ...sample,
            holders: sample.holders.map((h) => ({ ...h, node: nodeOfMac(this.story, h.mac, h.node) })),
          }),
      })),
      ...faults.flatMap(({ name, node, phase, tMs }) =>
        name === 'power-off' ? [{ tMs, apply: () => this.power(node, phase) }] : [],
      ),
    ].sort((a, b) => a.tMs - b.tMs);
  }

  private probed({ tMs, ok, answeredBy }: ProbeSample): void {
    this.probedMs = tMs;
    if (ok) this.answer = { answeredBy, atMs: tMs };
  }

  private conflict(node: string, change: string, mac: string | null): void {
    if (change === 'conflict' && mac !== null) this.conflicts.set(node, mac);
    else if (change === 'conflict-over' || change === 'removed') this.conflicts.delete(node);
  }

  private power(node: string, phase: string): void {
    if (phase === 'injected') {
      this.off.add(node);
      this.held.get(node)?.clear();
    } else if (phase === 'reverted') this.off.delete(node);
  }

  private conflictOf(node: string): NodeWitness['lan'] {
    const conflictMac = this.conflicts.get(node);
    return conflictMac === undefined ? null : { conflictMac, askedAgoMs: 0 };
  }

  judge(nowMs: number): VipJudgement {
    const witness = (node: string): NodeWitness => ({
      node,
      poweredOff: this.off.has(node) ? true : null,
      held: this.held.get(node)?.get(this.address) ?? null,
      lan: this.conflictOf(node),
    });
    const [a, b] = this.story.nodes;
    const more = { lan: this.lan.get(this.address), motion: this.motion.at(nowMs) };
    const probe = nowMs - this.probedMs <= WITNESS_FRESH_MS ? this.answer : null;
    return judgeVip(witness(a), witness(b), probe, nowMs, more);
  }
}

/** One verdict for as long as it was the same, and for how long each witness was silent meanwhile, milliseconds. */
interface Stretch {
  readonly fromMs: number;
  readonly judged: VipJudgement;
  readonly silentMs: Map<string, number>;
}

/** What was judged, moment by moment, as stretches. */
class Stretches {
  private readonly all: Stretch[] = [];
  private before: { readonly tMs: number; readonly judged: VipJudgement } | null = null;

  note(tMs: number, judged: VipJudgement): void {
    this.passTo(tMs);
    const last = this.all.at(-1)?.judged;
    const isSame = last?.verdict === judged.verdict && last.holders.join() === judged.holders.join();
    if (!isSame) this.all.push({ fromMs: tMs, judged, silentMs: new Map() });
    this.before = { tMs, judged };
  }

  private passTo(tMs: number): void {
    const { before } = this;
    const silentMs = this.all.at(-1)?.silentMs;
    if (before === null || silentMs === undefined) return;
    for (const name of before.judged.missing) silentMs.set(name, (silentMs.get(name) ?? 0) + tMs - before.tMs);
  }

  /** Who came back or went in the middle splits no stretch, as nothing has happened to the address. */
  spans(story: Story): VerdictSpan[] {
    const { toMs } = story;
    this.passTo(toMs);
    return this.all.map(({ fromMs, judged, silentMs }, i) => {
      const endMs = this.all[i + 1]?.fromMs ?? toMs;
      // Of what could not be told everybody is named who would have settled it, however short.
      const leastMs = judged.verdict === 'unknown' ? 0 : (endMs - fromMs) * MISSING_SHARE;
      const silent = [...silentMs].filter(([, ms]) => ms >= leastMs).map(([name]) => name);
      return {
        fromMs,
        toMs: endMs,
        verdict: judged.verdict,
        holders: judged.holders.map((holder) => nodeOfMac(story, holder) ?? holder),
        missing: silent,
      };
    });
  }
}

/** Spans of one verdict each, without holes, from the first word on; empty: nothing is known of an address. */
export function verdictSpans(story: Story): VerdictSpan[] {
  const { address, fromMs, toMs } = story;
  if (address === null) return [];
  const witnesses = new Witnesses(story, address);
  const stretches = new Stretches();
  const note = (tMs: number): void => stretches.note(tMs, witnesses.judge(tMs));
  let judgedMs = fromMs;
  for (const { tMs, apply } of witnesses.news()) {
    if (tMs > toMs) break;
    for (; tMs - judgedMs > STEP_MS_MAX && judgedMs >= fromMs;) note((judgedMs += STEP_MS_MAX));
    apply();
    if (tMs < fromMs || tMs - judgedMs < STEP_MS_MIN) continue;
    judgedMs = tMs;
    note(tMs);
  }
  for (; judgedMs < toMs;) note((judgedMs = Math.min(judgedMs + STEP_MS_MAX, toMs)));
  return stretches.spans(story);
}

/** For how long a verdict held within a window, milliseconds. */
export function verdictMs(
  spans: readonly VerdictSpan[],
  verdict: VerdictSpan['verdict'],
  fromMs: number,
  toMs: number,
): number {
  return spans
    .filter((span) => span.verdict === verdict)
    .reduce((sum, span) => sum + Math.max(0, Math.min(span.toMs, toMs) - Math.max(span.fromMs, fromMs)), 0);
}
