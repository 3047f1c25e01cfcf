/** Numbers for the screen, of constant width where they change: nothing may jump. */

/** What stands where a number is not known. Never a zero. */
export const UNKNOWN_TEXT = '–';

/** Seconds with two decimals, e.g. `1.84 s`, `−0.20 s`; for margins and countdowns. */
export function seconds(ms: number | null, decimals = 2): string {
  if (ms === null || Number.isNaN(ms)) return UNKNOWN_TEXT;
  const text = (Math.abs(ms) / 1000).toFixed(decimals);
  return `${ms < 0 && Number(text) !== 0 ? '−' : ''}${text} s`;
}

/** Milliseconds with a precision that fits their size: `0.42 ms`, `12.3 ms`, `840 ms`. */
export function millis(ms: number | null): string {
  if (ms === null || Number.isNaN(ms)) return UNKNOWN_TEXT;
  const size = Math.abs(ms);
  const text = size < 10 ? size.toFixed(2) : size < 100 ? size.toFixed(1) : size.toFixed(0);
  return `${ms < 0 ? '−' : ''}${text} ms`;
}

/** A duration as a setting is written: `500 ms`, `3 s`, `1.5 s`, `2 min`. */
export function duration(ms: number): string {
  if (ms < 1000) return `${Number(ms.toFixed(0))} ms`;
  if (ms < 60_000 || ms % 60_000 !== 0) return `${Number((ms / 1000).toFixed(2))} s`;
  return `${ms / 60_000} min`;
}

/** Bytes as people read them; binary units. */
export function bytes(count: number): string {
  if (count < 1024) return `${count} B`;
  if (count < 1024 * 1024) return `${(count / 1024).toFixed(1)} KiB`;
  return `${(count / 1024 / 1024).toFixed(1)} MiB`;
}

const two = (n: number): string => String(n).padStart(2, '0');

/** Local wall time of day; `decimals` of the second (0..3), cut off, not rounded, so that it never runs ahead. */
export function clock(wallMs: number, decimals = 0): string {
  const at = new Date(wallMs);
  const base = `${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
  if (decimals === 0) return base;
  return `${base}.${String(at.getMilliseconds()).padStart(3, '0').slice(0, decimals)}`;
}

/** Local date and time of day, `2026-11-21 09:04:55`: the same in every language, and it sorts. */
export function dateTime(wallMs: number): string {
  const at = new Date(wallMs);
  return `${at.getFullYear()}-${two(at.getMonth() + 1)}-${two(at.getDate())} ${clock(wallMs)}`;
}
