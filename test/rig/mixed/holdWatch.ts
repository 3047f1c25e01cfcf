/**
 * Who holds which address, as the kernels of both nodes tell it: `ip monitor` on each, on one wall clock. Nothing is sampled, so
 * two holders at once cannot hide between two looks.
 */
import type { RackHandle, RackProgram } from '../../../electron/lab/index.ts';

/**
 * Two holders for less than this are not counted. The times are those at which `ip` was scheduled to read the kernel's message, and
 * a hand-over releases on one node some milliseconds before it acquires on the other: on a busy machine the two can look swapped.
 */
const DUAL_COUNTED_MS = 1000;

/** One node held one address from then to then; `toMs` is null while it does. */
interface Span {
  readonly node: string;
  readonly address: string;
  readonly fromMs: number;
  toMs: number | null;
}

/** Milliseconds of wall time in which two nodes held an address, inside [fromMs, toMs]. */
export interface Dual {
  readonly address: string;
  readonly fromMs: number;
  readonly toMs: number;
}

export class HoldWatch {
  private readonly rack: RackHandle;
  private readonly addresses: readonly string[];
  private readonly programs = new Map<string, RackProgram>();
  private readonly spans: Span[] = [];

  constructor(rack: RackHandle, addresses: readonly string[]) {
    this.rack = rack;
    this.addresses = addresses;
  }

  /** Follows a node that holds none of the addresses yet: one that has just booted. */
  attach(node: string): void {
    const program = this.rack.spawnOn(node, ['env', 'TZ=UTC', 'ip', '-4', '-ts', '-o', 'monitor', 'address']);
    this.programs.set(node, program);
    void this.follow(node, program);
  }

  private async follow(node: string, program: RackProgram): Promise<void> {
    for await (const line of program.lines) this.take(node, line);
    // The node lost its power, and its addresses with it.
    for (const span of this.spans) if (span.node === node && span.toMs === null) span.toMs = Date.now();
  }

  private take(node: string, line: string): void {
    const [, time, deleted, address] = /^\[([^\]]+)\] (Deleted )?\d+: \S+\s+inet ([\d.]+)\//.exec(line) ?? [];
    if (time === undefined || address === undefined || !this.addresses.includes(address)) return;
    const atMs = Date.parse(`${time.slice(0, 23)}Z`);
    const open = this.spans.find((span) => span.node === node && span.address === address && span.toMs === null);
    if (deleted !== undefined && open !== undefined) open.toMs = atMs;
    if (deleted === undefined && open === undefined) this.spans.push({ node, address, fromMs: atMs, toMs: null });
  }

  /** Times in which an address had two holders, within the given window of wall time. */
  duals(fromMs: number, toMs: number): Dual[] {
    const found: Dual[] = [];
    for (const [i, one] of this.spans.entries()) {
      for (const other of this.spans.slice(i + 1)) {
        if (one.address !== other.address || one.node === other.node) continue;
        const from = Math.max(one.fromMs, other.fromMs, fromMs);
        const to = Math.min(one.toMs ?? Infinity, other.toMs ?? Infinity, toMs);
        if (to - from > DUAL_COUNTED_MS) found.push({ address: one.address, fromMs: from, toMs: to });
      }
    }
    return found;
  }

  stop(): void {
    for (const program of this.programs.values()) program.kill();
    this.programs.clear();
  }
}
