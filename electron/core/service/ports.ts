/**
 * What the console's core needs from outside, as narrow interfaces: a connection to a node, the
 * deployer, the rack, a place for secrets. Each is chosen once, where a host is put together.
 */
import type { CancelSignal } from '../../../agent/common/rpc/cancel.ts';
import type { DeployPlan, DeployProgress, PreflightItem } from '../../common/contract/deploy.ts';
import type { NodeSecrets, NodeSpec, PairSpec } from '../../common/contract/pair.ts';
import type { CableId, RackState, RackUpOptions } from '../../common/contract/rack.ts';
import type { NodeConnection } from '../../common/contract/state.ts';

/** The part of a node's state that the connection itself knows. */
export type ConnectorState = Pick<
  NodeConnection,
  'phase' | 'detail' | 'said' | 'attempt' | 'nextTryInMs' | 'lastHeardAgoMs' | 'hostKey'
>;

/** A running remote command: its output as bytes, its end as an exit status. */
export interface RemoteProcess {
  /** Bytes of standard output, and of standard error too when it has a terminal. */
  onData(listener: (bytes: Uint8Array) => void): void;
  /** Text of standard error, for people. */
  onErrorText(listener: (text: string) => void): void;
  /** Called once; null when the connection went away under it. */
  onExit(listener: (status: number | null) => void): void;
  write(bytes: Uint8Array | string): void;
  /** Stops and continues the flow of output; the far end is held back by the window. */
  pause(): void;
  resume(): void;
  resize(cols: number, rows: number): void;
  close(): void;
}

export interface ExecOptions {
  readonly terminal?: { readonly cols: number; readonly rows: number };
  /** Run as root, by the node's own way of becoming root. */
  readonly asRoot?: boolean;
}

/** One node's connection: connects, reconnects with back-off, stops after an authentication failure. */
export interface NodeConnector {
  readonly spec: NodeSpec;
  state(): ConnectorState;
  onState(listener: () => void): () => void;
  connect(secrets: NodeSecrets | null): void;
  /** Skips the present back-off wait: the node is known to be back. */
  retryNow(): void;
  disconnect(): void;
  answerHostKey(questionId: string, answer: 'reject' | 'trust-once' | 'trust-and-remember' | 'replace'): boolean;
  /** Starts a command; `command: null` is the login shell. Rejects when there is no connection. */
  exec(command: string | null, options?: ExecOptions): Promise<RemoteProcess>;
  close(): Promise<void>;
}

/** Deploys to both nodes of a pair over their connections. */
export interface Deployer {
  preflight(pair: PairSpec, connectors: readonly NodeConnector[], signal: CancelSignal): AsyncIterable<PreflightItem>;
  plan(pair: PairSpec, connectors: readonly NodeConnector[], action: 'deploy' | 'remove'): Promise<DeployPlan>;
  apply(planId: string, signal: CancelSignal): AsyncIterable<DeployProgress>;
}

/** Keeps secrets for later, encrypted by the operating system; absent where only plain text would be possible. */
export interface SecretStore {
  readonly available: boolean;
  /** Where they are kept, or why they cannot be. */
  readonly reason: string;
  get(key: string): Promise<string | null>;
  set(key: string, value: string): Promise<void>;
  remove(key: string): Promise<void>;
}

/** A process started on a host of the rack or on this computer. */
export interface SpawnedLines {
  readonly lines: AsyncIterable<string>;
  readonly exit: Promise<number | null>;
  kill(): void;
}

/** How something broken in the rack ends by itself: after a time, and, `attended`, also when this console is gone. */
export interface RackBreak {
  readonly revertAfterMs?: number;
  readonly attended?: boolean;
}

/** The running rack (electron/lab's RackHandle). */
export interface RackHandlePort {
  state(): RackState;
  onState(listener: (state: RackState) => void): (() => void) | void;
  power(node: string, action: 'off' | 'on' | 'reboot', options?: RackBreak): Promise<void>;
  cable(id: CableId, setting: RackBreak & { aToB: boolean; bToA: boolean; noisePpm: number }): Promise<void>;
  /** Breaks or mends the switch that the nodes fence each other with. */
  powerSwitch(to: { broken: boolean }): Promise<void>;
  /** A spare computer on the LAN takes `address`; null: it goes. */
  impostor(address: string | null, options?: RackBreak): Promise<void>;
  pairSpec(): PairSpec;
  credentials(): { user: string; privateKeyPem: string; hostKeySha256: Readonly<Record<string, readonly string[]>> };
  spawnOn(host: string, argv: readonly string[]): SpawnedLines;
  down(): Promise<void>;
  /** Lets go of the handle; the rack stays up when somebody else keeps it. */
  close(): void | Promise<void>;
}

export interface RackPort {
  /** A rack that it starts outlives this process (`rack up` of the CLI). */
  readonly keepsRunning: boolean;
  support(): Promise<{ available: boolean; mode: 'rootless' | 'root' | null; reason: string }>;
  /** `onState` hears every state on the way up; `signal` stops the start, which then rejects when all is gone again. */
  start(options: RackUpOptions, onState: (state: RackState) => void, signal: AbortSignal): Promise<RackHandlePort>;
  attach(): Promise<RackHandlePort | null>;
}
