/**
 * Times in drill scripts, as people write them: `deadtime + 2s`, `2*deadtime + 500ms`, `Tf`. A pair has its own
 * deadtime, so a script that says 12 s would be wrong on most pairs.
 */
import { fail, ok } from '../../../agent/common/base/result.ts';
import type { Result } from '../../../agent/common/base/result.ts';

/** What the names stand for on one pair, milliseconds. */
export interface Quantities {
  readonly keepaliveMs: number;
  readonly warntimeMs: number;
  readonly deadtimeMs: number;
  readonly initdeadMs: number;
  /** Period of the probe; 0 without a probe. */
  readonly probeMs: number;
  /** Longest outage of a takeover that was agreed on; null: `deadtime + 2s`. */
  readonly failoverMs: number | null;
  /** Longest outage of a heal that was agreed on; null: `deadtime + 5s`. */
  readonly healMs: number | null;
}

/** What a takeover may take on top of deadtime, milliseconds: scripts, announcement, ARP of the client. */
export const TAKEOVER_ALLOWANCE_MS = 2000;

/** What a heal may cost on top of deadtime: both nodes give up and one starts again. Milliseconds. */
export const HEAL_ALLOWANCE_MS = 5000;

const NAMES: Readonly<Record<string, (q: Quantities) => number>> = {
  keepalive: (q) => q.keepaliveMs,
  warntime: (q) => q.warntimeMs,
  deadtime: (q) => q.deadtimeMs,
  initdead: (q) => q.initdeadMs,
  probe: (q) => q.probeMs,
  Tf: (q) => q.failoverMs ?? q.deadtimeMs + TAKEOVER_ALLOWANCE_MS,
  Th: (q) => q.healMs ?? q.deadtimeMs + HEAL_ALLOWANCE_MS,
};

const UNITS_MS: Readonly<Record<string, number>> = { ms: 1, s: 1000, min: 60_000, h: 3_600_000 };

interface Term {
  readonly factor: number;
  /** null: `factor` is milliseconds. */
  readonly name: string | null;
}

function parseTerm(text: string): Term | null {
  const fixed = /^(\d+(?:\.\d+)?)(ms|s|min|h)$/.exec(text);
  if (fixed !== null) return { factor: Number(fixed[1]) * (UNITS_MS[fixed[2] ?? ''] ?? 0), name: null };
  const named = /^(?:(\d+(?:\.\d+)?)\*)?([A-Za-z]+)$/.exec(text);
  const name = named?.[2] ?? '';
  return NAMES[name] === undefined ? null : { factor: Number(named?.[1] ?? 1), name };
}

/** Reads a time; the failure names the part that is wrong and what is expected. */
export function parseQuantity(text: string): Result<readonly Term[], 'bad-time'> {
  const terms: Term[] = [];
  for (const part of text.split('+').map((p) => p.trim())) {
    const term = parseTerm(part);
    if (term === null) {
      const names = Object.keys(NAMES).join(', ');
      const detail = `"${part}" is no time: expected one like 500ms, 20s or 2min, or one of ${names}, as in "2*deadtime + 5s"`;
      return fail('bad-time', detail);
    }
    terms.push(term);
  }
  return ok(terms);
}

/** The time on this pair, milliseconds. A text that does not parse is a bug: scripts are checked when they are read. */
export function quantityMs(text: string, quantities: Quantities): number {
  const parsed = parseQuantity(text);
  if (!parsed.ok) throw new Error(parsed.detail);
  return parsed.value.reduce(
    (sum, t) => sum + t.factor * (t.name === null ? 1 : (NAMES[t.name]?.(quantities) ?? 0)),
    0,
  );
}
