/** Tables of the session store. `user_version` is the number of steps that a file has gone through. */
import { OBSERVATIONS_STEP, OBSERVATION_TABLES } from './observations.ts';

/**
 * Bodies are JSON as the contract has them: they are read back whole, never searched. What is
 * searched (session, source, time) has columns of its own. `t_ms` is on the session axis.
 */
const SESSIONS = `
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

/** What a node says about itself, how it is configured, and what its terminals showed. `kind`: `status` or `record`. */
const RECORDER = `
  CREATE TABLE said (session TEXT NOT NULL, kind TEXT NOT NULL, node TEXT NOT NULL, t_ms REAL NOT NULL, body TEXT NOT NULL) STRICT;
  CREATE INDEX said_by_time ON said (session, t_ms);
  CREATE TABLE terminal (
    session TEXT NOT NULL, number INTEGER NOT NULL, node TEXT NOT NULL, kind TEXT NOT NULL, cols INTEGER NOT NULL, rows INTEGER NOT NULL,
    t_ms REAL NOT NULL, ended_ms REAL, lost_before_ms REAL, PRIMARY KEY (session, number)
  ) STRICT;
  CREATE TABLE cast_item (session TEXT NOT NULL, terminal INTEGER NOT NULL, t_ms REAL NOT NULL, code TEXT NOT NULL, data TEXT NOT NULL) STRICT;
  CREATE INDEX cast_by_time ON cast_item (session, t_ms);
  CREATE INDEX drill_by_session ON drill (session);
`;

/** Why nothing was heard, for other languages too. */
const GAP_WORDS = 'ALTER TABLE gap ADD COLUMN said TEXT;';

/** In order; a file of version n has had the first n. */
export const STORE_STEPS: readonly string[] = [SESSIONS, RECORDER, OBSERVATIONS_STEP, GAP_WORDS];

/** Every table with rows of a session, for dropping it. */
export const SESSION_TABLES = [
  ...(['sample', 'event', 'probe', 'gap', 'drill', 'said', 'terminal', 'cast_item'] as const),
  ...OBSERVATION_TABLES,
] as const;
