/**
 * The log lines that heartbeat engineers grep for, in heartbeat's words and format (reference, section 10). The
 * journal is the record; this file is its readable shadow and may be lost without harm.
 */
import { appendFileSync } from 'node:fs';
import type { EventBody, ResourceSet, Severity, TimelineEvent } from '../../common/timeline/event.ts';
import type { Syslog } from './syslog.ts';

export interface HaLogNames {
  readonly self: string;
  readonly peer: string;
  /** Link id to Linux-HA's link name. */
  readonly linkNames: ReadonlyMap<string, string>;
}

const SEVERITY_WORD: Readonly<Record<Severity, string>> = {
  debug: 'debug',
  info: 'info',
  warn: 'WARN',
  error: 'ERROR',
  crit: 'CRIT',
};

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

/** `Mon DD HH:MM:SS`, local time, as syslog writes it. */
function stamp(wallMs: number): string {
  const at = new Date(wallMs);
  const two = (n: number): string => String(n).padStart(2, '0');
  return `${MONTHS[at.getMonth()] ?? ''} ${two(at.getDate())} ${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

function standbyLines(phase: string, set: ResourceSet, names: HaLogNames, detail: string): string[] {
  switch (phase) {
    case 'requested':
      return [`${names.self} wants to go standby [${set}]`];
    case 'accepted':
      return [`standby: ${names.peer} can take our ${set} resources`, `give up ${set} HA resources (standby)`];
    case 'released':
      return [`${set} HA resource release completed (standby).`, `Local standby process completed [${set}].`];
    case 'done':
      return [`Standby resource acquisition done [${set}].`];
    case 'timed-out':
      return ['No reply to standby request.  Standby request cancelled.'];
    default:
      return [`Standby request refused: ${detail}`];
  }
}

function takeoverLines(body: Extract<EventBody, { kind: 'takeover' }>): string[] {
  if (body.phase === 'begin') {
    const stopped = body.cause === 'peer-stopped' ? [`Received shutdown notice from '${body.from}'.`] : [];
    return [...stopped, `Resources being acquired from ${body.from}.`];
  }
  if (body.phase === 'failed') return [`mach_down takeover of ${body.from}'s resources failed.`];
  return ['mach_down takeover complete.', `mach_down takeover complete for node ${body.from}.`];
}

function resourceLines(body: Extract<EventBody, { kind: 'resource' }>): string[] {
  // The only argument of these is an address, where `::` separates nothing.
  const [, owner, address] = /^(IPaddr2|IPv6addr)::(.*)$/.exec(body.resource) ?? [];
  const [script = '', ...args] =
    owner !== undefined && address !== undefined ? [owner, address] : body.resource.split('::');
  const call = `${script} ${args.join(' ')}`;
  if (body.phase === 'begin') return body.action === 'status' ? [] : [`Running ${call} ${body.action}`];
  if (body.phase === 'done') return [];
  if (body.action === 'start') return [`Giving up resources due to failure of ${body.resource}`];
  return [`Return code of ${call} ${body.action} is not 0: ${body.detail ?? ''}`];
}

function vipLines(body: Extract<EventBody, { kind: 'vip' }>): string[] {
  if (body.change === 'conflict')
    return [`${body.address} on ${body.iface} is also answered by ${body.mac ?? 'another host'}!`];
  return [`${body.address} ${body.change} on ${body.iface}`];
}

/** ipfail's own words (reference, section 10). */
function ipfailText(body: Extract<EventBody, { kind: 'ipfail' }>): string {
  switch (body.step) {
    case 'asked':
      return 'Asking other side for ping node count.';
    case 'compared':
      if (body.peers === null || body.own === body.peers) return 'Ping node count is balanced.';
      return body.own > body.peers
        ? 'Telling other node that we have more visible ping nodes.'
        : 'Giving up because we have less visible ping nodes.';
    case 'give-up-scheduled':
      return `Delayed giveup in ${body.detail}.`;
    case 'give-up-cancelled':
      return 'Aborted delayed giveup.';
    case 'gave-up':
      return `giveup() called (${body.detail})`;
  }
}

