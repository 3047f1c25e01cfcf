/** Recordings as bytes: gzip'd lines, made piece by piece and read back. */
import { createReadStream } from 'node:fs';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { createGunzip, createGzip } from 'node:zlib';
import { anonymiserFor } from '../../common/recording/hide.ts';
import type { RecordingLine } from '../../common/recording/format.ts';
import { quote, refuse } from '../../common/words/sentence.ts';
import type { Outcome } from '../../common/words/sentence.ts';
import { RecordingReader } from '../../common/recording/read.ts';
import type { Recording } from '../../common/recording/read.ts';
import type { StoredSession } from '../store/archive.ts';
import type { SessionStore } from '../store/sessionStore.ts';
import { recordingLines } from './lines.ts';

/** Lines are joined to pieces of about this many characters before they are compressed. */
const PIECE_CHARS = 64 * 1024;

/** Ending of recordings' file names. */
export const RECORDING_SUFFIX = '.twinbeat.gz';

export interface RecordingOptions {
  readonly anonymise: boolean;
  /** null: everything. */
  readonly pointsMax: number | null;
}

function* textOf(lines: Iterable<RecordingLine>): Generator<string, void, undefined> {
  let piece = '';
  for (const line of lines) {
    piece += `${JSON.stringify(line)}\n`;
    if (piece.length < PIECE_CHARS) continue;
    yield piece;
    piece = '';
  }
  if (piece !== '') yield piece;
}

function* linesOf(
  store: SessionStore,
  session: StoredSession,
  { anonymise, pointsMax }: RecordingOptions,
): Generator<RecordingLine, void, undefined> {
  if (!anonymise) return yield* recordingLines(store, session, pointsMax);
  const anonymiser = anonymiserFor(recordingLines(store, session, pointsMax));
  for (const line of recordingLines(store, session, pointsMax)) yield* anonymiser.line(line);
}

/** A session's recording as bytes. Reading it slowly holds the making back. */
export function recordingBytes(
  store: SessionStore,
  session: StoredSession,
  options: RecordingOptions,
): AsyncIterable<Buffer> {
  return zipped(linesOf(store, session, options));
}

function zipped(lines: Iterable<RecordingLine>): AsyncIterable<Buffer> {
  const gzip = createGzip();
  // An error of the source ends the destination with the same error.
  void pipeline(Readable.from(textOf(lines)), gzip).catch(() => undefined);
  return gzip as AsyncIterable<Buffer>;
}

/** Reads compressed bytes; of a file that is cut off what it has. Fails with a sentence when they are no recording. */
export async function readRecording(
  bytes: AsyncIterable<Uint8Array>,
  onLine?: (line: RecordingLine) => void,
): Promise<Outcome<Recording>> {
  const reader = new RecordingReader(onLine);
  const decoder = new TextDecoder();
  try {
    const gunzip = createGunzip();
    const fed = pipeline(Readable.from(bytes), gunzip);
    fed.catch(() => undefined);
    for await (const piece of gunzip as AsyncIterable<Buffer>) {
      reader.push(decoder.decode(piece, { stream: true }));
      if (reader.failure !== null) break;
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    // What a cut-off file has is worth showing: the missing end is told by the recording itself.
    if (code === 'Z_DATA_ERROR') reader.damaged();
    else if (code !== 'Z_BUF_ERROR') return refuse('not-a-recording', quote({ detail: (error as Error).message }));
  }
  return reader.finish();
}

/**
 * A recording on disk once more, anonymised or as it is. Lines that are not understood are left out of an anonymised one: nobody knows what
 * they hold. One that is cut off stays so. Throws when it is no recording.
 */
export async function* copiedBytes(file: string, anonymise: boolean): AsyncGenerator<Uint8Array, void, undefined> {
  if (!anonymise) {
    yield* createReadStream(file) as AsyncIterable<Buffer>;
    return;
  }
  const lines: RecordingLine[] = [];
  const read = await readRecording(createReadStream(file), (line) => lines.push(line));
  if (!read.ok) throw new Error(read.detail);
  const anonymiser = anonymiserFor(lines);
  yield* zipped(lines.flatMap((line) => anonymiser.line(line)));
}

/** Reads a recording from disk. */
export function readRecordingFile(file: string): Promise<Outcome<Recording>> {
  return readRecording(createReadStream(file));
}
