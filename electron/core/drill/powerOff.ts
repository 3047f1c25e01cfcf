/**
 * Drill "power off the holder": gates, cut, measure, restore. The number that counts is what the
 * client saw; the others explain it. In the rack the power is real, so the result is physical.
 */
import { randomInt } from 'node:crypto';
import { cpus, loadavg } from 'node:os';
import { RpcError } from '../../../agent/common/rpc/messages.ts';
import type { DrillProgress, DrillResult } from '../../common/contract/deploy.ts';
import type { ProbeSample, SessionEvent } from '../../common/contract/session.ts';
import type { VipVerdict } from '../../common/contract/state.ts';
import { dualMs, GOOD_RUN_COUNT, holdSpans, measureOutage } from '../../common/drill/outage.ts';
import type { HoldSpan, HoldWord, OutageReport } from '../../common/drill/outage.ts';
import { sleepMs } from '../base/time.ts';
import type { Faults } from '../faults/faults.ts';
import type { Probe } from '../probe/probe.ts';
import type { NodeFeed } from '../session/nodeFeed.ts';
import type { Session } from '../session/session.ts';
import { baselineProblems } from './baseline.ts';

/** Longest wait for a clean baseline besides initdead, milliseconds. */
const BASELINE_WAIT_MS = 45_000;
/** The baseline must hold this long without a break, milliseconds. */
const BASELINE_QUIET_MS = 1000;
/** Longest wait for the client to be served again besides deadtime, milliseconds: slow service scripts. */
const TAKEOVER_WAIT_MS = 30_000;
/** Watched on after the client is served again, milliseconds: a late wrong answer shows here. */
const AFTERCARE_MS = 1500;
/** Longest wait for the node to be back besides initdead, milliseconds: boot, SSH, agent. */
const RESTORE_WAIT_MS = 60_000;
/** What the service may take on top of deadtime for a pass, milliseconds: scripts, announcement, ARP of the client. */
const OUTAGE_ALLOWANCE_MS = 2000;
/** Runnable processes a core above which times say more about the machine than about the pair. */
const LOAD_PER_CORE_MAX = 2;
const POLL_MS = 50;

/** What the drill works with. */
export interface DrillStage {
  readonly session: Session;
  readonly feeds: readonly [NodeFeed, NodeFeed];
  readonly faults: Faults;
  readonly probe: Probe | null;
  vips(): readonly VipVerdict[];
  answeredBy(): string | null;
  readonly isRack: boolean;
}

/** What was collected from the cut on; sorted by time when read. */
class DrillRecord {
  readonly events: SessionEvent[] = [];
  readonly probes: ProbeSample[] = [];
  private readonly off: (() => void)[];

  constructor(session: Session) {
    this.off = [session.onEvent.on((e) => this.events.push(e)), session.onProbe.on((p) => this.probes.push(p))];
  }

  since(tMs: number): ProbeSample[] {
    return this.probes.filter((p) => p.tMs >= tMs).sort((a, b) => a.tMs - b.tMs);
  }

  first(
    node: string,
    fromMs: number,
    wanted: (body: Readonly<Record<string, unknown>>) => boolean,
  ): SessionEvent | null {
    const found = this.events.filter((e) => e.event.node === node && e.tMs >= fromMs && wanted(e.event.body));
    return found.reduce<SessionEvent | null>((best, e) => (best === null || e.tMs < best.tMs ? e : best), null);
  }

  close(): void {
    for (const off of this.off) off();
  }
}

function timingOf(stage: DrillStage): { keepaliveMs: number; deadtimeMs: number; initdeadMs: number } {
  const timing = stage.feeds[0].status?.timing ?? stage.feeds[1].status?.timing;
  return timing ?? { keepaliveMs: 1000, deadtimeMs: 10_000, initdeadMs: 30_000 };
}

/** Resolves to the problems that remain: empty as soon as the baseline was clean for a while. */
async function waitForBaseline(stage: DrillStage, waitMs: number, signal: AbortSignal): Promise<string[]> {
  const deadline = stage.session.nowMs() + waitMs;
  let cleanSince: number | null = null;
  for (;;) {
    const problems = baselineProblems({
      feeds: stage.feeds,
      vips: stage.vips(),
      faults: stage.faults.list(),
      answeredBy: stage.answeredBy(),
    });
    const now = stage.session.nowMs();
    cleanSince = problems.length > 0 ? null : (cleanSince ?? now);
    if (cleanSince !== null && now - cleanSince >= BASELINE_QUIET_MS) return [];
    if (now >= deadline || signal.aborted) return problems.length > 0 ? problems : ['the baseline did not stay clean'];
    await sleepMs(POLL_MS, signal);
  }
}

