/**
 * The open-loop probe of the VIP. The agent's bundle has it as a subcommand, so the very same
 * probe runs on the rack's client host, on this computer, or on any third host. It is a process
 * of its own: what slows the console down does not slow the probe.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { ProbeSpec } from '../../common/contract/pair.ts';
import type { ProbeSample } from '../../common/contract/session.ts';
import { say } from '../../common/words/sentence.ts';
import { WITNESS_STARTING } from '../../common/verdict/witnesses.ts';
import { sleepMs } from '../base/time.ts';
import type { SpawnedLines } from '../service/ports.ts';
import type { Session } from '../session/session.ts';

/** One line of `twinbeat-agent probe`. */
const ProbeLineSchema = z.object({
  dueMonotonicMs: z.number(),
  ok: z.boolean(),
  answeredBy: z.string().nullable(),
  latencyMs: z.number().nullable(),
  error: z.string().nullable(),
});

/** Pause before a probe that ended is started again, milliseconds. */
const RESTART_PAUSE_MS = 1000;

/** What starts a probe somewhere: argv without the program in front. */
export interface ProbeHost {
  /** For people: `this computer`, `client host of the rack`. */
  readonly name: string;
  start(argv: readonly string[]): SpawnedLines;
}

/**
 * A request that takes longer counts as failed. It must stay below TCP's first retransmission
 * (1 s): a SYN that is repeated into the new holder would otherwise hide the last second of an outage.
 */
export function probeTimeoutMs(periodMs: number): number {
  return Math.min(800, Math.max(400, 2 * periodMs));
}

/** Arguments of the agent's probe subcommand. */
export function probeArgv(spec: ProbeSpec): string[] {
  const host = spec.address.includes(':') ? `[${spec.address}]` : spec.address;
  const path = spec.path.startsWith('/') ? spec.path : `/${spec.path}`;
  const target =
    spec.kind === 'http' ? ['--http', `http://${host}:${spec.port}${path}`] : ['--tcp', `${host}:${spec.port}`];
  return [
    'probe',
    ...target,
    '--period-ms',
    String(spec.periodMs),
    '--timeout-ms',
    String(probeTimeoutMs(spec.periodMs)),
  ];
}

/** What is probed, as people write it. */
export function probeTarget(spec: ProbeSpec): string {
  return spec.kind === 'http' ? `http://${spec.address}:${spec.port}${spec.path}` : `${spec.address}:${spec.port}`;
}

/** Starts the bundle with `runtime` (a Node of at least 22) on this computer. */
export function localProbeHost(runtime: string, bundle: string): ProbeHost {
  return {
    name: 'this computer',
    start: (argv) => {
      const child = spawn(runtime, [bundle, ...argv], { stdio: ['pipe', 'pipe', 'ignore'] });
      const exit = new Promise<number | null>((resolve) => {
        child.once('exit', (status) => resolve(status));
        child.once('error', () => resolve(null));
      });
      return { lines: createInterface({ input: child.stdout }), exit, kill: () => child.kill('SIGTERM') };
    },
  };
}

/** Parses one line; null for what is not a probe line. The time stays the probe host's monotonic clock, which is this computer's. */
export function parseProbeLine(line: string): z.infer<typeof ProbeLineSchema> | null {
  try {
    return ProbeLineSchema.parse(JSON.parse(line));
  } catch {
    return null;
  }
}

/** Keeps one probe running and feeds the session until it is closed. */
export class Probe {
  readonly spec: ProbeSpec;
  readonly from: string;

  private readonly host: ProbeHost;
  private readonly session: Session;
  private readonly stop = new AbortController();
  private readonly running: Promise<void>;
  private child: SpawnedLines | null = null;
  private last_: ProbeSample | null = null;
  private lastOk_: ProbeSample | null = null;
  private detail_: string = WITNESS_STARTING;

  constructor(spec: ProbeSpec, host: ProbeHost, session: Session) {
    this.spec = spec;
    this.from = host.name;
    this.host = host;
    this.session = session;
    this.running = this.run();
  }

  get isRunning(): boolean {
    return this.child !== null;
  }

  get detail(): string {
    return this.detail_;
  }

  /** The newest result by due time. */
  get last(): ProbeSample | null {
    return this.last_;
  }

  get lastOk(): ProbeSample | null {
    return this.lastOk_;
  }

  async close(): Promise<void> {
    this.stop.abort();
    this.child?.kill();
    await this.running;
  }

  private async run(): Promise<void> {
    while (!this.stop.signal.aborted) {
      const child = this.host.start(probeArgv(this.spec));
      this.child = child;
      this.detail_ = '';
      try {
        for await (const line of child.lines) this.take(line);
      } catch {
        // The pipe broke with the process; its exit says the rest.
      }
      const status = await child.exit;
      this.child = null;
      const why = status === null ? say('gapProbeLost') : say('gapProbeEnded', { status });
      this.detail_ = why.detail;
      this.session.openGap('probe', this.last_?.tMs ?? this.session.nowMs(), why);
      await sleepMs(RESTART_PAUSE_MS, this.stop.signal);
    }
  }

  private take(line: string): void {
    const parsed = parseProbeLine(line);
    if (parsed === null) return;
    const { dueMonotonicMs, ...result } = parsed;
    const sample: ProbeSample = { tMs: this.session.axisMs(dueMonotonicMs), ...result };
    this.session.closeGap('probe', sample.tMs);
    // Results arrive as requests end, not as they were due.
    if (this.last_ === null || sample.tMs > this.last_.tMs) this.last_ = sample;
    if (sample.ok && (this.lastOk_ === null || sample.tMs > this.lastOk_.tMs)) this.lastOk_ = sample;
    this.session.addProbe(sample);
  }
}
