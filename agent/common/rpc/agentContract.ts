/**
 * What the console may ask of an agent, over the standard streams of `twinbeat-agent attach`.
 * One object gives the types and the run-time validation of both ends. The version is raised
 * when an older end could misread a newer one.
 */
import { z } from 'zod';
import { FAULT_CHECKS, FAULT_NAMES, type CatalogueName } from '../faults/index.ts';
import { call, stream } from './contract.ts';

/** 2: the catalogue of faults with leases and panic, arrivals, observed daemons. */
export const AGENT_PROTOCOL_VERSION = 2;

/** Arrivals in one answer at most: about 80 kB. */
export const ARRIVALS_ASKED_MAX = 4096;

export const NodeStatusSchema = z.enum(['init', 'up', 'active', 'dead']);
export const ResourceSetSchema = z.enum(['none', 'local', 'foreign', 'all']);
export const DirectionStateSchema = z.enum(['up', 'late', 'dead', 'unknown']);

const Direction = z.object({
  state: DirectionStateSchema,
  /** Milliseconds since the newest heartbeat that got through; null: nothing known. */
  silenceMs: z.number().nullable(),
  /** deadtime minus silence, milliseconds; null: nothing known. Negative once dead. */
  marginMs: z.number().nullable(),
});

export const LinkStatusSchema = z.object({
  id: z.string(),
  name: z.string(),
  /** What people call it, unlike any other link of the node: `bcast eth1`, `ucast6 eth1 fd00::2`. Older agents do not say it. */
  label: z.string().optional(),
  medium: z.enum(['ucast', 'bcast', 'mcast', 'serial']),
  /** Speed of a serial line by the node's own file, bits per second; null: it is none. Older agents do not say it. */
  baud: z.number().nullable().optional(),
  fromPeer: Direction,
  toPeer: Direction,
  rttMs: z.number().nullable(),
  clockOffsetMs: z.number().nullable(),
  clockErrorMs: z.number().nullable(),
  /**
   * How `fromPeer` is known. `engine`: our own engine received it. `capture`: packets of an observed daemon, seen on the wire.
   * `daemon`: by an observed daemon's word only (a serial line is its own); silence and margin are then unknown. Older agents
   * do not say it.
   */
  evidence: z.enum(['engine', 'capture', 'daemon']).optional(),
  /** Why the local end does not work (interface down, serial port missing), or null. */
  problem: z.string().nullable(),
});
export type LinkStatus = z.infer<typeof LinkStatusSchema>;

export const VipStatusSchema = z.object({
  address: z.string(),
  prefixBits: z.number().nullable(),
  group: z.string(),
  /** Interface that carries the address on this node right now, read back from the kernel; null: not held here. */
  heldOn: z.string().nullable(),
  /**
   * MAC of another host that answers for the address on the LAN; null: none seen. Where `heldOn` is null that is the holder, as it should
   * be; only beside an address that is held here is it a second holder.
   */
  conflictMac: z.string().nullable(),
  /** When the LAN was last asked who has it, milliseconds ago; null: never, so `conflictMac` says nothing. */
  probedAgoMs: z.number().nullable(),
  /** Hardware address with which this node answers for the address, or would if it had it; null: no interface fits. Older agents do not say it. */
  mac: z.string().nullable().optional(),
});
export type VipStatus = z.infer<typeof VipStatusSchema>;

export const HoldReasonSchema = z.enum(['fencing', 'fencing-failed', 'reference-silent', 'one-link', 'key-mismatch']);

export const ProtectionSchema = z.object({
  what: z.enum(['watchdog', 'realtime', 'oom', 'swap']),
  /** `off`: not asked for. `unavailable`: asked for, and this node does not allow it. */
  state: z.enum(['on', 'off', 'unavailable']),
  detail: z.string(),
});

/** A real daemon beside which the agent runs without touching it, and what is known of it from where. */
export const ObservedDaemonSchema = z.object({
  /** `frozen`: its process is there and stopped (SIGSTOP). */
  state: z.enum(['running', 'frozen', 'not-running']),
  pid: z.number().nullable(),
  /** By its own word; null: it was not told. */
  version: z.string().nullable(),
  sources: z.array(
    z.object({
      what: z.enum(['log', 'cl_status', 'capture']),
      works: z.boolean(),
      /** What is followed, or why nothing is. */
      detail: z.string(),
    }),
  ),
});
export type ObservedDaemon = z.infer<typeof ObservedDaemonSchema>;

