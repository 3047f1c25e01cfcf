/** Starts the one-click flow from wherever it is asked for. */
import { RACK_PAIR_ID } from '../../electron/common/contract/console.ts';
import { useDeploy } from '../stores/deploy.ts';
import { link } from '../stores/link.ts';
import { selectPair } from '../stores/pairs.ts';
import { type RackChoice, startRackFlow } from '../stores/rackFlow.ts';

export function launchRack(choice: RackChoice = { setup: 's5' }): void {
  void startRackFlow(() => link.ready(), choice, {
    onUp: () => selectPair(RACK_PAIR_ID),
    onPlan: ({ preflight }) => useDeploy.setState({ pairId: RACK_PAIR_ID, phase: 'checked', preflight }),
  });
}