/** Heartbeat's words for a stonith device's work. */
function fencingLines(body: Extract<EventBody, { kind: 'fencing' }>): string[] {
  switch (body.phase) {
    case 'begin':
      return [`Resetting node ${body.node} with [${body.detail}]`];
    case 'waiting-operator':
      return [`OPERATOR INTERVENTION REQUIRED to reset ${body.node}.`];
    case 'done':
      return [`node ${body.node} now reset.`];
    case 'failed':
      return [`Host ${body.node} not reset! ${body.detail}`, `STONITH of ${body.node} failed.  Retrying...`];
    case 'not-needed':
      return [`Dead node ${body.node} gave up resources.`];
    case 'not-configured':
      return ['No STONITH device configured.', 'Shared disks are not protected.'];
  }
}

/** Of what goes on around a takeover: ping nodes, fencing, keys. */
function safetyTexts(body: EventBody): string[] {
  switch (body.kind) {
    case 'ping-node':
      return body.status === 'up'
        ? [`Link ${body.node}:${body.node} up.`, `Status update for node ${body.node}: status ping`]
        : [`node ${body.node}: is dead`, `Link ${body.node}:${body.node} dead.`];
    case 'ipfail':
      return [ipfailText(body)];
    case 'fencing':
      return fencingLines(body);
    case 'takeover-hold':
      return [
        body.over
          ? `Takeover of ${body.from} waits no longer: ${body.detail}.`
          : `Takeover of ${body.from} waits: ${body.reasons.join(', ')}.`,
      ];
    case 'key-mismatch':
      return [
        body.over
          ? `no packets in the name of [${body.peer}] with a wrong key any more`
          : `node [${body.peer}] failed authentication: its authkeys differ from ours`,
      ];
    case 'let-go':
      return [`Let go of ${body.address} ${body.phase}: ${body.detail}`];
    case 'keys':
      return [
        body.ok ? `Rereading authentication file. Signing with ${body.signing}` : `authkeys not taken: ${body.detail}`,
      ];
    default:
      return [];
  }
}

/** What is said about an event, without stamp and severity. Empty: nothing. */
export function haLogTexts(body: EventBody, names: HaLogNames): string[] {
  switch (body.kind) {
    case 'local-status':
      return body.status === 'active'
        ? ['Comm_now_up(): updating status to active', "Local status now set to: 'active'"]
        : [`Local status now set to: '${body.status}'`];
    case 'peer-status':
      return body.status === 'dead'
        ? [`node ${body.peer}: is dead`]
        : [`Status update for node ${body.peer}: status ${body.status}`];
    case 'link': {
      // Heartbeat knows only its own ears, and only up and dead. That the peer is deaf it never says: our words.
      if (body.state !== 'up' && body.state !== 'dead') return [];
      const name = names.linkNames.get(body.link) ?? body.link;
      if (body.direction === 'from-peer') return [`Link ${names.peer}:${name} ${body.state}.`];
      return [`${names.peer} ${body.state === 'up' ? 'hears us' : 'does not hear us'} over ${name}.`];
    }
    case 'late-heartbeat':
      return [`Late heartbeat: Node ${body.peer}: interval ${Math.round(body.intervalMs)} ms`];
    case 'peer-restarted':
      return [`Heartbeat restart on node ${body.peer}`];
    case 'partition-healed':
      return [`Cluster node ${body.peer} returning after partition.`];
    case 'packets-lost':
      return [`${body.count} lost packet(s) for [${body.peer}]`];
    case 'takeover':
      return takeoverLines(body);
    case 'standby':
      return standbyLines(body.phase, body.set, names, body.detail);
    case 'ownership-alarm': {
      const ours = body.set === 'local' ? 'our' : 'foreign';
      if (body.alarm === 'both') return [`Both machines own ${ours} resources!`];
      return [`No one owns ${body.set === 'local' ? 'our local' : 'foreign'} resources!`];
    }
    case 'resource':
      return resourceLines(body);
    case 'vip':
      return vipLines(body);
    case 'shutdown':
      if (body.phase === 'begin')
        return [`Heartbeat shutdown in progress. (${process.pid})`, 'Giving up all HA resources.'];
      return [
        body.phase === 'released' ? 'All HA resources relinquished.' : `${names.self} Heartbeat shutdown complete.`,
      ];
    case 'restart':
      return ['Heartbeat restart triggered.', `Restarting heartbeat: ${body.reason}`];
    case 'problem':
      return [`${body.over ? 'Over' : 'Problem'} [${body.code}]: ${body.detail}`];
    case 'fault':
      return [`Fault ${body.faultId} (${body.name}) ${body.phase}: ${body.detail}`];
    case 'log':
      return [body.text];
    case 'holdings':
      return body.stable ? ['local resource transition completed.'] : [];
    default:
      return safetyTexts(body);
  }
}

