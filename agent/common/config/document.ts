/**
 * A configuration file as text that can be printed back byte for byte: lines of pieces. Parsing
 * reads the words and leaves the gaps, comments and line ends where they are.
 */
import type { SourcePosition } from './model.ts';

/** `word`: a directive, value or resource. `continuation`: a backslash at the end of a line. */
export type PieceKind = 'word' | 'gap' | 'comment' | 'continuation';

export interface Piece {
  readonly kind: PieceKind;
  readonly text: string;
  /** Starts at 1, counted in characters. */
  readonly column: number;
}

export interface SourceLine {
  /** Starts at 1. */
  readonly number: number;
  readonly pieces: readonly Piece[];
  /** `\n`, `\r\n`, or nothing at the end of a file without a last line end. */
  readonly ending: string;
}

export interface ConfigDocument {
  readonly file: string;
  readonly lines: readonly SourceLine[];
}

/** A word with its place. */
export interface Word {
  readonly text: string;
  readonly at: SourcePosition;
}

/** How the three files differ below their grammar. */
export interface LexicalStyle {
  /** Characters between words, as the inside of a regular expression's class. */
  readonly gap: string;
  /** `anywhere`: a # always starts a comment. `line-start`: only as a line's first word. */
  readonly comments: 'anywhere' | 'line-start';
  /** A backslash as a line's very last character joins the next line. */
  readonly continuations: boolean;
}

/** A byte order mark, decoded as UTF-8 or as Latin-1: an editor's gift that the real daemon takes for a word. */
const BYTE_ORDER_MARK = /^(?:\ufeff|\u00ef\u00bb\u00bf)/;

/** Splits `text` into lines and pieces. Never fails: whatever is no gap or comment is a word. */
export function readDocument(text: string, file: string, style: LexicalStyle): ConfigDocument {
  const lines: SourceLine[] = [];
  for (let at = 0; at < text.length;) {
    const lineFeed = text.indexOf('\n', at);
    const next = lineFeed < 0 ? text.length : lineFeed + 1;
    const raw = text.slice(at, next);
    const ending = raw.endsWith('\r\n') ? '\r\n' : raw.endsWith('\n') ? '\n' : '';
    const number = lines.length + 1;
    lines.push({ number, pieces: readPieces(raw.slice(0, raw.length - ending.length), number === 1, style), ending });
    at = next;
  }
  return { file, lines };
}

/** The text that the document was read from. */
export function print(document: ConfigDocument): string {
  return document.lines.map((line) => line.pieces.map((piece) => piece.text).join('') + line.ending).join('');
}

/** Words of one line with their places. */
export function wordsOf(document: ConfigDocument, line: SourceLine): Word[] {
  return line.pieces
    .filter((piece) => piece.kind === 'word')
    .map((piece) => ({ text: piece.text, at: { file: document.file, line: line.number, column: piece.column } }));
}

/** True when the file begins with a byte order mark. */
export function hasByteOrderMark(text: string): boolean {
  return BYTE_ORDER_MARK.test(text);
}

function readPieces(text: string, isFirstLine: boolean, style: LexicalStyle): Piece[] {
  const pieces: Piece[] = [];
  const gap = new RegExp(`[${style.gap}]+`, 'y');
  const word = new RegExp(style.comments === 'anywhere' ? `[^${style.gap}#]+` : `[^${style.gap}]+`, 'y');
  let at = 0;
  const take = (kind: PieceKind, length: number): void => {
    pieces.push({ kind, text: text.slice(at, at + length), column: at + 1 });
    at += length;
  };
  const matchLength = (pattern: RegExp): number => {
    pattern.lastIndex = at;
    return pattern.exec(text)?.[0].length ?? 0;
  };
  const continued = style.continuations && text.endsWith('\\');
  const mark = isFirstLine ? (BYTE_ORDER_MARK.exec(text)?.[0].length ?? 0) : 0;
  if (mark > 0) take('gap', mark);
  while (at < text.length) {
    const gapLength = matchLength(gap);
    if (gapLength > 0) take('gap', gapLength);
    else if (startsComment(text, at, pieces, style)) take('comment', text.length - at);
    else if (continued && at === text.length - 1) take('continuation', 1);
    else take('word', Math.min(matchLength(word), text.length - at - (continued ? 1 : 0)));
  }
  return pieces;
}

function startsComment(text: string, at: number, before: readonly Piece[], style: LexicalStyle): boolean {
  if (text[at] !== '#') return false;
  return style.comments === 'anywhere' || before.every((piece) => piece.kind === 'gap');
}
