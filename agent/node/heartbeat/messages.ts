/** What the main thread and the heartbeat thread say to each other. All of it can be structure-cloned. */
import type { Instant } from '../../common/base/instant.ts';
import type { Keyring } from '../../common/base/keyring.ts';
import type { LinkConfig } from '../../common/config/model.ts';
import type { EngineCommand, EngineConfig, EngineSnapshot } from '../../common/engine/types.ts';
import type { EventDraft } from '../../common/timeline/event.ts';

/** What one life of the thread is made of. */
export interface ThreadSetup {
  readonly role: 'heartbeat';
  readonly engine: EngineConfig;
  readonly links: readonly LinkConfig[];
  readonly keyring: Keyring;
  readonly logBadpack: boolean;
}

export type ToThread =
  | { readonly kind: 'command-done'; readonly id: number; readonly ok: boolean; readonly detail: string }
  | { readonly kind: 'operator'; readonly request: 'standby' | 'takeover'; readonly set: 'local' | 'foreign' | 'all' }
  | { readonly kind: 'stop' }
  /** Post a sample every `periodMs` from now on; null: none. */
  | { readonly kind: 'sampling'; readonly periodMs: number | null }
  | { readonly kind: 'ask-sample'; readonly requestId: number }
  /** Close everything; the thread ends. */
  | { readonly kind: 'close' };

export interface TimedDraft {
  readonly at: Instant;
  readonly draft: EventDraft;
}

export interface ThreadLink {
  /** Largest silence of the peer on this link since the previous sample; null: never heard. */
  readonly silenceMaxMs: number | null;
  readonly problem: { readonly code: string; readonly detail: string } | null;
}

export interface ThreadSample {
  readonly snapshot: EngineSnapshot;
  /** By link id. */
  readonly links: Readonly<Record<string, ThreadLink>>;
  /** Largest lateness of our own timers since the previous sample. */
  readonly latenessMs: number;
  /** Over the last minute. */
  readonly lateness: { readonly maxMs: number; readonly p99Ms: number };
}

export type FromThread =
  /** Media were tried once and the engine was started. */
  | { readonly kind: 'started' }
  | { readonly kind: 'events'; readonly events: readonly TimedDraft[] }
  | { readonly kind: 'commands'; readonly commands: readonly EngineCommand[] }
  | { readonly kind: 'sample'; readonly sample: ThreadSample }
  | { readonly kind: 'sample-asked'; readonly requestId: number; readonly sample: ThreadSample };