/** `YYYY/MM/DD_HH:MM:SS`, local time, as heartbeat's own older form has it. */
function longStamp(wallMs: number): string {
  const at = new Date(wallMs);
  const two = (n: number): string => String(n).padStart(2, '0');
  const day = `${at.getFullYear()}/${two(at.getMonth() + 1)}/${two(at.getDate())}`;
  return `${day}_${two(at.getHours())}:${two(at.getMinutes())}:${two(at.getSeconds())}`;
}

function cleanTexts(event: TimelineEvent, names: HaLogNames): string[] {
  return haLogTexts(event.body, names).map((text) => text.replaceAll('\n', ' | '));
}

/** Whole lines for a log file. `syslogForm`: ha.cf's syslogmsgfmt. */
export function haLogLines(event: TimelineEvent, names: HaLogNames, syslogForm = true): string[] {
  const word = SEVERITY_WORD[event.severity];
  const head = syslogForm
    ? `${stamp(event.wallMs)} ${names.self} heartbeat: [${process.pid}]: ${word}:`
    : `heartbeat[${process.pid}]: ${longStamp(event.wallMs)} ${word}:`;
  return cleanTexts(event, names).map((text) => `${head} ${text}\n`);
}

/** Where the lines go, as ha.cf has it. */
export interface HaLogPlaces {
  /** Everything but debug lines; null: no such file. */
  readonly logfile: string | null;
  /** Everything. */
  readonly debugfile: string | null;
  readonly syslog: Syslog | null;
  readonly syslogForm: boolean;
}

/** `null`: it works again. `code` says which of the places it is. */
export type HaLogProblem = (
  code: 'log-not-writable' | 'debug-log-not-writable' | 'syslog-unavailable',
  what: string | null,
) => void;

/** Writer of the log. `onProblem` hears once when lines stop reaching a place, and once when they do again. */
export class HaLog {
  private readonly places: HaLogPlaces;
  private readonly names: HaLogNames;
  private readonly onProblem: HaLogProblem;
  private readonly failing = new Set<string>();

  constructor(places: HaLogPlaces, names: HaLogNames, onProblem: HaLogProblem) {
    this.places = places;
    this.names = names;
    this.onProblem = onProblem;
  }

  /** Debug events go to the debugfile alone, as in heartbeat's log. */
  write(event: TimelineEvent): void {
    const { logfile, debugfile, syslog, syslogForm } = this.places;
    const lines = haLogLines(event, this.names, syslogForm).join('');
    if (lines === '') return;
    if (debugfile !== null) this.append('debug-log-not-writable', debugfile, lines);
    if (event.severity === 'debug') return;
    if (logfile !== null && logfile !== debugfile) this.append('log-not-writable', logfile, lines);
    if (syslog !== null) this.tell(syslog, event);
  }

  close(): void {
    this.places.syslog?.close();
  }

  private append(code: 'log-not-writable' | 'debug-log-not-writable', file: string, lines: string): void {
    try {
      appendFileSync(file, lines, { mode: 0o640 });
      this.say(code, null);
    } catch (error) {
      this.say(code, `${file}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }

  private tell(syslog: Syslog, event: TimelineEvent): void {
    const word = SEVERITY_WORD[event.severity];
    for (const text of cleanTexts(event, this.names)) {
      const taken = syslog.write(event.severity, event.wallMs, `[${process.pid}]: ${word}: ${text}`);
      this.say('syslog-unavailable', taken.ok ? null : taken.detail);
    }
  }

  private say(code: Parameters<HaLogProblem>[0], what: string | null): void {
    if (this.failing.has(code) === (what !== null)) return;
    if (what === null) this.failing.delete(code);
    else this.failing.add(code);
    this.onProblem(code, what);
  }
}
