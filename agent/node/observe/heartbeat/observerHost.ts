/** What the observer answers to the console: the same contract as our own engine's, with what cannot be known said to be unknown. */
import type { AgentStatus, ObservedDaemon } from '../../../common/rpc/agentContract.ts';
import { VERSION } from '../../daemon/version.ts';
import { bootId, monotonicNow } from '../../host/clock.ts';
import type { AgentHost, Answer } from '../../rpc/service.ts';
import { findProgram, runBounded } from './clStatus.ts';
import type { Observer } from './observer.ts';

/** Where heartbeat's operator commands are, Debian's place first. */
const COMMAND_PLACES = ['/usr/share/heartbeat', '/usr/lib/heartbeat', '/usr/lib64/heartbeat', '/usr/libexec/heartbeat'];
/** The command only puts a message into the daemon's queue. */
const COMMAND_MS_MAX = 10_000;

function sourcesOf(observer: Observer): ObservedDaemon['sources'] {
  const log = observer.logProblem();
  const { state } = observer.daemon.state;
  const silence = state === 'running' ? observer.daemon.silence : `nobody answers: heartbeat is ${state}`;
  const capture = observer.captureProblem();
  const serial = observer.setup.ha.links.some(({ medium }) => medium === 'serial');
  const seen = serial ? 'network links; a serial line is the daemon’s alone: only its word is known' : 'every link';
  return [
    { what: 'log', works: log === null, detail: log ?? observer.log.name },
    { what: 'cl_status', works: silence === null, detail: silence ?? 'answers' },
    { what: 'capture', works: capture === null, detail: capture ?? seen },
  ];
}

/** The status of a node whose daemon is observed. */
export function observedStatus(observer: Observer): AgentStatus {
  const { setup, view, vips, daemon } = observer;
  const now = monotonicNow();
  const cpu = process.cpuUsage();
  return {
    node: setup.node,
    peerName: setup.peer,
    engine: 'heartbeat',
    version: VERSION,
    pid: process.pid,
    bootId: bootId(),
    journalId: observer.journal.journalId,
    atMonotonicMs: now.monotonicMs,
    wallMs: Date.now(),
    status: view.own,
    peer: view.peerStatus(now),
    links: view.linkStatuses(now, (link) => observer.linkProblem(link)),
    mine: view.mine,
    theirs: view.theirs,
    stable: view.stable,
    groups: observer.groups.states(view.mine, vips.held()),
    vips: vips.status(),
    pingNodes: setup.ha.pingNodes.map(({ name }) => ({
      name,
      status: observer.pings.get(name) ?? 'unknown',
      silenceMs: null,
    })),
    // The real daemon waits for nothing but its stonith device.
    hold: null,
    fencing: observer.fencing.status(),
    takeoverRequires: [],
    // Nothing of this is ours to give: what protects the daemon is its own affair.
    protection: [],
    keys: observer.keys.status(),
    timing: {
      keepaliveMs: setup.ha.keepaliveMs,
      warntimeMs: setup.ha.warntimeMs,
      deadtimeMs: setup.ha.deadtimeMs,
      initdeadMs: setup.ha.initdeadMs,
      autoFailback: setup.ha.autoFailback,
    },
    lateness: observer.lateness.summary(now),
    problems: [...observer.problems.list()],
    observed: {
      state: daemon.state.state,
      pid: daemon.state.master?.pid ?? null,
      version: observer.daemonVersion,
      sources: sourcesOf(observer),
    },
    resources: { cpuSeconds: (cpu.user + cpu.system) / 1e6, rssBytes: process.memoryUsage.rss() },
  };
}

/** Why an operator's request is not passed on, or null. */
function refusal({ daemon, view, setup }: Observer): string | null {
  if (daemon.state.state !== 'running') return `heartbeat is ${daemon.state.state} on this node`;
  if (view.own !== 'active') return `heartbeat on this node is ${view.own}, not active`;
  if (view.peer !== 'active')
    return `${setup.peer} is ${view.peer}, not active: there is nobody to hand over to or to ask`;
  return setup.ha.autoFailback === 'legacy' ? 'auto_failback legacy knows no standby' : null;
}

async function operate(observer: Observer, request: 'standby' | 'takeover', set: string): Promise<Answer> {
  const refused = refusal(observer);
  if (refused !== null) return { accepted: false, detail: refused };
  const name = `hb_${request}`;
  const program = findProgram(name, COMMAND_PLACES);
  if (program === null) return { accepted: false, detail: `${name} is not installed on this node` };
  const ran = await runBounded(program, [set], COMMAND_MS_MAX);
  if (!ran.ok) return { accepted: false, detail: `${name} ${set}: ${ran.detail}` };
  return { accepted: true, detail: `${name} ${set} was given to heartbeat` };
}

const OBSERVED = 'this agent only observes heartbeat';

/** The observer, as it answers. */
export function observerHost(observer: Observer): AgentHost {
  const { journal, samples, arrivals, faults, setup } = observer;
  const refuse = (why: string): Answer => ({ accepted: false, detail: `${OBSERVED}: ${why}` });
  return {
    node: setup.node,
    journal,
    samples,
    arrivals,
    faults,
    status: () => Promise.resolve(observedStatus(observer)),
    operate: (request, set) => operate(observer, request, set),
    confirmDead: () =>
      Promise.resolve(refuse(`it waits for no person but its stonith device (meatware: meatclient -c ${setup.peer})`)),
    reload: () => refuse('its keys are read again by: heartbeat -r'),
    stop: () => refuse('it is stopped by: systemctl stop heartbeat, or /etc/init.d/heartbeat stop'),
  };
}
