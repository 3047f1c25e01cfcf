/** The drills' part of the contract. */
import type { CancelSignal } from '../../../agent/common/rpc/cancel.ts';
import type { Implementation } from '../../../agent/common/rpc/contract.ts';
import type { ConsoleContract } from '../../common/contract/console.ts';
import { RACK_PAIR_ID } from '../../common/contract/console.ts';
import type { Drills } from '../drill/drills.ts';
import { drillPowerOff } from '../drill/powerOff.ts';
import type { Exercises } from '../exercise/exercises.ts';
import type { Pairs } from './pairs.ts';

type Methods = Implementation<ConsoleContract, Readonly<Record<string, never>>>;

/** A cancel signal as the AbortSignal that Node's own functions want. */
function abortSignalOf(signal: CancelSignal): AbortSignal {
  const controller = new AbortController();
  if (signal.aborted) controller.abort();
  else signal.addEventListener('abort', () => controller.abort(), { once: true });
  return controller.signal;
}

export function drillMethods(
  pairs: Pairs,
  drills: Drills,
): Pick<Methods, 'drillList' | 'drillRun' | 'drillAnswer' | 'drillPowerOff'> {
  return {
    drillList: ({ pairId }) => drills.board(pairs.need(pairId).stage()),
    drillRun: ({ pairId, ...order }, _context, signal) =>
      drills.run(pairs.need(pairId).stage(), order, abortSignalOf(signal)),
    drillAnswer: ({ pairId, askId, answer }) => {
      drills.answer(pairId, askId, answer);
      return {};
    },
    drillPowerOff: ({ pairId }, _context, signal) =>
      drillPowerOff(drills, pairs.need(pairId).stage(), abortSignalOf(signal)),
  };
}

export function exerciseMethods(
  pairs: Pairs,
  exercises: Exercises,
): Pick<Methods, 'exerciseList' | 'exerciseStart' | 'exerciseAnswer' | 'exerciseGiveUp'> {
  const stage = () => pairs.need(RACK_PAIR_ID).stage();
  return {
    exerciseList: () => exercises.board(pairs.find(RACK_PAIR_ID)?.stage() ?? null),
    exerciseStart: ({ exerciseId }) => exercises.start(stage(), exerciseId),
    exerciseAnswer: ({ fault, place }) => exercises.answer(stage(), fault, place),
    exerciseGiveUp: () => exercises.giveUp(stage()),
  };
}
