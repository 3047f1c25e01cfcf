/**
 * The address guard: a shell beside the agent that takes the virtual addresses off this node within milliseconds when
 * the agent is killed. Without it the node goes on answering for them while the peer takes over (the real daemon's
 * M1), because addresses belong to the kernel and nobody is left to remove them.
 *
 * It notices the death by the end of its standard input, which no kill can hold back, in a session of its own, deaf to
 * everything but KILL. It does nothing when the agent ends in order (it is told so first), nor when the agent hangs:
 * then the pipe stays open, and the watchdog is what helps.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fail, ok, type Result } from '../../common/base/result.ts';
import { sleep, type Timers } from '../host/timers.ts';

/** Names the process in the list of processes, and proves to a later agent whose guard a pid is. */
const MARK = 'twinbeat-address-guard';
/** Exit status when there is no `ip` command to work with. */
const NO_IP = 69;
/**
 * A shell and no second agent: it costs 1 MB. `flush to` takes an address off whatever interface carries it, with
 * whatever prefix, and is content when there is none. One `ip` for all of them.
 */
const SCRIPT = `trap '' HUP INT TERM QUIT PIPE
command -v ip >/dev/null || exit ${NO_IP}
record=$1
shift
echo ready
while read -r word; do
  [ "$word" = bye ] && exit 0
done
for address do
  case $address in *:*) echo "addr flush to $address/128" ;; *) echo "addr flush to $address/32" ;; esac
done | ip -force -batch -
date +%s >"$record"
`;
const READY_MS = 2000;
const BYE_MS = 1000;
const AGAIN_MS = 1000;
const EARLIER_MS = 2000;
const POLL_MS = 10;

export interface AddressGuardHost {
  /** Where its pid and the trace of its work are kept. */
  readonly runDir: string;
  /** Every virtual address of the configuration. */
  readonly addresses: readonly string[];
  readonly timers: Timers;
  /** `problem`: there is no guard, and why; null: there is one again. */
  guarded(problem: string | null): void;
}

export class AddressGuard {
  private readonly host: AddressGuardHost;
  private child: ChildProcess | null = null;
  private dismissed = false;
  private cancelAgain: () => void = () => undefined;

  constructor(host: AddressGuardHost) {
    this.host = host;
  }

  /** When the guard of an agent that died before this one did its work, Unix epoch seconds; null: none did. Read once. */
  earlierDeath(): number | null {
    try {
      const seconds = Number(readFileSync(this.record, 'latin1').trim());
      rmSync(this.record, { force: true });
      return Number.isFinite(seconds) && seconds > 0 ? seconds : null;
    } catch {
      return null;
    }
  }

  /** Waits for the guard of an earlier agent to finish, ends it when it does not, and starts ours. Never throws. */
  async start(): Promise<void> {
    await this.endEarlier();
    const started = await this.launch();
    this.host.guarded(started.ok ? null : started.detail);
    if (!started.ok && started.reason === 'not-ready') this.startAgain();
  }

  /** In an orderly end: nothing is left to guard. */
  async dismiss(): Promise<void> {
    this.dismissed = true;
    this.cancelAgain();
    const { child } = this;
    this.child = null;
    if (child === null || child.exitCode !== null || child.signalCode !== null) return;
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    child.stdin?.write('bye\n');
    await Promise.race([gone, sleep(this.host.timers, BYE_MS)]);
    child.kill('SIGKILL');
    rmSync(this.pidFile, { force: true });
  }

  private get pidFile(): string {
    return join(this.host.runDir, 'address-guard.pid');
  }

  private get record(): string {
    return join(this.host.runDir, 'address-guard.acted');
  }

  private launch(): Promise<Result<null, 'no-ip' | 'not-ready'>> {
    const { addresses, timers } = this.host;
    return new Promise((resolve) => {
      const child = spawn('/bin/sh', ['-c', SCRIPT, MARK, this.record, ...addresses], {
        detached: true,
        stdio: ['pipe', 'pipe', 'ignore'],
        cwd: '/',
        env: { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' },
      });
      this.child = child;
      const cancel = timers.after(READY_MS, () => resolve(fail('not-ready', 'the address guard did not start')));
      const refuse = (reason: 'no-ip' | 'not-ready', detail: string): void => {
        cancel();
        resolve(fail(reason, detail));
      };
      child.stdin.on('error', () => undefined);
      child.once('error', (error) => refuse('not-ready', error.message));
      child.once('exit', (status) => {
        const detail = status === NO_IP ? 'there is no ip command' : 'the address guard ended';
        refuse(status === NO_IP ? 'no-ip' : 'not-ready', detail);
        if (status !== NO_IP && this.child === child) this.lost(detail);
      });
      child.stdout.once('data', () => {
        cancel();
        this.notePid(child.pid ?? 0);
        resolve(ok(null));
      });
    });
  }

  private lost(detail: string): void {
    this.child = null;
    if (this.dismissed) return;
    this.host.guarded(detail);
    this.startAgain();
  }

  private startAgain(): void {
    this.cancelAgain();
    this.cancelAgain = this.host.timers.after(AGAIN_MS, () => void this.start());
  }

  private notePid(pid: number): void {
    try {
      writeFileSync(this.pidFile, `${pid}\n`);
    } catch {
      // A later agent then cannot wait for this guard; it finishes in milliseconds all the same.
    }
  }

  /** A guard that is still at work would take the addresses from the agent that is just starting. */
  private async endEarlier(): Promise<void> {
    for (let waitedMs = 0; waitedMs < EARLIER_MS; waitedMs += POLL_MS) {
      if (this.earlierPid() === null) return;
      await sleep(this.host.timers, POLL_MS);
    }
    const pid = this.earlierPid();
    try {
      if (pid !== null) process.kill(pid, 'SIGKILL');
    } catch {
      // It ended by itself.
    }
  }

  private earlierPid(): number | null {
    try {
      const pid = Number(readFileSync(this.pidFile, 'latin1').trim());
      const isGuard = readFileSync(`/proc/${pid}/cmdline`, 'latin1').includes(MARK);
      return isGuard && pid !== this.child?.pid ? pid : null;
    } catch {
      return null;
    }
  }
}
