/** What the agent answers to the console, on top of the daemon. */
import type { agentContract, AgentStatus } from '../../common/rpc/agentContract.ts';
import { AGENT_PROTOCOL_VERSION } from '../../common/rpc/agentContract.ts';
import type { Implementation } from '../../common/rpc/contract.ts';
import { RpcError } from '../../common/rpc/messages.ts';
import type { CancelSignal } from '../../common/rpc/cancel.ts';
import type { TimelineEvent } from '../../common/timeline/event.ts';
import type { Daemon } from '../daemon/daemon.ts';
import { VERSION } from '../daemon/version.ts';
import { bootId, monotonicNow } from '../host/clock.ts';
import { confirmRefusal, fencingStatus } from '../observe/fencing.ts';
import { linkStatuses, peerStatus } from '../observe/status.ts';

/** Events read from the journal at once. */
const EVENT_BATCH = 200;

/** Who answers a console: our own daemon, or the observer of another one. */
export interface AgentHost extends Pick<Daemon, 'journal' | 'samples' | 'arrivals' | 'faults' | 'reload'> {
  readonly node: string;
  status(): Promise<AgentStatus>;
  /** The reply says whether the request was taken; what comes of it arrives as events. */
  operate(request: 'standby' | 'takeover', set: 'local' | 'foreign' | 'all'): Promise<Answer>;
  confirmDead(): Promise<Answer>;
  stop(): Answer;
}

export interface Answer {
  readonly accepted: boolean;
  readonly detail: string;
}

/** From number `fromSeq` on, then live; ends when the caller stops. */
async function* follow(
  daemon: Pick<Daemon, 'journal'>,
  fromSeq: number,
  signal: CancelSignal,
): AsyncGenerator<TimelineEvent> {
  let wake: () => void = () => undefined;
  const stopListening = daemon.journal.onEvent(() => wake());
  signal.addEventListener('abort', () => wake(), { once: true });
  let next = fromSeq;
  try {
    while (!signal.aborted) {
      const batch = daemon.journal.read(next, EVENT_BATCH);
      for (const event of batch) {
        yield event;
        next = event.seq + 1;
      }
      if (batch.length === 0 && !signal.aborted) await new Promise<void>((resolve) => (wake = resolve));
    }
  } finally {
    stopListening();
  }
}

async function statusOf(daemon: Daemon): Promise<AgentStatus> {
  const { setup, journal } = daemon;
  const sample = (await daemon.life?.ask()) ?? null;
  const cpu = process.cpuUsage();
  const common = {
    node: setup.node,
    peerName: setup.peer,
    engine: 'twinbeat' as const,
    version: VERSION,
    pid: process.pid,
    bootId: bootId(),
    journalId: journal.journalId,
    wallMs: Date.now(),
    groups: daemon.groups.states(),
    vips: daemon.vips.status(),
    takeoverRequires: [...setup.safety.takeoverRequires],
    protection: daemon.protection.report(),
    keys: daemon.keys.status(),
    timing: {
      keepaliveMs: setup.ha.keepaliveMs,
      warntimeMs: setup.ha.warntimeMs,
      deadtimeMs: setup.ha.deadtimeMs,
      initdeadMs: setup.ha.initdeadMs,
      autoFailback: setup.ha.autoFailback,
    },
    resources: { cpuSeconds: (cpu.user + cpu.system) / 1e6, rssBytes: process.memoryUsage.rss() },
  };
  const fencing = fencingStatus(daemon.fencing, sample);
  const problems = [...daemon.problems.list()];
  if (sample === null) {
    // Between two lives, or the heartbeat thread is stuck: nothing is known of the peer, and that is what is said.
    const detail = daemon.life === null ? 'the engine is starting over' : 'the heartbeat thread does not answer';
    return {
      ...common,
      atMonotonicMs: monotonicNow().monotonicMs,
      status: 'init',
      peer: { status: 'init', silenceMs: null, marginMs: null, engine: null },
      links: [],
      fencing,
      pingNodes: [],
      hold: null,
      mine: 'none',
      theirs: 'none',
      stable: false,
      lateness: { maxMs: 0, p99Ms: 0 },
      problems: [...problems, { code: 'no-engine', detail, sinceWallMs: common.wallMs }],
    };
  }
  const { snapshot } = sample;
  return {
    ...common,
    atMonotonicMs: snapshot.at.monotonicMs,
    status: snapshot.status,
    peer: peerStatus(sample),
    links: linkStatuses(setup.ha, sample, daemon.kernel.interfaces()),
    fencing,
    pingNodes: snapshot.pingNodes.map((ping) => ({ ...ping })),
    hold: snapshot.hold === null ? null : { ...snapshot.hold, reasons: [...snapshot.hold.reasons] },
    mine: snapshot.mine,
    theirs: snapshot.theirs,
    stable: snapshot.stable,
    lateness: sample.lateness,
    problems,
  };
}

