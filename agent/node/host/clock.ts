/** The host's clocks and identity, read once here so that everything else takes them as parameters. */
import { readFileSync } from 'node:fs';
import type { Instant } from '../../common/base/instant.ts';

/** This process's reading of CLOCK_MONOTONIC. Shared by all threads of all processes of one host. */
export function monotonicNow(): Instant {
  return { monotonicMs: Number(process.hrtime.bigint()) / 1e6 };
}

/**
 * Milliseconds since boot including time spent suspended (CLOCK_BOOTTIME, 10 ms grain), or null where
 * /proc is not mounted. Its distance to the monotonic clock grows exactly by every suspend.
 */
export function bootTimeMs(): number | null {
  try {
    const seconds = Number.parseFloat(readFileSync('/proc/uptime', 'latin1'));
    return Number.isFinite(seconds) ? seconds * 1000 : null;
  } catch {
    return null;
  }
}

/** Differs after every boot of the host; `unknown` where the kernel does not say. */
export function bootId(): string {
  try {
    return readFileSync('/proc/sys/kernel/random/boot_id', 'latin1').trim();
  } catch {
    return 'unknown';
  }
}

/** First line of /proc/loadavg, or `n/a` as Linux-HA writes it. */
export function loadAverage(): string {
  try {
    return readFileSync('/proc/loadavg', 'latin1').split('\n', 1)[0] ?? 'n/a';
  } catch {
    return 'n/a';
  }
}
