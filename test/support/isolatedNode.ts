/**
 * A server to deploy to, out of namespaces: own name, processes, network and a disk that is an
 * overlay on this machine's, so that nothing outside is touched. Its sshd answers on a pipe
 * (`sshd -i`), one process a connection, which a test can kill. Needs root.
 */
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Duplex } from 'node:stream';
import { fingerprint } from '../../electron/core/ssh/index.ts';
import type { Dial } from '../../electron/core/ssh/index.ts';
import { sshdMissing } from './sshd.ts';

/** Parts of the disk that a deployment writes to. */
const OVERLAID = ['etc', 'var', 'root'];

/** What a deployment may change; run time files that differ from start to start are left out. */
const WATCHED = ['/etc', '/opt', '/usr/local', '/var/lib', '/var/log', '/run'];

const BOOT_SH = String.raw`
set -e
hostname "$1"
mount -t tmpfs tmpfs "$2"
shift 2
work=$PWD
for part in "$@"; do
  mkdir -p "$work/disk/$part/upper" "$work/disk/$part/work"
  mount -t overlay overlay -o "lowerdir=/$part,upperdir=$work/disk/$part/upper,workdir=$work/disk/$part/work" "/$part"
done
# Empty: what this machine keeps there can be large, and a bare server has no /usr/local/sbin.
for part in /run /opt /usr/local; do mount -t tmpfs -o mode=755 tmpfs $part; done
mkdir -p /run/sshd /run/lock
ip link set lo up
echo up
# Orphans are reaped by the wait for each sleep.
while :; do sleep 0.2; done
`;

/** Why there can be no such node here, or null. */
export function isolationMissing(): string | null {
  const missing = sshdMissing();
  if (missing !== null) return missing;
  return spawnSync('unshare', ['--mount', '--pid', '--net', '--uts', '--fork', 'true']).status === 0
    ? null
    : 'namespaces cannot be made here';
}

export interface IsolatedNode {
  readonly name: string;
  readonly pid: number;
  readonly clientKeyPem: string;
  readonly hostKeySha256: string;
  readonly dial: Dial;
  /** Kills the servers of all open connections, as an unplugged cable or a crash would end them. */
  cut(): void;
  /** Runs a command inside, standard output as text; throws when it fails. */
  sh(command: string): string;
  /** Every watched path with mode, owner and content. */
  snapshot(): string;
  dispose(): Promise<void>;
}

export async function isolatedNode(name: string): Promise<IsolatedNode> {
  const dir = mkdtempSync(join(tmpdir(), 'twinbeat-node-'));
  const keys = mkdtempSync(join(tmpdir(), 'twinbeat-keys-'));
  for (const key of ['host', 'client'])
    spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', join(keys, key)]);
  // Readable for ordinary users too: sshd reads the accepted keys as the user who logs in.
  chmodSync(keys, 0o755);
  writeFileSync(
    join(keys, 'sshd_config'),
    [
      `HostKey ${join(keys, 'host')}`,
      `AuthorizedKeysFile ${join(keys, 'client.pub')}`,
      'StrictModes no',
      'PermitRootLogin yes',
      'UsePAM no',
      'PrintLastLog no',
      '',
    ].join('\n'),
  );
  const boot = spawn(
    'unshare',
    [
      '--mount',
      '--pid',
      '--net',
      '--uts',
      '--ipc',
      '--fork',
      '--kill-child',
      '--mount-proc',
      'sh',
      '-c',
      BOOT_SH,
      'boot',
      name,
      dir,
      ...OVERLAID,
    ],
    { cwd: dir, stdio: ['ignore', 'pipe', 'pipe'] },
  );
  let said = '';
  boot.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await Promise.race([
    once(boot.stdout, 'data'),
    once(boot, 'exit').then(() => {
      throw new Error(`the node did not boot: ${said}`);
    }),
  ]);
  const pid = Number(spawnSync('ps', ['-o', 'pid=', '--ppid', String(boot.pid)]).stdout.toString());
  const enter = ['-t', String(pid), '-a'];
  const servers = new Set<ChildProcess>();
  const sh = (command: string): string => {
    const ran = spawnSync('nsenter', [...enter, 'sh', '-c', command], { maxBuffer: 64 << 20 });
    if (ran.status !== 0) throw new Error(`${command}: ${ran.stderr.toString()}`);
    return ran.stdout.toString();
  };
  const publicKey = readFileSync(join(keys, 'host.pub'), 'utf8').split(' ')[1] ?? '';
  return {
    name,
    pid,
    clientKeyPem: readFileSync(join(keys, 'client'), 'utf8'),
    hostKeySha256: fingerprint(Buffer.from(publicKey, 'base64')),
    dial: () => {
      const server = spawn('nsenter', [...enter, '/usr/sbin/sshd', '-i', '-e', '-f', join(keys, 'sshd_config')], {
        stdio: ['pipe', 'pipe', 'ignore'],
      });
      servers.add(server);
      server.stdin.on('error', () => undefined);
      const stream = Duplex.from({ readable: server.stdout, writable: server.stdin });
      server.on('exit', () => {
        servers.delete(server);
        stream.destroy();
      });
      stream.on('close', () => server.kill('SIGKILL'));
      return stream;
    },
    cut: () => servers.forEach((server) => server.kill('SIGKILL')),
    sh,
    snapshot: () =>
      sh(
        `find ${WATCHED.join(' ')} \\( -path /run/sshd -o -path /etc/mtab \\) -prune -o -printf '%M %U:%G %p %l\\n' | sort -k 3; ` +
          `find /etc /opt /usr/local /var/lib/twinbeat* -type f -exec sha256sum {} + 2>/dev/null | sort -k 2`,
      ),
    async dispose() {
      for (const server of servers) server.kill('SIGKILL');
      if (boot.exitCode === null && boot.signalCode === null) {
        const exited = once(boot, 'exit');
        process.kill(pid, 'SIGKILL');
        await exited;
      }
      rmSync(dir, { recursive: true, force: true });
      rmSync(keys, { recursive: true, force: true });
    },
  };
}

/** Joins two nodes by a cable: interface `name` on both, with addresses `<prefix>.1` and `<prefix>.2`. */
export function joinNodes(first: IsolatedNode, second: IsolatedNode, name: string, prefix: string): void {
  const made = spawnSync('ip', [
    'link',
    'add',
    name,
    'netns',
    String(first.pid),
    'type',
    'veth',
    'peer',
    'name',
    name,
    'netns',
    String(second.pid),
  ]);
  if (made.status !== 0) throw new Error(made.stderr.toString());
  for (const [node, last] of [
    [first, 1],
    [second, 2],
  ] as const) {
    node.sh(`ip addr add ${prefix}.${last}/24 dev ${name} && ip link set ${name} up`);
  }
  // The kernel announces a new link's state up to a second late.
  for (const node of [first, second]) {
    node.sh(`for try in $(seq 50); do ip link show ${name} | grep -q 'state UP' && exit; sleep 0.1; done; exit 1`);
  }
}
