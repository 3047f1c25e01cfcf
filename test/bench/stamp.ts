/**
 * When a node began to take its groups, whatever daemon it runs: a resource in front of the address whose script writes the time. The
 * real daemon's log knows only whole seconds.
 */
import type { RackHandle } from '../../electron/lab/index.ts';
import { VIP } from '../support/pairStory.ts';
import { runOn, writeOn } from '../support/rackRun.ts';

const SCRIPT = `#!/bin/bash
case "$1" in
  start) echo "$EPOCHREALTIME" >>/var/log/stamps; touch /run/stamp ;;
  stop) rm -f /run/stamp ;;
  status) [ -e /run/stamp ] && echo running || echo stopped ;;
esac
`;

/** haresources of a pair whose group begins with the stamp. */
export const STAMPED_GROUP = (preferred: string): string => `${preferred} stamp IPaddr2::${VIP}/24/eth0 httpd\n`;

export async function installStamp(rack: RackHandle, node: string): Promise<void> {
  await writeOn(rack, node, '/etc/ha.d/resource.d/stamp', SCRIPT, '755');
}

/** First stamp of the node after `sinceWallMs`, Unix epoch milliseconds. Throws when there is none. */
export async function stampedAtMs(rack: RackHandle, node: string, sinceWallMs: number): Promise<number> {
  const { lines } = await runOn(rack, node, 'cat /var/log/stamps');
  const at = lines.map((line) => Number(line) * 1000).find((ms) => ms >= sinceWallMs);
  if (at === undefined) throw new Error(`${node} wrote no time stamp after the fault`);
  return at;
}
