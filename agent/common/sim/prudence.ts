/** A node starts nothing of which it was told that the other one has it, and seizes nothing before the conditions are met. */
import type { EngineCommand } from '../engine/types.ts';
import type { EventDraft } from '../timeline/event.ts';
import type { Violation } from './checkers.ts';
import type { Cluster } from './cluster.ts';
import { HALVES, REFERENCE_KEEPALIVES } from './told.ts';
import type { Half, Hearsay } from './told.ts';

/** A refused packet in the peer's name holds a takeover back for the deadtime, and at least for this long, milliseconds. */
const REFUSAL_MIN_MS = 3000;

/** A refusal stands for the second in which it was not told again: the peer must have been heard after that. */
const REFUSAL_SUMMARY_MS = 1000;

/** Delays of the host between two inputs of one moment. */
const SLACK_MS = 10;

export class PrudenceChecker {
  readonly violations: Violation[] = [];
  private readonly cluster: Cluster;
  private readonly hearsay: Hearsay;
  private readonly letGoMs: number;
  /** When each node was last fed, and since when without a pause: a paused one can do nothing. */
  private readonly fedAtMs: [number, number] = [0, 0];
  private readonly awakeSinceMs: [number, number] = [0, 0];

  /** `letGoMs`: longest time from the decision to give everything up until nothing runs. */
  constructor(cluster: Cluster, hearsay: Hearsay, letGoMs: number) {
    this.cluster = cluster;
    this.hearsay = hearsay;
    this.letGoMs = letGoMs;
    const blind = cluster.options.safety?.takeoverRequires.includes('reference') === true;
    cluster.observe({
      ...(blind ? { fed: (node: 0 | 1) => this.judgeIsolation(node) } : {}),
      command: (node, command) => this.judge(node, command),
      event: (node, draft) => this.judgeDeath(node, draft),
    });
  }

  private fail(node: 0 | 1, detail: string): void {
    const { nodes, nowMs } = this.cluster;
    this.violations.push({ checker: 'prudent', atMs: nowMs, detail: `${nodes[node].name} ${detail}` });
  }

  /** Nobody is dead before the deadtime is over. */
  private judgeDeath(node: 0 | 1, { body }: EventDraft): void {
    if (body.kind !== 'peer-status' || body.status !== 'dead' || this.hearsay.silent(node)) return;
    const silentMs = this.cluster.nowMs - this.hearsay.of[node].heardAtMs;
    this.fail(node, `calls its peer dead ${Math.round(silentMs)} ms after its last heartbeat`);
  }

  /** With the condition `reference`, who hears neither the peer nor a ping node holds nothing. */
  private judgeIsolation(node: 0 | 1): void {
    const { nowMs, nodes, options } = this.cluster;
    const told = this.hearsay.of[node];
    if (nowMs - this.fedAtMs[node] > 2 * options.keepaliveMs) this.awakeSinceMs[node] = nowMs;
    this.fedAtMs[node] = nowMs;
    const aloneMs = nowMs - Math.max(told.heardAtMs, told.pingAtMs, this.awakeSinceMs[node]);
    if (told.confirmed || nodes[node].groups.size === 0 || aloneMs <= 1.5 * options.deadtimeMs + this.letGoMs) return;
    this.fail(node, `keeps ${[...nodes[node].groups].join(' ')}, cut off for ${Math.round(aloneMs)} ms`);
  }

  private judge(node: 0 | 1, command: EngineCommand): void {
    if (command.kind !== 'acquire') return;
    const { groups } = this.cluster.nodes[node];
    // To start again what runs here already is nobody else's business.
    if (command.groups.some((group) => groups.has(group))) return;
    if (this.hearsay.silent(node)) this.judgeSeizing(node, command.because);
    else this.judgeStart(node, command.groups);
  }

  private judgeStart(node: 0 | 1, groups: readonly string[]): void {
    const { names } = this.hearsay.of[node];
    const own = this.cluster.options.groups[node];
    const half: Half | undefined = HALVES.find((h) => (h === 'local') === own.includes(groups[0] ?? ''));
    if (half !== undefined && names.has(half))
      this.fail(node, `starts ${groups.join(' ')}, which its peer says it has`);
  }

  /** Only what is seized is judged: a set that was handed over before the peer fell silent is ours. */
  private judgeSeizing(node: 0 | 1, because: string): void {
    const { nowMs, options } = this.cluster;
    const { takeoverRequires = [] } = options.safety ?? {};
    const told = this.hearsay.of[node];
    if (!because.startsWith('takeover') || told.stopped || told.confirmed) return;
    const { keepaliveMs, deadtimeMs } = options;
    if (takeoverRequires.includes('reference') && nowMs - told.pingAtMs > REFERENCE_KEEPALIVES * keepaliveMs + SLACK_MS)
      this.fail(node, 'seizes although no ping node answers');
    // Silent together with the peer for long enough to be noticed, and back before the peer could be heard: the fault was on our side.
    const noticedMs = Math.max(
      told.heardAtMs + (REFERENCE_KEEPALIVES + 1) * keepaliveMs,
      this.awakeSinceMs[node] + keepaliveMs,
    );
    const back = told.pingsSinceMs > noticedMs && nowMs - told.pingsSinceMs < deadtimeMs - keepaliveMs;
    if (takeoverRequires.includes('reference') && back)
      this.fail(node, 'seizes although its reference has only just come back');
    const newestMs = Math.max(...told.linkAtMs.values());
    const together = [...told.linkAtMs.values()].filter((atMs) => newestMs - atMs <= deadtimeMs);
    if (takeoverRequires.includes('two-links') && together.length < 2)
      this.fail(node, 'seizes although a cable may be the reason');
    const refuted = told.lastAtMs >= told.refusedAtMs + REFUSAL_SUMMARY_MS;
    if (!refuted && nowMs - told.refusedAtMs < Math.max(deadtimeMs, REFUSAL_MIN_MS) - SLACK_MS)
      this.fail(node, 'seizes although packets in the name of its peer fail authentication');
  }
}
