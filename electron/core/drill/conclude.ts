/** Makes the record of a run out of everything that was collected, and the verdict that follows from it. */
import { randomUUID } from 'node:crypto';
import type {
  DrillRun,
  DrillWaiver,
  EvidenceLevel,
  GateResult,
  PlannedRun,
  RunFault,
  RunStep,
  Text,
} from '../../common/contract/drill.ts';
import { LOAD_PER_CORE_MAX, waiverNotes } from '../../common/drill/gates.ts';
import { judgeChecks, verdictOf } from '../../common/drill/judge.ts';
import type { Quantities } from '../../common/drill/quantity.ts';
import * as numbers from '../../common/drill/record.ts';
import type { NodeCost, RunRecord } from '../../common/drill/record.ts';
import type { DrillScript } from '../../common/drill/script.ts';
import { millis, text } from '../../common/drill/text.ts';
import type { PairView, Roles } from '../../common/drill/view.ts';
import type { DrillStage } from './stage.ts';
import type { RunWatch } from './watch.ts';

/** Half width of the nodes' clock error above which the order of their events is in doubt, milliseconds. */
const CLOCK_ERROR_MS_MAX = 50;

export interface Collected {
  readonly script: DrillScript;
  readonly planned: PlannedRun;
  readonly stage: DrillStage;
  readonly watch: RunWatch;
  /** null: it did not get past its gate, and broke nothing. */
  readonly roles: Roles | null;
  readonly quantities: Quantities;
  readonly atStart: PairView;
  readonly beforeHeal: PairView | null;
  readonly atEnd: PairView;
  readonly level: EvidenceLevel | null;
  readonly costs: readonly NodeCost[];
  readonly startedWallMs: number;
  readonly steps: readonly RunStep[];
  readonly faults: readonly RunFault[];
  /** What was said to be done and was not seen. */
  readonly unseen: readonly Text[];
  /** Empty: it did not get as far as its gates. */
  readonly gates: readonly GateResult[];
  readonly waivers: readonly DrillWaiver[];
  readonly remarks: readonly Text[];
  readonly fails: readonly Text[];
  readonly voids: readonly Text[];
}

/** A node is judged by the deadtime that it announces itself. */
function deadtimeOf(stage: DrillStage, node: string): number | null {
  return stage.feeds.find((f) => f.node === node)?.status?.timing.deadtimeMs ?? null;
}

function recordOf(c: Collected, roles: Roles): RunRecord {
  const { stage, watch } = c;
  const preferred = new Set(stage.feeds.flatMap((f) => f.status?.groups.map((g) => g.preferredNode) ?? []));
  const timing = stage.feeds[0].status?.timing ?? stage.feeds[1].status?.timing;
  return {
    roles,
    quantities: c.quantities,
    autoFailback: timing !== undefined && timing.autoFailback !== 'off',
    preferredNode: preferred.size === 1 ? ([...preferred][0] ?? null) : null,
    beganAtMs: watch.beganAtMs,
    endedAtMs: stage.session.nowMs(),
    windows: watch.windows(),
    probes: watch.allProbes(),
    probePeriodMs: stage.probe?.spec.periodMs ?? null,
    events: watch.events,
    powerCuts: watch.powerCuts,
    silences: watch.silences(),
    lanWords: watch.lanWords,
    beforeHeal: c.beforeHeal,
    atStart: c.atStart,
    atEnd: c.atEnd,
    marginMinMs: watch.marginMinMs,
    margins: watch.margins([stage.feeds[0].node, stage.feeds[1].node], (node) => deadtimeOf(stage, node)),
    costs: c.costs,
  };
}

/** Also where it came after the gate. */
function overload({ watch }: Collected): Text[] {
  watch.readLoad();
  const load = Math.max(...watch.loadPerCore);
  if (load <= LOAD_PER_CORE_MAX) return [];
  return [
    text(
      `this computer was overloaded (${load.toFixed(1)} runnable processes a core, limit ${LOAD_PER_CORE_MAX}): the times cannot be trusted`,
      `本机过载（每核 ${load.toFixed(1)} 个可运行进程，上限 ${LOAD_PER_CORE_MAX}）：时间不可信`,
    ),
  ];
}

/** What makes the numbers of a run worthless, besides the run itself. */
function doubts(c: Collected, made: RunRecord): Text[] {
  const found: Text[] = [];
  if (!c.waivers.some((w) => w.gate === 'load')) found.push(...overload(c));
  const stalledMs = numbers.probeStalledMs(made)?.toFixed(0);
  if (stalledMs !== undefined)
    found.push(text(`the probe itself stood still for ${stalledMs} ms`, `探测本身停顿了 ${stalledMs} ms`));
  const isHolderCut = made.powerCuts.some((cut) => cut.node === made.roles.holder);
  if (isHolderCut && made.probePeriodMs !== null && numbers.spansByWindow(made).every((s) => s.kind === 'before'))
    found.push(text('no request failed: the probe did not see the cut', '没有请求失败：探测没有察觉断电'));
  return found;
}

