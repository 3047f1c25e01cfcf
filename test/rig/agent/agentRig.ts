/**
 * Two real agents in two network namespaces: a LAN through a bridge in a third (where clients live), a crossover
 * veth, and a null-modem cable of two ptys. Everything is named after this process and removed by `down`.
 */
import { execFile, spawn, spawnSync, type ChildProcess } from 'node:child_process';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { AgentStatus } from '../../../agent/common/rpc/agentContract.ts';
import { readJournal } from '../../../agent/node/journal/journal.ts';
import type { TimelineEvent } from '../../../agent/common/timeline/event.ts';

/** A namespace of this process's rig. */
const namespaceOf = (name: string): string => `tb${process.pid}${name}`;
const ROOT = join(import.meta.dirname, '..', '..', '..');
export const MAIN = join(ROOT, 'agent', 'node', 'main.ts');
export const VIP = '10.77.0.100';

export type Side = 'a' | 'b';
export const OTHER: Readonly<Record<Side, Side>> = { a: 'b', b: 'a' };

export interface RigOptions {
  readonly keepaliveMs: number;
  readonly deadtimeMs: number;
  readonly autoFailback: 'on' | 'off';
  readonly serial: boolean;
  readonly haresources: string;
}

export const RIG_DEFAULTS: RigOptions = {
  keepaliveMs: 200,
  deadtimeMs: 2000,
  autoFailback: 'off',
  serial: true,
  haresources: `nodea IPaddr::${VIP}/24/eth0 svc::one`,
};

function must(command: string, ...args: string[]): string {
  const run = spawnSync(command, args, { encoding: 'utf8', timeout: 60_000 });
  if (run.status !== 0) throw new Error(`${command} ${args.join(' ')}: ${run.stderr}`);
  return run.stdout;
}

export class AgentRig {
  readonly options: RigOptions;
  readonly dir: string;
  private readonly cable: ChildProcess;
  private readonly ttys: string[];
  private readonly agents = new Map<Side, ChildProcess>();
  private readonly adopted: number[] = [];
  private readonly errors: Record<Side, string> = { a: '', b: '' };

