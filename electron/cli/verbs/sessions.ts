/** `sessions` and `export` */
import { mkdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { SessionInfo } from '../../common/contract/report.ts';
import { recordingTables } from '../../common/recording/csv.ts';
import type { Recording } from '../../common/recording/read.ts';
import { copiedBytes, readRecording, readRecordingFile } from '../../core/recorder/recordingFile.ts';
import { CliError } from '../exitStatus.ts';
import type { CliIo } from '../io.ts';
import type { CliConsole } from '../open.ts';
import type { Parsed } from '../usage.ts';

/** Characters of an id that lists show; any beginning that only one session has will do. */
const ID_SHOWN = 8;

function lengthText(ms: number): string {
  const seconds = Math.round(ms / 1000);
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`;
}

function sessionLine(s: SessionInfo): string {
  const when = new Date(s.startedWallMs).toISOString().slice(0, 19).replace('T', ' ');
  const drills = s.drills.length === 0 ? '' : `  ${s.drills.map((d) => `${d.drill}:${d.verdict}`).join(' ')}`;
  return `${s.id.slice(0, ID_SHOWN)}  ${when}Z  ${lengthText(s.durationMs).padStart(7)}  ${s.pairName}  (${s.host})${drills}`;
}

/** Everything that is stored, newest first; of one pair with --pair-id. */
export async function runSessions(parsed: Parsed, opened: CliConsole, io: CliIo): Promise<void> {
  const sessions = await opened.client.sessionList({ pairId: parsed.text('pair-id') });
  if (parsed.flag('json')) return io.out(`${JSON.stringify(sessions)}\n`);
  io.out(sessions.length === 0 ? 'no sessions yet\n' : `${sessions.map(sessionLine).join('\n')}\n`);
}

/** The session that a word means: `last`, or the beginning of an id. Throws `usage`. */
export async function sessionNamed(word: string | undefined, opened: CliConsole): Promise<string> {
  if (word === undefined)
    throw new CliError('usage', 'expected a session: "last", or the beginning of an id ("sessions" lists them)');
  const sessions = await opened.client.sessionList({});
  if (word === 'last') {
    const [newest] = sessions;
    if (newest === undefined) throw new CliError('usage', 'no session was ever recorded here');
    return newest.id;
  }
  const found = sessions.filter((s) => s.id.startsWith(word));
  const [only] = found;
  if (only === undefined || found.length > 1)
    throw new CliError(
      'usage',
      `session ${word}: ${found.length === 0 ? 'there is none' : 'more than one begins so'}; "sessions" lists them`,
    );
  return only.id;
}

/** The file that a word means; null: it means none. Throws `usage` for what looks like one and is not there. */
export function recordingFileNamed(word: string | undefined): string | null {
  if (word === undefined) return null;
  const at = statSync(word, { throwIfNoEntry: false });
  if (at?.isFile() === true) return word;
  if (at !== undefined) throw new CliError('usage', `${word}: expected the file of a recording, and this is no file`);
  if (/[./\\]/.test(word)) throw new CliError('usage', `${word}: there is no such file`);
  return null;
}

/** What a person must know of a recording that is shown all the same, on standard error. */
export function tellFlaws(word: string | undefined, { flaws }: Recording, io: CliIo): void {
  for (const { detail } of flaws) io.warn(`${word ?? 'the recording'}: ${detail}`);
}

/** The recording's bytes as the console gives them. */
export async function* recordingOf(
  opened: CliConsole,
  sessionId: string,
  anonymise: boolean,
): AsyncGenerator<Uint8Array, void, undefined> {
  for await (const { data } of opened.client.sessionRecording({ sessionId, anonymise }))
    yield Buffer.from(data, 'base64');
}

/** Writes a file whole or not at all. */
async function writeWhole(file: string, bytes: AsyncIterable<Uint8Array>): Promise<number> {
  const beside = `${file}.${process.pid}.new`;
  mkdirSync(dirname(file), { recursive: true });
  let written = 0;
  try {
    const handle = await open(beside, 'w', 0o600);
    try {
      for await (const piece of bytes) {
        await handle.appendFile(piece);
        written += piece.length;
      }
      await handle.sync();
    } finally {
      await handle.close();
    }
    renameSync(beside, file);
    return written;
  } finally {
    rmSync(beside, { force: true });
  }
}

function writeTables(dir: string, recording: Recording): string[] {
  return recordingTables(recording).map(({ path, text }) => {
    const file = join(dir, path);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.new`, text, { mode: 0o600 });
    renameSync(`${file}.new`, file);
    return path;
  });
}

/** What is exported: a session that is stored here, or a file that somebody sent. */
interface Source {
  readonly name: string;
  /** null: it is no session of this computer. */
  readonly sessionId: string | null;
  bytes(): AsyncIterable<Uint8Array>;
}

async function sourceOf(word: string | undefined, anonymise: boolean, opened: CliConsole): Promise<Source> {
  const file = recordingFileNamed(word);
  if (file !== null) return { name: file, sessionId: null, bytes: () => copiedBytes(file, anonymise) };
  const sessionId = await sessionNamed(word, opened);
  return { name: word ?? sessionId, sessionId, bytes: () => recordingOf(opened, sessionId, anonymise) };
}

/** Refuses a file that is no recording before anything is written. */
async function checked(name: string): Promise<Recording> {
  const read = await readRecordingFile(name);
  if (!read.ok) throw new CliError('usage', `${name}: ${read.detail}`);
  return read.value;
}

/** A disk that is full, a folder that is none: who asked must know which, and no stack. */
async function written<T>(path: string, work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw new CliError('failed', `${path} cannot be written: ${(error as Error).message}`);
  }
}

/** `export SESSION|FILE --recording FILE` and/or `--csv DIR`. */
export async function runExport(parsed: Parsed, opened: CliConsole, io: CliIo): Promise<void> {
  const [csv, file] = [parsed.text('csv'), parsed.text('recording')];
  if (csv === null && file === null)
    throw new CliError('usage', 'say what to write: --recording FILE, --csv DIR, or both');
  const anonymised = parsed.flag('anonymise');
  const source = await sourceOf(parsed.words[0], anonymised, opened);
  if (source.sessionId === null) tellFlaws(source.name, await checked(source.name), io);
  const result: {
    sessionId: string | null;
    anonymised: boolean;
    recording: string | null;
    bytes: number | null;
    csv: string | null;
    tables: string[];
  } = { sessionId: source.sessionId, anonymised, recording: null, bytes: null, csv: null, tables: [] };
  if (file !== null) {
    const target = resolve(file);
    result.recording = target;
    result.bytes = await written(target, () => writeWhole(target, source.bytes()));
  }
  if (csv !== null) {
    const read = await readRecording(source.bytes());
    if (!read.ok) throw new CliError('failed', `${source.name}: ${read.detail}`);
    const target = resolve(csv);
    result.csv = target;
    result.tables = await written(target, () => writeTables(target, read.value));
  }
  if (parsed.flag('json')) return io.out(`${JSON.stringify(result)}\n`);
  if (result.recording !== null) io.out(`${result.recording}  ${result.bytes ?? 0} bytes\n`);
  for (const table of result.tables) io.out(`${join(result.csv ?? '', table)}\n`);
}
