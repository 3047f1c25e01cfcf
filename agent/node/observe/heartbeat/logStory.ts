/**
 * What heartbeat's log tells, as timeline events: the real daemon's decisions in the words that our own engine uses. One line may
 * be the end of what another one began, so the story remembers what is open. Pure: time comes with the line.
 */
import { elapsedMs, type Instant } from '../../../common/base/instant.ts';
import type { EventBody, EventDraft, NodeStatus, ResourceSet, Severity } from '../../../common/timeline/event.ts';
import type { LogLine } from './logLines.ts';

/** What the log does not say and others know. */
export interface StoryNames {
  readonly self: string;
  readonly peer: string;
  readonly pingNodes: readonly string[];
  /** Ids of the links of one name: the daemon calls a link by its interface, which several may share. */
  linkIds(name: string): readonly string[];
  readonly warntimeMs: number;
  readonly deadtimeMs: number;
  /** The peer was heard in this life of the daemon. */
  peerWasHeard(): boolean;
  /** Newest generation that the peer's packets carried; null: none was seen. */
  generation(): number | null;
  /** Longest silence of the peer before its newest packet, milliseconds; null: not known. */
  lastGapMs(): number | null;
  /** How far the resource groups are that a takeover leaves to this node: all of them. */
  progress(): 'started' | 'starting' | 'failed';
  /** How many ping nodes answer here, and there by its last word. */
  pingCounts(): { readonly own: number; readonly peers: number | null };
}

type Found = RegExpExecArray;
type Say = (found: Found, line: LogLine, at: Instant) => readonly EventBody[];

/** One kind of line. Rules are tried in this order; the first that fits is the only one. */
interface Rule {
  readonly program: RegExp;
  readonly text: RegExp;
  readonly say: Say;
}

type TakeoverCause = 'peer-dead' | 'peer-stopped' | 'start';

interface OpenRun {
  readonly group: string;
  readonly resource: string;
  readonly action: 'start' | 'stop';
  readonly pid: number;
  readonly since: Instant;
}

/** A takeover that is not complete after this has failed, whatever still runs: scripts may take their time. */
const TAKEOVER_MS_MAX = 180_000;

const DAEMON = /^heartbeat$/;
const MANAGER = /^ResourceManager$/;
const ANY = /^/;

const isSet = (word: string | undefined): word is ResourceSet =>
  word === 'none' || word === 'local' || word === 'foreign' || word === 'all';
const setOf = (word: string | undefined): ResourceSet => (isSet(word) ? word : 'all');
/** The script of a resource, which is how both the log and haresources begin: `/etc/ha.d/resource.d/IPaddr 10.0.0.1/24/eth0 start`. */
function resourceOf(path: string, args: string): string {
  const script = path.slice(path.lastIndexOf('/') + 1);
  const words = args
    .trim()
    .split(/\s+/)
    .filter((word) => word !== '');
  return [script, ...words].join('::');
}

/** A group is called by its first resource; a bare address stands for the script that adds it. */
const groupOf = (first: string): string => (/^\d+(\.\d+){3}/.test(first) ? `IPaddr::${first}` : first);

/** Severity of an event by what it means; the line's own where it is worse. */
const SEVERITY_ORDER: readonly Severity[] = ['debug', 'info', 'warn', 'error', 'crit'];
const worse = (a: Severity, b: Severity): Severity => (SEVERITY_ORDER.indexOf(a) >= SEVERITY_ORDER.indexOf(b) ? a : b);

export class LogStory {
  private readonly names: StoryNames;
  private readonly rules: readonly Rule[];
  private peerStopped = false;
  /** A takeover that is not done yet; `handed`: the script that takes the peer's groups has ended. */
  private takingOver: { readonly since: Instant; readonly cause: TakeoverCause; handed: boolean } | null = null;
  /** Who asked for the standby that is under way. */
  private giver: string | null = null;
  /** Resource group that each ResourceManager is at, by its process. */
  private readonly groups = new Map<number, string>();
  private readonly runs = new Map<number, OpenRun>();

  constructor(names: StoryNames) {
    this.names = names;
    this.rules = [
      ...this.nodeRules(),
      ...this.takeoverRules(),
      ...this.standbyRules(),
      ...this.groupRules(),
      ...this.safetyRules(),
      ...this.lifeRules(),
    ];
  }

  /** Events of one line; empty: it says nothing that the timeline has a word for. */
  take(line: LogLine, at: Instant): EventDraft[] {
    for (const { program, text, say } of this.rules) {
      if (!program.test(line.program)) continue;
      const found = text.exec(line.text);
      if (found !== null) return say(found, line, at).map((body) => ({ severity: this.severity(body, line), body }));
    }
    return [];
  }

