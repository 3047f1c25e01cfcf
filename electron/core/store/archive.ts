/** Reading the store: which sessions there are, and one of them from its beginning to its end, a stretch at a time. */
import type { DatabaseSync, SQLInputValue } from 'node:sqlite';
import type { StoredTerminal } from './sessionStore.ts';

/** A session as its row says it; `pairJson` is the pair file of then. */
export interface StoredSession {
  readonly id: string;
  readonly pairId: string;
  readonly pairJson: string;
  readonly host: string;
  readonly startedWallMs: number;
  readonly endedWallMs: number | null;
}

export interface SessionCounts {
  readonly samples: number;
  readonly events: number;
  readonly probes: number;
  readonly gaps: number;
  readonly terminals: number;
  /** First and last instant that was recorded, milliseconds on the session axis; null: nothing was. */
  readonly fromMs: number | null;
  readonly toMs: number | null;
}

/** A row of one of the tables that hold a JSON body. */
export interface StoredBody {
  readonly tMs: number;
  readonly body: unknown;
}

export interface StoredSaid extends StoredBody {
  readonly kind: 'status' | 'record';
  readonly node: string;
}

export interface StoredCast {
  readonly terminal: number;
  readonly tMs: number;
  readonly code: 'o' | 'r' | 'm';
  readonly data: string;
}

type SqlRow = Readonly<Record<string, unknown>>;

const numberOrNull = (value: unknown): number | null => (typeof value === 'number' ? value : null);

function sessionOfRow(row: SqlRow): StoredSession {
  return {
    id: String(row['id']),
    pairId: String(row['pair_id']),
    pairJson: String(row['pair_json']),
    host: String(row['host']),
    startedWallMs: Number(row['started_wall_ms']),
    endedWallMs: numberOrNull(row['ended_wall_ms']),
  };
}

export class SessionArchive {
  private readonly db: DatabaseSync;
  private readonly flush: () => void;

  /** `flush` writes out what waits, so that a running session can be read up to now. */
  constructor(db: DatabaseSync, flush: () => void) {
    this.db = db;
    this.flush = flush;
  }

  private all(sql: string, ...values: SQLInputValue[]): SqlRow[] {
    return this.db.prepare(sql).all(...values);
  }

  /** Sessions newest first; of one pair, or of all. */
  list(pairId: string | null): StoredSession[] {
    const where = pairId === null ? '' : 'WHERE pair_id = ?';
    const values = pairId === null ? [] : [pairId];
    return this.all(`SELECT * FROM session ${where} ORDER BY started_wall_ms DESC`, ...values).map(sessionOfRow);
  }

  /** One session, or null. A prefix of its id will do where only one session has it. */
  find(id: string): StoredSession | null {
    const rows = this.all(
      "SELECT * FROM session WHERE id LIKE ? || '%' ESCAPE '!' LIMIT 2",
      id.replace(/[!%_]/g, '!$&'),
    );
    const row = rows.length === 1 ? rows[0] : rows.find((one) => one['id'] === id);
    return row === undefined ? null : sessionOfRow(row);
  }

  counts(session: string): SessionCounts {
    this.flush();
    const count = (table: string): number =>
      Number(this.all(`SELECT COUNT(*) AS n FROM ${table} WHERE session = ?`, session)[0]?.['n'] ?? 0);
    const spans = ['sample', 'event', 'probe', 'cast_item'].map(
      (table) => this.all(`SELECT MIN(t_ms) AS a, MAX(t_ms) AS b FROM ${table} WHERE session = ?`, session)[0] ?? {},
    );
    const numbers = (key: string): number[] =>
      spans.map((s) => s[key]).filter((v): v is number => typeof v === 'number');
    const [from, to] = [numbers('a'), numbers('b')];
    return {
      samples: count('sample'),
      events: count('event'),
      probes: count('probe'),
      gaps: count('gap'),
      terminals: count('terminal'),
      fromMs: from.length === 0 ? null : Math.min(...from),
      toMs: to.length === 0 ? null : Math.max(...to),
    };
  }

