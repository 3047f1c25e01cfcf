/** What a fault costs the nodes while it is on: processor time of the engine, growth of the logs. */
import type { NodeCost } from '../../common/drill/record.ts';
import type { DrillScript } from '../../common/drill/script.ts';
import type { DrillStage } from './stage.ts';

/** Bytes of the logs that an engine writes to, directly or through the system's logger. */
const LOG_BYTES_COMMAND =
  'cat /var/log/ha-log /var/log/ha-debug /var/log/syslog /var/log/messages /var/log/daemon.log 2>/dev/null | wc -c';

interface Reading {
  readonly atMs: number;
  readonly pid: number | null;
  readonly cpuSeconds: number | null;
  readonly logBytes: number | null;
}

export class CostMeter {
  private readonly stage: DrillStage;
  /** Reading takes a command on each node: only for a drill that judges it. */
  private readonly isWanted: boolean;
  private first: ReadonlyMap<string, Reading> | null = null;
  private last: ReadonlyMap<string, Reading> | null = null;

  constructor(stage: DrillStage, script: DrillScript) {
    this.stage = stage;
    this.isWanted = script.pass.some((c) => c.check === 'cpu' || c.check === 'log-growth');
  }

  private async read(): Promise<ReadonlyMap<string, Reading>> {
    const readings = this.stage.feeds.map(async (feed): Promise<[string, Reading]> => {
      const said = feed.client === null ? null : await this.stage.run(feed.node, LOG_BYTES_COMMAND);
      const bytes = said === null ? Number.NaN : Number(said.trim());
      const { status } = feed;
      const isFresh = feed.client !== null && status !== null;
      return [
        feed.node,
        {
          atMs: this.stage.session.nowMs(),
          pid: isFresh ? status.pid : null,
          cpuSeconds: isFresh ? status.resources.cpuSeconds : null,
          logBytes: Number.isFinite(bytes) ? bytes : null,
        },
      ];
    });
    return new Map(await Promise.all(readings));
  }

  /** Before the first fault; later ones of the same run change nothing. */
  async begin(): Promise<void> {
    if (this.isWanted) this.first ??= await this.read();
  }

  /** Before a heal. */
  async end(): Promise<void> {
    if (this.first !== null) this.last = await this.read();
  }

  /** A node that was restarted meanwhile has no processor time to compare. */
  costs(): NodeCost[] {
    const { first, last } = this;
    if (first === null || last === null) return [];
    return [...first].map(([node, a]) => {
      const b = last.get(node);
      const elapsedMs = b === undefined ? 0 : b.atMs - a.atMs;
      const isSame = b !== undefined && elapsedMs > 0 && a.pid !== null && a.pid === b.pid;
      const cpuPercent =
        isSame && a.cpuSeconds !== null && b.cpuSeconds !== null
          ? ((b.cpuSeconds - a.cpuSeconds) * 100_000) / elapsedMs
          : null;
      const logKilobytesPerMinute =
        b !== undefined && elapsedMs > 0 && a.logBytes !== null && b.logBytes !== null
          ? ((b.logBytes - a.logBytes) / 1024) * (60_000 / elapsedMs)
          : null;
      return { node, cpuPercent, logKilobytesPerMinute };
    });
  }
}
