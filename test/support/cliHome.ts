/** The real command line as a process, in a world of its own: neither the user's rack nor the user's profiles are touched. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'vitest';
import type { StatusReport } from '../../electron/cli/statusReport.ts';
import { until } from './rackRun.ts';

export const CLI_MAIN = join(import.meta.dirname, '../../electron/cli/main.ts');

export interface Ran {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

export class CliHome {
  readonly dir = mkdtempSync(join(tmpdir(), 'twinbeat-cli-'));
  readonly env: NodeJS.ProcessEnv;
  private readonly sweeper: ChildProcess;

  constructor() {
    mkdirSync(join(this.dir, 'run'), { mode: 0o700 });
    this.env = { ...process.env, HOME: this.dir, XDG_RUNTIME_DIR: join(this.dir, 'run') };
    for (const name of ['XDG_CONFIG_HOME', 'XDG_DATA_HOME', 'XDG_CACHE_HOME', 'TWINBEAT_PASSWORD'])
      delete this.env[name];
    // A rack of the command line outlives its console on purpose: here it ends with the test, also with one that is killed.
    const sweep = 'cat; "$@" rack down; rm -rf "$0"';
    this.sweeper = spawn('/bin/sh', ['-c', sweep, this.dir, process.execPath, CLI_MAIN], {
      env: this.env,
      stdio: ['pipe', 'ignore', 'ignore'],
      detached: true,
    });
  }

  /** Runs one verb to its end. */
  run(args: readonly string[], over: NodeJS.ProcessEnv = {}): Promise<Ran> {
    const child = spawn(process.execPath, [CLI_MAIN, ...args], {
      env: { ...this.env, ...over },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [out, err] = ['', ''];
    child.stdout.on('data', (chunk: Buffer) => (out += chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => (err += chunk.toString()));
    return new Promise((resolve) => child.once('close', (status) => resolve({ status, out, err })));
  }

  /** Runs with --json and gives the one document; fails with what the program said. */
  async json<T>(args: readonly string[]): Promise<T> {
    const ran = await this.run([...args, '--json']);
    expect({ args, status: ran.status, err: ran.err }).toEqual({ args, status: 0, err: '' });
    expect(ran.out.trimEnd().split('\n')).toHaveLength(1);
    return JSON.parse(ran.out) as T;
  }

  status(): Promise<StatusReport> {
    return this.json<StatusReport>(['status', '--rack']);
  }

  /** Both nodes active, one holder, the client served by it. */
  settled(): Promise<StatusReport> {
    return until(
      'both nodes active, one holder, the client served by it',
      async () => {
        const now = await this.status();
        const isWell =
          now.nodes.every((n) => n.status === 'active') &&
          now.vip?.verdict === 'one' &&
          now.vip.answeredBy === now.vip.holder;
        return isWell ? now : null;
      },
      { withinMs: 60_000, everyMs: 500 },
    );
  }

  /** Racks of this home that are there. */
  racks(): string[] {
    const base = join(this.dir, 'run', 'twinbeat');
    return existsSync(base) ? readdirSync(base) : [];
  }

  /** Takes a rack down that a failed test left, and removes everything. */
  async dispose(): Promise<void> {
    const swept = new Promise((resolve) => this.sweeper.once('exit', resolve));
    this.sweeper.stdin?.end();
    await swept;
  }
}