/** Why an operator's request cannot even be asked; null: it can. What the engine thinks of it arrives as events. */
async function refusal(daemon: Daemon): Promise<string | null> {
  const sample = await daemon.life?.ask();
  if (sample == null) return 'the engine is starting over';
  if (sample.snapshot.status !== 'active') return `this node is ${sample.snapshot.status}, not active`;
  if (sample.snapshot.shuttingDown) return 'this node is shutting down';
  return null;
}

/** A person vouches for the peer being off. Only what waits for that may be ended by it. */
async function confirmDead(daemon: Daemon): Promise<{ accepted: boolean; detail: string }> {
  const sample = (await daemon.life?.ask()) ?? null;
  const refused = confirmRefusal(daemon.setup.peer, sample);
  if (refused !== null) return { accepted: false, detail: refused };
  // The engine first: what a device that waits for a person then reports is no news any more.
  daemon.life?.send({ kind: 'confirm-dead' });
  daemon.fencing?.confirm();
  return { accepted: true, detail: `${daemon.setup.peer} is taken to be off` };
}

/** Our own daemon, as it answers. */
export function daemonHost(daemon: Daemon): AgentHost {
  const { journal, samples, arrivals, faults } = daemon;
  return {
    node: daemon.setup.node,
    journal,
    samples,
    arrivals,
    faults,
    status: () => statusOf(daemon),
    operate: async (request, set) => {
      const refused = await refusal(daemon);
      if (refused !== null) return { accepted: false, detail: refused };
      daemon.life?.send({ kind: 'operator', request, set });
      return { accepted: true, detail: `${request} ${set} was asked of the engine` };
    },
    confirmDead: () => confirmDead(daemon),
    reload: () => daemon.reload(),
    stop: () => {
      // After the answer has left.
      setImmediate(() => daemon.stop());
      return { accepted: true, detail: 'stopping: resources are released, then the peer is told' };
    },
  };
}

/** The contract on top of whoever answers. */
export function implementAgent(host: AgentHost): Implementation<typeof agentContract, undefined> {
  return {
    hello: () => ({
      protocol: AGENT_PROTOCOL_VERSION,
      version: VERSION,
      node: host.node,
      pid: process.pid,
      journalId: host.journal.journalId,
    }),
    clock: () => ({ monotonicMs: monotonicNow().monotonicMs, wallMs: Date.now() }),
    status: () => host.status(),
    standby: ({ set }) => host.operate('standby', set),
    takeover: ({ set }) => host.operate('takeover', set),
    confirmDead: () => host.confirmDead(),
    reload: () => host.reload(),
    stop: () => host.stop(),
    events: ({ fromSeq }, _context, signal) => follow(host, fromSeq, signal) as AsyncIterable<never>,
    samples: ({ periodMs }, _context, signal) => {
      const stream = host.samples.subscribe(periodMs);
      signal.addEventListener('abort', () => stream.end(), { once: true });
      return stream;
    },
    arrivals: ({ link, afterMonotonicMs, limit }) => host.arrivals.page(link, afterMonotonicMs, limit),
    faultList: () => host.faults.list(),
    faultInject: async ({ name, link, durationMs, ...options }) => {
      const injected = await host.faults.inject(name, link, durationMs, options);
      if (!injected.ok) throw new RpcError(injected.reason, injected.detail);
      return injected.value;
    },
    faultRevert: async ({ faultId }) => {
      const reverted = await host.faults.revert(faultId);
      if (!reverted.ok) throw new RpcError(reverted.reason, reverted.detail);
      return reverted.value;
    },
    faultRenew: ({ faultId, leaseMs }) => {
      const renewed = host.faults.renew(faultId, leaseMs);
      if (!renewed.ok) throw new RpcError(renewed.reason, renewed.detail);
      return renewed.value;
    },
    faultStates: () => host.faults.states(),
    faultMark: ({ text }) => {
      host.faults.mark(text);
      return {};
    },
    faultPanic: async () => {
      const { reverted, checks } = await host.faults.panic();
      return { reverted: [...reverted], checks: [...checks] };
    },
  };
}
