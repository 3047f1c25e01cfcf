/** From a whole recording to the names in it. Two passes: what is hidden must be known before the first line leaves. */
import type { RecordingLine } from './format.ts';
import { Anonymiser, cutUnfinished, TextMask } from './anonymise.ts';
import { NameBook } from './names.ts';

/** What stands before a name tells that it is one: output is looked at with this much of what came before it. */
const BEFORE_CHARS = 300;

// A control sequence inside a prompt must not hide the name beside it.
const CONTROL = /\u001b(?:\[[0-9;:?<=>!]*[ -/]*[@-~]|[()][0-9A-Za-z])/g;

/** Every string of a JSON value, with the names of its fields. */
function* strings(value: unknown): Iterable<string> {
  if (typeof value === 'string') yield value;
  else if (Array.isArray(value)) for (const one of value) yield* strings(one);
  else if (typeof value === 'object' && value !== null) {
    for (const [name, one] of Object.entries(value)) {
      yield name;
      yield* strings(one);
    }
  }
}

/** The output of one terminal as words that are whole: half a name in the book would hide half of every other word. */
class Output {
  private held = '';
  private before = '';
  private readonly book: NameBook;

  constructor(book: NameBook) {
    this.book = book;
  }

  add(data: string): void {
    const { ready, tail } = cutUnfinished(this.held + data);
    this.held = tail;
    this.look(ready);
  }

  end(): void {
    this.look(this.held);
  }

  private look(ready: string): void {
    if (ready === '') return;
    const text = this.before + ready.replace(CONTROL, '');
    this.book.text(text);
    // From the first word on that is there whole.
    this.before = text.length <= BEFORE_CHARS ? text : text.slice(-BEFORE_CHARS).replace(/^\S*/, '');
  }
}

/** Reads every line once and makes what masks them. */
export function anonymiserFor(lines: Iterable<RecordingLine>): Anonymiser {
  const book = new NameBook();
  const knownHex = new Set<string>();
  const outputs = new Map<number, Output>();
  for (const line of lines) {
    if (line.kind === 'session') book.head(line);
    book.line(line);
    if (line.kind === 'status') knownHex.add(line.status.keys.fingerprint);
    if (line.kind === 'record') for (const key of line.record.keys ?? []) knownHex.add(key.fingerprint);
    if (line.kind === 'cast') {
      if (line.cast[1] !== 'o') continue;
      const output = outputs.get(line.terminal) ?? new Output(book);
      outputs.set(line.terminal, output);
      output.add(line.cast[2]);
    } else if (line.kind !== 'sample' && line.kind !== 'probe') {
      for (const text of strings(line)) book.text(text);
    }
  }
  for (const output of outputs.values()) output.end();
  return new Anonymiser(new TextMask(book, knownHex));
}
