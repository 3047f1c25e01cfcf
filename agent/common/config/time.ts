/** Durations as ha.cf writes them (reference, section 5). */

/** Longest duration taken, about 24 days: beyond it timers of this kind wrap. */
export const DURATION_MS_MAX = 0x7fff_ffff;

const DURATION = /^([0-9]+(?:\.[0-9]*)?|\.[0-9]+)\s*([a-z]*)$/i;

/** Milliseconds of each unit; no unit means seconds. There is no `s`: the real daemon refuses it too. */
const UNIT_MS: ReadonlyMap<string, number> = new Map([
  ['', 1000],
  ['ms', 1],
  ['msec', 1],
  ['msecs', 1],
  ['us', 0.001],
  ['usec', 0.001],
  ['usecs', 0.001],
]);

/** Milliseconds, rounded, or null when `text` is no duration. */
export function parseDurationMs(text: string): number | null {
  const shape = DURATION.exec(text);
  const unitMs = UNIT_MS.get((shape?.[2] ?? '').toLowerCase());
  if (shape === null || unitMs === undefined) return null;
  const ms = Math.floor(Number(shape[1]) * unitMs + 0.5);
  return ms <= DURATION_MS_MAX ? ms : null;
}

/** As ha.cf would write it: whole seconds bare, anything else in ms. */
export function formatDuration(ms: number): string {
  const whole = Math.round(ms);
  return whole % 1000 === 0 ? String(whole / 1000) : `${whole}ms`;
}
