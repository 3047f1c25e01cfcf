/**
 * One node's SSH connection: a state machine that connects, has the host key judged before
 * anything secret is sent, notices a dead server within seconds, comes back by itself and
 * knows when to stop. States and transitions:
 *
 *     idle -> connecting -> (host-key ->) authenticating -> ready -> lost -> waiting -> connecting ...
 *     any before ready -> waiting            the network's fault: try again later
 *     host-key, authenticating -> gave-up    refused: trying again would be refused again, or lock the account
 *     waiting -> gave-up                     the budget is used up; a person may start again
 *     any -> idle                            disconnect()
 */
import { assert } from '../../../agent/common/base/assert.ts';
import type { NodeSecrets, NodeSpec } from '../../common/contract/pair.ts';
import type { HostKeyQuestion } from '../../common/contract/state.ts';
import { Emitter } from '../base/emitter.ts';
import type { ConnectorState } from '../service/ports.ts';
import { AuthenticationPlan, loadCredentials } from './authentication.ts';
import type { Credentials } from './authentication.ts';
import { BACKOFF_DEFAULTS, backoffMs } from './backoff.ts';
import type { BackoffOptions } from './backoff.ts';
import type { HostKey } from './hostKey.ts';
import { HostKeyJudge } from './hostKeyJudge.ts';
import type { HostKeyAnswer } from './hostKeyJudge.ts';
import type { HostKeyStore } from './knownHostsFile.ts';
import { systemTimers } from './timers.ts';
import type { Timers } from './timers.ts';
import { dialDirect, openSsh2Transport } from './transport.ts';
import type { Dial, FailureLayer, OpenTransport, Transport, TransportFailure } from './transport.ts';

export interface SshConnectionOptions {
  readonly hostKeys: HostKeyStore;
  /** Private key in memory instead of the entry's key file (the rack's own). */
  readonly privateKeyPem?: string;
  /** Default: SSH_AUTH_SOCK of this process. */
  readonly agentSocket?: string;
  /**
   * Between pings while nothing is heard, milliseconds. Default 2000: with three misses a dead
   * server is noticed in 6 to 8 s. This lab pulls plugs for a living.
   */
  readonly keepaliveMs?: number;
  /** Silent keepalive periods in a row that mean dead. Default 3. */
  readonly keepaliveMisses?: number;
  /** Time for TCP and key exchange, milliseconds. Default 10000. */
  readonly connectTimeoutMs?: number;
  /** Time from the accepted host key to being let in, milliseconds. Default 20000: PAM asks slow directories. */
  readonly authenticateTimeoutMs?: number;
  readonly backoff?: Partial<BackoffOptions>;
  readonly timers?: Timers;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
  readonly dial?: Dial;
  readonly openTransport?: OpenTransport;
}

type Phase = ConnectorState['phase'];

interface OpenQuestion {
  readonly question: HostKeyQuestion;
  readonly key: HostKey;
  readonly answer: (accepted: boolean) => void;
}

/**
 * Patience while a bulk transfer runs, as a multiple of keepaliveMisses. On a slow line up to
 * two megabytes of the transfer stand in front of a ping in the buffers; at 1 Mbit/s that is 16 s.
 */
const BULK_PATIENCE = 6;

export class SshLink {
  readonly spec: NodeSpec;
  private readonly options: SshConnectionOptions;
  private readonly timers: Timers;
  private readonly judge: HostKeyJudge;
  private readonly changed = new Emitter<void>();
  private readonly down = new Emitter<TransportFailure>();

  private phase: Phase = 'idle';
  private detail = 'not connected';
  private attempt = 0;
  private lastLayer: FailureLayer | null = null;
  private nextTryAtMs: number | null = null;
  private lastHeardAtMs: number | null = null;
  private failingSinceMs: number | null = null;
  private silentPeriods = 0;
  private bulkTransfers = 0;

