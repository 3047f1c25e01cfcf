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
import { say } from '../../common/words/sentence.ts';
import type { Said } from '../../common/words/sentence.ts';
import { Emitter } from '../base/emitter.ts';
import type { ConnectorState } from '../service/ports.ts';
import { AuthenticationPlan, loadCredentials } from './authentication.ts';
import type { Credentials } from './authentication.ts';
import { BACKOFF_DEFAULTS, backoffMs } from './backoff.ts';
import type { HostKey } from './hostKey.ts';
import type { HostKeyAnswer } from './hostKeyJudge.ts';
import { HostKeyTalk } from './hostKeyTalk.ts';
import type { SshConnectionOptions } from './options.ts';
import { Silence } from './silence.ts';
import { systemTimers } from './timers.ts';
import type { Timers } from './timers.ts';
import { dialDirect, openSsh2Transport } from './transport.ts';
import type { FailureLayer, Transport, TransportFailure } from './transport.ts';

type Phase = ConnectorState['phase'];

export class SshLink {
  readonly spec: NodeSpec;
  private readonly options: SshConnectionOptions;
  private readonly timers: Timers;
  private readonly hostKey: HostKeyTalk;
  private readonly silence: Silence;
  private readonly changed = new Emitter<void>();
  private readonly down = new Emitter<TransportFailure>();

  private phase: Phase = 'idle';
  private said: Said = say('notConnected');
  private attempt = 0;
  private lastLayer: FailureLayer | null = null;
  private nextTryAtMs: number | null = null;
  private lastHeardAtMs: number | null = null;
  private failingSinceMs: number | null = null;

  private secrets: NodeSecrets | null = null;
  private credentials: Credentials | null = null;
  private transport: Transport | null = null;
  private cancelTimer: () => void = () => undefined;
  /** Raised with every attempt and every stop: late news of an older attempt are then ignored. */
  private generation = 0;

  constructor(spec: NodeSpec, options: SshConnectionOptions) {
    this.spec = spec;
    this.options = options;
    this.timers = options.timers ?? systemTimers;
    this.hostKey = new HostKeyTalk({
      host: spec.host,
      port: spec.port,
      store: options.hostKeys,
      pinned: spec.hostKeys,
    });
    this.silence = new Silence(options.keepaliveMisses ?? 3);
  }

