/**
 * A pair in a rack, of ours or of Debian's heartbeat daemons, to break behind the console's back; with witnesses that the console does not
 * have: each node's kernel, stamped by `ip` itself, and each daemon's log as it is written.
 */
import type { LiveSituation, SituationCode } from '../../../electron/common/contract/state.ts';
import type { RackProgram } from '../../../electron/lab/index.ts';
import { RackConsole } from '../../support/rackConsole.ts';
import { until } from '../../support/rackRun.ts';

export type Engine = 'twinbeat' | 'heartbeat';

/** The real daemon's own delays on a loaded machine forbid a deadtime as short as ours (reference, section 11.25). */
export const TIMING = {
  twinbeat: { keepaliveMs: 500, warntimeMs: 1200, deadtimeMs: 2000, initdeadMs: 3000 },
  heartbeat: { keepaliveMs: 500, warntimeMs: 2000, deadtimeMs: 4000, initdeadMs: 6000 },
} as const;

/** Bound for anything that a pair does by itself; the longest is a split of the real daemon's that heals. */
export const WITHIN = { withinMs: 90_000, everyMs: 50 };

/** One thing that is true, and when, in milliseconds on the session's axis. */
export interface Truth {
  readonly tMs: number;
  readonly node: string;
  readonly source: 'kernel' | 'log';
  readonly text: string;
}

export class NamingStage {
  readonly engine: Engine;
  readonly stage = new RackConsole();
  readonly truths: Truth[] = [];
  /** Every name that was ever said, with the newest of each. */
  readonly said = new Map<string, LiveSituation>();
  private readonly programs: RackProgram[] = [];
  private watching: NodeJS.Timeout | undefined;
  /** Unix epoch milliseconds at the axis' zero. Each state is a moment old when it is read: the smallest difference is the best. */
  private axisWallMs = Number.POSITIVE_INFINITY;

  constructor(engine: Engine) {
    this.engine = engine;
  }

  async up(): Promise<void> {
    await this.stage.up({ setup: 's5', engine: this.engine, ipfail: true, ...TIMING[this.engine] });
    this.watching = setInterval(() => this.look(), 25);
    for (const node of this.nodes) {
      this.follow(node, ['ip', '-ts', '-o', 'monitor', 'address'], 'kernel');
      this.follow(node, ['tail', '-n0', '-F', '/var/log/ha-log'], 'log');
    }
  }

  async down(): Promise<void> {
    clearInterval(this.watching);
    for (const program of this.programs) program.kill();
    await this.stage.close();
  }

  private look(): void {
    const { session, situations } = this.stage.state;
    if (session !== null) this.axisWallMs = Math.min(this.axisWallMs, Date.now() - session.nowMs);
    for (const s of situations ?? []) this.said.set(s.key, s);
  }

  private follow(node: string, argv: readonly string[], source: Truth['source']): void {
    const program = this.stage.rack.spawnOn(node, argv);
    this.programs.push(program);
    void (async () => {
      for await (const text of program.lines) {
        const stamp = /^\[([^\]]+)\]/.exec(text)?.[1];
        const wallMs = stamp === undefined ? Date.now() : Date.parse(stamp);
        this.truths.push({ tMs: wallMs - this.axisWallMs, node, source, text });
      }
    })();
  }

  get nodes(): readonly [string, string] {
    return this.stage.nodes;
  }

  get nowMs(): number {
    return Date.now() - this.axisWallMs;
  }

  get deadtimeMs(): number {
    return TIMING[this.engine].deadtimeMs;
  }

  get holder(): string {
    return this.stage.state.vips[0]?.holder ?? '';
  }

  other(node: string): string {
    return this.nodes.find((one) => one !== node) ?? '';
  }

  sh(node: string, script: string): Promise<string> {
    return this.stage.sh(node, script);
  }

  /** Cuts or joins one cable; a LAN cable by the node that it belongs to. */
  plug(id: 'serial' | 'crossover' | 'lan-a' | 'lan-b', aToB: boolean, bToA: boolean): Promise<void> {
    return this.stage.rack.cable(id, { aToB, bToA });
  }

  service(node: string, verb: 'start' | 'stop'): Promise<string> {
    return this.sh(node, `/etc/init.d/${this.engine === 'heartbeat' ? 'heartbeat' : 'twinbeat-agent'} ${verb} 2>&1`);
  }

  /** The first moment of all of these since `fromMs`: of each witness its first; null: one of them has not come. */
  allOf(
    fromMs: number,
    wanted: readonly { readonly node: string; readonly source: Truth['source']; readonly text: RegExp }[],
  ): number | null {
    const found = wanted.map(({ node, source, text }) =>
      this.truths.find((t) => t.tMs >= fromMs && t.node === node && t.source === source && text.test(t.text)),
    );
    return found.some((t) => t === undefined) ? null : Math.max(...found.map((t) => t?.tMs ?? 0));
  }

  /** The address came to a node's kernel. */
  added(fromMs: number, node: string): number | null {
    return this.allOf(fromMs, [{ node, source: 'kernel', text: /^(?!.*Deleted).* 192\.168\.2\.3\// }]);
  }

  removed(fromMs: number, node: string): number | null {
    return this.allOf(fromMs, [{ node, source: 'kernel', text: /Deleted.* 192\.168\.2\.3\// }]);
  }

  /** Names of that code said since `fromMs`. */
  namesOf(code: SituationCode, fromMs: number): LiveSituation[] {
    return [...this.said.values()].filter((s) => s.code === code && s.namedAtMs >= fromMs);
  }

  until<T>(what: string, look: () => T | null): Promise<T> {
    return until(what, look, WITHIN);
  }

  settled(): Promise<void> {
    return this.stage.settled();
  }
}
