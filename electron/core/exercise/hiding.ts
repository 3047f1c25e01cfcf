/** The contract while an exercise runs: the same, without what the console itself knows of the fault. A panic ends the exercise. */
import type { Implementation } from '../../../agent/common/rpc/contract.ts';
import { RpcError } from '../../../agent/common/rpc/messages.ts';
import { RACK_PAIR_ID, type ConsoleContract } from '../../common/contract/console.ts';
import type { DrillStage } from '../drill/stage.ts';
import type { Exercises } from './exercises.ts';
import { hiddenBatch, hiddenRack, hiddenState, hiddenStretch } from './hide.ts';

type Methods = Implementation<ConsoleContract, Readonly<Record<string, never>>>;

async function* mapped<T>(items: AsyncIterable<T>, change: (item: T) => T): AsyncGenerator<T, void, undefined> {
  for await (const item of items) yield change(item);
}

/** `stage`: the rack's pair while it is connected. */
export function hidingMethods(methods: Methods, exercises: Exercises, stage: () => DrillStage | null): Methods {
  const hides = (pairId: string): boolean => exercises.hides(pairId);
  const assertOpen = (pairId: string): void => {
    if (hides(pairId)) throw new RpcError('busy', 'an exercise is running: its fault is to be found, not told');
  };
  return {
    ...methods,
    rackState: (input, context, signal) =>
      mapped(methods.rackState(input, context, signal), (s) => (hides(RACK_PAIR_ID) ? hiddenRack(s) : s)),
    pairState: (input, context, signal) =>
      mapped(methods.pairState(input, context, signal), (s) => (hides(input.pairId) ? hiddenState(s) : s)),
    session: (input, context, signal) =>
      mapped(methods.session(input, context, signal), (b) => (hides(input.pairId) ? hiddenBatch(b) : b)),
    sessionRange: async (input, context, signal) => {
      const batch = await methods.sessionRange(input, context, signal);
      return hides(input.pairId) ? hiddenBatch(batch) : batch;
    },
    timelineStretch: async (input, context, signal) => {
      const stretch = await methods.timelineStretch(input, context, signal);
      return hides(RACK_PAIR_ID) ? hiddenStretch(stretch) : stretch;
    },
    faultOffers: (input, context, signal) => {
      assertOpen(input.pairId);
      return methods.faultOffers(input, context, signal);
    },
    faultInject: (input, context, signal) => {
      assertOpen(input.pairId);
      return methods.faultInject(input, context, signal);
    },
    faultPanic: async (input, context, signal) => {
      const report = await methods.faultPanic(input, context, signal);
      const live = stage();
      if (live !== null) await exercises.panicked(live);
      return report;
    },
  };
}