  private secrets: NodeSecrets | null = null;
  private credentials: Credentials | null = null;
  private transport: Transport | null = null;
  private question: OpenQuestion | null = null;
  /** What was found, to show after a refusal. */
  private refusedQuestion: HostKeyQuestion | null = null;
  private acceptedKey: HostKey | null = null;
  private recordAs: HostKeyAnswer | null = null;
  private cancelTimer: () => void = () => undefined;
  /** Raised with every attempt and every stop: late news of an older attempt are then ignored. */
  private generation = 0;

  constructor(spec: NodeSpec, options: SshConnectionOptions) {
    this.spec = spec;
    this.options = options;
    this.timers = options.timers ?? systemTimers;
    this.judge = new HostKeyJudge({ host: spec.host, port: spec.port, store: options.hostKeys, pinned: spec.hostKeys });
  }

  /** The present state; `nextTryInMs` and `lastHeardAgoMs` are as of now. */
  state(): ConnectorState {
    const now = this.timers.nowMs();
    return {
      phase: this.phase,
      detail: this.detail,
      attempt: this.attempt,
      nextTryInMs: this.nextTryAtMs === null ? null : Math.max(0, this.nextTryAtMs - now),
      lastHeardAgoMs: this.lastHeardAtMs === null ? null : now - this.lastHeardAtMs,
      hostKey: this.question?.question ?? this.refusedQuestion,
    };
  }

  /** Which layer ended the last attempt or connection; null while nothing failed. */
  get failureLayer(): FailureLayer | null {
    return this.lastLayer;
  }

  /** Secrets of the present attempt, for becoming root. */
  protected get currentSecrets(): NodeSecrets | null {
    return this.secrets;
  }

  /** The open transport, only when ready. */
  protected get readyTransport(): Transport | null {
    return this.phase === 'ready' ? this.transport : null;
  }

  /** Called at every change of phase; the returned function stops that. */
  onState(listener: () => void): () => void {
    return this.changed.on(listener);
  }

  /** Called when a connection that was ready is gone. */
  onDown(listener: (failure: TransportFailure) => void): () => void {
    return this.down.on(listener);
  }

  /**
   * Starts connecting, from idle, gave-up or waiting; with secrets, they replace the older ones.
   * Does nothing while connected or connecting.
   */
  connect(secrets: NodeSecrets | null): void {
    if (!['idle', 'gave-up', 'waiting', 'lost'].includes(this.phase)) return;
    if (secrets !== null) {
      this.secrets = secrets;
      this.credentials = null;
    }
    this.attempt = 0;
    this.failingSinceMs = null;
    void this.begin();
  }

  /** Skips the back-off, or starts over after gave-up, with the secrets at hand. */
  retryNow(): void {
    if (this.phase === 'waiting' || this.phase === 'gave-up') this.connect(null);
  }

  /** Ends the connection and all attempts. The secrets are forgotten. */
  disconnect(): void {
    this.stop('idle', 'not connected', { layer: 'local', detail: 'disconnected by the console' });
    this.lastLayer = null;
    this.secrets = null;
    this.credentials = null;
  }

  /** A person's answer to the open question; false when there is no such question or the answer does not fit it. */
  answerHostKey(questionId: string, answer: HostKeyAnswer): boolean {
    const open = this.question;
    if (open === null || open.question.questionId !== questionId) return false;
    const accepted = HostKeyJudge.accepts(open.question, answer);
    if (!accepted && answer !== 'reject') return false;
    this.question = null;
    if (!accepted) {
      this.refusedQuestion = open.question;
      const detail = `the host key of ${this.spec.host} was rejected`;
      this.stop('gave-up', detail, { layer: 'host-key', detail });
      open.answer(false);
      return true;
    }
    this.judge.trust(open.key);
    this.recordAs = answer === 'trust-once' ? null : answer;
    if (this.transport === null) {
      // The server did not wait for the answer (its login time is limited): dial again, now trusted.
      void this.begin();
    } else {
      this.becomeAuthenticating();
      open.answer(true);
    }
    return true;
  }

  /** Marks a bulk transfer: the keepalive is more patient until the returned function is called. */
  beginBulk(): () => void {
    this.bulkTransfers++;
    let over = false;
    return () => {
      if (!over) this.bulkTransfers--;
      over = true;
    };
  }

