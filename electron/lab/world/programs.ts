/** Programs that are run inside the rack for somebody outside: the probe on the client host, helpers on a node. */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import type { CancelSignal } from '../../../agent/common/rpc/cancel.ts';
import type { SpawnEvent } from '../protocol.ts';

/** Standard error kept for the caller, in UTF-16 units. */
const STDERR_KEPT = 4000;

/** Lines that may wait for a slow reader before the program is made to wait. */
const LINES_WAITING_MAX = 1000;

/** How to enter one host of the rack: the words in front of the program's own. */
export type Entrance = readonly string[];

/** Entrance of a host that has only a network of its own. */
export function networkEntrance(pid: number): Entrance {
  return ['nsenter', `--net=/proc/${pid}/ns/net`, '--'];
}

/** Entrance of a node whose PID 1 is `pid`. */
export function nodeEntrance(pid: number): Entrance {
  const path = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin';
  const environment = ['env', '-i', `PATH=${path}`, 'HOME=/root', 'USER=root', 'LANG=C.UTF-8'];
  return [
    'nsenter',
    '--target',
    `${pid}`,
    '--mount',
    '--uts',
    '--ipc',
    '--net',
    '--pid',
    '--wdns=/root',
    '--',
    ...environment,
  ];
}

/** Runs a program until it ends or `signal` fires, which kills it and what it started in its process group. */
export async function* runProgram(
  entrance: Entrance,
  argv: readonly string[],
  signal: CancelSignal,
): AsyncGenerator<SpawnEvent> {
  const [file = 'false', ...rest] = [...entrance, ...argv];
  const child = spawn(file, rest, { stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (stderr = (stderr + text).slice(-STDERR_KEPT)));
  const waiting: SpawnEvent[] = [];
  let wake: (() => void) | null = null;
  const add = (event: SpawnEvent): void => {
    waiting.push(event);
    if (waiting.length > LINES_WAITING_MAX) child.stdout.pause();
    wake?.();
  };
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (text) => add({ kind: 'line', text }));
  child.on('error', (error) => add({ kind: 'exit', status: null, stderr: error.message }));
  child.on('close', (status) => add({ kind: 'exit', status, stderr }));
  const kill = (): void => {
    if (child.pid === undefined || child.exitCode !== null) return;
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch {
      // Ended meanwhile.
    }
  };
  signal.addEventListener('abort', kill, { once: true });
  try {
    for (;;) {
      const event = waiting.shift();
      if (event === undefined) {
        child.stdout.resume();
        await new Promise<void>((resolve) => (wake = resolve));
        wake = null;
        continue;
      }
      yield event;
      if (event.kind === 'exit') return;
    }
  } finally {
    signal.removeEventListener('abort', kill);
    kill();
  }
}
