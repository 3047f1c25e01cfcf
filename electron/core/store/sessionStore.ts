/**
 * Sessions on disk. Rows are collected in memory and written in one transaction at least once
 * a second, so that a kill loses at most the last second and a busy minute costs sixty syncs.
 */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { DrillRun } from '../../common/contract/drill.ts';
import type {
  NodeFacts,
  ProbeSample,
  SessionBatch,
  SessionEvent,
  SessionFault,
  SessionGap,
  SessionSample,
  WitnessSample,
} from '../../common/contract/session.ts';
import { SentenceSchema } from '../../common/words/sentence.ts';
import { SessionArchive } from './archive.ts';
import { ObservationStatements } from './observations.ts';
import { openStoreFile } from './openFile.ts';
import { SESSION_TABLES, STORE_STEPS } from './schema.ts';

/** Longest time a row waits in memory, milliseconds. */
export const FLUSH_PERIOD_MS = 1000;

/** Rows that may wait while the disk refuses; older ones go first. About ten minutes of two nodes and a 100 ms probe. */
export const WAITING_ROWS_MAX = 20_000;

/**
 * Sessions kept of one pair without a drill, and with one; the oldest go when a new one begins. The command line makes a
 * session a verb: a day of looking must not push out the drills that a report is made of.
 */
export const SESSIONS_KEPT_MAX = 50;
export const DRILLED_SESSIONS_KEPT_MAX = 400;

/**
 * How long a write may wait for another process that has the file, milliseconds. The wait blocks
 * this whole process; a row that could not be written is tried again a second later anyway.
 */
const BUSY_TIMEOUT_MS = 250;

/** The same for beginning a session, which happens once and must not fail because another console drops old ones. */
const BEGIN_TIMEOUT_MS = 5000;

export interface SessionHead {
  readonly id: string;
  readonly pairId: string;
  readonly pairJson: string;
  readonly host: string;
  readonly startedWallMs: number;
}

/** A gap with its number in the session, so that it can be closed later. */
export interface NumberedGap extends SessionGap {
  readonly number: number;
}

/** A terminal of a session as it was opened. `number` is unique in the session. */
export interface StoredTerminal {
  readonly number: number;
  readonly node: string;
  readonly kind: string;
  readonly cols: number;
  readonly rows: number;
  readonly tMs: number;
  readonly endedMs: number | null;
  /** Output before this was dropped to bound it; null: none was. */
  readonly lostBeforeMs: number | null;
}

type Row = (statements: Statements) => void;

interface Statements {
  readonly sample: StatementSync;
  readonly event: StatementSync;
  readonly probe: StatementSync;
  readonly gap: StatementSync;
  readonly drill: StatementSync;
  readonly said: StatementSync;
  readonly terminal: StatementSync;
  readonly cast: StatementSync;
  readonly dropCasts: StatementSync;
  readonly observed: ObservationStatements;
}

function prepare(db: DatabaseSync): Statements {
  return {
    sample: db.prepare('INSERT INTO sample VALUES (?, ?, ?, ?)'),
    event: db.prepare('INSERT OR IGNORE INTO event VALUES (?, ?, ?, ?, ?, ?, ?)'),
    probe: db.prepare('INSERT INTO probe VALUES (?, ?, ?, ?, ?, ?)'),
    gap: db.prepare('INSERT OR REPLACE INTO gap VALUES (?, ?, ?, ?, ?, ?, ?)'),
    drill: db.prepare('INSERT INTO drill VALUES (?, ?, ?)'),
    said: db.prepare('INSERT INTO said VALUES (?, ?, ?, ?, ?)'),
    terminal: db.prepare('INSERT OR REPLACE INTO terminal VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)'),
    cast: db.prepare('INSERT INTO cast_item VALUES (?, ?, ?, ?, ?)'),
    dropCasts: db.prepare('DELETE FROM cast_item WHERE session = ? AND terminal = ? AND t_ms < ?'),
    observed: new ObservationStatements(db),
  };
}

/** Brings the tables to what this version has. Throws for a file of a newer one. */
function migrate(db: DatabaseSync, file: string): void {
  const versionOf = (): number => Number(db.prepare('PRAGMA user_version').get()?.['user_version'] ?? 0);
  if (versionOf() > STORE_STEPS.length)
    throw new Error(
      `${file} was written by a newer Twinbeat (store version ${versionOf()}, this one knows ${STORE_STEPS.length}): use that one, or move the file away`,
    );
  if (versionOf() === STORE_STEPS.length) return;
  db.exec('BEGIN IMMEDIATE');
  // Another console may have done it while this one waited for the file.
  for (const step of STORE_STEPS.slice(versionOf())) db.exec(step);
  db.exec(`PRAGMA user_version = ${STORE_STEPS.length}; COMMIT;`);
}