  /** What is over without a line that says so: scripts whose manager has ended, and a takeover of which all is up. */
  settle(isAlive: (pid: number) => boolean, now: Instant): EventDraft[] {
    const scripts = [...this.runs.values()]
      .filter(({ pid }) => !isAlive(pid))
      .flatMap((run) => {
        this.groups.delete(run.pid);
        return this.closeRun(run.pid, now).map((body): EventDraft => ({ severity: 'info', body }));
      });
    return [...scripts, ...this.settleTakeover(now)];
  }

  private settleTakeover(now: Instant): EventDraft[] {
    if (this.takingOver === null || this.runs.size > 0) return [];
    const { since, cause, handed } = this.takingOver;
    const late = elapsedMs(since, now) > TAKEOVER_MS_MAX;
    const progress = handed ? this.names.progress() : 'starting';
    if (progress === 'starting' && !late) return [];
    this.takingOver = null;
    const phase = progress === 'started' ? 'done' : 'failed';
    const body = { kind: 'takeover', phase, from: this.names.peer, cause } as const;
    return [{ severity: phase === 'done' ? 'info' : 'error', body }];
  }

  /** A script runs that the daemon's manager started. */
  get busy(): boolean {
    return this.runs.size > 0 || this.takingOver !== null || this.giver !== null;
  }

  private severity(body: EventBody, line: LogLine): Severity {
    const failed = 'phase' in body && (body.phase === 'failed' || body.phase === 'refused');
    const dead = body.kind === 'peer-status' && body.status === 'dead';
    return worse(failed || dead ? 'warn' : 'info', line.severity);
  }

  private nodeRules(): Rule[] {
    const { names } = this;
    return [
      {
        program: DAEMON,
        text: /^Local status now set to: '(init|up|active)'/,
        say: ([, status]) => [this.local(status)],
      },
      {
        program: DAEMON,
        text: /^Status update for node (\S+): status (init|up|active|dead|ping)/,
        say: ([, node = '', status]) => this.nodeStatus(node, status === 'ping' ? 'up' : (status as NodeStatus)),
      },
      { program: DAEMON, text: /^node (\S+): is dead/, say: ([, node = '']) => this.nodeStatus(node, 'dead') },
      {
        program: DAEMON,
        text: /^Link ([^:]+):(\S+) (up|dead)\./,
        say: ([, node, name = '', state]) =>
          node !== names.peer
            ? []
            : names.linkIds(name).map((link): EventBody => {
                const direction = 'from-peer';
                return { kind: 'link', link, direction, state: state === 'up' ? 'up' : 'dead' };
              }),
      },
      {
        program: DAEMON,
        text: /^Late heartbeat: Node (\S+): interval (\d+) ms( \(> deadtime\))?/,
        say: ([, node, interval, beyond]) => {
          const limitMs = beyond === undefined ? names.warntimeMs : names.deadtimeMs;
          return node === names.peer
            ? [{ kind: 'late-heartbeat', peer: node, intervalMs: Number(interval), limitMs }]
            : [];
        },
      },
      {
        program: DAEMON,
        text: /^Heartbeat restart on node (\S+)/,
        say: ([whole, node = '']) => {
          const generation = names.generation();
          this.peerStopped = false;
          return node === names.peer && generation !== null
            ? [{ kind: 'peer-restarted', peer: node, generation }]
            : [{ kind: 'log', text: whole }];
        },
      },
      {
        program: DAEMON,
        text: /^Cluster node (\S+) returning after partition/,
        say: ([, node = '']) => [
          { kind: 'partition-healed', peer: node, silentMs: names.lastGapMs() ?? names.deadtimeMs },
        ],
      },
      {
        program: DAEMON,
        text: /^(\d+) lost packet\(s\) for \[(\S+)\]/,
        say: ([, count, peer = '']) => [{ kind: 'packets-lost', peer, count: Number(count) }],
      },
    ];
  }

  private takeoverRules(): Rule[] {
    // It took the peer's groups. Our own, which the peer may have held, are started beside it and may not be up yet.
    const handed: Say = () => {
      if (this.takingOver !== null) this.takingOver.handed = true;
      return [];
    };
    return [
      {
        program: DAEMON,
        text: /^Received shutdown notice from '(\S+)'/,
        say: ([whole]) => {
          this.peerStopped = true;
          return [{ kind: 'log', text: whole }];
        },
      },
      {
        program: DAEMON,
        text: /^Resources being acquired from (\S+?)\.?$/,
        say: ([, from = ''], _line, at) => {
          const cause = this.cause();
          this.takingOver = { since: at, cause, handed: false };
          return [{ kind: 'takeover', phase: 'begin', from, cause }];
        },
      },
      { program: /^mach_down$/, text: /^mach_down takeover complete for node/, say: handed },
      { program: DAEMON, text: /^mach_down takeover complete/, say: handed },
      {
        program: DAEMON,
        text: /^(Both machines own|No one owns) (our local|our|foreign) resources!/,
        say: ([, who, whose]) => [
          {
            kind: 'ownership-alarm',
            alarm: who === 'No one owns' ? 'nobody' : 'both',
            set: whose === 'foreign' ? 'foreign' : 'local',
          },
        ],
      },
    ];
  }

