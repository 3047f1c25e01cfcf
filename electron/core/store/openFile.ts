/** Opens the file of the sessions. One that SQLite cannot read any more is put aside: a console without its past is worth more than none. */
import { existsSync, mkdirSync, renameSync } from 'node:fs';
import { dirname } from 'node:path';
import { DatabaseSync } from 'node:sqlite';

/** SQLITE_CORRUPT and SQLITE_NOTADB. */
const DAMAGED: ReadonlySet<unknown> = new Set([11, 26]);

const isDamaged = (error: unknown): boolean => DAMAGED.has((error as { readonly errcode?: unknown }).errcode);

/** What belongs to a file in WAL mode. */
const PARTS = ['', '-wal', '-shm'] as const;

/** Moves a file aside, with what belongs to it, and gives its new name. */
function putAside(file: string): string {
  let n = 1;
  while (existsSync(`${file}.damaged-${n}`)) n += 1;
  const aside = `${file}.damaged-${n}`;
  for (const part of PARTS) if (existsSync(`${file}${part}`)) renameSync(`${file}${part}`, `${aside}${part}`);
  return aside;
}

function tryFile(file: string, prepare: (db: DatabaseSync) => void): DatabaseSync {
  const db = new DatabaseSync(file);
  try {
    prepare(db);
    return db;
  } catch (error) {
    db.close();
    throw error;
  }
}

/**
 * `prepare` makes the tables; it throws what must not be opened. `report` gets a sentence when a damaged file was put aside. Throws when the
 * file cannot be opened for any other reason.
 */
export function openStoreFile(
  file: string,
  prepare: (db: DatabaseSync) => void,
  report: (problem: string) => void,
): DatabaseSync {
  if (file === ':memory:') return tryFile(file, prepare);
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  try {
    return tryFile(file, prepare);
  } catch (error) {
    if (!isDamaged(error)) throw error;
    const aside = putAside(file);
    report(
      `the recorded sessions in ${file} are damaged (${(error as Error).message}): the file is now ${aside}, and a new one was begun; ` +
        `"sqlite3 ${aside} .recover" may save some of it`,
    );
    return tryFile(file, prepare);
  }
}
