/** What the rules for seizing a silent peer's groups remember (docs/engine.md, "Seizing"), with a line on each state. */
import type { Instant } from '../base/instant.ts';
import type { TakeoverHoldReason } from '../timeline/event.ts';

/** The present death of the peer; its next heartbeat ends it. */
export interface Death {
  readonly cause: 'peer-dead' | 'start';
  /** It may run something that matters: it is fenced first where a device is configured. */
  mayHold: boolean;
  /** How we know that it runs nothing: it said so in `shutdone`, or a person vouches for it. Then nothing holds the takeover back. */
  certain: 'no' | 'stopped' | 'confirmed';
  /** The takeover was begun. */
  seized: boolean;
}

/** The stonith device, as far as the present death of the peer is concerned. */
export interface Fencing {
  /** What the operator is shown. */
  view: 'none' | 'running' | 'done' | 'failed';
  /** Id of the running command, also of one that was begun for an earlier death: it cannot be called back. */
  command: number | null;
  /** Generation of the peer when that command was issued; 0: never heard. Its success is the death of this generation, of no other. */
  generation: number;
  /** Generation that a success has proved dead. */
  provedDead: number | null;
  retryAt: Instant | null;
  /** It failed at least once for this death. */
  failed: boolean;
  /** That no device is configured, or none is needed, was said for this death. */
  told: boolean;
}

/** Work of the host that runs beside the acquire and release commands. */
export type Aside = { readonly kind: 'fence' } | { readonly kind: 'let-go'; readonly address: string };

export interface SafetyState {
  death: Death | null;
  readonly fencing: Fencing;
  /** Why the takeover waits, and since when. */
  hold: { readonly reasons: readonly TakeoverHoldReason[]; readonly since: Instant } | null;
  /** Neither the peer nor a ping node answered: everything was given up; nothing is started until one of them does. */
  isolated: boolean;
  /** When the reference was last found silent in this silence of the peer; null: never. */
  referenceSilentAt: Instant | null;
  /** Packets in the peer's name failed authentication, and no valid one came since. */
  keyMismatch: boolean;
  /** Newest summary of packets that failed authentication in its name, also beside valid ones. */
  rejectedAt: Instant | null;
  readonly asides: Map<number, Aside>;
  /** When the peer was last told to let an address go, by address. */
  readonly askedAt: Map<string, Instant>;
  /** A stall shorter than the deadtime was reported and its grace is not over. */
  notScheduled: boolean;
  /** The peer's notice that it stopped was read while we only watched. */
  noticeWaits: boolean;
}

/** Nobody is dead, nothing waits. */
export function newSafety(): SafetyState {
  return {
    death: null,
    fencing: {
      view: 'none',
      command: null,
      generation: 0,
      provedDead: null,
      retryAt: null,
      failed: false,
      told: false,
    },
    hold: null,
    isolated: false,
    referenceSilentAt: null,
    keyMismatch: false,
    rejectedAt: null,
    asides: new Map(),
    askedAt: new Map(),
    notScheduled: false,
    noticeWaits: false,
  };
}