function clockErrorMs(stage: DrillStage): number | null {
  const errors = stage.feeds.flatMap((f) => f.clockState()?.errorMs ?? []);
  return errors.length === 0 ? null : Math.max(...errors);
}

/** Where no check says how long the client may wait, a fault that nothing handled is for a person to read. */
function unhandled({ script }: Collected, made: RunRecord): Text[] {
  if (script.pass.some((check) => check.check === 'outage' || check.check === 'served-within')) return [];
  const ms = numbers.unhandledMs(made);
  if (ms === 0) return [];
  const { en, 'zh-CN': zh } = millis(ms);
  return [
    text(
      `the client was not served for ${en}, until the fault was mended: nothing on the pair monitors this; have it acknowledged in writing`,
      `客户端有 ${zh} 得不到服务，直到故障被消除：双机没有监控它；请书面确认`,
    ),
  ];
}

function remarksOf(c: Collected, made: RunRecord | null): Text[] {
  const remarks = c.unseen.map((done) =>
    text(`said to be done, and not seen: ${done.en}`, `声称已完成但控制台未察觉：${done['zh-CN']}`),
  );
  remarks.push(...c.remarks, ...waiverNotes(c.gates));
  if (c.waivers.some((w) => w.gate === 'load')) remarks.push(...overload(c));
  if (made !== null) remarks.push(...unhandled(c, made));
  const clockMs = clockErrorMs(c.stage);
  if (clockMs !== null && clockMs > CLOCK_ERROR_MS_MAX) {
    const words = clockMs.toFixed(0);
    remarks.push(text(`the nodes' clocks are known to +/- ${words} ms only`, `服务器时钟误差达 ±${words} ms`));
  }
  return remarks;
}

/** Everything of a run that is measured; of one that never began nothing is. */
function measured(script: DrillScript, made: RunRecord | null) {
  if (made === null) {
    const nothing = {
      faultAtMs: null,
      healAtMs: null,
      outageMs: null,
      healOutageMs: null,
      unavailableMs: null,
      gaps: 0,
    };
    const nobody = { detectMs: null, takeoverMs: null, dualMs: null, holderAfter: null, holderEnd: null };
    return { ...nothing, ...nobody, servedBy: null, wrongAnswers: 0 };
  }
  const away = numbers.unavailability(made);
  // Without a fault there is one stretch only: all of it.
  const hasWindows = made.windows.length > 0;
  return {
    faultAtMs: numbers.faultAtMs(made),
    healAtMs: numbers.healAtMs(made),
    outageMs: numbers.headlineMs(made, hasWindows ? script.headline : 'run-outage'),
    healOutageMs: hasWindows ? numbers.longestOutageMs(made, 'heal') : null,
    unavailableMs: away.totalMs,
    gaps: away.gaps,
    ...numbers.takeoverTimes(made),
    dualMs: numbers.dualHoldMs(made),
    holderAfter: made.beforeHeal === null ? null : numbers.soleHolder(made.beforeHeal),
    holderEnd: numbers.soleHolder(made.atEnd),
    ...numbers.responders(made),
  };
}

/** The record of a run. */
export function concludeRun(c: Collected): DrillRun {
  const { script, stage, watch, roles } = c;
  const made = roles === null ? null : recordOf(c, roles);
  const criteria = made === null ? [] : judgeChecks(script.pass, made);
  const voids = [...c.voids, ...(made === null ? [] : doubts(c, made))];
  const { keepaliveMs, warntimeMs, deadtimeMs, initdeadMs } = c.quantities;
  return {
    runId: randomUUID(),
    drill: script.id,
    row: script.row,
    title: script.title,
    from: roles?.holder ?? c.planned.from,
    to: roles?.standby ?? null,
    repetition: c.planned.repetition,
    ...verdictOf(criteria, { voids, fails: c.fails, remarks: remarksOf(c, made) }),
    criteria,
    level: c.level,
    sessionId: stage.session.id,
    startedWallMs: c.startedWallMs,
    beganAtMs: watch.beganAtMs,
    endedAtMs: stage.session.nowMs(),
    ...measured(script, made),
    marginMinMs: watch.marginMinMs,
    lateHeartbeats: watch.events.filter((e) => e.event.body.kind === 'late-heartbeat').length,
    probePeriodMs: stage.probe?.spec.periodMs ?? null,
    clockErrorMs: clockErrorMs(stage),
    timing: { keepaliveMs, warntimeMs, deadtimeMs, initdeadMs },
    engine: stage.feeds[0].status?.engine ?? stage.feeds[1].status?.engine ?? null,
    loadPerCore: [...watch.loadPerCore],
    loadPerCoreMax: LOAD_PER_CORE_MAX,
    gates: [...c.gates],
    faults: [...c.faults],
    steps: [...c.steps],
  };
}
