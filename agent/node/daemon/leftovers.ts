import type { EventDraft } from '../../common/timeline/event.ts';
import { realTimers, sleep } from '../host/timers.ts';
import type { Groups } from '../resources/groups.ts';
import type { Vips } from '../resources/vips.ts';

/** How often a release of leftovers is tried before giving up the start. */
const LEFTOVER_TRIES_MAX = 3;

/**
 * Before the first packet: a killed daemon leaves its address behind, and both nodes would answer for it. A script that does not stop is
 * reported and left. False: an address does not go, which is a reason not to start.
 */
export async function releaseLeftovers(
  groups: Groups,
  vips: Vips,
  publish: (draft: EventDraft) => void,
): Promise<boolean> {
  for (let tries = 0; tries < LEFTOVER_TRIES_MAX; tries++) {
    const keys = groups.leftovers();
    if (keys.length === 0) return true;
    publish({
      severity: 'warn',
      body: { kind: 'log', text: `Releasing what an earlier run left behind: ${keys.join(', ')}` },
    });
    const released = await groups.release(keys);
    if (released.ok && groups.leftovers().length === 0) return true;
    if (!released.ok)
      publish({ severity: 'error', body: { kind: 'log', text: `Leftovers remain: ${released.detail}` } });
    await sleep(realTimers, 1000);
  }
  return vips.held().length === 0;
}