  private setPhase(phase: Phase, detail: string): void {
    this.phase = phase;
    this.detail = detail;
    if (phase !== 'waiting') this.nextTryAtMs = null;
    this.changed.fire();
  }

  private arm(delayMs: number, fn: () => void): void {
    this.cancelTimer();
    this.cancelTimer = this.timers.after(delayMs, fn);
  }

  private async begin(): Promise<void> {
    this.cancelTimer();
    const generation = ++this.generation;
    this.attempt++;
    this.refusedQuestion = null;
    this.acceptedKey = null;
    this.setPhase('connecting', `connecting to ${this.spec.host} port ${this.spec.port}`);
    const { privateKeyPem, agentSocket = process.env['SSH_AUTH_SOCK'] } = this.options;
    if (this.credentials === null) {
      const loaded = await loadCredentials(this.spec, this.secrets, { privateKeyPem, agentSocket });
      if (generation !== this.generation) return;
      if (!loaded.ok) return this.stop('gave-up', loaded.detail, { layer: 'authentication', detail: loaded.detail });
      this.credentials = loaded.value;
    }
    let knownTypes: ReadonlySet<string>;
    try {
      knownTypes = await this.judge.knownTypes();
    } catch (error) {
      const detail = `known_hosts cannot be read: ${(error as Error).message}`;
      if (generation === this.generation) this.stop('gave-up', detail, { layer: 'local', detail });
      return;
    }
    if (generation !== this.generation) return;
    this.openTransport(this.credentials, knownTypes, generation);
  }

  private openTransport(credentials: Credentials, knownTypes: ReadonlySet<string>, generation: number): void {
    const isOld = (): boolean => generation !== this.generation;
    const limitMs = this.options.connectTimeoutMs ?? 10_000;
    this.arm(limitMs, () => this.transport?.destroy({ layer: 'tcp', detail: `no answer within ${limitMs / 1000} s` }));
    this.transport = (this.options.openTransport ?? openSsh2Transport)(
      {
        host: this.spec.host,
        port: this.spec.port,
        authentication: new AuthenticationPlan(credentials),
        knownTypes,
        keepaliveMs: this.options.keepaliveMs ?? 2000,
        dial: this.options.dial ?? dialDirect,
      },
      {
        onConnected: () => {
          if (!isOld()) this.setPhase('connecting', `${this.spec.host} answers; agreeing on keys`);
        },
        onHostKey: (key) => (isOld() ? Promise.resolve(false) : this.judgeHostKey(key, generation)),
        onHandshake: () => {
          if (!isOld()) void this.recordHostKey();
        },
        onReady: () => {
          if (!isOld()) this.becomeReady();
        },
        onHeard: () => {
          if (!isOld()) this.heard();
        },
        onClosed: (failure) => {
          if (!isOld()) this.transportClosed(failure);
        },
      },
    );
  }

  private heard(): void {
    this.lastHeardAtMs = this.timers.nowMs();
    this.silentPeriods = 0;
  }

  private async judgeHostKey(key: HostKey, generation: number): Promise<boolean> {
    // Re-keying of a running connection: the very key that was accepted, or nothing.
    if (this.acceptedKey !== null) return this.acceptedKey.type === key.type && this.acceptedKey.blob.equals(key.blob);
    let judgement;
    try {
      judgement = await this.judge.judge(key);
    } catch (error) {
      const detail = `known_hosts cannot be read: ${(error as Error).message}`;
      if (generation === this.generation) this.stop('gave-up', detail, { layer: 'local', detail });
      return false;
    }
    if (generation !== this.generation) return false;
    if (judgement.kind === 'refuse') {
      this.refusedQuestion = judgement.question;
      this.stop('gave-up', judgement.detail, { layer: 'host-key', detail: judgement.detail });
      return false;
    }
    this.acceptedKey = key;
    if (judgement.kind === 'accept') {
      this.becomeAuthenticating();
      return true;
    }
    this.cancelTimer();
    const { question } = judgement;
    return new Promise((answer) => {
      this.question = { question, key, answer };
      this.setPhase('host-key', `the host key of ${this.spec.host} is ${question.verdict}: a person must judge it`);
    });
  }