/** One node's spans of holding, from its own events; what it held at the start is given. A node without power holds nothing. */
function spansOf(
  record: DrillRecord,
  node: string,
  address: string,
  heldAtStart: boolean,
  fromMs: number,
  powerCutMs: number | null,
): HoldSpan[] {
  const words: HoldWord[] = [{ tMs: fromMs, holds: heldAtStart }];
  if (powerCutMs !== null) words.push({ tMs: powerCutMs, holds: false });
  for (const e of record.events) {
    const { body } = e.event;
    if (e.event.node !== node || body.kind !== 'vip' || body['address'] !== address || e.tMs < fromMs) continue;
    if (body['change'] === 'added' || body['change'] === 'removed')
      words.push({ tMs: e.tMs, holds: body['change'] === 'added' });
  }
  return holdSpans(words.sort((a, b) => a.tMs - b.tMs));
}

interface Measured {
  readonly outage: OutageReport;
  readonly detectMs: number | null;
  readonly takeoverMs: number | null;
}

function measure(
  record: DrillRecord,
  cutMs: number,
  untilMs: number,
  survivor: string,
  holder: string,
  periodMs: number,
): Measured {
  const probes = record.since(cutMs).filter((p) => p.tMs <= untilMs);
  const dead = record.first(
    survivor,
    cutMs,
    (b) => b['kind'] === 'peer-status' && b['peer'] === holder && b['status'] === 'dead',
  );
  const taken = record.first(survivor, cutMs, (b) => b['kind'] === 'takeover' && b['phase'] === 'done');
  return {
    outage: measureOutage(probes, periodMs),
    detectMs: dead === null ? null : dead.tMs - cutMs,
    takeoverMs: dead === null || taken === null ? null : taken.tMs - dead.tMs,
  };
}

function loadNotes(loads: readonly number[]): string[] {
  const perCore = Math.max(...loads) / cpus().length;
  if (perCore <= LOAD_PER_CORE_MAX) return [];
  return [
    `this computer was overloaded (${perCore.toFixed(1)} runnable processes a core, limit ${LOAD_PER_CORE_MAX}): the times cannot be trusted`,
  ];
}

function judge(
  m: Measured,
  result: Omit<DrillResult, 'verdict' | 'notes'>,
  survivor: string,
  voids: string[],
): Pick<DrillResult, 'verdict' | 'notes'> {
  const fails: string[] = [];
  const limitMs = result.deadtimeMs + OUTAGE_ALLOWANCE_MS + result.probePeriodMs;
  if (result.outageMs === null) fails.push('the client was not served again in time');
  else if (result.outageMs > limitMs) fails.push(`the outage was longer than deadtime + ${OUTAGE_ALLOWANCE_MS} ms`);
  if (result.holderAfter !== survivor) fails.push(`the address did not move to ${survivor}`);
  if (m.outage.restoredBy !== null && m.outage.restoredBy !== survivor)
    fails.push(`the client was answered by ${m.outage.restoredBy}, not by ${survivor}`);
  if (m.outage.wrongResponderCount > 0)
    fails.push(`${m.outage.wrongResponderCount} answers came from the wrong node after the takeover`);
  if ((result.dualMs ?? 0) > 0) fails.push('both nodes held the address at the same time');
  if (m.outage.spans.length === 0) voids.push('no request failed: the probe did not see the cut');
  if (m.outage.stalledMs !== null) voids.push(`the probe itself stood still for ${m.outage.stalledMs.toFixed(0)} ms`);
  if (voids.length > 0) return { verdict: 'void', notes: [...voids, ...fails] };
  return { verdict: fails.length > 0 ? 'fail' : 'pass', notes: fails };
}

/** Until the client is served by the survivor and the survivor says that it is done; or the deadline. */
async function waitForTakeover(
  stage: DrillStage,
  record: DrillRecord,
  cutMs: number,
  survivor: string,
  deadlineMs: number,
  signal: AbortSignal,
): Promise<void> {
  while (stage.session.nowMs() < deadlineMs && !signal.aborted) {
    const outage = measureOutage(record.since(cutMs), stage.probe?.spec.periodMs ?? 0);
    const done = record.first(survivor, cutMs, (b) => b['kind'] === 'takeover' && b['phase'] === 'done') !== null;
    if (done && outage.spans.length > 0 && outage.outageMs !== null) return;
    await sleepMs(POLL_MS, signal);
  }
}