  private standbyRules(): Rule[] {
    const standby = (
      phase: Extract<EventBody, { kind: 'standby' }>['phase'],
      set: ResourceSet,
      detail: string,
    ): EventBody[] => [{ kind: 'standby', phase, set, detail }];
    const done = (set: string | undefined, detail: string): EventBody[] => {
      if (this.giver === null) return [];
      this.giver = null;
      return standby('done', setOf(set), detail);
    };
    return [
      {
        program: DAEMON,
        text: /^(\S+) wants to go standby \[(\w+)\]/,
        say: ([, giver = '', set]) => {
          this.giver = giver;
          return standby('requested', setOf(set), giver === this.names.self ? '' : `asked by ${giver}`);
        },
      },
      {
        program: DAEMON,
        text: /^standby: (\S+) can take our (\w+) resources/,
        say: ([, taker = '', set]) => standby('accepted', setOf(set), `${taker} takes it`),
      },
      {
        program: DAEMON,
        text: /^Local standby process completed \[(\w+)\]/,
        say: ([, set]) => standby('released', setOf(set), 'the peer starts it'),
      },
      {
        program: DAEMON,
        text: /^standby: acquire \[(\w+)\] resources from (\S+)/,
        say: ([, set, giver = '']) => standby('released', setOf(set), `${giver} has released it; it is started here`),
      },
      {
        program: DAEMON,
        text: /^Standby resource acquisition done \[(\w+)\]/,
        say: ([, set]) => done(set, 'held here'),
      },
      {
        program: DAEMON,
        text: /^Other node completed standby takeover of (\w+) resources/,
        say: ([, set]) => done(set, 'the peer holds it'),
      },
      {
        program: DAEMON,
        text: /^No reply to standby request/,
        say: ([whole]) => {
          this.giver = null;
          return standby('timed-out', 'all', whole.trim());
        },
      },
      {
        program: DAEMON,
        text: /^(?:standby message \[(\w+)\] from \S+ ignored|Standby in progress- new request from|Standby mode only implemented).*/,
        say: ([whole, set]) => {
          this.giver = null;
          return standby('refused', setOf(set), whole);
        },
      },
    ];
  }

  private groupRules(): Rule[] {
    return [
      {
        program: MANAGER,
        text: /^(?:Acquiring|Releasing) resource group: \S+ (\S+)/,
        say: ([, first = ''], { pid }) => {
          this.groups.set(pid, groupOf(first));
          return [];
        },
      },
      {
        program: MANAGER,
        text: /^Running (\S+) (.*?)\s*(start|stop)$/,
        say: ([, path = '', args = '', action], { pid }, at) => {
          const resource = resourceOf(path, args);
          const run: OpenRun = {
            group: this.groups.get(pid) ?? resource,
            resource,
            action: action === 'stop' ? 'stop' : 'start',
            pid,
            since: at,
          };
          const closed = this.closeRun(pid, at);
          this.runs.set(pid, run);
          return [...closed, { kind: 'resource', group: run.group, resource, action: run.action, phase: 'begin' }];
        },
      },
      {
        program: MANAGER,
        text: /^(Return code \S+ from .*|Resource STOP failure.*|.*probably not LSB-compliant.*)$/,
        say: ([, detail = ''], { pid }, at) => this.failRun(pid, detail, at),
      },
      {
        program: MANAGER,
        text: /^Giving up resources due to failure of (\S+)/,
        say: ([detail = '', resource = ''], { pid }, at) => {
          const failed = this.failRun(pid, detail, at);
          const group = this.groups.get(pid) ?? groupOf(resource);
          return failed.length > 0
            ? failed
            : [{ kind: 'resource', group, resource, action: 'start', phase: 'failed', detail }];
        },
      },
    ];
  }