/** One file with every session of this user. `:memory:` keeps nothing. */
export class SessionStore {
  /** What is stored, for reading; of every session, running or over. */
  readonly archive: SessionArchive;
  private readonly db: DatabaseSync;
  private readonly statements: Statements;
  private readonly timer: NodeJS.Timeout;
  private waiting: Row[] = [];
  private failed: string | null = null;
  private readonly report: (problem: string) => void;

  /**
   * Opens or makes the file; a damaged one is put aside. Throws when it cannot be opened or is of a newer version.
   * `report` gets a sentence then, when the disk begins to refuse, and when it takes rows again.
   */
  constructor(file: string, report: (problem: string) => void = () => undefined) {
    this.report = report;
    this.db = openStoreFile(
      file,
      (db) => {
        db.exec(`PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL; PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS};`);
        migrate(db, file);
      },
      report,
    );
    this.statements = prepare(this.db);
    this.archive = new SessionArchive(this.db, () => this.flush());
    this.timer = setInterval(() => this.flush(), FLUSH_PERIOD_MS);
    this.timer.unref();
  }

  /** What the disk said when it last refused a write; null while it takes them. */
  get problem(): string | null {
    return this.failed;
  }

  /** Begins a session and drops the oldest ones of the same pair. */
  begin(head: SessionHead): void {
    this.db.exec(`PRAGMA busy_timeout = ${BEGIN_TIMEOUT_MS}`);
    this.db
      .prepare('INSERT INTO session VALUES (?, ?, ?, ?, ?, NULL)')
      .run(head.id, head.pairId, head.pairJson, head.host, head.startedWallMs);
    const hasDrill = 'EXISTS (SELECT 1 FROM drill WHERE drill.session = session.id)';
    for (const [test, keptMax] of [
      [`NOT ${hasDrill}`, SESSIONS_KEPT_MAX],
      [hasDrill, DRILLED_SESSIONS_KEPT_MAX],
    ] as const) {
      const old = this.db
        .prepare(`SELECT id FROM session WHERE pair_id = ? AND ${test} ORDER BY started_wall_ms DESC LIMIT -1 OFFSET ?`)
        .all(head.pairId, keptMax);
      for (const row of old) this.drop(String(row['id']));
    }
    this.db.exec(`PRAGMA busy_timeout = ${BUSY_TIMEOUT_MS}`);
  }

  private drop(session: string): void {
    for (const table of SESSION_TABLES) this.db.prepare(`DELETE FROM ${table} WHERE session = ?`).run(session);
    this.db.prepare('DELETE FROM session WHERE id = ?').run(session);
  }

  end(session: string, endedWallMs: number): void {
    this.flush();
    this.db.prepare('UPDATE session SET ended_wall_ms = ? WHERE id = ?').run(endedWallMs, session);
  }

  addSample(session: string, sample: SessionSample): void {
    const body = JSON.stringify(sample);
    this.add((s) => s.sample.run(session, sample.node, sample.tMs, body));
  }

  addEvent(session: string, journalId: string, entry: SessionEvent): void {
    const { event } = entry;
    const body = JSON.stringify(entry);
    this.add((s) => s.event.run(session, event.node, journalId, event.seq, entry.index, entry.tMs, body));
  }

  addProbe(session: string, p: ProbeSample): void {
    this.add((s) => s.probe.run(session, p.tMs, p.ok ? 1 : 0, p.answeredBy, p.latencyMs, p.error));
  }

  /** Adds a gap, or overwrites the one with the same number. */
  putGap(session: string, gap: NumberedGap): void {
    const said = gap.said === undefined ? null : JSON.stringify(gap.said);
    this.add((s) => s.gap.run(session, gap.number, gap.source, gap.fromMs, gap.toMs, gap.reason, said));
  }

  addWitness(session: string, sample: WitnessSample): void {
    this.add((s) => s.observed.witness(session, sample));
  }

  addFault(session: string, fault: SessionFault): void {
    this.add((s) => s.observed.fault(session, fault));
  }

  addFacts(session: string, facts: NodeFacts): void {
    this.add((s) => s.observed.facts(session, facts));
  }

  addDrill(session: string, tMs: number, run: DrillRun): void {
    const body = JSON.stringify(run);
    this.add((s) => s.drill.run(session, tMs, body));
  }

