/**
 * A real OpenSSH server on loopback, on a free port, with its own host keys and its own
 * configuration in a temporary directory. Killed by pid; leaves nothing behind.
 */
import { spawn, spawnSync } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';

const SSHD = '/usr/sbin/sshd';

/** Why no sshd can be started here, or null. */
export function sshdMissing(): string | null {
  if (!existsSync(SSHD)) return 'openssh-server is not installed';
  return process.getuid?.() === 0 ? null : 'needs root (sshd separates privileges)';
}

/** A port that was free a moment ago. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export interface TestSshd {
  readonly dir: string;
  readonly port: number;
  readonly user: string;
  /** Unencrypted ed25519 key that the server accepts for `user`. */
  readonly clientKeyPem: string;
  readonly clientKeyFile: string;
  /** Public host key lines as in the .pub files, by type. */
  hostKey(type: 'ed25519' | 'rsa'): string;
  start(): Promise<void>;
  /** The listening process; sessions are its children. */
  readonly pid: number;
  /** Pids of the processes that serve the open connections. */
  sessionPids(): number[];
  signalAll(signal: 'SIGSTOP' | 'SIGCONT'): void;
  stop(): Promise<void>;
  /** Replaces the host keys: a reinstalled server. */
  newHostKeys(): void;
  /** Everything the server said. */
  log(): string;
  dispose(): Promise<void>;
}

function keygen(file: string, type: string, passphrase = ''): void {
  rmSync(file, { force: true });
  rmSync(`${file}.pub`, { force: true });
  const made = spawnSync('ssh-keygen', [
    '-q',
    '-t',
    type,
    '-N',
    passphrase,
    '-C',
    'test',
    '-f',
    file,
    ...(type === 'rsa' ? ['-b', '3072'] : []),
  ]);
  if (made.status !== 0) throw new Error(made.stderr.toString());
}

function childrenOf(pid: number): number[] {
  const out = spawnSync('ps', ['-o', 'pid=', '--ppid', String(pid)]).stdout.toString();
  return out
    .split('\n')
    .map(Number)
    .filter((child) => child > 0);
}

/** Everything below a process, depth first. */
function descendantsOf(pid: number): number[] {
  return childrenOf(pid).flatMap((child) => [...descendantsOf(child), child]);
}

/** A short-lived command may have ended between being listed and being signalled. */
function signalIfThere(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** `hostKeyTypes` default ed25519 and rsa; `extraConfig` is put in front of sshd_config. */
export async function testSshd(
  options: { hostKeyTypes?: ('ed25519' | 'rsa')[]; extraConfig?: string } = {},
): Promise<TestSshd> {
  const dir = mkdtempSync(join(tmpdir(), 'twinbeat-sshd-'));
  const port = await freePort();
  const types = options.hostKeyTypes ?? ['ed25519', 'rsa'];
  const clientKeyFile = join(dir, 'client');
  keygen(clientKeyFile, 'ed25519');
  writeFileSync(join(dir, 'authorized_keys'), readFileSync(`${clientKeyFile}.pub`), { mode: 0o600 });
  mkdirSync('/run/sshd', { recursive: true });
  const newHostKeys = (): void => types.forEach((type) => keygen(join(dir, `host_${type}`), type));
  newHostKeys();
  const config = [
    options.extraConfig ?? '',
    `ListenAddress 127.0.0.1:${port}`,
    ...types.map((type) => `HostKey ${join(dir, `host_${type}`)}`),
    `AuthorizedKeysFile ${join(dir, 'authorized_keys')}`,
    'PermitRootLogin yes',
    'StrictModes no',
    'UsePAM no',
    'UseDNS no',
    'PrintMotd no',
    'PidFile none',
    'LogLevel VERBOSE',
  ].join('\n');
  writeFileSync(join(dir, 'sshd_config'), `${config}\n`);
  let server: ChildProcess | null = null;
  let text = '';
  const self: TestSshd = {
    dir,
    port,
    user: userInfo().username,
    clientKeyFile,
    clientKeyPem: readFileSync(clientKeyFile, 'utf8'),
    hostKey: (type) => readFileSync(join(dir, `host_${type}.pub`), 'utf8').trim(),
    newHostKeys,
    get pid() {
      return server?.pid ?? 0;
    },
    async start() {
      server = spawn(SSHD, ['-D', '-e', '-f', join(dir, 'sshd_config')], { stdio: ['ignore', 'ignore', 'pipe'] });
      server.stderr?.on('data', (chunk: Buffer) => (text += chunk.toString()));
      for (let tries = 0; ; tries++) {
        const socket = connect(port, '127.0.0.1');
        const up = await Promise.race([
          once(socket, 'connect').then(() => true),
          once(socket, 'error').then(() => false),
        ]).catch(() => false);
        socket.destroy();
        if (up) return;
        if (tries > 200 || server.exitCode !== null) throw new Error(`sshd did not start: ${text}`);
        await new Promise((resolve) => setTimeout(resolve, 25));
      }
    },
    sessionPids: () => (server?.pid === undefined ? [] : childrenOf(server.pid)),
    signalAll(signal) {
      for (const pid of [self.pid, ...descendantsOf(self.pid)]) signalIfThere(pid, signal);
    },
    async stop() {
      if (server === null || server.exitCode !== null || server.signalCode !== null) return;
      const sessions = descendantsOf(self.pid);
      const exited = once(server, 'exit');
      server.kill('SIGKILL');
      for (const pid of sessions) signalIfThere(pid, 'SIGKILL');
      await exited;
      server = null;
    },
    log: () => text,
    async dispose() {
      await self.stop();
      rmSync(dir, { recursive: true, force: true });
    },
  };
  return self;
}