const step = (text: string): DrillProgress => ({ kind: 'step', text });

/**
 * Runs the drill and yields its steps, then its result. Throws `unsupported` where there is no
 * rack or no probe. Leaving early turns the power on again.
 */
export async function* drillPowerOff(
  stage: DrillStage,
  signal: AbortSignal,
): AsyncGenerator<DrillProgress, void, undefined> {
  if (!stage.isRack)
    throw new RpcError(
      'unsupported',
      'only the rack can cut the power; on real servers pull the plug and watch the session',
    );
  const { probe, session, faults } = stage;
  if (probe === null) throw new RpcError('unsupported', 'this pair has no probe: add one to the pair file');
  const timing = timingOf(stage);
  const base = { drill: 'power-off' as const, probePeriodMs: probe.spec.periodMs, deadtimeMs: timing.deadtimeMs };
  yield step('waiting for a clean baseline');
  const problems = await waitForBaseline(stage, timing.initdeadMs + BASELINE_WAIT_MS, signal);
  const vip = stage.vips()[0];
  const holder = vip?.holder ?? null;
  if (problems.length > 0 || vip === undefined || holder === null) {
    const empty = {
      outageMs: null,
      detectMs: null,
      takeoverMs: null,
      dualMs: null,
      holderBefore: holder,
      holderAfter: null,
    };
    yield { kind: 'result', result: { ...base, ...empty, verdict: 'void', load: loadavg(), notes: problems } };
    return;
  }
  const survivor = stage.feeds.find((f) => f.node !== holder)?.node ?? '';
  const loads = [loadavg()[0] ?? 0];
  const record = new DrillRecord(session);
  let faultId: string | null = null;
  try {
    // A cut at a fixed phase of the keepalive period would measure that phase over and over.
    await sleepMs(randomInt(0, Math.max(1, Math.round(timing.keepaliveMs))), signal);
    yield step(`cutting the power of ${holder}`);
    const cutMs = session.nowMs();
    const guardMs = timing.deadtimeMs + TAKEOVER_WAIT_MS + RESTORE_WAIT_MS;
    faultId = (await faults.inject(holder, 'power-off', null, guardMs)).faultId;
    yield step(`waiting for ${survivor} to take over`);
    await waitForTakeover(stage, record, cutMs, survivor, cutMs + timing.deadtimeMs + TAKEOVER_WAIT_MS, signal);
    await sleepMs(Math.max(AFTERCARE_MS, 2 * GOOD_RUN_COUNT * probe.spec.periodMs), signal);
    loads.push(loadavg()[0] ?? 0);
    const measuredUntilMs = session.nowMs();
    const m = measure(record, cutMs, measuredUntilMs, survivor, holder, probe.spec.periodMs);
    const holderAfter = stage.vips().find((v) => v.address === vip.address)?.holder ?? null;
    yield step(`turning ${holder} on again`);
    await faults.revert(holder, faultId);
    faultId = null;
    const unrestored = await waitForBaseline(stage, timing.initdeadMs + RESTORE_WAIT_MS, signal);
    const dual = dualMs(
      spansOf(record, holder, vip.address, true, cutMs, cutMs),
      spansOf(record, survivor, vip.address, false, cutMs, null),
      session.nowMs(),
    );
    const times = { outageMs: m.outage.outageMs, detectMs: m.detectMs, takeoverMs: m.takeoverMs, dualMs: dual };
    const facts = { ...base, ...times, holderBefore: holder, holderAfter, servedBy: m.outage.restoredBy, load: loads };
    const judged = judge(m, facts, survivor, loadNotes(loads));
    const restoreNotes = unrestored.map((p) => `after the drill: ${p}`);
    const verdict = judged.verdict === 'pass' && restoreNotes.length > 0 ? 'fail' : judged.verdict;
    const result: DrillResult = { ...facts, verdict, notes: [...judged.notes, ...restoreNotes] };
    session.addDrill(result);
    yield { kind: 'result', result };
  } finally {
    record.close();
    if (faultId !== null) await faults.revert(holder, faultId).catch(() => undefined);
  }
}
