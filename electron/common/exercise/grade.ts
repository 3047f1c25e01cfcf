/** How an exercise is marked: from what was answered, how often wrongly, and how long it took. Pure. */
import type { Text } from '../contract/drill.ts';
import type { ExerciseGrade } from '../contract/exercise.ts';
import type { SessionEvent } from '../contract/session.ts';
import { text } from '../drill/text.ts';

const POINTS_MAX = 100;
/** Each wrong answer costs this much: guessing is no diagnosis. */
const WRONG_POINTS = 20;
/** Lost at most by time: all of it when the last moment was used. */
const TIME_POINTS = 40;
/** Who finds it has learned it: never less than this. */
const FOUND_POINTS_MIN = 10;

export interface ExerciseFacts {
  readonly outcome: ExerciseGrade['outcome'];
  readonly wrongAnswers: number;
  readonly usedMs: number;
  readonly parMs: number;
  readonly limitMs: number;
}

/** Points and how they came about. Without a right answer there are none. */
export function pointsOf(facts: ExerciseFacts): { readonly points: number; readonly reasons: Text[] } {
  if (facts.outcome === 'given-up')
    return { points: 0, reasons: [text('The answer was asked for.', '已放弃并查看答案。')] };
  if (facts.outcome === 'time-over') return { points: 0, reasons: [text('The time was over.', '时间已到。')] };
  if (facts.outcome === 'void')
    return {
      points: 0,
      reasons: [text('The fault ended before it was found: this does not count.', '故障在被找出之前已结束：不计分。')],
    };
  const lateShare = Math.min(1, Math.max(0, (facts.usedMs - facts.parMs) / Math.max(1, facts.limitMs - facts.parMs)));
  const late = Math.round(TIME_POINTS * lateShare);
  const wrong = WRONG_POINTS * facts.wrongAnswers;
  const points = Math.max(FOUND_POINTS_MIN, POINTS_MAX - late - wrong);
  const used = Math.round(facts.usedMs / 1000);
  const par = Math.round(facts.parMs / 1000);
  const reasons = [
    late === 0
      ? text(`Found after ${used} s, within the ${par} s for full marks.`, `${used} 秒找出，在满分时限 ${par} 秒之内。`)
      : text(
          `Found after ${used} s; full marks are for ${par} s: ${late} points less.`,
          `${used} 秒找出；满分时限为 ${par} 秒：扣 ${late} 分。`,
        ),
  ];
  if (wrong > 0)
    reasons.push(
      text(
        `${facts.wrongAnswers} wrong answers: ${wrong} points less.`,
        `答错 ${facts.wrongAnswers} 次：扣 ${wrong} 分。`,
      ),
    );
  return { points, reasons };
}

/** Events that show that something is wrong. What the fault's own machinery writes is none. */
function isSign({ event: { body } }: SessionEvent): boolean {
  switch (body.kind) {
    case 'link':
      return body['state'] === 'late' || body['state'] === 'dead';
    case 'peer-status':
      return body['status'] === 'dead';
    case 'late-heartbeat':
    case 'packets-lost':
    case 'takeover-hold':
    case 'ownership-alarm':
    case 'partition-healed':
      return true;
    case 'vip':
      return body['change'] === 'conflict';
    case 'problem':
      return body['over'] === false;
    default:
      return false;
  }
}

/** From the fault to its first sign in the record, milliseconds: an event of a node, or a request without an answer. null: none. */
export function firstSignMs(
  events: readonly SessionEvent[],
  probes: readonly { readonly tMs: number; readonly ok: boolean }[],
  faultAtMs: number,
): number | null {
  const times = [
    ...events.filter((e) => e.tMs >= faultAtMs && isSign(e)).map((e) => e.tMs),
    ...probes.filter((p) => p.tMs >= faultAtMs && !p.ok).map((p) => p.tMs),
  ];
  return times.length === 0 ? null : Math.min(...times) - faultAtMs;
}