export const AgentStatusSchema = z.object({
  node: z.string(),
  peerName: z.string(),
  engine: z.enum(['twinbeat', 'heartbeat', 'keepalived']),
  version: z.string(),
  pid: z.number(),
  bootId: z.string(),
  journalId: z.string(),
  /** This node's monotonic clock at the snapshot, milliseconds. */
  atMonotonicMs: z.number(),
  wallMs: z.number(),
  status: NodeStatusSchema,
  peer: z.object({
    status: NodeStatusSchema,
    silenceMs: z.number().nullable(),
    marginMs: z.number().nullable(),
    engine: z.enum(['twinbeat', 'heartbeat']).nullable(),
  }),
  links: z.array(LinkStatusSchema),
  mine: ResourceSetSchema,
  theirs: ResourceSetSchema,
  stable: z.boolean(),
  groups: z.array(
    z.object({
      key: z.string(),
      preferredNode: z.string(),
      state: z.enum(['started', 'stopped', 'starting', 'stopping', 'failed']),
      resources: z.array(z.string()),
    }),
  ),
  vips: z.array(VipStatusSchema),
  pingNodes: z.array(
    z.object({ name: z.string(), status: z.enum(['unknown', 'up', 'dead']), silenceMs: z.number().nullable() }),
  ),
  /** A takeover that waits, for what and for how long (`sinceMs`); null: none does. A person can end the wait by `confirmDead`. */
  hold: z.object({ reasons: z.array(HoldReasonSchema), sinceMs: z.number() }).nullable(),
  /** null: no stonith device is configured. */
  fencing: z
    .object({
      device: z.string(),
      state: z.enum(['none', 'running', 'waiting-operator', 'done', 'failed']),
      detail: z.string(),
    })
    .nullable(),
  /** What a takeover from a silent peer must have (twinbeat.cf). */
  takeoverRequires: z.array(z.enum(['reference', 'two-links', 'fencing'])),
  /** What keeps the daemon running on a bad day, each read back, with the reason where it is not on. */
  protection: z.array(ProtectionSchema),
  /** The key that signs, without its secret, and how many are accepted. */
  keys: z.object({ index: z.number(), method: z.string(), fingerprint: z.string(), accepted: z.number() }),
  timing: z.object({
    keepaliveMs: z.number(),
    warntimeMs: z.number(),
    deadtimeMs: z.number(),
    initdeadMs: z.number(),
    autoFailback: z.enum(['on', 'off', 'legacy']),
  }),
  /** Lateness of the heartbeat thread's own timers over the last minute, milliseconds. */
  lateness: z.object({ maxMs: z.number(), p99Ms: z.number() }),
  problems: z.array(z.object({ code: z.string(), detail: z.string(), sinceWallMs: z.number() })),
  /** The daemon that is observed; absent: the engine is our own. */
  observed: ObservedDaemonSchema.optional(),
  resources: z.object({ cpuSeconds: z.number(), rssBytes: z.number() }),
});
export type AgentStatus = z.infer<typeof AgentStatusSchema>;

/** One heartbeat of the peer, and the time since the one before it: exact, as the thread that read it stamped both. */
export const ArrivalSchema = z.object({ atMonotonicMs: z.number(), gapMs: z.number() });
export type Arrival = z.infer<typeof ArrivalSchema>;

/** One sampling instant of everything that is plotted. Taken by the heartbeat thread, sent in order. */
export const AgentSampleSchema = z.object({
  atMonotonicMs: z.number(),
  status: NodeStatusSchema,
  peerStatus: NodeStatusSchema,
  mine: ResourceSetSchema,
  /** Addresses of the configured VIPs this node holds right now. */
  heldVips: z.array(z.string()),
  nodeMarginMs: z.number().nullable(),
  links: z.array(
    z.object({
      id: z.string(),
      fromPeer: DirectionStateSchema,
      toPeer: DirectionStateSchema,
      fromPeerSilenceMs: z.number().nullable(),
      toPeerSilenceMs: z.number().nullable(),
      /** Largest silence since the previous sample: down-sampling keeps extremes. */
      fromPeerSilenceMaxMs: z.number().nullable(),
      rttMs: z.number().nullable(),
      /** Heartbeats that this link brought since the previous sample, oldest first. Older agents do not say it. */
      arrivals: z.array(ArrivalSchema).optional(),
    }),
  ),
  /** The same over all links: of each heartbeat the copy that came first. A node's silence, and so its deadtime, counts from these. */
  arrivals: z.array(ArrivalSchema).optional(),
  /** Load average of the node's last minute; null: cannot be read. */
  loadAverage: z.number().nullable().optional(),
  latenessMs: z.number(),
});
export type AgentSample = z.infer<typeof AgentSampleSchema>;

export const SeveritySchema = z.enum(['debug', 'info', 'warn', 'error', 'crit']);

/** A TimelineEvent; bodies are passed on as they are (their shape is timeline/event.ts's). */
export const TimelineEventSchema = z.object({
  seq: z.number().int().positive(),
  node: z.string(),
  at: z.object({ monotonicMs: z.number() }),
  wallMs: z.number(),
  severity: SeveritySchema,
  body: z.looseObject({ kind: z.string() }),
});

/** Every fault of the catalogue (agent/common/faults) but the one that only power can do; the agent says which of them it can. */
export const FaultNameSchema = z.enum(
  FAULT_NAMES.filter((name): name is Exclude<CatalogueName, 'power-off'> => name !== 'power-off'),
);
export type FaultName = z.infer<typeof FaultNameSchema>;

