/** How long drills will take: at most, by their scripts' own time limits, and likely, as runs on this pair took. Pure. */
import type { DrillInfo, DrillOrder, DrillRun, Text } from '../contract/drill.ts';
import { quantityMs, type Quantities } from './quantity.ts';
import type { DrillScript } from './script.ts';
import { median } from './statistics.ts';
import { text } from './text.ts';

/** Longest wait for a clean baseline besides initdead, milliseconds. */
export const BASELINE_WAIT_MS = 45_000;
/** The baseline must hold this long without a break: in the rack, and on servers that other things run on. Milliseconds. */
export const BASELINE_QUIET_MS = { rack: 1000, servers: 30_000 } as const;
/** Longest wait for the pair to be in order again besides initdead, milliseconds: boot, SSH, agent. */
export const RESTORE_WAIT_MS = 60_000;

/** Time of one run in which it only watches, milliseconds. */
export function observeMs(script: DrillScript, quantities: Quantities): number {
  return script.steps.reduce((sum, step) => (step.do === 'observe' ? sum + quantityMs(step.for, quantities) : sum), 0);
}

/** Longest time that one run of a script can take, besides hands, milliseconds: every wait to its end, before, in and after its steps. */
export function longestRunMs(script: DrillScript, quantities: Quantities, isRack: boolean): number {
  const quietMs = isRack ? BASELINE_QUIET_MS.rack : BASELINE_QUIET_MS.servers;
  const aroundMs = 2 * (quantities.initdeadMs + quietMs) + BASELINE_WAIT_MS + RESTORE_WAIT_MS;
  return script.steps.reduce(
    (sum, step) => (step.do === 'wait' ? sum + quantityMs(step.within, quantities) : sum),
    aroundMs + observeMs(script, quantities),
  );
}

export interface DrillEstimate {
  /** Runs, directions and repetitions together. */
  readonly runs: number;
  /** At most, without the time that hands take, milliseconds. */
  readonly mostMs: number;
  /** As those drills took that were run here before, milliseconds; null: none of them was. */
  readonly likelyMs: number | null;
  /** Drills that `likelyMs` is about, of `drills`. */
  readonly measured: number;
  readonly drills: number;
  /** Something waits for a person, for however long that takes. */
  readonly needsHands: boolean;
}

/** What counts as a measured length: runs that went to their end. */
function lengthsMs(drill: string, runs: readonly DrillRun[]): number[] {
  return runs
    .filter((run) => run.drill === drill && ['pass', 'remark', 'fail'].includes(run.verdict))
    .map((run) => run.endedAtMs - run.beganAtMs);
}

/** The estimate of an order. `before`: runs of the same pair. */
export function estimateOf(
  drills: readonly DrillInfo[],
  before: readonly DrillRun[],
  { repeat, both, soakMs }: Pick<DrillOrder, 'repeat' | 'both' | 'soakMs'>,
): DrillEstimate {
  const each = drills.map((drill) => {
    const runs = (repeat ?? drill.repeatDefault) * (both && drill.directions === 'both' ? 2 : 1);
    const isChosen = drill.isLong && soakMs !== null;
    const mostMs = isChosen ? drill.mostMs - drill.observeMs + soakMs : drill.mostMs;
    // How long another soak was says nothing of this one.
    const usualMs = drill.isLong ? null : median(lengthsMs(drill.id, before));
    return { runs, mostMs: runs * mostMs, likelyMs: usualMs === null ? null : runs * (usualMs + drill.quietMs) };
  });
  const known = each.flatMap(({ likelyMs }) => (likelyMs === null ? [] : [likelyMs]));
  const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);
  return {
    runs: sum(each.map(({ runs }) => runs)),
    mostMs: sum(each.map(({ mostMs }) => mostMs)),
    likelyMs: known.length === 0 ? null : sum(known),
    measured: known.length,
    drills: drills.length,
    needsHands: drills.some((drill) => drill.hands > 0),
  };
}

/** A length as people plan with it: seconds below two minutes, then minutes, then hours and minutes. */
function length(ms: number): Text {
  if (ms < 120_000) return text(`${Math.ceil(ms / 1000)} s`, `${Math.ceil(ms / 1000)} 秒`);
  const minutes = Math.ceil(ms / 60_000);
  if (minutes < 120) return text(`${minutes} min`, `${minutes} 分钟`);
  const [hours, rest] = [Math.floor(minutes / 60), minutes % 60];
  return text(`${hours} h ${rest} min`, `${hours} 小时 ${rest} 分钟`);
}

/** The estimate in words. */
export function estimateText(estimate: DrillEstimate): Text {
  const { runs, mostMs, likelyMs, measured, drills, needsHands } = estimate;
  const most = length(mostMs);
  const hands = needsHands ? text(', and the time of your hands', '，另加人工操作的时间') : text('', '');
  const count = text(runs === 1 ? '1 run' : `${runs} runs`, `${runs} 次`);
  if (likelyMs === null)
    return text(
      `${count.en}: at most ${most.en} by the drills' own time limits${hands.en}; none was run here before, so how long they usually take is not known.`,
      `${count['zh-CN']}：按演练自身的时限最长 ${most['zh-CN']}${hands['zh-CN']}；此处未曾执行过，通常需要多久未知。`,
    );
  const likely = length(likelyMs);
  const part =
    measured === drills
      ? text('', '')
      : text(
          ` for the ${measured} of ${drills} drills that were run here before`,
          `（${drills} 项中曾执行过的 ${measured} 项）`,
        );
  return text(
    `${count.en}: about ${likely.en}${part.en}, as earlier runs took; at most ${most.en} in all${hands.en}.`,
    `${count['zh-CN']}：按以往的执行约 ${likely['zh-CN']}${part['zh-CN']}；全部最长 ${most['zh-CN']}${hands['zh-CN']}。`,
  );
}