  /** The present state; `nextTryInMs` and `lastHeardAgoMs` are as of now. */
  state(): ConnectorState {
    const now = this.timers.nowMs();
    return {
      phase: this.phase,
      ...this.said,
      attempt: this.attempt,
      nextTryInMs: this.nextTryAtMs === null ? null : Math.max(0, this.nextTryAtMs - now),
      lastHeardAgoMs: this.lastHeardAtMs === null ? null : now - this.lastHeardAtMs,
      hostKey: this.hostKey.shown,
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
    this.stop('idle', say('notConnected'), { layer: 'local', ...say('disconnected') });
    this.lastLayer = null;
    this.secrets = null;
    this.credentials = null;
  }

  /** A person's answer to the open question; false when there is no such question or the answer does not fit it. */
  answerHostKey(questionId: string, answer: HostKeyAnswer): boolean {
    const answered = this.hostKey.answered(questionId, answer);
    if (answered === null) return false;
    if (!answered.accepted) {
      const why = say('hostKeyRejected', { host: this.spec.host });
      this.stop('gave-up', why, { layer: 'host-key', ...why });
      answered.tell();
    } else if (this.transport === null) {
      // The server did not wait for the answer (its login time is limited): dial again, now trusted.
      void this.begin();
    } else {
      this.becomeAuthenticating();
      answered.tell();
    }
    return true;
  }

  /** Marks a bulk transfer: the keepalive is more patient until the returned function is called. */
  beginBulk(): () => void {
    return this.silence.beginBulk();
  }

  private setPhase(phase: Phase, said: Said): void {
    this.phase = phase;
    this.said = said;
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
    this.hostKey.begin();
    this.setPhase('connecting', say('connecting', { host: this.spec.host, port: this.spec.port }));
    const { privateKeyPem, agentSocket = process.env['SSH_AUTH_SOCK'] } = this.options;
    if (this.credentials === null) {
      const loaded = await loadCredentials(this.spec, this.secrets, { privateKeyPem, agentSocket });
      if (generation !== this.generation) return;
      if (!loaded.ok) {
        const { detail, said } = loaded;
        return this.stop('gave-up', { detail, said }, { layer: 'authentication', detail, said });
      }
      this.credentials = loaded.value;
    }
    let knownTypes: ReadonlySet<string>;
    try {
      knownTypes = await this.hostKey.knownTypes();
    } catch (error) {
      return this.knownHostsFailed(error as Error, generation);
    }
    if (generation !== this.generation) return;
    this.openTransport(this.credentials, knownTypes, generation);
  }

  private knownHostsFailed(error: Error, generation: number): void {
    if (generation !== this.generation) return;
    const why = say('knownHostsUnreadable', { error: error.message });
    this.stop('gave-up', why, { layer: 'local', ...why });
  }

  private openTransport(credentials: Credentials, knownTypes: ReadonlySet<string>, generation: number): void {
    const isOld = (): boolean => generation !== this.generation;
    const limitMs = this.options.connectTimeoutMs ?? 10_000;
    const late = say('noAnswerWithin', { seconds: limitMs / 1000 });
    this.arm(limitMs, () => this.transport?.destroy({ layer: 'tcp', ...late }));
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
          if (!isOld()) this.setPhase('connecting', say('agreeingOnKeys', { host: this.spec.host }));
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
    this.silence.heard();
  }

  private async judgeHostKey(key: HostKey, generation: number): Promise<boolean> {
    // Re-keying of a running connection: the very key that was accepted, or nothing.
    const again = this.hostKey.isTheAccepted(key);
    if (again !== null) return again;
    let judgement;
    try {
      judgement = await this.hostKey.judgement(key);
    } catch (error) {
      this.knownHostsFailed(error as Error, generation);
      return false;
    }
    if (generation !== this.generation) return false;
    if (judgement.kind === 'refuse') {
      this.hostKey.refuse(judgement.question);
      this.stop('gave-up', judgement.why, { layer: 'host-key', ...judgement.why });
      return false;
    }
    this.hostKey.accept(key);
    if (judgement.kind === 'accept') {
      this.becomeAuthenticating();
      return true;
    }
    this.cancelTimer();
    const { question } = judgement;
    const answer = this.hostKey.ask(question, key);
    const verdict = say(`hostKey-${question.verdict}`);
    this.setPhase('host-key', say('hostKeyAsks', { host: this.spec.host, verdict }));
    return answer;
  }

  private becomeAuthenticating(): void {
    const limitMs = this.options.authenticateTimeoutMs ?? 20_000;
    const late = say('noLoginDecision', { seconds: limitMs / 1000 });
    this.arm(limitMs, () => this.transport?.destroy({ layer: 'server', ...late }));
    this.setPhase('authenticating', say('loggingIn', { user: this.spec.user }));
  }

  /** Only now has the server proven that the key is its own. */
  private async recordHostKey(): Promise<void> {
    try {
      await this.hostKey.record();
    } catch (error) {
      this.said = say('hostKeyNotKept', { error: (error as Error).message });
      this.changed.fire();
    }
  }

  private becomeReady(): void {
    assert(this.phase === 'authenticating', `ready while ${this.phase}`);
    this.attempt = 0;
    this.failingSinceMs = null;
    this.lastLayer = null;
    this.heard();
    this.setPhase('ready', say('connected', { host: this.spec.host, user: this.spec.user }));
    this.watch();
  }

  private watch(): void {
    const periodMs = this.options.keepaliveMs ?? 2000;
    this.arm(periodMs, () => {
      const limit = this.silence.periodOver();
      if (limit === null) return this.watch();
      this.transport?.destroy({
        layer: 'ssh-keepalive',
        ...say('keepalivesUnanswered', { periods: limit, ms: periodMs }),
      });
    });
  }

  private transportClosed(failure: TransportFailure): void {
    this.transport = null;
    this.cancelTimer();
    // A person is still thinking: keep the question. The answer dials again.
    if (this.hostKey.isOpen) return;
    this.hostKey.lost();
    this.lastLayer = failure.layer;
    if (this.phase === 'ready') {
      this.setPhase('lost', say('lost', { layer: say(`layer-${failure.layer}`), why: failure }));
      this.down.fire(failure);
    }
    if (failure.layer === 'authentication' || failure.layer === 'host-key') {
      this.stop('gave-up', failure, failure);
    } else this.becomeWaiting(failure);
  }

  private becomeWaiting(failure: TransportFailure): void {
    const backoff = { ...BACKOFF_DEFAULTS, ...this.options.backoff };
    const now = this.timers.nowMs();
    this.failingSinceMs ??= now;
    const why = say('because', { what: say(`layer-${failure.layer}`), why: failure });
    if (now - this.failingSinceMs >= backoff.budgetMs)
      return this.stop('gave-up', say('gaveUp', { attempts: this.attempt, why }), failure);
    const delayMs = backoffMs(Math.max(1, this.attempt), (this.options.random ?? Math.random)(), backoff);
    this.nextTryAtMs = now + delayMs;
    this.arm(delayMs, () => void this.begin());
    this.setPhase('waiting', why);
  }

  private stop(phase: 'idle' | 'gave-up', { detail, said }: Said, failure: TransportFailure): void {
    const wasReady = this.phase === 'ready';
    this.generation++;
    this.cancelTimer();
    const { transport } = this;
    this.transport = null;
    const answerNo = this.hostKey.stop(phase === 'idle');
    this.lastLayer = failure.layer;
    this.setPhase(phase, { detail, said });
    answerNo();
    if (wasReady) this.down.fire(failure);
    if (failure.layer === 'local') transport?.end();
    else transport?.destroy(failure);
  }
}
