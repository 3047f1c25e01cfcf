/** Measures what a client in the rack sees when the holder of the VIP goes away. */
import { join } from 'node:path';
import type { PairInRack } from '../support/pairStory.ts';
import { VIP } from '../support/pairStory.ts';

const AGENT = join(import.meta.dirname, '..', '..', 'build', 'agent', 'twinbeat-agent.cjs');
export const PROBE_PERIOD_MS = 10;
/** Good answers in a row that end an outage. */
const GOOD_IN_A_ROW = 5;

interface ProbeLine {
  readonly dueMonotonicMs: number;
  readonly ok: boolean;
  readonly answeredBy: string | null;
}

export interface Outage {
  /** First failed request (by its due time) to the first of several good ones, milliseconds. */
  readonly outageMs: number;
  /** From just before the cause to the first good answer of the other node, milliseconds. */
  readonly untilServedMs: number;
  /** The cause, and the first request that the other node served (by its due time), Unix epoch milliseconds of this machine. */
  readonly causedAtWallMs: number;
  readonly servedAtWallMs: number;
  readonly before: string | null;
  readonly after: string | null;
}

/** Runs the probe on the client, does `cause`, and waits until the other node serves. */
export async function measureOutage(pair: PairInRack, cause: () => Promise<void>, withinMs: number): Promise<Outage> {
  const url = `http://${VIP}/`;
  const probe = pair.rack.spawnOn('client', [
    process.execPath,
    AGENT,
    'probe',
    '--http',
    url,
    '--period-ms',
    String(PROBE_PERIOD_MS),
    '--timeout-ms',
    '1000',
  ]);
  const lines: ProbeLine[] = [];
  let causedAtMs: number | null = null;
  let result: Outage | null = null;
  const deadline = performance.now() + withinMs;
  const causeOnce = async (): Promise<void> => {
    // Somewhere in the keepalive period: the probe's start is not aligned with the heartbeats.
    causedAtMs = Number(process.hrtime.bigint()) / 1e6;
    await cause();
  };
  let causing: Promise<void> | null = null;
  for await (const line of probe.lines) {
    lines.push(JSON.parse(line) as ProbeLine);
    if (causing === null && lines.filter((l) => l.ok).length >= 50) causing = causeOnce();
    if (causedAtMs !== null) result = evaluate(lines, causedAtMs);
    if (result !== null || performance.now() > deadline) break;
  }
  probe.kill();
  await causing;
  if (result === null) throw new Error(`the client was not served again within ${withinMs} ms`);
  return result;
}

function evaluate(lines: readonly ProbeLine[], causedAtMs: number): Outage | null {
  const sorted = [...lines].sort((x, y) => x.dueMonotonicMs - y.dueMonotonicMs);
  const before = sorted.find((l) => l.ok)?.answeredBy ?? null;
  const firstBad = sorted.findIndex((l) => !l.ok && l.dueMonotonicMs >= causedAtMs - 1000);
  if (firstBad < 0) return null;
  for (let i = firstBad + 1; i + GOOD_IN_A_ROW <= sorted.length; i++) {
    const run = sorted.slice(i, i + GOOD_IN_A_ROW);
    if (!run.every((l) => l.ok && l.answeredBy !== before)) continue;
    const at = run[0] as ProbeLine;
    // One machine, two clocks: what has passed since, by the monotonic one, taken off the wall clock.
    const wallOf = (monotonicMs: number): number => Date.now() - (Number(process.hrtime.bigint()) / 1e6 - monotonicMs);
    return {
      causedAtWallMs: wallOf(causedAtMs),
      servedAtWallMs: wallOf(at.dueMonotonicMs),
      outageMs: at.dueMonotonicMs - (sorted[firstBad] as ProbeLine).dueMonotonicMs,
      untilServedMs: at.dueMonotonicMs - causedAtMs,
      before,
      after: at.answeredBy,
    };
  }
  return null;
}
