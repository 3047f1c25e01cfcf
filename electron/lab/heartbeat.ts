/** A rack whose two servers run Debian's heartbeat: whether this machine can, and what is on their disks. */
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import type { HaSpec } from '../common/contract/pair.ts';
import type { RackUpOptions } from '../common/contract/rack.ts';
import { IPFAIL_PATHS, renderNodeFiles } from '../common/setup/render.ts';
import { pairSpecOf } from './setup.ts';
import type { Setup } from './setup.ts';
import type { RackMode } from './support.ts';

/** What the package brings that a node needs; the nodes see the machine's own /usr. */
const DAEMON = '/usr/libexec/heartbeat/heartbeat';
const PACKAGE_FILES = [DAEMON, IPFAIL_PATHS[0], '/usr/bin/cl_status', '/usr/share/heartbeat/ResourceManager'];

/** One node's /etc/ha.d. */
export interface HeartbeatFiles {
  readonly haCf: string;
  readonly haresources: string;
  readonly authkeys: string;
}

/** Why such a rack cannot be had, or null. Of a start's options the reason is in words of the command line. */
export function heartbeatReason(mode: RackMode, options: Pick<RackUpOptions, 'reference' | 'twoLinks'>): string | null {
  const absent = PACKAGE_FILES.find((path) => !existsSync(path));
  if (absent !== undefined) {
    return `A rack of heartbeat daemons needs the package heartbeat on this machine (there is no ${absent}): apt-get install heartbeat.`;
  }
  if (mode !== 'root')
    return 'A rack of heartbeat daemons needs root: the daemon changes to its own user, whom an ordinary user cannot make.';
  if (options.reference === true || options.twoLinks === true)
    return 'The heartbeat daemon knows no conditions for a takeover (reference, two links): leave them out.';
  return null;
}

/** Files of both nodes, by name. The key is made anew for each rack. */
export function heartbeatFiles(setup: Setup, ha: HaSpec): Record<string, HeartbeatFiles> {
  const authkeys = `auth 1\n1 sha1 ${randomBytes(20).toString('hex')}\n`;
  const ssh = { host: '127.0.0.1', port: 22, user: 'root' };
  const nodes = setup.nodes.map(({ name }) => ({ name, ssh }));
  const pair = { ...pairSpecOf(setup, ha, nodes, 'none', {}), ha };
  return Object.fromEntries(
    setup.nodes.map(({ name }) => {
      const { haCf, haresources } = renderNodeFiles(pair, name);
      // The first line says who wrote the file for deploying; this one is nobody's but the server's.
      const own = haCf.split('\n').slice(1).join('\n');
      // All servers of the rack share this computer: a daemon that floods its log when its line hangs up, at a
      // real-time priority, would leave neither the other server nor the console a moment to run.
      return [name, { haCf: `realtime off\n${own}`, haresources, authkeys }];
    }),
  );
}
