/** ha.cf: text in, configuration and everything that is wrong with it out. */
import {
  type ConfigDocument,
  hasByteOrderMark,
  readDocument,
  type SourceLine,
  type Word,
  wordsOf,
} from './document.ts';
import { findDirective, HA_CF_DIRECTIVES, nearestDirective } from './directives.ts';
import { type Draft, emptyDraft } from './draft.ts';
import { checkDraft } from './haCfChecks.ts';
import type { ConfigProblem, HaConfig, SourcePosition } from './model.ts';
import { Problems } from './problems.ts';
import { resolveDraft } from './resolve.ts';

export interface ParsedHaCf {
  /** null when any problem is an error: the real daemon would not start with this file either. */
  readonly config: HaConfig | null;
  readonly problems: readonly ConfigProblem[];
  /** `print(document)` is the text again. */
  readonly document: ConfigDocument;
}

/** Longest line of the real daemon, without its end mark. */
const LINE_CHARACTERS_MAX = 5119;

const STYLE = { gap: ' \\t,\\r\\f\\v', comments: 'anywhere', continuations: false } as const;

/**
 * Parses ha.cf. `file` is only a name for messages. Lines are read in order, because udpport and
 * baud work on what follows; after an error the rest is read all the same.
 */
export function parseHaCf(text: string, file: string): ParsedHaCf {
  const document = readDocument(text, file, STYLE);
  const problems = new Problems();
  const draft = emptyDraft();
  if (hasByteOrderMark(text)) {
    const at = { file, line: 1, column: 1 };
    problems.error('byte-order-mark', at, 'The file begins with a byte order mark. Save it as plain text.');
  }
  applyDefaults(draft, problems, file);
  for (const line of document.lines) readLine(document, line, draft, problems);
  checkDraft(draft, problems, file);
  return { config: problems.hasErrors ? null : resolveDraft(draft), problems: problems.list(), document };
}

function applyDefaults(draft: Draft, problems: Problems, file: string): void {
  const at: SourcePosition = { file, line: 0, column: 0 };
  for (const row of HA_CF_DIRECTIVES) {
    if (row.default === null) continue;
    const value: Word = { text: row.default, at };
    row.set({ name: row.name, at, values: [value], rest: row.default, isDefault: true, draft, problems });
  }
}

function readLine(document: ConfigDocument, line: SourceLine, draft: Draft, problems: Problems): void {
  const [directive, ...values] = wordsOf(document, line);
  if (directive === undefined) return;
  const length = line.pieces.reduce((sum, piece) => sum + piece.text.length, 0);
  if (length > LINE_CHARACTERS_MAX) {
    const message = `The line has ${length} characters, expected at most ${LINE_CHARACTERS_MAX}.`;
    problems.error('line-too-long', directive.at, message);
    return;
  }
  const row = findDirective(directive.text);
  if (row === undefined) {
    reportUnknown(directive, problems);
    return;
  }
  const [first, ...others] = values;
  if (first === undefined) {
    problems.error('missing-value', directive.at, `${row.name} needs a value: ${row.name} ${row.syntax}.`);
    return;
  }
  const shared = { name: row.name, at: directive.at, isDefault: false, draft, problems };
  const rest = restOfLine(line, directive);
  if (row.takes === 'line') row.set({ ...shared, values: [first, ...others], rest });
  else for (const value of values) row.set({ ...shared, values: [value], rest: value.text });
}

function reportUnknown(directive: Word, problems: Problems): void {
  const nearest = nearestDirective(directive.text);
  const hint = nearest === null ? 'it is not one of ha.cf.' : `did you mean ${nearest}?`;
  problems.error('illegal-directive', directive.at, `Unknown directive "${directive.text.slice(0, 80)}": ${hint}`);
}

function restOfLine(line: SourceLine, directive: Word): string {
  return line.pieces
    .filter((piece) => piece.kind !== 'comment' && piece.column > directive.at.column)
    .map((piece) => piece.text)
    .join('')
    .replace(/^[ \t,\r]+|[ \t\r]+$/g, '');
}
