/** Tables of the session store. `user_version` is raised with every change; older files are brought up step by step. */
export const STORE_VERSION = 1;

/**
 * Bodies are JSON as the contract has them: they are read back whole, never searched. What is
 * searched (session, source, time) has columns of its own. `t_ms` is on the session axis.
 */
export const STORE_SCHEMA = `
  CREATE TABLE session (
    id TEXT PRIMARY KEY, pair_id TEXT NOT NULL, pair_json TEXT NOT NULL, host TEXT NOT NULL,
    started_wall_ms REAL NOT NULL, ended_wall_ms REAL
  ) STRICT;
  CREATE TABLE sample (session TEXT NOT NULL, node TEXT NOT NULL, t_ms REAL NOT NULL, body TEXT NOT NULL) STRICT;
  CREATE INDEX sample_by_time ON sample (session, node, t_ms);
  CREATE TABLE event (
    session TEXT NOT NULL, node TEXT NOT NULL, journal_id TEXT NOT NULL, seq INTEGER NOT NULL,
    idx INTEGER NOT NULL, t_ms REAL NOT NULL, body TEXT NOT NULL,
    UNIQUE (session, node, journal_id, seq)
  ) STRICT;
  CREATE INDEX event_by_time ON event (session, t_ms);
  CREATE TABLE probe (
    session TEXT NOT NULL, t_ms REAL NOT NULL, ok INTEGER NOT NULL, answered_by TEXT, latency_ms REAL, error TEXT
  ) STRICT;
  CREATE INDEX probe_by_time ON probe (session, t_ms);
  CREATE TABLE gap (
    session TEXT NOT NULL, number INTEGER NOT NULL, source TEXT NOT NULL, from_ms REAL NOT NULL, to_ms REAL, reason TEXT NOT NULL,
    PRIMARY KEY (session, number)
  ) STRICT;
  CREATE TABLE drill (session TEXT NOT NULL, t_ms REAL NOT NULL, body TEXT NOT NULL) STRICT;
`;