export const FaultStateSchema = z.object({
  faultId: z.string(),
  name: FaultNameSchema,
  /** A fault by hand: `armed` until it is seen, `injected` until its end is seen. */
  phase: z.enum(['armed', 'injected', 'reverted', 'failed']),
  /** Link the fault is about, where it is about one. */
  link: z.string().nullable(),
  /** Until the guard ends it at the latest; the lease may end it before. */
  revertsInMs: z.number().nullable(),
  detail: z.string(),
  /** Folder of its guard on the node: what a console without the agent undoes it with. Absent: it is not the agent's. */
  dir: z.string().optional(),
});
export type FaultState = z.infer<typeof FaultStateSchema>;

/** Longest time of a fault that cuts the way to manage its node: nobody could end it early. Milliseconds. */
export const CUT_OFF_MS_MAX = 60_000;

/** One thing that was looked at after everything was taken back, read from the system itself. */
export const FaultCheckSchema = z.object({
  what: z.enum(FAULT_CHECKS),
  ok: z.boolean(),
  /** What was found, in words. */
  detail: z.string(),
});
export type FaultCheck = z.infer<typeof FaultCheckSchema>;

export const agentContract = {
  hello: call(
    z.object({ protocol: z.number() }),
    z.object({ protocol: z.number(), version: z.string(), node: z.string(), pid: z.number(), journalId: z.string() }),
  ),
  /** For clock alignment: the caller measures the round trip around it. */
  clock: call(z.object({}), z.object({ monotonicMs: z.number(), wallMs: z.number() })),
  status: call(z.object({}), AgentStatusSchema),
  /** Ask the engine; the reply says whether the request was taken, its outcome arrives as events. */
  standby: call(
    z.object({ set: z.enum(['local', 'foreign', 'all']) }),
    z.object({ accepted: z.boolean(), detail: z.string() }),
  ),
  takeover: call(
    z.object({ set: z.enum(['local', 'foreign', 'all']) }),
    z.object({ accepted: z.boolean(), detail: z.string() }),
  ),
  /** A person has made sure that the peer is off: ends whatever a takeover waits for. */
  confirmDead: call(z.object({}), z.object({ accepted: z.boolean(), detail: z.string() })),
  /** Reads authkeys again without interruption. Refused, and the old keys stay, when the file is not valid. */
  reload: call(z.object({}), z.object({ accepted: z.boolean(), detail: z.string() })),
  stop: call(z.object({}), z.object({ accepted: z.boolean(), detail: z.string() })),
  /** Journal from number `fromSeq` on, then live. A first item with a later number means older ones are gone. */
  events: stream(z.object({ fromSeq: z.number().int().positive() }), TimelineEventSchema),
  /** Live samples every `periodMs` (50..5000). */
  samples: stream(z.object({ periodMs: z.number().min(50).max(5000) }), AgentSampleSchema),
  /**
   * What the agent remembers of arrivals, from before any console looked: of one link, or with null of all links together, those
   * after `afterMonotonicMs`, oldest first. Ask again from the last one while there is `more`.
   */
  arrivals: call(
    z.object({
      link: z.string().nullable(),
      afterMonotonicMs: z.number(),
      limit: z.number().int().min(1).max(ARRIVALS_ASKED_MAX).default(ARRIVALS_ASKED_MAX),
    }),
    z.object({ atMonotonicMs: z.array(z.number()), gapMs: z.array(z.number()), more: z.boolean() }),
  ),
  faultList: call(
    z.object({}),
    z.array(
      z.object({
        name: FaultNameSchema,
        available: z.boolean(),
        /** Why not, when not available; else what it does, with the exact commands. */
        reason: z.string(),
        commands: z.array(z.string()),
        revertCommands: z.array(z.string()),
        /** The way to manage this node ends with it, for as long as it lasts. */
        cutsManagement: z.boolean().default(false),
      }),
    ),
  ),
  /** Writes the revert, arms and proves its guard, then injects. Refused while another fault is active on this node. */
  faultInject: call(
    z.object({
      name: FaultNameSchema,
      link: z.string().nullable(),
      durationMs: z.number().min(500).max(3_600_000),
      /** The guard ends the fault when the lease was not renewed for this long; null: at `durationMs` only. */
      leaseMs: z.number().min(1000).max(3_600_000).nullable().default(null),
      /** In the unit of the catalogue; null: its standard. */
      amount: z.number().nullable().default(null),
      /** Spare no SSH session. Needs a lease, and at most CUT_OFF_MS_MAX. */
      cutManagement: z.boolean().default(false),
    }),
    FaultStateSchema,
  ),
  /** Keeps a fault for another `leaseMs`, never beyond its time. */
  faultRenew: call(z.object({ faultId: z.string(), leaseMs: z.number().min(1000).max(3_600_000) }), FaultStateSchema),
  faultRevert: call(z.object({ faultId: z.string() }), FaultStateSchema),
  faultStates: call(z.object({}), z.array(FaultStateSchema)),
  /** One line in this node's journal and log: what was broken, or is over, on the other node or beside both. */
  faultMark: call(z.object({ text: z.string().min(1).max(300) }), z.object({})),
  /** Takes back everything, also what an earlier life left, and looks whether anything of it is still there. */
  faultPanic: call(z.object({}), z.object({ reverted: z.array(z.string()), checks: z.array(FaultCheckSchema) })),
};
