/** The agent's memory of arrivals, whether a console looked or not: three days at a keepalive of one second, bounded in bytes. */
import type { AgentSample, Arrival } from '../../common/rpc/agentContract.ts';

const BLOCK_ARRIVALS = 4096;

/** Blocks kept of one stream: 262 144 arrivals (72.8 h at one a second), 4 MB. Filled only as time goes by. */
const BLOCKS_MAX = 64;

interface Block {
  readonly atMs: Float64Array;
  readonly gapMs: Float64Array;
  count: number;
}

export interface ArrivalPage {
  readonly atMonotonicMs: number[];
  readonly gapMs: number[];
  /** There are later ones. */
  readonly more: boolean;
}

class Memory {
  private blocks: Block[] = [];

  add({ atMonotonicMs, gapMs }: Arrival): void {
    let block = this.blocks.at(-1);
    if (block === undefined || block.count === BLOCK_ARRIVALS) {
      block = { atMs: new Float64Array(BLOCK_ARRIVALS), gapMs: new Float64Array(BLOCK_ARRIVALS), count: 0 };
      this.blocks.push(block);
      if (this.blocks.length > BLOCKS_MAX) this.blocks.shift();
    }
    block.atMs[block.count] = atMonotonicMs;
    block.gapMs[block.count] = gapMs;
    block.count += 1;
  }

  page(afterMs: number, limit: number): ArrivalPage {
    const page: ArrivalPage = { atMonotonicMs: [], gapMs: [], more: false };
    for (const block of this.blocks) {
      if ((block.atMs[block.count - 1] ?? 0) <= afterMs) continue;
      for (let i = 0; i < block.count; i += 1) {
        const atMs = block.atMs[i] ?? 0;
        if (atMs <= afterMs) continue;
        if (page.atMonotonicMs.length === limit) return { ...page, more: true };
        page.atMonotonicMs.push(atMs);
        page.gapMs.push(block.gapMs[i] ?? 0);
      }
    }
    return page;
  }
}

export class ArrivalLog {
  private readonly merged = new Memory();
  private readonly links = new Map<string, Memory>();

  /** Keeps what a sample brought. */
  take(sample: AgentSample): void {
    for (const arrival of sample.arrivals ?? []) this.merged.add(arrival);
    for (const link of sample.links) {
      let memory = this.links.get(link.id);
      if (memory === undefined) this.links.set(link.id, (memory = new Memory()));
      for (const arrival of link.arrivals ?? []) memory.add(arrival);
    }
  }

  /** Of one link, or with null of all together, those after `afterMs`, oldest first. An unknown link has none. */
  page(link: string | null, afterMs: number, limit: number): ArrivalPage {
    const memory = link === null ? this.merged : this.links.get(link);
    return memory?.page(afterMs, limit) ?? { atMonotonicMs: [], gapMs: [], more: false };
  }
}
