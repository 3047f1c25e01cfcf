/**
 * Programs of ha.cf's respawn and failfast lines: run while this node is active, in a process group of their own, and
 * started again when they end (reference, section 7.4). None of them outlives the agent, however that ends: each has a
 * keeper, a shell that holds the other end of a pipe and kills the group when the pipe breaks.
 */
import { execFile, spawn, type ChildProcess } from 'node:child_process';
import { elapsedMs, type Instant } from '../../common/base/instant.ts';
import type { EventDraft } from '../../common/timeline/event.ts';
import type { Timers } from '../host/timers.ts';
import { isIpfail } from './setup.ts';

export interface RespawnLine {
  readonly user: string;
  readonly command: string;
  readonly failfast: boolean;
}

export interface RespawnHost {
  readonly timers: Timers;
  /** heartbeat's HA_… variables, added to a minimal environment. */
  readonly environment: Readonly<Record<string, string>>;
  now(): Instant;
  publish(draft: EventDraft): void;
  /** A failfast program failed. True: the watchdog resets this node for it. */
  resetNode(why: string): boolean;
}

/** A program that ends with it does not want to be started again. */
const EXIT_NO_RESPAWN = 100;
/** A run shorter than this is a quick end. */
const QUICK_END_MS = 30_000;
/** More quick ends in a row than this, and the program is given up. */
const QUICK_ENDS_MAX = 10;
/** Between TERM and KILL at the stop. */
const STOP_MS = 5000;

/**
 * `$0`: the command line. Descriptor 3 is the agent's end of the pipe; when it breaks, the group is ended from within.
 * TERM reaches the command by its group, so the keeper itself only waits for it. `wait` returns early for a trapped
 * signal, which is told from an end by the command still being there.
 */
const KEEPER = `
echo 0 2>/dev/null >/proc/self/oom_score_adj
trap : TERM INT HUP
/bin/sh -c "exec $0" 3<&- &
child=$!
( trap '' TERM INT HUP; read -r _ <&3; kill -TERM -$$; sleep 3; kill -KILL -$$ ) &
watcher=$!
while :; do wait $child; status=$?; kill -0 $child 2>/dev/null || break; done
kill -KILL $watcher 2>/dev/null
exit $status
`;

interface Running {
  readonly line: RespawnLine;
  child: ChildProcess | null;
  startedAt: Instant;
  quickEnds: number;
}

function numberOf(user: string, flag: '-u' | '-g'): Promise<number | null> {
  return new Promise((resolve) => {
    execFile('id', [flag, '--', user], { timeout: 5000 }, (error, stdout) => {
      const value = Number(stdout.trim());
      resolve(error === null && Number.isInteger(value) ? value : null);
    });
  });
}

export class Respawn {
  private readonly lines: readonly RespawnLine[];
  private readonly host: RespawnHost;
  private running: Running[] = [];
  private problems: string[] = [];
  /** Counts starts, so that what a stop overtook does not go on. */
  private round = 0;

  constructor(lines: readonly RespawnLine[], host: RespawnHost) {
    this.lines = lines;
    this.host = host;
  }

  /** Starts everything, in the order of the file. Once; a second call before `stop` does nothing. */
  async start(): Promise<void> {
    if (this.round % 2 === 1) return;
    const round = ++this.round;
    for (const detail of this.problems.splice(0)) this.say('info', true, detail);
    for (const line of this.lines) {
      if (isIpfail(line.command)) {
        this.log('info', `${line.command} is not started: the engine compares the ping nodes itself`);
        continue;
      }
      const ids = [await numberOf(line.user, '-u'), await numberOf(line.user, '-g')] as const;
      if (this.round !== round) return;
      const [uid, gid] = ids;
      if (uid === null || gid === null) this.problem(`there is no user ${line.user} to run ${line.command} as`);
      else {
        const entry: Running = { line, child: null, startedAt: this.host.now(), quickEnds: 0 };
        this.running.push(entry);
        this.spawn(entry, uid, gid);
      }
    }
  }

  /** Ends everything, the last one first; resolves when all have ended. */
  async stop(): Promise<void> {
    if (this.round % 2 === 0) return;
    this.round += 1;
    for (const entry of this.running.toReversed()) await this.end(entry);
    this.running = [];
  }

  private spawn(entry: Running, uid: number, gid: number): void {
    const { command } = entry.line;
    this.log('info', `Starting child client "${command}" (${uid},${gid})`);
    entry.startedAt = this.host.now();
    const child = spawn('/bin/sh', ['-c', KEEPER, command], {
      stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
      detached: true,
      cwd: '/',
      env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin', LANG: 'C', ...this.host.environment },
      // Only when it is another user: without the right to change it, our own can still be run as.
      ...(uid === process.getuid?.() ? {} : { uid, gid }),
    });
    child.stdio[3]?.on('error', () => undefined);
    entry.child = child;
    const round = this.round;
    const ended = (how: string, status: number | null): void => {
      if (entry.child !== child) return;
      entry.child = null;
      if (this.round === round) this.ended(entry, how, status, () => this.spawn(entry, uid, gid));
    };
    child.once('error', (error) => ended(`cannot be started: ${error.message}`, null));
    child.once('exit', (status, signal) => ended(`ended with ${status ?? signal ?? 'nothing'}`, status));
  }

  private ended(entry: Running, how: string, status: number | null, again: () => void): void {
    const { command, failfast } = entry.line;
    if (status === EXIT_NO_RESPAWN) {
      this.log('info', `"${command}" ${how}: it is not started again`);
      return;
    }
    if (failfast && status !== 0) {
      const reset = this.host.resetNode(`"${command}" ${how}`);
      this.problem(`failfast "${command}" ${how}${reset ? '' : '; no watchdog resets this node'}`);
      if (reset) return;
    }
    const quick = elapsedMs(entry.startedAt, this.host.now()) < QUICK_END_MS;
    entry.quickEnds = quick ? entry.quickEnds + 1 : 0;
    if (entry.quickEnds > QUICK_ENDS_MAX) {
      this.problem(`"${command}" ${how}, ${entry.quickEnds} times in a row within ${QUICK_END_MS / 1000} s: given up`);
      return;
    }
    this.log('error', `Respawning client "${command}" (it ${how})`);
    again();
  }

  private end(entry: Running): Promise<void> {
    const { child } = entry;
    const pid = child?.pid;
    if (child === null || pid === undefined) return Promise.resolve();
    const signal = (name: NodeJS.Signals): void => {
      try {
        process.kill(-pid, name);
      } catch {
        // Gone already.
      }
    };
    return new Promise((resolve) => {
      const cancel = this.host.timers.after(STOP_MS, () => signal('SIGKILL'));
      child.once('exit', () => {
        cancel();
        // What the command left in its group.
        signal('SIGKILL');
        resolve();
      });
      signal('SIGTERM');
    });
  }

  private log(severity: 'info' | 'error', text: string): void {
    this.host.publish({ severity, body: { kind: 'log', text } });
  }

  private problem(detail: string): void {
    this.problems.push(detail);
    this.say('error', false, detail);
  }

  private say(severity: 'info' | 'error', over: boolean, detail: string): void {
    this.host.publish({ severity, body: { kind: 'problem', code: 'respawn-failed', over, detail } });
  }
}
