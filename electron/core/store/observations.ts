/** What the store keeps besides the nodes' own words: the LAN's witness, faults as they were seen, and what was true of each node. */
import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { NodeFacts, SessionBatch, SessionFault, WitnessSample } from '../../common/contract/session.ts';

/** One step of the schema. Bodies are JSON as the contract has them. */
export const OBSERVATIONS_STEP = `
  CREATE TABLE witness (session TEXT NOT NULL, t_ms REAL NOT NULL, body TEXT NOT NULL) STRICT;
  CREATE INDEX witness_by_time ON witness (session, t_ms);
  CREATE TABLE fault_seen (session TEXT NOT NULL, t_ms REAL NOT NULL, body TEXT NOT NULL) STRICT;
  CREATE INDEX fault_seen_by_time ON fault_seen (session, t_ms);
  CREATE TABLE fact (session TEXT NOT NULL, node TEXT NOT NULL, t_ms REAL NOT NULL, body TEXT NOT NULL) STRICT;
  CREATE INDEX fact_by_time ON fact (session, node, t_ms);
`;

/** Its tables, for dropping a session. */
export const OBSERVATION_TABLES = ['witness', 'fault_seen', 'fact'] as const;

export type Observations = Pick<SessionBatch, 'witness' | 'faults' | 'facts'>;

/** What one session adds and asks for. */
export class ObservationStatements {
  private readonly putWitness: StatementSync;
  private readonly putFault: StatementSync;
  private readonly putFacts: StatementSync;
  private readonly db: DatabaseSync;

  constructor(db: DatabaseSync) {
    this.db = db;
    this.putWitness = db.prepare('INSERT INTO witness VALUES (?, ?, ?)');
    this.putFault = db.prepare('INSERT INTO fault_seen VALUES (?, ?, ?)');
    this.putFacts = db.prepare('INSERT INTO fact VALUES (?, ?, ?, ?)');
  }

  witness(session: string, sample: WitnessSample): void {
    this.putWitness.run(session, sample.tMs, JSON.stringify(sample));
  }

  fault(session: string, fault: SessionFault): void {
    this.putFault.run(session, fault.tMs, JSON.stringify(fault));
  }

  facts(session: string, facts: NodeFacts): void {
    this.putFacts.run(session, facts.node, facts.tMs, JSON.stringify(facts));
  }

  /** Every fault of a session, in order of time. */
  faults(session: string): SessionFault[] {
    return this.bodies('SELECT body FROM fault_seen WHERE session = ? ORDER BY t_ms', [session]) as SessionFault[];
  }

  /** Everything between two times, sorted; facts begin with those that held already. */
  range(session: string, fromMs: number, toMs: number): Observations {
    const between = (table: string): unknown[] =>
      this.bodies(`SELECT body FROM ${table} WHERE session = ? AND t_ms BETWEEN ? AND ? ORDER BY t_ms`, [
        session,
        fromMs,
        toMs,
      ]);
    const before = this.bodies(
      `SELECT body, MAX(t_ms) AS latest FROM fact WHERE session = ? AND t_ms < ? GROUP BY node ORDER BY latest`,
      [session, fromMs],
    );
    return {
      witness: between('witness') as WitnessSample[],
      faults: between('fault_seen') as SessionFault[],
      facts: [...before, ...between('fact')] as NodeFacts[],
    };
  }

  private bodies(sql: string, values: readonly (string | number)[]): unknown[] {
    return this.db
      .prepare(sql)
      .all(...values)
      .map((row) => JSON.parse(String(row['body'])) as unknown);
  }
}