  /** Stretches in which something was not heard, in the order of time. */
  gaps(session: string): { readonly source: string; readonly fromMs: number; readonly toMs: number | null }[] {
    this.flush();
    return this.all('SELECT source, from_ms, to_ms FROM gap WHERE session = ? ORDER BY from_ms', session).map(
      (row) => ({
        source: String(row['source']),
        fromMs: Number(row['from_ms']),
        toMs: numberOrNull(row['to_ms']),
      }),
    );
  }

  /** Largest half width of the error of a node's times in the session, milliseconds; null: nothing of it was placed. */
  clockErrorMax(session: string, node: string): number | null {
    this.flush();
    const row = this.all(
      "SELECT MAX(json_extract(body, '$.errorMs')) AS worst FROM sample WHERE session = ? AND node = ?",
      session,
      node,
    )[0];
    return numberOrNull(row?.['worst']);
  }

  /** Results of drills, in the order in which they came. */
  drills(session: string): StoredBody[] {
    this.flush();
    return this.all('SELECT t_ms, body FROM drill WHERE session = ? ORDER BY t_ms', session).map(bodyOfRow);
  }

  /** What nodes said about themselves within a stretch, `toMs` excluded. */
  said(session: string, fromMs: number, toMs: number): StoredSaid[] {
    this.flush();
    return this.all(
      'SELECT kind, node, t_ms, body FROM said WHERE session = ? AND t_ms >= ? AND t_ms < ? ORDER BY t_ms',
      session,
      fromMs,
      toMs,
    ).map((row) => ({
      ...bodyOfRow(row),
      kind: row['kind'] === 'record' ? 'record' : 'status',
      node: String(row['node']),
    }));
  }

  /** The newest word of one kind of one node; null: none. */
  saidLast(session: string, kind: StoredSaid['kind'], node: string): StoredBody | null {
    this.flush();
    const row = this.all(
      'SELECT t_ms, body FROM said WHERE session = ? AND kind = ? AND node = ? ORDER BY t_ms DESC LIMIT 1',
      session,
      kind,
      node,
    )[0];
    return row === undefined ? null : bodyOfRow(row);
  }

  /** Every reading of a node's configuration, in the order of time. */
  records(session: string, node: string): unknown[] {
    this.flush();
    return this.all(
      "SELECT t_ms, body FROM said WHERE session = ? AND kind = 'record' AND node = ? ORDER BY t_ms",
      session,
      node,
    ).map((row) => bodyOfRow(row).body);
  }

  terminals(session: string): StoredTerminal[] {
    this.flush();
    return this.all('SELECT * FROM terminal WHERE session = ? ORDER BY t_ms', session).map((row) => ({
      number: Number(row['number']),
      node: String(row['node']),
      kind: String(row['kind']),
      cols: Number(row['cols']),
      rows: Number(row['rows']),
      tMs: Number(row['t_ms']),
      endedMs: numberOrNull(row['ended_ms']),
      lostBeforeMs: numberOrNull(row['lost_before_ms']),
    }));
  }

  /** What terminals showed within a stretch, `toMs` excluded. */
  casts(session: string, fromMs: number, toMs: number): StoredCast[] {
    this.flush();
    return this.all(
      'SELECT terminal, t_ms, code, data FROM cast_item WHERE session = ? AND t_ms >= ? AND t_ms < ? ORDER BY t_ms, rowid',
      session,
      fromMs,
      toMs,
    ).map((row) => ({
      terminal: Number(row['terminal']),
      tMs: Number(row['t_ms']),
      code: row['code'] as StoredCast['code'],
      data: String(row['data']),
    }));
  }
}

function bodyOfRow(row: SqlRow): StoredBody {
  return { tMs: Number(row['t_ms']), body: JSON.parse(String(row['body'])) as unknown };
}
