/** The advisor's part of the contract. */
import type { Implementation } from '../../../agent/common/rpc/contract.ts';
import { RpcError } from '../../../agent/common/rpc/messages.ts';
import type { ConsoleContract } from '../../common/contract/console.ts';
import { adviseLive, adviseStored } from '../advice/adviser.ts';
import type { SessionStore } from '../store/sessionStore.ts';
import type { Pairs } from './pairs.ts';

type Methods = Implementation<ConsoleContract, Readonly<Record<string, never>>>;

export function adviceMethods(pairs: Pairs, store: SessionStore): Pick<Methods, 'advise'> {
  return {
    advise: ({ pairId, sessionId, question }) => {
      if (sessionId !== null) return adviseStored(store, sessionId, question);
      if (pairId === null) throw new RpcError('bad-args', 'advice needs a pair or a stored session');
      return adviseLive(store, pairs.need(pairId), question);
    },
  };
}
