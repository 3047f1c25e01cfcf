/** What is still true of a pair when the console that told it is gone: names and addresses, and no word on how they are. */
import type { NodeConnection, PairState } from '../../electron/common/contract/state.ts';

function blank(node: NodeConnection): NodeConnection {
  const { said: _, ...rest } = node;
  return {
    ...rest,
    phase: 'lost',
    detail: '',
    nextTryInMs: null,
    lastHeardAgoMs: null,
    hostKey: null,
    agent: { phase: 'unknown', version: null, detail: '' },
    clock: null,
    status: null,
    statusAgeMs: null,
  };
}

/** Faults stay: whatever becomes of the console, they end by themselves and not before. */
export function unheard(state: PairState): PairState {
  const [a, b] = state.nodes;
  return {
    ...state,
    nodes: [blank(a), blank(b)],
    vips: state.vips.map(({ address }) => ({
      address,
      verdict: 'unknown',
      holder: null,
      holders: [],
      answeredBy: null,
      missing: ['Twinbeat'],
      sinceMs: null,
    })),
    probe: { ...state.probe, running: false, answeredBy: null, lastOkAgoMs: null, detail: '' },
    lan: { running: false, from: '', detail: '' },
    situations: [],
  };
}
