/**
 * What the terminals of one session showed, onto the session's axis and into the store. Bounded: of each terminal, and
 * of all together, the newest output is kept. What is typed is not recorded: passwords are.
 */
import type { SessionStore, StoredTerminal } from '../store/sessionStore.ts';

/** Characters kept of one terminal. The ready-made panes write about 2 KiB a second: more than an hour. */
export const TAPE_CHARS_MAX = 8 * 1024 * 1024;

/** Characters kept of all terminals of a session together. */
export const SESSION_CHARS_MAX = 64 * 1024 * 1024;

/** Output is dropped in pages of this many characters, the oldest first. */
const PAGE_CHARS = 512 * 1024;

interface Page {
  readonly tape: Tape;
  readonly fromMs: number;
  chars: number;
}

export interface TapesOptions {
  readonly tapeCharsMax?: number;
  readonly sessionCharsMax?: number;
  readonly pageChars?: number;
}

/** One terminal's tape. */
export interface TerminalTape {
  output(text: string): void;
  resize(cols: number, rows: number): void;
  /** Further output is ignored. */
  close(): void;
}

class Tape implements TerminalTape {
  readonly tapes: Tapes;
  chars = 0;
  isClosed = false;
  head: StoredTerminal;

  constructor(tapes: Tapes, head: StoredTerminal) {
    this.tapes = tapes;
    this.head = head;
  }

  output(text: string): void {
    if (!this.isClosed && text !== '') this.tapes.add(this, 'o', text);
  }

  resize(cols: number, rows: number): void {
    if (!this.isClosed) this.tapes.add(this, 'r', `${cols}x${rows}`);
  }

  close(): void {
    if (this.isClosed) return;
    this.isClosed = true;
    this.tapes.put(this, { endedMs: this.tapes.nowMs() });
  }
}

export class Tapes {
  readonly nowMs: () => number;
  private readonly store: SessionStore;
  private readonly session: string;
  private readonly limits: Required<TapesOptions>;
  private readonly open = new Set<Tape>();
  private pages: Page[] = [];
  private count = 0;

  /** `nowMs`: the session's axis. */
  constructor(store: SessionStore, session: string, nowMs: () => number, options: TapesOptions = {}) {
    this.store = store;
    this.session = session;
    this.nowMs = nowMs;
    this.limits = {
      tapeCharsMax: TAPE_CHARS_MAX,
      sessionCharsMax: SESSION_CHARS_MAX,
      pageChars: PAGE_CHARS,
      ...options,
    };
  }

  start(node: string, kind: string, cols: number, rows: number): TerminalTape {
    this.count += 1;
    const head = { number: this.count, node, kind, cols, rows, tMs: this.nowMs(), endedMs: null, lostBeforeMs: null };
    const tape = new Tape(this, head);
    this.open.add(tape);
    this.store.putTerminal(this.session, head);
    return tape;
  }

  /** The session ends: terminals that are still open end with it. */
  close(): void {
    for (const tape of [...this.open]) tape.close();
  }

  /** For the tapes themselves. */
  add(tape: Tape, code: 'o' | 'r', data: string): void {
    const tMs = this.nowMs();
    this.store.addCast(this.session, tape.head.number, tMs, code, data);
    tape.chars += data.length;
    const last = this.pages.findLast((page) => page.tape === tape);
    if (last === undefined || last.chars + data.length > this.limits.pageChars)
      this.pages.push({ tape, fromMs: tMs, chars: data.length });
    else last.chars += data.length;
    while (tape.chars > this.limits.tapeCharsMax) if (!this.dropOldest((page) => page.tape === tape)) break;
    while (this.totalChars() > this.limits.sessionCharsMax) if (!this.dropOldest(() => true)) break;
  }

  /** For the tapes themselves. */
  put(tape: Tape, changes: Partial<StoredTerminal>): void {
    tape.head = { ...tape.head, ...changes };
    if (tape.isClosed) this.open.delete(tape);
    this.store.putTerminal(this.session, tape.head);
  }

  private totalChars(): number {
    return this.pages.reduce((sum, page) => sum + page.chars, 0);
  }

  /** Forgets the oldest page of those that fit; the one that is being written stays. */
  private dropOldest(fits: (page: Page) => boolean): boolean {
    const after = (page: Page): Page | undefined => this.pages.find((one) => one.tape === page.tape && one !== page);
    const page = this.pages.find((one) => fits(one) && (one.tape.isClosed || after(one) !== undefined));
    if (page === undefined) return false;
    const lostBeforeMs = after(page)?.fromMs ?? page.tape.head.endedMs ?? this.nowMs();
    this.pages = this.pages.filter((one) => one !== page);
    page.tape.chars -= page.chars;
    this.store.dropCasts(this.session, page.tape.head.number, lostBeforeMs);
    this.put(page.tape, { lostBeforeMs });
    return true;
  }
}
