/** What the main thread and the heartbeat thread say to each other. All of it can be structure-cloned. */
import type { Instant } from '../../common/base/instant.ts';
import type { Keyring } from '../../common/base/keyring.ts';
import type { HaConfig, LinkConfig } from '../../common/config/model.ts';
import type { EngineCommand, EngineConfig, EngineSnapshot } from '../../common/engine/types.ts';
import type { Arrival } from '../../common/rpc/agentContract.ts';
import type { EventDraft } from '../../common/timeline/event.ts';
import type { ProtectionState } from '../host/protections.ts';
import type { RealtimeWish } from '../host/realtime.ts';

/** What one life of the thread is made of. */
export interface ThreadSetup {
  readonly role: 'heartbeat';
  readonly engine: EngineConfig;
  readonly links: readonly LinkConfig[];
  /** Hosts outside the pair, pinged with each of our heartbeats. */
  readonly pingNodes: HaConfig['pingNodes'];
  readonly keyring: Keyring;
  readonly logBadpack: boolean;
  /** Priority of the thread, which it takes itself. */
  readonly realtime: RealtimeWish;
}

export type ToThread =
  | { readonly kind: 'command-done'; readonly id: number; readonly ok: boolean; readonly detail: string }
  | { readonly kind: 'operator'; readonly request: 'standby' | 'takeover'; readonly set: 'local' | 'foreign' | 'all' }
  | { readonly kind: 'confirm-dead' }
  | { readonly kind: 'second-holder'; readonly address: string; readonly group: string; readonly mac: string }
  | { readonly kind: 'stop' }
  /** Post a sample every `periodMs` from now on; null: none. */
  | { readonly kind: 'sampling'; readonly periodMs: number | null }
  | { readonly kind: 'ask-sample'; readonly requestId: number }
  /** Signs and verifies with these from the next packet on. */
  | { readonly kind: 'keys'; readonly keyring: Keyring }
  /** An open watchdog to feed from now on; null: feed none, so that an armed one resets the node. */
  | { readonly kind: 'watchdog'; readonly fd: number | null }
  /** Close everything; the thread ends. */
  | { readonly kind: 'close' };

export interface TimedDraft {
  readonly at: Instant;
  readonly draft: EventDraft;
}

export interface ThreadLink {
  /** Largest silence of the peer on this link since the previous sample; null: never heard. */
  readonly silenceMaxMs: number | null;
  /** Heartbeats on this link since the previous sample. */
  readonly arrivals: readonly Arrival[];
  readonly problem: { readonly code: string; readonly detail: string } | null;
}

export interface ThreadSample {
  readonly snapshot: EngineSnapshot;
  /** By link id. */
  readonly links: Readonly<Record<string, ThreadLink>>;
  /** Heartbeats since the previous sample, each counted when its first copy came, on whichever link. */
  readonly arrivals: readonly Arrival[];
  /** Of the last minute; null: cannot be read. */
  readonly loadAverage: number | null;
  /** Largest lateness of our own timers since the previous sample. */
  readonly latenessMs: number;
  /** Over the last minute. */
  readonly lateness: { readonly maxMs: number; readonly p99Ms: number };
}

export type FromThread =
  /** Media were tried once and the engine was started. */
  | { readonly kind: 'started' }
  /** What the thread got of the priority that it asked for. */
  | { readonly kind: 'realtime'; readonly got: ProtectionState }
  /** Feeding the watchdog failed; not tried again until there is another one. */
  | { readonly kind: 'watchdog-failed'; readonly detail: string }
  | { readonly kind: 'events'; readonly events: readonly TimedDraft[] }
  | { readonly kind: 'commands'; readonly commands: readonly EngineCommand[] }
  | { readonly kind: 'sample'; readonly sample: ThreadSample }
  | { readonly kind: 'sample-asked'; readonly requestId: number; readonly sample: ThreadSample };
