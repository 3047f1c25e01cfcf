/** Terminals of all pairs: remote shells whose output flows to one reader each, no faster than it reads. */
import { randomUUID } from 'node:crypto';
import type { CancelSignal } from '../../../agent/common/rpc/cancel.ts';
import { RpcError } from '../../../agent/common/rpc/messages.ts';
import { say } from '../../common/words/sentence.ts';
import type { Said } from '../../common/words/sentence.ts';
import { AsyncQueue } from '../base/asyncQueue.ts';
import type { Tapes, TerminalTape } from '../recorder/tapes.ts';
import type { NodeConnector, RemoteProcess } from '../service/ports.ts';
import { terminalCommand } from './commands.ts';
import type { TerminalKind } from './commands.ts';

export type TerminalItem = { kind: 'data'; data: string } | ({ kind: 'exit' } & Said);

/** Characters that may wait for the reader before the far end is held back. About a hundred screens. */
const WAITING_CHARS_MAX = 512 * 1024;

/** Where the flow goes on again. */
const WAITING_CHARS_RESUME = 128 * 1024;

/** Output goes out in pieces of at most this many characters. */
const PIECE_CHARS_MAX = 32 * 1024;

/** A terminal that nobody reads is closed after this long, milliseconds: the page that opened it is gone. */
const UNREAD_MS_MAX = 30_000;

class Terminal {
  private readonly process: RemoteProcess;
  private readonly tape: TerminalTape;
  private readonly onEnd: () => void;
  /** Kept over chunks: a character of three bytes may come in two pieces. */
  private readonly decoder = new TextDecoder();
  private readonly unread: NodeJS.Timeout;
  private waiting = '';
  private exit: Said | null = null;
  private paused = false;
  private wake: (() => void) | null = null;
  private hasReader = false;

  constructor(process: RemoteProcess, tape: TerminalTape, onEnd: () => void) {
    this.process = process;
    this.tape = tape;
    this.onEnd = onEnd;
    this.unread = setTimeout(() => this.close(), UNREAD_MS_MAX);
    process.onData((bytes) => this.take(this.decoder.decode(bytes, { stream: true })));
    process.onErrorText((text) => this.take(text));
    process.onExit((status) => {
      this.exit = status === null ? say('connectionLost') : say('terminalEnded', { status });
      this.wake?.();
    });
  }

  private take(text: string): void {
    this.tape.output(text);
    this.waiting += text;
    if (!this.paused && this.waiting.length > WAITING_CHARS_MAX) {
      this.paused = true;
      this.process.pause();
    }
    this.wake?.();
  }

  write(data: string): void {
    this.process.write(data);
  }

  resize(cols: number, rows: number): void {
    this.tape.resize(cols, rows);
    this.process.resize(cols, rows);
  }

  close(): void {
    clearTimeout(this.unread);
    this.tape.close();
    this.process.close();
    this.exit ??= say('terminalClosed');
    this.wake?.();
    this.onEnd();
  }

  private nextPiece(): TerminalItem | null {
    if (this.waiting.length > 0) {
      // Never cut inside a surrogate pair: the reader may show the halves as two unknown characters.
      let end = Math.min(PIECE_CHARS_MAX, this.waiting.length);
      const code = this.waiting.charCodeAt(end - 1);
      if (end < this.waiting.length && code >= 0xd800 && code <= 0xdbff) end -= 1;
      const data = this.waiting.slice(0, end);
      this.waiting = this.waiting.slice(end);
      if (this.paused && this.waiting.length < WAITING_CHARS_RESUME) {
        this.paused = false;
        this.process.resume();
      }
      return { kind: 'data', data };
    }
    return this.exit === null ? null : { kind: 'exit', ...this.exit };
  }

  /** The one reader. When it leaves, the terminal closes. */
  read(signal: CancelSignal): AsyncIterable<TerminalItem> {
    if (this.hasReader) throw new RpcError('terminal-busy', 'this terminal has a reader already');
    this.hasReader = true;
    clearTimeout(this.unread);
    const queue = new AsyncQueue<TerminalItem>(signal, () => {
      this.wake = null;
      this.close();
    });
    return this.pump(queue, signal);
  }

  /** Moves one piece at a time, so that what the reader has not asked for waits here and not in its queue. */
  private async *pump(
    queue: AsyncQueue<TerminalItem>,
    signal: CancelSignal,
  ): AsyncGenerator<TerminalItem, void, undefined> {
    const items = queue[Symbol.asyncIterator]();
    const feed = (): void => {
      if (queue.length > 0 || signal.aborted) return;
      const piece = this.nextPiece();
      if (piece === null) return;
      queue.push(piece);
      if (piece.kind === 'exit') queue.end();
    };
    this.wake = feed;
    feed();
    try {
      for (;;) {
        const next = await items.next();
        if (next.done === true) return;
        yield next.value;
        feed();
      }
    } finally {
      await items.return();
    }
  }
}

export class Terminals {
  private readonly open_ = new Map<string, Terminal>();

  /** Opens a pane on a node and records what it shows. Rejects with the connection's own words when there is none. */
  async open(
    connector: NodeConnector,
    kind: TerminalKind,
    cols: number,
    rows: number,
    tapes: Pick<Tapes, 'start'>,
  ): Promise<string> {
    const { command, asRoot } = terminalCommand(kind);
    const process = await connector.exec(command, { terminal: { cols, rows }, asRoot });
    const id = randomUUID();
    const tape = tapes.start(connector.spec.name, kind, cols, rows);
    this.open_.set(id, new Terminal(process, tape, () => this.open_.delete(id)));
    return id;
  }

  /** Throws `no-terminal` for an id that is not open (any more). */
  get(id: string): Terminal {
    const terminal = this.open_.get(id);
    if (terminal === undefined) throw new RpcError('no-terminal', 'this terminal is closed');
    return terminal;
  }

  /** Closing twice is no error. */
  close(id: string): void {
    this.open_.get(id)?.close();
  }

  closeAll(): void {
    for (const terminal of [...this.open_.values()]) terminal.close();
  }
}
