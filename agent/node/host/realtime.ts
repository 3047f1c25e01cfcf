/**
 * Real-time priority of one thread. Of the heartbeat thread alone: a whole process with it could take the CPU from the
 * very services that it guards, and Node's other threads (compiler, collector) have nothing to send on time.
 */
import { SCHED_RESET_ON_FORK, SCHED_RR, type Libc } from './libc.ts';
import type { ProtectionState } from './protections.ts';

/** The lowest real-time priority: above everything that is not real-time, and below what an operator chose. */
const PRIORITY_DEFAULT = 1;

export interface RealtimeWish {
  readonly wanted: 'on' | 'off' | 'if-allowed';
  readonly priority: number | null;
}

/** Gives the calling thread what is wished for and reads it back. `libc` null: raw calls are unavailable. */
export function enterRealtime(libc: Libc | null, wish: RealtimeWish): ProtectionState {
  if (wish.wanted === 'off') return { state: 'off', detail: 'ha.cf says realtime off' };
  if (libc === null) return { state: 'unavailable', detail: 'raw calls are unavailable' };
  const priority = wish.priority ?? PRIORITY_DEFAULT;
  // Round robin, not FIFO: another real-time thread of the same priority then gets its turn.
  const set = libc.setScheduler(0, SCHED_RR | SCHED_RESET_ON_FORK, priority);
  if (!set.ok)
    return { state: 'unavailable', detail: `the node does not allow it (sched_setscheduler: ${set.detail})` };
  const policy = libc.scheduler(0);
  const got = libc.schedulerPriority(0);
  if (!policy.ok || !got.ok || (policy.value & ~SCHED_RESET_ON_FORK) !== SCHED_RR || got.value !== priority) {
    return { state: 'unavailable', detail: 'it was asked for and is not there when read back' };
  }
  return { state: 'on', detail: `heartbeat thread: SCHED_RR, priority ${got.value}` };
}