  private becomeAuthenticating(): void {
    const limitMs = this.options.authenticateTimeoutMs ?? 20_000;
    this.arm(limitMs, () =>
      this.transport?.destroy({ layer: 'server', detail: `no decision about the login within ${limitMs / 1000} s` }),
    );
    this.setPhase('authenticating', `logging in as ${this.spec.user}`);
  }

  /** Only now has the server proven that the key is its own. */
  private async recordHostKey(): Promise<void> {
    const [answer, key] = [this.recordAs, this.acceptedKey];
    this.recordAs = null;
    if (answer === null || key === null) return;
    try {
      await this.judge.record(key, answer);
    } catch (error) {
      this.detail = `the host key could not be remembered: ${(error as Error).message}`;
      this.changed.fire();
    }
  }

  private becomeReady(): void {
    assert(this.phase === 'authenticating', `ready while ${this.phase}`);
    this.attempt = 0;
    this.failingSinceMs = null;
    this.lastLayer = null;
    this.heard();
    this.setPhase('ready', `connected to ${this.spec.host} as ${this.spec.user}`);
    this.watch();
  }

  /**
   * Counts keepalive periods without a single byte. Periods, not elapsed time: after this
   * computer slept or stalled, one late timer is one period, not a dead server.
   */
  private watch(): void {
    const periodMs = this.options.keepaliveMs ?? 2000;
    this.arm(periodMs, () => {
      const limit = (this.options.keepaliveMisses ?? 3) * (this.bulkTransfers > 0 ? BULK_PATIENCE : 1);
      this.silentPeriods++;
      // One more than the limit: the first period may have begun with a byte and holds no ping yet.
      if (this.silentPeriods <= limit) return this.watch();
      this.transport?.destroy({
        layer: 'ssh-keepalive',
        detail: `${limit} keepalives of ${periodMs} ms were not answered`,
      });
    });
  }

  private transportClosed(failure: TransportFailure): void {
    this.transport = null;
    this.cancelTimer();
    // A person is still thinking: keep the question. The answer dials again.
    if (this.question !== null) return;
    this.acceptedKey = null;
    this.lastLayer = failure.layer;
    if (this.phase === 'ready') {
      this.setPhase('lost', `lost (${failure.layer}): ${failure.detail}`);
      this.down.fire(failure);
    }
    if (failure.layer === 'authentication' || failure.layer === 'host-key') {
      this.stop('gave-up', failure.detail, failure);
    } else this.becomeWaiting(failure);
  }

  private becomeWaiting(failure: TransportFailure): void {
    const backoff = { ...BACKOFF_DEFAULTS, ...this.options.backoff };
    const now = this.timers.nowMs();
    this.failingSinceMs ??= now;
    const reason = `${failure.layer}: ${failure.detail}`;
    if (now - this.failingSinceMs >= backoff.budgetMs) {
      return this.stop('gave-up', `gave up after ${this.attempt} attempts; last failure: ${reason}`, failure);
    }
    const delayMs = backoffMs(Math.max(1, this.attempt), (this.options.random ?? Math.random)(), backoff);
    this.nextTryAtMs = now + delayMs;
    this.arm(delayMs, () => void this.begin());
    this.setPhase('waiting', reason);
  }

  private stop(phase: 'idle' | 'gave-up', detail: string, failure: TransportFailure): void {
    const wasReady = this.phase === 'ready';
    this.generation++;
    this.cancelTimer();
    const [transport, question] = [this.transport, this.question];
    this.transport = null;
    this.question = null;
    this.recordAs = null;
    this.lastLayer = failure.layer;
    if (phase === 'idle') this.refusedQuestion = null;
    this.setPhase(phase, detail);
    question?.answer(false);
    if (wasReady) this.down.fire(failure);
    if (failure.layer === 'local') transport?.end();
    else transport?.destroy(failure);
  }
}
