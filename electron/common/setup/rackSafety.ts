/** The safety that a rack can be started with, so that a newcomer can try it without writing a pair file. */
import type { HaSpec } from '../contract/pair.ts';
import type { RackUpOptions } from '../contract/rack.ts';

/** `ha` with what the options ask for added to it. `gateway`: address of the host outside the pair. */
export function haWithSafety(ha: HaSpec, gateway: string, options: Omit<RackUpOptions, 'setup' | 'engine'>): HaSpec {
  const { reference = false, ipfail = false, fencing = false, twoLinks = false } = options;
  const conditions = new Set(ha.takeoverRequires);
  if (reference) conditions.add('reference');
  if (twoLinks) conditions.add('two-links');
  if (fencing) conditions.add('fencing');
  return {
    ...ha,
    pingNodes: reference || ipfail ? [...new Set([gateway, ...ha.pingNodes])] : ha.pingNodes,
    ipfail: ipfail || ha.ipfail,
    fencing: fencing ? { kind: 'rack' } : ha.fencing,
    takeoverRequires: [...conditions],
  };
}
