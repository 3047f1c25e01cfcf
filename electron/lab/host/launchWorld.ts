import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { readFileSync } from 'node:fs';
import type { HostConfig } from './hostConfig.ts';

/** What `unshare` gets so that the world has everything of its own and dies as a whole. */
export function namespaceFlags(mode: HostConfig['mode']): string[] {
  const user = mode === 'rootless' ? ['--user', '--map-root-user'] : [];
  return [...user, '--net', '--mount', '--uts', '--ipc', '--pid', '--fork', '--kill-child', '--mount-proc'];
}

/** The process tree of the world, seen from outside. */
export interface LaunchedWorld {
  readonly child: ChildProcess;
  /** Resolves with the last words on standard error when every process in it is dead. */
  readonly ended: Promise<string>;
  /** PID 1 of the world in our own numbers; its view of the file system is below /proc/PID/root. */
  initPid(): number;
  /** Kills all of it at once. */
  kill(): void;
}

/**
 * Starts the world: host → setpriv → unshare → sh (PID 1) → node. Each link's death ends all below it:
 * the host's by the parent-death signal that setpriv asks for, unshare's by --kill-child, the
 * shell's by being PID 1, and node's because the shell then has nothing left to wait for. The shell is there to
 * reap: PID 1 adopts every orphan, and Node would leave them as zombies.
 */
export function launchWorld(config: HostConfig): LaunchedWorld {
  const { nodePath, entry } = config.install;
  const argv = [
    ...['--pdeathsig', 'KILL', 'unshare', ...namespaceFlags(config.mode), '--'],
    // Real daemons lock themselves into memory; a desktop's limit would make them complain.
    ...['sh', '-c', 'ulimit -l unlimited 2>/dev/null; "$@"; exit $?', 'rack-world', nodePath, entry, 'world'],
  ];
  const child = spawn('setpriv', argv, {
    cwd: '/',
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin', ELECTRON_RUN_AS_NODE: '1' },
  });
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-4000);
    process.stderr.write(text);
  });
  const ended = new Promise<string>((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', () => resolve(said.trim()));
  });
  const initPid = (): number => {
    const children = readFileSync(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8');
    return Number(children.trim().split(' ')[0]);
  };
  const kill = (): void => {
    try {
      process.kill(initPid(), 'SIGKILL');
    } catch {
      // Not that far yet, or gone already.
    }
    // Its parent only when the above did not reach it: with PID 1 dead unshare ends by itself, after the last process.
    setTimeout(() => child.kill('SIGKILL'), 2000).unref();
  };
  return { child, ended, initPid, kill };
}