  private safetyRules(): Rule[] {
    const { names } = this;
    type Phase = Extract<EventBody, { kind: 'fencing' }>['phase'];
    const fencing = (phase: Phase, node: string, detail: string): EventBody[] => [
      { kind: 'fencing', phase, node, detail },
    ];
    type Step = Extract<EventBody, { kind: 'ipfail' }>['step'];
    const ipfail =
      (step: Step): Say =>
      ([whole]) => [{ kind: 'ipfail', step, ...names.pingCounts(), detail: whole }];
    const IPFAIL = /^ipfail$/;
    return [
      {
        program: DAEMON,
        text: /^Resetting node (\S+) with \[(.*)\]/,
        say: ([, node = '', device = '']) => fencing('begin', node, device),
      },
      { program: DAEMON, text: /^node (\S+) now reset/, say: ([whole, node = '']) => fencing('done', node, whole) },
      {
        program: DAEMON,
        text: /^(?:Host (\S+) not reset!|STONITH of (\S+) failed)/,
        say: ([whole, host, node]) => fencing('failed', host ?? node ?? names.peer, whole),
      },
      {
        program: ANY,
        text: /^OPERATOR INTERVENTION REQUIRED to reset (\S+?)\.?$/,
        say: ([whole, node = '']) => fencing('waiting-operator', node, whole),
      },
      {
        program: DAEMON,
        text: /^No STONITH device configured/,
        say: ([whole]) => fencing('not-configured', names.peer, whole),
      },
      {
        program: DAEMON,
        text: /^Dead node (\S+) gave up resources/,
        say: ([whole, node = '']) => fencing('not-needed', node, whole),
      },
      { program: IPFAIL, text: /^Asking other side for ping node count/, say: ipfail('asked') },
      {
        program: IPFAIL,
        text: /^(Ping node count is balanced|Telling other node that we have more|Giving up because we)/,
        say: ipfail('compared'),
      },
      { program: IPFAIL, text: /^Delayed giveup in/, say: ipfail('give-up-scheduled') },
      { program: IPFAIL, text: /^Aborted delayed giveup/, say: ipfail('give-up-cancelled') },
      { program: IPFAIL, text: /^giveup\(\) called/, say: ipfail('gave-up') },
    ];
  }

  private lifeRules(): Rule[] {
    return [
      {
        program: DAEMON,
        text: /^Heartbeat shutdown in progress/,
        say: () => [{ kind: 'shutdown', phase: 'begin' }],
      },
      {
        program: DAEMON,
        text: /^All HA resources relinquished/,
        say: () => [{ kind: 'shutdown', phase: 'released' }],
      },
      { program: DAEMON, text: /Heartbeat shutdown complete/, say: () => [{ kind: 'shutdown', phase: 'done' }] },
      {
        program: DAEMON,
        text: /^(Heartbeat restart triggered|No local heartbeat. Forcing restart)\.?/,
        say: ([reason]) => [{ kind: 'restart', reason }],
      },
      {
        program: DAEMON,
        text: /^(?:heartbeat: version \S+|Configuration validated\. Starting heartbeat .*|Heartbeat generation: \d+)/,
        say: ([whole]) => {
          this.forgetLife();
          return [{ kind: 'log', text: whole }];
        },
      },
      {
        program: DAEMON,
        text: /^(?:(?:local|remote) resource transition completed|Initial resource acquisition complete|Local Resource acquisition completed).*/,
        say: ([whole]) => [{ kind: 'log', text: whole }],
      },
    ];
  }

  private local(status: string | undefined): EventBody {
    return { kind: 'local-status', status: status as NodeStatus };
  }

  private nodeStatus(node: string, status: NodeStatus): EventBody[] {
    const { names } = this;
    if (names.pingNodes.includes(node)) return [{ kind: 'ping-node', node, status: status === 'dead' ? 'dead' : 'up' }];
    if (node !== names.peer) return [];
    if (status === 'active') this.peerStopped = false;
    return [{ kind: 'peer-status', peer: node, status }];
  }

  private cause(): TakeoverCause {
    if (this.peerStopped) return 'peer-stopped';
    return this.names.peerWasHeard() ? 'peer-dead' : 'start';
  }

  private closeRun(pid: number, at: Instant): EventBody[] {
    const run = this.runs.get(pid);
    if (run === undefined) return [];
    this.runs.delete(pid);
    const { group, resource, action } = run;
    return [{ kind: 'resource', group, resource, action, phase: 'done', tookMs: elapsedMs(run.since, at) }];
  }

  private failRun(pid: number, detail: string, at: Instant): EventBody[] {
    const run = this.runs.get(pid);
    if (run === undefined) return [];
    this.runs.delete(pid);
    const { group, resource, action } = run;
    const tookMs = elapsedMs(run.since, at);
    return [{ kind: 'resource', group, resource, action, phase: 'failed', tookMs, detail }];
  }

  /** A daemon that starts knows nothing of the one before it. */
  private forgetLife(): void {
    this.peerStopped = false;
    this.takingOver = null;
    this.giver = null;
  }
}
