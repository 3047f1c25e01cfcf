/** Starts the one-click flow from wherever it is asked for. */
import { RACK_PAIR_ID } from '../../electron/common/contract/console.ts';
import type { SetupId } from '../../electron/common/contract/rack.ts';
import { link } from '../stores/link.ts';
import { selectPair } from '../stores/pairs.ts';
import { startRackFlow } from '../stores/rackFlow.ts';

export function launchRack(setup: SetupId): void {
  void startRackFlow(
    () => link.ready(),
    setup,
    () => selectPair(RACK_PAIR_ID),
  );
}
