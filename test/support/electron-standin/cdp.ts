/** A small client of Chromium's debugging protocol over `--remote-debugging-pipe`. */
import { spawn, type ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import type { Readable, Writable } from 'node:stream';

export type CdpParams = Record<string, unknown>;

interface Reply {
  readonly id?: number;
  readonly method?: string;
  readonly params?: CdpParams;
  readonly sessionId?: string;
  readonly result?: CdpParams;
  readonly error?: { readonly message: string };
}

/** One attached target; events of the protocol are its events. */
export class CdpSession extends EventEmitter {
  private readonly post: (method: string, params: CdpParams) => Promise<CdpParams>;

  constructor(post: (method: string, params: CdpParams) => Promise<CdpParams>) {
    super();
    this.post = post;
  }

  /** @throws Error with the method's name when Chromium refuses or is gone. */
  send(method: string, params: CdpParams = {}): Promise<CdpParams> {
    return this.post(method, params);
  }
}

/** Emits `stderr` (text) and `exit`. */
export class Cdp extends EventEmitter {
  readonly process: ChildProcess;
  readonly root: CdpSession;
  private readonly sessions = new Map<string, CdpSession>();
  private readonly calls = new Map<
    number,
    { method: string; resolve: (v: CdpParams) => void; reject: (e: Error) => void }
  >();
  private readonly output: Writable;
  private lastId = 0;

  constructor(executable: string, args: readonly string[]) {
    super();
    this.process = spawn(executable, args, { stdio: ['ignore', 'ignore', 'pipe', 'pipe', 'pipe'] });
    this.process.on('error', (error) => this.emit('stderr', `cannot start ${executable}: ${error.message}\n`));
    this.process.stderr?.setEncoding('utf8').on('data', (text: string) => this.emit('stderr', text));
    this.process.on('close', () => {
      for (const call of this.calls.values()) call.reject(new Error(`${call.method}: browser closed`));
      this.calls.clear();
      this.emit('exit');
    });
    this.output = this.process.stdio[3] as Writable;
    this.output.on('error', () => undefined); // a dead browser is reported by 'close'
    this.readMessages(this.process.stdio[4] as Readable);
    this.root = this.session('');
  }

  /** The session with this id; '' is the browser itself. */
  session(sessionId: string): CdpSession {
    let session = this.sessions.get(sessionId);
    if (session === undefined) {
      session = new CdpSession((method, params) => this.call(method, params, sessionId));
      this.sessions.set(sessionId, session);
    }
    return session;
  }

  private call(method: string, params: CdpParams, sessionId: string): Promise<CdpParams> {
    return new Promise((resolve, reject) => {
      const id = ++this.lastId;
      this.calls.set(id, { method, resolve, reject });
      this.output.write(`${JSON.stringify({ id, method, params, ...(sessionId === '' ? {} : { sessionId }) })}\0`);
    });
  }

  private readMessages(input: Readable): void {
    let parts: Buffer[] = [];
    input.on('data', (data: Buffer) => {
      let rest = data;
      for (let end = rest.indexOf(0); end >= 0; end = rest.indexOf(0)) {
        parts.push(rest.subarray(0, end));
        rest = rest.subarray(end + 1);
        this.receive(JSON.parse(Buffer.concat(parts).toString()) as Reply);
        parts = [];
      }
      if (rest.length > 0) parts.push(rest);
    });
  }

  private receive(message: Reply): void {
    if (message.id === undefined) {
      this.sessions.get(message.sessionId ?? '')?.emit(message.method ?? '', message.params ?? {});
      return;
    }
    const call = this.calls.get(message.id);
    this.calls.delete(message.id);
    if (message.error !== undefined) call?.reject(new Error(`${call.method}: ${message.error.message}`));
    else call?.resolve(message.result ?? {});
  }
}