  /** Builds the rig; nothing runs in it yet. */
  static async up(options: Partial<RigOptions> = {}): Promise<AgentRig> {
    const dir = mkdtempSync(join(tmpdir(), 'twinbeat-agent-'));
    const namespaces = ['a', 'b', 'c'].map(namespaceOf);
    const cable = spawn(process.execPath, [join(import.meta.dirname, 'cable.ts'), dir, ...namespaces], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    const line = await new Promise<string>((resolve, reject) => {
      cable.stdout.once('data', (text: Buffer) => resolve(text.toString()));
      cable.once('error', reject);
      cable.once('exit', () => reject(new Error('the cable ended')));
    });
    return new AgentRig({ ...RIG_DEFAULTS, ...options }, dir, cable, line.trim().split(' '));
  }

  private constructor(options: RigOptions, dir: string, cable: ChildProcess, ttys: string[]) {
    this.options = options;
    this.cable = cable;
    this.ttys = ttys;
    this.dir = dir;
    for (const ns of ['a', 'b', 'c']) {
      must('ip', 'netns', 'add', namespaceOf(ns));
      this.ip(ns, 'link', 'set', 'lo', 'up');
    }
    this.ip('c', 'link', 'add', 'br0', 'type', 'bridge');
    this.ip('c', 'addr', 'add', '10.77.0.254/24', 'dev', 'br0');
    this.ip('c', 'addr', 'add', 'fd77::fe/64', 'dev', 'br0', 'nodad');
    this.ip('c', 'link', 'set', 'br0', 'up');
    (['a', 'b'] as const).forEach((side, i) => {
      must(
        'ip',
        'link',
        'add',
        'eth0',
        'netns',
        namespaceOf(side),
        'type',
        'veth',
        'peer',
        'name',
        `p${side}`,
        'netns',
        namespaceOf('c'),
      );
      this.ip('c', 'link', 'set', `p${side}`, 'master', 'br0', 'up');
      this.ip(side, 'addr', 'add', `10.77.0.${i + 1}/24`, 'brd', '+', 'dev', 'eth0');
      this.ip(side, 'addr', 'add', `fd77::${i + 1}/64`, 'dev', 'eth0', 'nodad');
      this.ip(side, 'link', 'set', 'eth0', 'up');
    });
    must(
      'ip',
      'link',
      'add',
      'eth1',
      'netns',
      namespaceOf('a'),
      'type',
      'veth',
      'peer',
      'name',
      'eth1',
      'netns',
      namespaceOf('b'),
    );
    this.ip('a', 'addr', 'add', '10.78.0.1/24', 'brd', '+', 'dev', 'eth1');
    this.ip('b', 'addr', 'add', '10.78.0.2/24', 'brd', '+', 'dev', 'eth1');
    for (const side of ['a', 'b']) this.ip(side, 'link', 'set', 'eth1', 'up');
    for (const side of ['a', 'b'] as const) this.configure(side);
  }

  namespace(name: string): string {
    return namespaceOf(name);
  }

  ip(ns: string, ...args: string[]): string {
    return must('ip', '-n', namespaceOf(ns), ...args);
  }

  /** Runs a command in a namespace, whatever comes of it. */
  exec(ns: string, ...argv: string[]): Promise<{ status: number | null; stdout: string; stderr: string }> {
    return new Promise((resolve) => {
      execFile(
        'ip',
        ['netns', 'exec', namespaceOf(ns), ...argv],
        { timeout: 30_000, maxBuffer: 1 << 24 },
        (error, stdout, stderr) => {
          const status = error === null ? 0 : typeof error.code === 'number' ? error.code : null;
          resolve({ status, stdout, stderr });
        },
      );
    });
  }

  place(side: Side, name: string): string {
    return join(this.dir, side, name);
  }

  ttyPath(side: Side): string {
    return join(this.dir, side, 'ttyS0');
  }

  /** Puts the serial port in place. */
  plugSerial(side: Side): void {
    symlinkSync(this.ttys[side === 'a' ? 0 : 1] ?? '', this.ttyPath(side));
  }

  /** Cuts the serial cable, or joins it again; `from`: only what this side sends. */
  cutSerial(cut: boolean, from?: Side): void {
    this.cable.stdin?.write(`${cut ? 'cut' : 'join'}${from === undefined ? '' : ` ${from}`}\n`);
  }

  /** The driver hangs the port up and the device goes, as when a USB adapter is pulled. */
  pullAdapter(side: Side): void {
    this.unplugSerial(side);
    this.cable.stdin?.write(`unplug ${side}\n`);
  }

  /** The adapter is back, under the name that ha.cf has. */
  async returnAdapter(side: Side): Promise<void> {
    const path = new Promise<string>((resolve) => this.cable.stdout?.once('data', (text) => resolve(String(text))));
    this.cable.stdin?.write(`plug ${side}\n`);
    this.ttys[side === 'a' ? 0 : 1] = (await path).trim();
    this.plugSerial(side);
  }

  /** Everything that either side sends over the serial line from now on, piece by piece. */
  tapSerial(listener: (from: Side, text: string) => void): void {
    let rest = '';
    this.cable.stdout?.on('data', (text: Buffer) => {
      const lines = (rest + text.toString()).split('\n');
      rest = lines.pop() ?? '';
      for (const [from, data = ''] of lines.map((line) => line.split(' '))) {
        if (from === 'a' || from === 'b') listener(from, Buffer.from(data, 'base64').toString('latin1'));
      }
    });
    this.cable.stdin?.write('tap\n');
  }

  unplugSerial(side: Side): void {
    unlinkSync(this.ttyPath(side));
  }

  private configure(side: Side): void {
    const { keepaliveMs, deadtimeMs, autoFailback, serial } = this.options;
    const config = this.place(side, 'ha.d');
    mkdirSync(join(config, 'resource.d'), { recursive: true });
    const ha = [
      `logfile ${this.place(side, 'ha-log')}`,
      `keepalive ${keepaliveMs}ms`,
      `warntime ${deadtimeMs / 2}ms`,
      `deadtime ${deadtimeMs}ms`,
      `initdead ${deadtimeMs + 1000}ms`,
      `auto_failback ${autoFailback}`,
      'udpport 1694',
      'baud 19200',
      ...(serial ? [`serial ${this.ttyPath(side)}`] : []),
      'bcast eth1',
      `ucast eth0 10.77.0.${side === 'a' ? 2 : 1}`,
      'node nodea nodeb',
    ];
    writeFileSync(join(config, 'ha.cf'), `${ha.join('\n')}\n`);
    writeFileSync(join(config, 'haresources'), `${this.options.haresources}\n`);
    writeFileSync(join(config, 'authkeys'), 'auth 1\n1 sha1 RigSecret\n', { mode: 0o600 });
    const flag = this.place(side, 'svc-running');
    this.script(
      side,
      'svc',
      `case "$2" in start) : > ${flag};; stop) rm -f ${flag};; status) [ -e ${flag} ] && echo running || echo "not running";; esac\n`,
    );
    if (serial) this.plugSerial(side);
  }

  /** Another haresources on both nodes, for a group that needs a place of this rig. */
  group(haresources: string): void {
    for (const side of ['a', 'b'] as const) {
      writeFileSync(join(this.place(side, 'ha.d'), 'haresources'), `${haresources}\n`);
    }
  }

  /** A resource script of the node. */
  script(side: Side, name: string, body: string): void {
    writeFileSync(join(this.place(side, 'ha.d/resource.d'), name), `#!/bin/sh\n${body}\n`, { mode: 0o755 });
  }

  private args(side: Side): string[] {
    const places = [
      '--config-dir',
      this.place(side, 'ha.d'),
      '--state-dir',
      this.place(side, 'state'),
      '--run-dir',
      this.place(side, 'run'),
    ];
    return [...places, '--node', `node${side}`];
  }

  start(side: Side): void {
    this.errors[side] = '';
    const child = spawn('ip', ['netns', 'exec', namespaceOf(side), process.execPath, MAIN, 'run', ...this.args(side)], {
      stdio: ['ignore', 'ignore', 'pipe'],
    });
    child.stderr.on('data', (text: Buffer) => (this.errors[side] += text.toString()));
    this.agents.set(side, child);
  }

  /** What the agent wrote to standard error. */
  stderr(side: Side): string {
    return this.errors[side];
  }

  pid(side: Side): number {
    return this.agents.get(side)?.pid ?? 0;
  }

  signal(side: Side, name: NodeJS.Signals): void {
    this.agents.get(side)?.kill(name);
  }

  /** Exit status once the agent has ended; null after a signal. */
  exited(side: Side): Promise<number | null> {
    const child = this.agents.get(side);
    if (child === undefined) return Promise.resolve(null);
    if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve(child.exitCode);
    return new Promise((resolve) => child.once('exit', (code) => resolve(code)));
  }

  /** A verb's whole command line, namespace included. */
  commandLine(side: Side, verb: string, ...rest: string[]): string[] {
    return ['ip', 'netns', 'exec', namespaceOf(side), process.execPath, MAIN, verb, ...rest, ...this.args(side)];
  }

  /** Runs one verb of the command line on a node. */
  command(side: Side, verb: string, ...rest: string[]) {
    return this.exec(side, process.execPath, MAIN, verb, ...rest, ...this.args(side));
  }

  /** An agent that something else started (a guard) is this rig's to end as well. */
  adopt(side: Side, pid: number): void {
    this.adopted.push(pid);
    this.agents.delete(side);
  }

  async status(side: Side): Promise<AgentStatus | null> {
    const run = await this.command(side, 'status', '--json');
    return run.status === 0 ? (JSON.parse(run.stdout) as AgentStatus) : null;
  }

  /** The node has the address on an interface, by the kernel's word. */
  holds(side: Side, address = VIP): boolean {
    return this.ip(side, '-j', 'addr', 'show', 'to', address).includes(`"${address}"`);
  }

  serviceRuns(side: Side): boolean {
    return existsSync(this.place(side, 'svc-running'));
  }

  log(side: Side): string {
    try {
      return readFileSync(this.place(side, 'ha-log'), 'utf8');
    } catch {
      return '';
    }
  }

  /** Waits until the agent's log says it: a log line may come a moment after what the kernel already shows. */
  async logs(side: Side, line: RegExp | string, from = 0): Promise<void> {
    await this.until(`${side} logs ${String(line)}`, () => {
      const text = this.log(side).slice(from);
      return typeof line === 'string' ? text.includes(line) : line.test(text);
    });
  }

  /** The node's journal on disk. */
  events(side: Side): readonly TimelineEvent[] {
    return readJournal(this.place(side, 'state')) ?? [];
  }

  /** Waits until `condition` holds; fails with what the agents said when it does not come true in time. */
  async until(what: string, condition: () => boolean | Promise<boolean>, timeoutMs = 30_000): Promise<void> {
    const deadline = performance.now() + timeoutMs;
    while (!(await condition())) {
      if (performance.now() > deadline) {
        throw new Error(
          `not within ${timeoutMs} ms: ${what}\n--- a\n${this.stderr('a')}${this.log('a')}--- b\n${this.stderr('b')}${this.log('b')}`,
        );
      }
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  async down(): Promise<void> {
    for (const [side, child] of this.agents) {
      child.kill('SIGCONT');
      child.kill('SIGKILL');
      await this.exited(side);
    }
    for (const side of ['a', 'b'] as const) {
      const faults = this.place(side, 'state/faults');
      for (const id of existsSync(faults) ? readdirSync(faults) : []) {
        // The guard leads a session of its own: it and its sleep.
        const guard = Number(readFileSync(join(faults, id, 'guard.pid'), 'utf8'));
        if (guard > 0) this.adopted.push(-guard);
      }
    }
    for (const pid of this.adopted) {
      try {
        if (pid !== 0) process.kill(pid, 'SIGKILL');
      } catch {
        // Ended by itself.
      }
    }
    this.cable.kill('SIGKILL');
    for (const ns of ['a', 'b', 'c']) spawnSync('ip', ['netns', 'del', namespaceOf(ns)]);
    rmSync(this.dir, { recursive: true, force: true });
  }
}
