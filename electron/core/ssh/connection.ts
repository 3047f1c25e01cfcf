/** What one does over a node's connection: commands, terminals, transfers. The connecting itself is link.ts's. */
import type { ClientChannel } from 'ssh2';
import { fail, ok } from '../../../agent/common/base/result.ts';
import type { Result } from '../../../agent/common/base/result.ts';
import type { CancelSignal } from '../../../agent/common/rpc/cancel.ts';
import type { ExecOptions, NodeConnector } from '../service/ports.ts';
import type { NodeSpec } from '../../common/contract/pair.ts';
import { quote, refuse, say } from '../../common/words/sentence.ts';
import type { Outcome, Said } from '../../common/words/sentence.ts';
import { SshLink } from './link.ts';
import type { SshConnectionOptions } from './options.ts';
import { SshProcess } from './remoteProcess.ts';
import type { ProcessExit, RunResult } from './remoteProcess.ts';
import { elevate, passSudo } from './root.ts';
import type { RootAccess, RootFailure } from './root.ts';
import { CHANNELS_MAX, Slots } from './slots.ts';
import type { Terminal } from './transport.ts';

export type StartFailure = RootFailure | 'not-connected' | 'channel-refused';
export type RunFailure = StartFailure | 'aborted' | 'too-much-output' | 'timeout';

export interface RunOptions {
  readonly asRoot?: boolean;
  readonly stdin?: string | Uint8Array;
  readonly signal?: CancelSignal;
  /** Longest run, milliseconds; default 60000. */
  readonly timeoutMs?: number;
  /** Largest standard output, bytes; default 1 MiB. */
  readonly stdoutBytesMax?: number;
}

/** Thrown by `exec` (the service's port wants a rejection); everything else gives results. */
export class StartError extends Error {
  readonly reason: StartFailure;
  readonly words: Said;

  constructor(reason: StartFailure, words: Said) {
    super(words.detail);
    this.reason = reason;
    this.words = words;
  }
}

export class SshConnection extends SshLink implements NodeConnector {
  private readonly slots = new Slots(CHANNELS_MAX);
  private readonly lostListeners = new Set<(why: Said) => void>();

  constructor(spec: NodeSpec, options: SshConnectionOptions) {
    super(spec, options);
    this.onDown((failure) => {
      const why = say('connectionLostBy', { layer: say(`layer-${failure.layer}`), why: failure });
      for (const listener of [...this.lostListeners]) listener(why);
    });
  }

  /** Resolves when ready (true), or when it gave up, was stopped or waits for the next try (false). */
  settled(): Promise<boolean> {
    return new Promise((resolve) => {
      const check = (): void => {
        const { phase } = this.state();
        if (['connecting', 'host-key', 'authenticating', 'lost'].includes(phase)) return;
        off();
        resolve(phase === 'ready');
      };
      const off = this.onState(check);
      check();
    });
  }

  /** Starts a command; `null` is the login shell. Rejects with StartError. */
  async exec(command: string | null, options: ExecOptions = {}): Promise<SshProcess> {
    const started = await this.start(command, options);
    if (!started.ok) throw new StartError(started.reason, quote(started));
    return started.value;
  }

  /** Starts a command as a byte stream in both directions, without waiting for its end. */
  async start(command: string | null, options: ExecOptions = {}): Promise<Outcome<SshProcess, StartFailure>> {
    const access = this.rootAccess(options.asRoot === true);
    if (options.terminal !== undefined || access.kind === 'direct') {
      // With a terminal sudo asks there, and the person at it answers.
      const line = access.kind === 'direct' ? command : command === null ? 'sudo -i' : `sudo -- ${command}`;
      return this.openProcess(line, options.terminal ?? null);
    }
    const elevated = elevate(command ?? '/bin/sh', access);
    const opened = await this.openProcess(elevated.command, null);
    if (!opened.ok) return opened;
    const password = access.kind === 'sudo-password' ? access.password : null;
    const stderr = await passSudo(opened.value, elevated, password, opened.value.ended);
    if (!stderr.ok) {
      // Read to its end, so that the channel can close and give its slot back.
      opened.value.resume();
      return stderr;
    }
    return ok(opened.value.withStderr(stderr.value));
  }

