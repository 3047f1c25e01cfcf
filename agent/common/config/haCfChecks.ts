/** The start-up checks of ha.cf as a whole (reference, section 5). What stops the real daemon is an error here. */
import type { Draft } from './draft.ts';
import type { ConfigProblem, HaConfig, SourcePosition } from './model.ts';
import { Problems } from './problems.ts';
import { defaultInitdeadMs, requiredNumber } from './resolve.ts';

/** Below this the real daemon warns: networks need longer to come up after a boot. */
const INITDEAD_ADVISED_MS = 10_000;

/** Checks that need more than one line. */
export function checkDraft(draft: Draft, problems: Problems, file: string): void {
  const top: SourcePosition = { file, line: 1, column: 1 };
  checkTimes(draft, problems, top);
  checkMembers(draft, problems, top);
  checkLogging(draft, problems, top);
}

/**
 * Checks that need to know on which node the file is: is it listed, and are there two?
 * `unameN`: what `uname -n` prints, in any letter case. `file` is a name for messages.
 */
export function checkForNode(config: HaConfig, unameN: string, file = 'ha.cf'): ConfigProblem[] {
  const problems = new Problems();
  if (!config.nodes.includes(unameN.toLowerCase())) {
    const listed = config.nodes.join(', ');
    const message = `This host is ${unameN}, which no node line names (they name ${listed}). Expected uname -n.`;
    problems.error('node-not-listed', { file, line: 1, column: 1 }, message);
  }
  return problems.list();
}

/** The other node of the pair, or null when `self` is not one of the two. */
export function peerOf(config: HaConfig, self: string): string | null {
  const name = self.toLowerCase();
  return config.nodes.includes(name) ? (config.nodes.find((node) => node !== name) ?? null) : null;
}

function checkTimes(draft: Draft, problems: Problems, top: SourcePosition): void {
  const placeOf = (...names: string[]): SourcePosition => {
    for (const name of names) {
      const at = draft.numbers.get(name)?.at;
      if (at != null) return at;
    }
    return top;
  };
  const keepaliveMs = requiredNumber(draft, 'keepalive');
  const deadtimeMs = requiredNumber(draft, 'deadtime');
  const warntimeMs = draft.numbers.get('warntime')?.value ?? deadtimeMs / 2;
  const initdeadMs = draft.numbers.get('initdead')?.value ?? defaultInitdeadMs(deadtimeMs);
  const deadpingMs = draft.numbers.get('deadping')?.value ?? null;
  const twice = `twice keepalive (2 × ${keepaliveMs} ms), so that one lost packet costs nothing`;

  if (deadtimeMs <= 2 * keepaliveMs) {
    const message = `deadtime is ${deadtimeMs} ms, expected more than ${twice}.`;
    problems.error('deadtime-too-small', placeOf('deadtime', 'keepalive'), message);
  }
  if (deadpingMs !== null && deadpingMs <= 2 * keepaliveMs) {
    const message = `deadping is ${deadpingMs} ms, expected more than ${twice}.`;
    problems.error('deadping-too-small', placeOf('deadping'), message);
  }
  if (initdeadMs < deadtimeMs) {
    const message = `initdead is ${initdeadMs} ms, expected at least deadtime (${deadtimeMs} ms).`;
    problems.error('initdead-too-small', placeOf('initdead', 'deadtime'), message);
  } else if (initdeadMs < INITDEAD_ADVISED_MS) {
    const why = 'after a boot the network may need longer, and both nodes would take the resources';
    const message = `initdead is ${initdeadMs} ms, expected at least ${INITDEAD_ADVISED_MS} ms: ${why}.`;
    problems.warning('initdead-short', placeOf('initdead', 'deadtime'), message);
  }
  if (warntimeMs >= deadtimeMs) {
    const message = `warntime is ${warntimeMs} ms, expected less than deadtime (${deadtimeMs} ms), or it never warns.`;
    problems.warning('warntime-too-large', placeOf('warntime', 'deadtime'), message);
  } else if (warntimeMs <= keepaliveMs) {
    const message = `warntime is ${warntimeMs} ms, expected more than keepalive (${keepaliveMs} ms), or every heartbeat is late.`;
    problems.warning('warntime-too-small', placeOf('warntime', 'keepalive'), message);
  }
}

function checkMembers(draft: Draft, problems: Problems, top: SourcePosition): void {
  if (draft.links.length === 0) {
    problems.error('no-media', top, 'No heartbeat path is given; expected at least one ucast, bcast, mcast or serial.');
  }
  if (draft.nodes.length !== 2) {
    const at = draft.nodes[2]?.at ?? draft.nodes[0]?.at ?? top;
    problems.error('not-two-nodes', at, `Expected the names of two nodes, the file has ${draft.nodes.length}.`);
  }
  const failback = draft.texts.get('auto_failback');
  if (failback?.at == null) {
    const message = 'auto_failback is not given and would be legacy, a deprecated mode; expected on or off.';
    problems.warning('auto-failback-legacy', top, message);
  } else if (failback.value === 'legacy') {
    problems.warning('auto-failback-legacy', failback.at, 'auto_failback legacy is deprecated; expected on or off.');
  }
}

function checkLogging(draft: Draft, problems: Problems, top: SourcePosition): void {
  const facility = draft.texts.get('logfacility')?.value ?? 'none';
  if (draft.texts.has('logfile') || draft.texts.has('debugfile') || facility !== 'none') return;
  const useLogd = draft.flags.get('use_logd');
  if (useLogd?.value === true) return;
  if (useLogd !== undefined) {
    problems.error('no-log', useLogd.at ?? top, 'There is no log at all; expected logfile, debugfile or logfacility.');
  } else {
    problems.warning('no-log', top, 'No log is named; expected logfile, debugfile or logfacility.');
  }
}