  /** What a node said about itself, or how it is configured: a body that is read back whole. */
  addSaid(session: string, kind: 'status' | 'record', node: string, tMs: number, said: object): void {
    const body = JSON.stringify(said);
    this.add((s) => s.said.run(session, kind, node, tMs, body));
  }

  /** Adds a terminal, or overwrites the one with the same number. */
  putTerminal(session: string, t: StoredTerminal): void {
    this.add((s) =>
      s.terminal.run(session, t.number, t.node, t.kind, t.cols, t.rows, t.tMs, t.endedMs, t.lostBeforeMs),
    );
  }

  addCast(session: string, terminal: number, tMs: number, code: 'o' | 'r' | 'm', data: string): void {
    this.add((s) => s.cast.run(session, terminal, tMs, code, data));
  }

  /** Forgets what a terminal showed before `tMs`. */
  dropCasts(session: string, terminal: number, tMs: number): void {
    this.add((s) => s.dropCasts.run(session, terminal, tMs));
  }

  private add(row: Row): void {
    this.waiting.push(row);
    if (this.waiting.length > WAITING_ROWS_MAX) this.waiting.splice(0, this.waiting.length - WAITING_ROWS_MAX);
  }

  /** Writes what waits. A disk that refuses is remembered in `problem`, and the rows are tried again next time. */
  flush(): void {
    if (this.waiting.length === 0) return;
    const rows = this.waiting;
    try {
      this.db.exec('BEGIN IMMEDIATE');
      for (const row of rows) row(this.statements);
      this.db.exec('COMMIT');
      this.waiting = [];
      if (this.failed !== null) this.report('the session is being stored again');
      this.failed = null;
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      if (this.failed === null)
        this.report(`the session is not being stored: ${reason}; the newest ten minutes are kept in memory`);
      this.failed = reason;
      if (this.db.isTransaction) this.db.exec('ROLLBACK');
    }
  }

  /** Everything of a session between two times, sorted by time. Gaps that touch the stretch are whole. */
  range(session: string, fromMs: number, toMs: number): SessionBatch {
    this.flush();
    const bodies = (sql: string): unknown[] =>
      this.db
        .prepare(sql)
        .all(session, fromMs, toMs)
        .map((row) => JSON.parse(String(row['body'])) as unknown);
    const probes = this.db
      .prepare('SELECT * FROM probe WHERE session = ? AND t_ms BETWEEN ? AND ? ORDER BY t_ms')
      .all(session, fromMs, toMs);
    const gaps = this.db
      .prepare(
        'SELECT * FROM gap WHERE session = ? AND (to_ms IS NULL OR to_ms >= ?) AND from_ms <= ? ORDER BY from_ms',
      )
      .all(session, fromMs, toMs);
    return {
      samples: bodies(
        'SELECT body FROM sample WHERE session = ? AND t_ms BETWEEN ? AND ? ORDER BY t_ms',
      ) as SessionSample[],
      events: bodies(
        'SELECT body FROM event WHERE session = ? AND t_ms BETWEEN ? AND ? ORDER BY t_ms',
      ) as SessionEvent[],
      probes: probes.map(probeOfRow),
      gaps: gaps.map(gapOfRow),
      ...this.statements.observed.range(session, fromMs, toMs),
    };
  }

  /** Faults and events of a whole session, without the samples between them. */
  happenings(session: string): Pick<SessionBatch, 'faults' | 'events'> {
    this.flush();
    const rows = this.db.prepare('SELECT body FROM event WHERE session = ? ORDER BY t_ms').all(session);
    const events = rows.map((row) => JSON.parse(String(row['body'])) as SessionEvent);
    return { events, faults: this.statements.observed.faults(session) };
  }

  close(): void {
    clearInterval(this.timer);
    this.flush();
    this.db.close();
  }
}

type SqlRow = ReturnType<StatementSync['all']>[number];

const textOrNull = (value: unknown): string | null => (typeof value === 'string' ? value : null);
const numberOrNull = (value: unknown): number | null => (typeof value === 'number' ? value : null);

function probeOfRow(row: SqlRow): ProbeSample {
  return {
    tMs: Number(row['t_ms']),
    ok: row['ok'] === 1,
    answeredBy: textOrNull(row['answered_by']),
    latencyMs: numberOrNull(row['latency_ms']),
    error: textOrNull(row['error']),
  };
}

function gapOfRow(row: SqlRow): SessionGap {
  return {
    source: String(row['source']),
    fromMs: Number(row['from_ms']),
    toMs: numberOrNull(row['to_ms']),
    reason: String(row['reason']),
    ...(typeof row['said'] === 'string' ? { said: SentenceSchema.parse(JSON.parse(row['said'])) } : {}),
  };
}
