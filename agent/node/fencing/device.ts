/** What makes sure that the peer is off, whatever kind of device it is. */
import type { Result } from '../../common/base/result.ts';

/** Only `ok` is success; everything else, a doubt included, is a failure. The value and the detail are for people and hold no secret. */
export type FenceResult = Result<string, 'failed'>;

export interface StonithDevice {
  /** Kind of device, as ha.cf calls it. */
  readonly type: string;
  /** Does the device itself answer, and does it know the node? */
  check(node: string, signal: AbortSignal): Promise<FenceResult>;
  /** Resolves once the device says that `node` was reset or is off, or that it could not do it. Bounded, but for a person. */
  fence(node: string, signal: AbortSignal): Promise<FenceResult>;
}

/** A device that is a person: `fence` waits until `confirm` or its own channel says that it is done. */
export interface PersonDevice extends StonithDevice {
  /** False when nobody is waited for. */
  confirm(): boolean;
}

/**
 * How long one program of a device may take. A power switch that cuts, waits and looks needs up to 30 s (fence-agents'
 * own power timeouts are 20 s each); beyond this it hangs, and a hanging device must not block the next attempt.
 */
export const DEVICE_TIMEOUT_MS = 60_000;
