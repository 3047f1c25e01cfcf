/** Can this machine carry a rack, and how? */
import { spawn } from 'node:child_process';
import { namespaceFlags } from './host/launchWorld.ts';

export type RackMode = 'root' | 'rootless';

export interface RackSupport {
  readonly available: boolean;
  readonly mode: RackMode | null;
  /** One sentence: why not and what to do; empty when available. */
  readonly reason: string;
}

/** Longest trial in ms. It takes some 20; a machine that needs longer is stuck. */
const TRIAL_MS_MAX = 5000;

interface Outcome {
  readonly status: number | null;
  readonly missing: boolean;
  readonly stderr: string;
}

function attempt(file: string, args: readonly string[]): Promise<Outcome> {
  return new Promise((resolve) => {
    const child = spawn(file, args, { stdio: ['ignore', 'ignore', 'pipe'] });
    // Not spawn's own timeout: where the file is missing that one stays armed and holds the process.
    const timer = setTimeout(() => child.kill('SIGKILL'), TRIAL_MS_MAX);
    const finish = (outcome: Outcome): void => {
      clearTimeout(timer);
      resolve(outcome);
    };
    let stderr = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr += text));
    child.on('error', ({ code, message }: NodeJS.ErrnoException) =>
      finish({ status: null, missing: code === 'ENOENT', stderr: message }),
    );
    child.on('close', (status) => finish({ status, missing: false, stderr: stderr.trim() }));
  });
}

const TOOLS: readonly (readonly [string, readonly string[], string])[] = [
  ['unshare', ['--version'], 'util-linux'],
  ['nsenter', ['--version'], 'util-linux'],
  ['setpriv', ['--version'], 'util-linux'],
  ['ip', ['-V'], 'iproute2'],
  ['hostname', [], 'hostname'],
];

/** What the world does first, in small: mounts, a bridge, a nested namespace. */
const TRIAL =
  'mount -t tmpfs tmpfs /mnt && ip link add lan type bridge && ip link add x type veth peer name y && ' +
  'unshare --net --mount --uts --ipc --pid --fork --kill-child mount -t proc proc /proc';

function rootlessReason(stderr: string): string {
  const how =
    'start the console as root, or let users make namespaces: sysctl kernel.apparmor_restrict_unprivileged_userns=0 ' +
    '(Ubuntu), sysctl kernel.unprivileged_userns_clone=1 (older Debian), or user.max_user_namespaces above 0';
  return `The kernel does not let this user make the namespaces that the rack needs (${stderr.split('\n')[0] ?? ''}): ${how}.`;
}

/** Tries it for real, in some ten milliseconds, and leaves nothing behind. Never rejects. */
export async function rackSupport(): Promise<RackSupport> {
  const no = (reason: string): RackSupport => ({ available: false, mode: null, reason });
  if (process.platform !== 'linux')
    return no('The rack needs Linux: run the console on a Linux machine, or connect to real servers.');
  for (const [tool, args, pkg] of TOOLS) {
    const { missing } = await attempt(tool, args);
    if (missing) return no(`The rack needs the command ${tool}: install the package ${pkg}.`);
  }
  const trial = (mode: RackMode) => attempt('unshare', [...namespaceFlags(mode), '--', 'sh', '-c', TRIAL]);
  // Real root first: only without a user namespace do all users and groups exist, as real daemons expect.
  if (process.getuid?.() === 0 && (await trial('root')).status === 0)
    return { available: true, mode: 'root', reason: '' };
  const rootless = await trial('rootless');
  if (rootless.status === 0) return { available: true, mode: 'rootless', reason: '' };
  return no(rootlessReason(rootless.stderr));
}
