/** Processes that own a network namespace: a host of the rack's LAN that is nothing but its network. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';

/** Starts a process whose only work is to own a network namespace; resolves once it has it. It ends with the world. */
export function keepNamespace(): Promise<ChildProcess> {
  const child = spawn('unshare', ['--net', 'sh', '-c', 'echo up; exec sleep infinity'], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  return new Promise((resolve, reject) => {
    child.stdout.once('data', () => resolve(child));
    child.once('exit', (status) => reject(new Error(`no network namespace for a host of the rack (status ${status})`)));
  });
}
