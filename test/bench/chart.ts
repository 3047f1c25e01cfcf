/** Cost of one live update of the monitor in Chromium, from the browser's own accounts. */
import { openStage } from '../e2e/ui/page.ts';

export interface ChartCost {
  readonly points: string;
  /** Main-thread time of one update, milliseconds: everything the page does in the window divided by its updates. */
  readonly perUpdateMs: number;
  readonly scriptMs: number;
  readonly heapMiB: number;
}

const WINDOW_S = 10;
const UPDATES_PER_S = 10;

/** Opens the page on the scripted console with both agents live and watches it for ten seconds. */
export async function chartCost(): Promise<ChartCost> {
  const stage = await openStage({ warm: true, size: { width: 1920, height: 1080 } });
  try {
    await stage.page.waitForTimeout(5000);
    const cdp = await stage.page.context().newCDPSession(stage.page);
    await cdp.send('Performance.enable');
    const read = async (): Promise<Map<string, number>> => {
      const { metrics } = await cdp.send('Performance.getMetrics');
      return new Map(metrics.map((m) => [m.name, m.value]));
    };
    const before = await read();
    await stage.page.waitForTimeout(WINDOW_S * 1000);
    const after = await read();
    const spentMs = (name: string): number => ((after.get(name) ?? 0) - (before.get(name) ?? 0)) * 1000;
    const updates = WINDOW_S * UPDATES_PER_S;
    return {
      points: '4 directions, 1 min, 1920×1080',
      perUpdateMs: spentMs('TaskDuration') / updates,
      scriptMs: spentMs('ScriptDuration') / updates,
      heapMiB: (after.get('JSHeapUsedSize') ?? 0) / (1 << 20),
    };
  } finally {
    await stage.close();
  }
}
