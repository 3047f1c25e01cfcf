/** A command running on a node: its streams, its end, and the ways to collect or feed them. */
import type { Readable, Writable } from 'node:stream';
import type { ClientChannel } from 'ssh2';
import { fail, ok } from '../../../agent/common/base/result.ts';
import type { Result } from '../../../agent/common/base/result.ts';
import type { CancelSignal } from '../../../agent/common/rpc/cancel.ts';
import type { RemoteProcess } from '../service/ports.ts';

export type ProcessExit =
  | { readonly kind: 'exited'; readonly code: number | null; readonly signal: string | null }
  /** The connection went away under it; whether the command still runs is not known. */
  | { readonly kind: 'lost'; readonly detail: string };

export interface RunResult {
  /** null: ended by `signal`. */
  readonly code: number | null;
  readonly signal: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface CollectOptions {
  readonly stdin?: string | Uint8Array | undefined;
  readonly signal?: CancelSignal | undefined;
  /** Largest standard output, bytes. More ends the command with `too-much-output`. */
  readonly stdoutBytesMax: number;
}

/** How much of standard error is kept, bytes; the rest is read and dropped. */
const STDERR_BYTES_MAX = 65_536;

/**
 * How long a closed process may keep its end to itself, milliseconds. OpenSSH answers a close
 * only when the command has ended, which may be never.
 */
const CLOSE_MS = 1000;

/**
 * The library's own `signal()` is silent once standard input has ended, which is the normal
 * case here; the protocol has no such rule (RFC 4254, 6.9).
 */
function sendTerm(channel: ClientChannel): void {
  const inner = channel as unknown as {
    readonly outgoing?: { readonly id: number; readonly state: string };
    readonly _client?: { readonly _protocol?: { signal?(id: number, name: string): void } };
  };
  const { outgoing } = inner;
  if (outgoing?.state === 'open' || outgoing?.state === 'eof') inner._client?._protocol?.signal?.(outgoing.id, 'TERM');
}

export class SshProcess implements RemoteProcess {
  readonly stdin: Writable;
  readonly stdout: Readable;
  readonly stderr: Readable;
  /** Resolves once, after all output was read. */
  readonly exit: Promise<ProcessExit>;
  private readonly channel: ClientChannel;
  private errorTextWanted = false;

  constructor(channel: ClientChannel, stderr: Readable, exit: Promise<ProcessExit>) {
    this.channel = channel;
    this.stdin = channel;
    this.stdout = channel;
    this.stderr = stderr;
    this.exit = exit;
    // Unread standard error would hold back the channel's end for ever.
    queueMicrotask(() => {
      if (!this.errorTextWanted && stderr.listenerCount('data') === 0) stderr.resume();
    });
  }

  /** Resolves when the far end says that the command has ended, although its output is not read yet; or with `exit`. */
  get ended(): Promise<unknown> {
    // The last of its output was received before this message; one turn later it was delivered too.
    const told = new Promise((resolve) => this.channel.once('exit', () => setImmediate(resolve)));
    return Promise.race([told, this.exit]);
  }

  /** The same process with another standard error: what sudo said is taken out of it. */
  withStderr(stderr: Readable): SshProcess {
    this.errorTextWanted = true;
    return new SshProcess(this.channel, stderr, this.exit);
  }

  onData(listener: (bytes: Uint8Array) => void): void {
    this.stdout.on('data', (chunk: Buffer) => listener(chunk));
  }

  onErrorText(listener: (text: string) => void): void {
    this.errorTextWanted = true;
    const decoder = new TextDecoder();
    this.stderr.on('data', (chunk: Buffer) => listener(decoder.decode(chunk, { stream: true })));
  }

  onExit(listener: (status: number | null) => void): void {
    void this.exit.then((exit) => listener(exit.kind === 'exited' ? exit.code : null));
  }

  write(bytes: Uint8Array | string): void {
    if (this.stdin.writable) this.stdin.write(bytes);
  }

  /** End of its standard input. */
  endInput(): void {
    this.stdin.end();
  }

  pause(): void {
    this.stdout.pause();
  }

  resume(): void {
    this.stdout.resume();
  }

  resize(cols: number, rows: number): void {
    this.channel.setWindow(rows, cols, 0, 0);
  }

  /**
   * Asks it to end (SIGTERM) and closes the channel; `exit` follows within CLOSE_MS. OpenSSH
   * passes signals on for ordinary users only: as root, a command that neither reads nor
   * writes runs to its own end.
   */
  close(): void {
    sendTerm(this.channel);
    this.channel.close();
    // Its end is announced only when everything was read.
    this.stdout.resume();
    this.stderr.resume();
    setTimeout(() => this.channel.emit('close'), CLOSE_MS).unref();
  }

  /**
   * Sends bytes as fast as the far end takes them; its input stays open. `onSent` gets the
   * running total. Stops when the process or its input ends: then `exit` tells why.
   */
  async feed(source: AsyncIterable<Uint8Array>, onSent: (bytes: number) => void): Promise<void> {
    let sentBytes = 0;
    let over = false;
    const ended = this.exit.then(() => {
      over = true;
    });
    for await (const chunk of source) {
      if (over || !this.stdin.writable) return;
      sentBytes += chunk.length;
      if (!this.stdin.write(chunk)) {
        await Promise.race([new Promise((resolve) => this.stdin.once('drain', resolve)), ended]);
      }
      onSent(sentBytes);
    }
  }

  /** Runs it to its end and gives everything it said. */
  async collect(options: CollectOptions): Promise<Result<RunResult, 'lost' | 'aborted' | 'too-much-output'>> {
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    let [stdoutBytes, stderrBytes] = [0, 0];
    let stopped: 'aborted' | 'too-much-output' | null = null;
    const stop = (why: 'aborted' | 'too-much-output'): void => {
      stopped ??= why;
      this.close();
    };
    const onAbort = (): void => stop('aborted');
    this.stdout.on('data', (chunk: Buffer) => {
      stdoutBytes += chunk.length;
      if (stdoutBytes > options.stdoutBytesMax) stop('too-much-output');
      else stdout.push(chunk);
    });
    this.errorTextWanted = true;
    this.stderr.on('data', (chunk: Buffer) => {
      if (stderrBytes < STDERR_BYTES_MAX) stderr.push(chunk);
      stderrBytes += chunk.length;
    });
    if (options.signal?.aborted === true) onAbort();
    else options.signal?.addEventListener('abort', onAbort, { once: true });
    this.stdin.end(options.stdin ?? '');
    const exit = await this.exit;
    options.signal?.removeEventListener('abort', onAbort);
    if (stopped === 'aborted') return fail('aborted', 'cancelled');
    if (stopped !== null) return fail(stopped, `the command printed more than ${options.stdoutBytesMax} bytes`);
    if (exit.kind === 'lost') return fail('lost', exit.detail);
    return ok({
      code: exit.code,
      signal: exit.signal,
      stdout: Buffer.concat(stdout).toString('utf8'),
      stderr: Buffer.concat(stderr).toString('utf8'),
    });
  }
}
