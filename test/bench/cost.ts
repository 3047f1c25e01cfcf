/** What running costs: processor and memory of a settled daemon, and of one live update of the charts. */
import type { HaNode } from '../support/haNodes.ts';
import type { PairInRack } from '../support/pairStory.ts';
import { runOn } from '../support/rackRun.ts';

export interface DaemonCost {
  /** Share of one processor, percent. */
  readonly cpuPercent: number;
  /** Proportional set size of all its processes, MiB: shared pages are counted once. */
  readonly pssMiB: number;
}

const WINDOW_S = 15;

/** Sum over the daemon's processes of ticks and PSS, in one line; the same for both engines. */
function countScript(pattern: string): string {
  return [
    't=0; p=0',
    `for pid in $(pgrep -f '${pattern}' | grep -v "^$$\$"); do`,
    '  set -- $(sed "s/.*) //" /proc/$pid/stat 2>/dev/null) || continue',
    '  t=$((t + ${12:-0} + ${13:-0}))',
    '  k=$(sed -n "s/^Pss: *\\([0-9]*\\) kB/\\1/p" /proc/$pid/smaps_rollup 2>/dev/null); p=$((p + ${k:-0}))',
    'done',
    'echo "$t $p"',
  ].join('\n');
}

/** Measures one node's daemon over a quarter of a minute of nothing happening. */
export async function daemonCost(pair: PairInRack, node: HaNode): Promise<DaemonCost> {
  const pattern = node.engine === 'twinbeat' ? '[t]winbeat-agent.cjs run' : '[h]eartbeat: ';
  const count = async (): Promise<[number, number]> => {
    const { lines } = await runOn(pair.rack, node.name, countScript(pattern));
    const [ticks = 0, pssKiB = 0] = (lines.at(-1) ?? '').split(' ').map(Number);
    return [ticks, pssKiB];
  };
  const [before] = await count();
  await new Promise((resolve) => setTimeout(resolve, WINDOW_S * 1000));
  const [after, pssKiB] = await count();
  // The kernel's clock ticks are hundredths of a second on every Linux this runs on (getconf CLK_TCK).
  return { cpuPercent: (after - before) / WINDOW_S, pssMiB: pssKiB / 1024 };
}
