/** From what the file says to what it means: defaults that depend on other values are filled in here. */
import { assert } from '../base/assert.ts';
import type { Draft } from './draft.ts';
import type { AutoFailback, HaConfig } from './model.ts';

/** initdead when it is not written (reference, section 5). */
export function defaultInitdeadMs(deadtimeMs: number): number {
  if (deadtimeMs > 10_000) return deadtimeMs;
  return deadtimeMs < 6000 ? 12_000 : 2 * deadtimeMs;
}

/** A duration or number that is written or has a fixed default. */
export function requiredNumber(draft: Draft, name: string): number {
  const found = draft.numbers.get(name)?.value;
  assert(found !== undefined, `${name} has neither value nor default`);
  return found;
}

/** Resolves a draft without errors. */
export function resolveDraft(draft: Draft): HaConfig {
  const number = (name: string, fallback: number): number => draft.numbers.get(name)?.value ?? fallback;
  const text = (name: string): string | null => draft.texts.get(name)?.value ?? null;
  const deadtimeMs = requiredNumber(draft, 'deadtime');
  return {
    nodes: draft.nodes.map((node) => node.value),
    keepaliveMs: requiredNumber(draft, 'keepalive'),
    deadtimeMs,
    warntimeMs: number('warntime', deadtimeMs / 2),
    initdeadMs: number('initdead', defaultInitdeadMs(deadtimeMs)),
    deadpingMs: number('deadping', deadtimeMs),
    autoFailback: (text('auto_failback') ?? 'legacy') as AutoFailback,
    links: draft.links.map(({ link }) => link),
    pingNodes: draft.pingNodes,
    hopfudge: requiredNumber(draft, 'hopfudge'),
    maxRexmitDelayMs: requiredNumber(draft, 'max_rexmit_delay'),
    logfile: text('logfile'),
    debugfile: text('debugfile'),
    // As if it were not written: `none` is how one says so.
    logfacility: text('logfacility') === 'none' ? null : text('logfacility'),
    syslogmsgfmt: draft.flags.get('syslogmsgfmt')?.value ?? true,
    hbgenmethod: text('hbgenmethod') === 'time' ? 'time' : 'file',
    logBadpack: draft.flags.get('log_badpack')?.value ?? true,
    respawn: draft.respawn,
    watchdog: text('watchdog'),
    realtime: realtimeOf(draft),
    rtprio: draft.numbers.get('rtprio')?.value ?? null,
    stonith: draft.stonith,
    environment: Object.fromEntries(draft.environment),
  };
}

/** A priority that is written asks for it as much as `realtime on` does. */
function realtimeOf(draft: Draft): HaConfig['realtime'] {
  const flag = draft.flags.get('realtime');
  if (flag?.value === false) return 'off';
  return flag?.at != null || draft.numbers.has('rtprio') ? 'on' : 'if-allowed';
}
