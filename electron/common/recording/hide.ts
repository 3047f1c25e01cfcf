/** From a whole recording to the names in it. Two passes: what is hidden must be known before the first line leaves. */
import type { RecordingLine } from './format.ts';
import { Anonymiser, TextMask } from './anonymise.ts';
import { NameBook } from './names.ts';

/** Output of one terminal is looked at in stretches that overlap by this much: a name may be cut anywhere. */
const OVERLAP_CHARS = 300;

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

/** Reads every line once and makes what masks them. */
export function anonymiserFor(lines: Iterable<RecordingLine>): Anonymiser {
  const book = new NameBook();
  const knownHex = new Set<string>();
  const tails = new Map<number, string>();
  for (const line of lines) {
    if (line.kind === 'session') book.head(line);
    book.line(line);
    if (line.kind === 'status') knownHex.add(line.status.keys.fingerprint);
    if (line.kind === 'record') for (const key of line.record.keys ?? []) knownHex.add(key.fingerprint);
    if (line.kind === 'cast') {
      if (line.cast[1] !== 'o') continue;
      const text = (tails.get(line.terminal) ?? '') + line.cast[2].replace(CONTROL, '');
      book.text(text);
      tails.set(line.terminal, text.slice(-OVERLAP_CHARS));
    } else if (line.kind !== 'sample' && line.kind !== 'probe') {
      for (const text of strings(line)) book.text(text);
    }
  }
  return new Anonymiser(new TextMask(book, knownHex));
}
