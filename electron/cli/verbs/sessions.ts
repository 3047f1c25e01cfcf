/** `sessions` and `export` */
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { open } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import type { SessionInfo } from '../../common/contract/report.ts';
import { recordingTables } from '../../common/recording/csv.ts';
import type { Recording } from '../../common/recording/read.ts';
import { readRecording } from '../../core/recorder/recordingFile.ts';
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

/** `export SESSION --recording FILE` and/or `--csv DIR`. */
export async function runExport(parsed: Parsed, opened: CliConsole, io: CliIo): Promise<void> {
  const [csv, file] = [parsed.text('csv'), parsed.text('recording')];
  if (csv === null && file === null)
    throw new CliError('usage', 'say what to write: --recording FILE, --csv DIR, or both');
  const sessionId = await sessionNamed(parsed.words[0], opened);
  const anonymised = parsed.flag('anonymise');
  const result: {
    sessionId: string;
    anonymised: boolean;
    recording: string | null;
    bytes: number | null;
    csv: string | null;
    tables: string[];
  } = {
    sessionId,
    anonymised,
    recording: null,
    bytes: null,
    csv: null,
    tables: [],
  };
  if (file !== null) {
    result.recording = resolve(file);
    result.bytes = await writeWhole(result.recording, recordingOf(opened, sessionId, anonymised));
  }
  if (csv !== null) {
    const read = await readRecording(recordingOf(opened, sessionId, anonymised));
    if (!read.ok) throw new CliError('failed', read.detail);
    result.csv = resolve(csv);
    result.tables = writeTables(result.csv, read.value);
  }
  if (parsed.flag('json')) return io.out(`${JSON.stringify(result)}\n`);
  if (result.recording !== null) io.out(`${result.recording}  ${result.bytes ?? 0} bytes\n`);
  for (const table of result.tables) io.out(`${join(result.csv ?? '', table)}\n`);
}