  /** Runs a command to its end. A status other than 0 is a result, not a failure. */
  async run(command: string, options: RunOptions = {}): Promise<Result<RunResult, RunFailure>> {
    const started = await this.start(command, { asRoot: options.asRoot === true });
    if (!started.ok) return started;
    const process = started.value;
    let late = false;
    const timeoutMs = options.timeoutMs ?? 60_000;
    const timer = setTimeout(() => {
      late = true;
      process.close();
    }, timeoutMs);
    const result = await process.collect({
      stdin: options.stdin,
      signal: options.signal,
      stdoutBytesMax: options.stdoutBytesMax ?? 1 << 20,
    });
    clearTimeout(timer);
    return late ? fail('timeout', `not finished after ${timeoutMs / 1000} s`) : result;
  }

  /** A terminal with the login shell, or with a command. */
  shell(terminal: Terminal, command: string | null = null): Promise<Outcome<SshProcess, StartFailure>> {
    return this.openProcess(command, terminal);
  }

  /** Disconnects for good. */
  close(): Promise<void> {
    this.disconnect();
    return Promise.resolve();
  }

  private rootAccess(wanted: boolean): RootAccess {
    if (!wanted || this.spec.user === 'root' || this.spec.sudo === 'none') return { kind: 'direct' };
    if (this.spec.sudo === 'sudo') return { kind: 'sudo' };
    const secrets = this.currentSecrets;
    // Most people's sudo password is their login password; asking twice for the same helps nobody.
    return { kind: 'sudo-password', password: secrets?.sudoPassword ?? secrets?.password ?? null };
  }

  private async openProcess(
    command: string | null,
    terminal: Terminal | null,
  ): Promise<Outcome<SshProcess, StartFailure>> {
    if (this.readyTransport === null) return this.notConnected();
    if (!(await this.slots.take())) return this.notConnected();
    const opened = await this.openChannel(command, terminal);
    if (!opened.ok) {
      this.slots.release();
      return opened;
    }
    const channel = opened.value;
    const exit = this.exitOf(channel);
    void exit.then(() => this.slots.release());
    // A reset of one channel has its consequence in `exit`; nobody else listens for it.
    channel.on('error', () => undefined);
    return ok(new SshProcess(channel, channel.stderr, exit));
  }

  private notConnected() {
    return refuse('not-connected', say('nodeNotConnected', { node: this.spec.name }));
  }

  private openChannel(
    command: string | null,
    terminal: Terminal | null,
  ): Promise<Outcome<ClientChannel, StartFailure>> {
    const transport = this.readyTransport;
    if (transport === null) return Promise.resolve(this.notConnected());
    return new Promise((resolve) => {
      const onLost = (why: Said): void => resolve(refuse('lost', why));
      this.lostListeners.add(onLost);
      transport.open(command, terminal).then(
        (channel) => {
          this.lostListeners.delete(onLost);
          resolve(ok(channel));
        },
        (error: Error) => {
          this.lostListeners.delete(onLost);
          resolve(refuse('channel-refused', say('channelRefused', { error: error.message })));
        },
      );
    });
  }

  private exitOf(channel: ClientChannel): Promise<ProcessExit> {
    return new Promise((resolve) => {
      const onLost = ({ detail }: Said): void => finish({ kind: 'lost', detail });
      const finish = (exit: ProcessExit): void => {
        this.lostListeners.delete(onLost);
        resolve(exit);
      };
      this.lostListeners.add(onLost);
      // `close` repeats what `exit` said. A command that ends at once says that in the same segment in which the channel was
      // granted, before anybody here could listen for it; `close` waits until the output was read.
      channel.on('close', (code: number | null | undefined, signal: string | undefined) => {
        if (code !== undefined) finish({ kind: 'exited', code, signal: signal ?? null });
        else if (this.readyTransport === null) finish({ kind: 'lost', detail: 'the connection was lost' });
        else finish({ kind: 'exited', code: null, signal: null });
      });
    });
  }
}
