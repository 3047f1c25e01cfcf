/** What is told of fencing, and what a person may confirm. */
import type { AgentStatus } from '../../common/rpc/agentContract.ts';
import type { Fencing } from '../fencing/fencing.ts';
import type { ThreadSample } from '../heartbeat/messages.ts';

/** Null: no device. The engine knows how its newest request stands; only the device knows that it waits for a person. */
export function fencingStatus(
  fencing: Pick<Fencing, 'state'> | null,
  sample: ThreadSample | null,
): AgentStatus['fencing'] {
  if (fencing === null) return null;
  const { device, waitsForPerson, detail } = fencing.state();
  return { device, state: waitsForPerson ? 'waiting-operator' : (sample?.snapshot.fencing ?? 'none'), detail };
}

/** Why a person's word that the peer is off is not taken; null: something waits for it. */
export function confirmRefusal(peer: string, sample: ThreadSample | null): string | null {
  if (sample === null) return 'the engine is starting over: ask again in a moment';
  const { hold, peer: seen, fencing } = sample.snapshot;
  if (hold !== null || fencing === 'running') return null;
  if (seen.status !== 'dead') return `${peer} is ${seen.status} and no takeover waits: there is nothing to confirm`;
  return `no takeover waits for ${peer} being off`;
}
