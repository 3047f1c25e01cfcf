/** A stored session as the lines of a recording, in the order of time, never more than a stretch of it in memory. */
import { assert } from '../../../agent/common/base/assert.ts';
import { PairSpecSchema } from '../../common/contract/pair.ts';
import type { SessionBatch } from '../../common/contract/session.ts';
import { RECORDING_FORMAT, RecordingLineSchema } from '../../common/recording/format.ts';
import type { CastHeader, RecordingBody, RecordingHead, RecordingLine } from '../../common/recording/format.ts';
import { decimateBatch } from '../session/session.ts';
import type { StoredSession } from '../store/archive.ts';
import type { SessionStore, StoredTerminal } from '../store/sessionStore.ts';

/** Read at a time, milliseconds: a minute of two nodes, a fast probe and busy terminals is a few megabytes. */
const STRETCH_MS = 60_000;

interface Timed {
  readonly tMs: number;
  readonly line: RecordingBody;
}

/** The pair of a stored session; `nodes` also where the pair file of then does not fit the schema of now. */
export function storedPair(session: StoredSession): {
  name: string;
  nodes: [string, string];
  json: Record<string, unknown>;
} {
  const json = JSON.parse(session.pairJson) as Record<string, unknown>;
  const spec = PairSpecSchema.safeParse(json);
  if (!spec.success) return { name: session.pairId, nodes: ['', ''], json };
  return { name: spec.data.name, nodes: [spec.data.nodes[0].name, spec.data.nodes[1].name], json };
}

function headOf(session: StoredSession, thinnedTo: number | null): RecordingHead {
  const pair = storedPair(session);
  return {
    kind: 'session',
    format: RECORDING_FORMAT,
    id: session.id,
    host: session.host,
    startedWallMs: session.startedWallMs,
    endedWallMs: session.endedWallMs,
    pairId: session.pairId,
    pairName: pair.name,
    nodes: pair.nodes,
    pair: pair.json,
    anonymised: false,
    thinnedTo,
  };
}

/** asciicast's own header of a terminal. */
export function castHeader(terminal: StoredTerminal, session: StoredSession): CastHeader {
  return {
    version: 2,
    width: terminal.cols,
    height: terminal.rows,
    timestamp: Math.floor((session.startedWallMs + terminal.tMs) / 1000),
    title: `${terminal.node} ${terminal.kind}`,
    env: { TERM: 'xterm-256color' },
  };
}

function batchLines(batch: SessionBatch, fromMs: number, toMs: number): Timed[] {
  const inside = (tMs: number): boolean => tMs >= fromMs && tMs < toMs;
  const of = <T extends { readonly tMs: number }>(items: readonly T[], wrap: (item: T) => RecordingBody): Timed[] =>
    items.filter((item) => inside(item.tMs)).map((item) => ({ tMs: item.tMs, line: wrap(item) }));
  return [
    ...of(batch.samples, (sample) => ({ kind: 'sample', sample })),
    ...of(batch.events, (event) => ({ kind: 'event', event })),
    ...of(batch.probes, (probe) => ({ kind: 'probe', probe })),
    ...of(batch.witness, (witness) => ({ kind: 'witness', witness })),
    ...of(batch.faults, (fault) => ({ kind: 'fault', fault })),
    ...of(batch.facts, (facts) => ({ kind: 'facts', facts })),
    ...batch.gaps
      .filter((g) => inside(g.fromMs))
      .map((gap) => ({ tMs: gap.fromMs, line: { kind: 'gap' as const, gap } })),
  ];
}

/** Lines of what is kept besides the batches: results of drills, words of nodes, terminals. */
class Extras {
  private readonly store: SessionStore;
  private readonly session: StoredSession;
  private readonly terminals: readonly StoredTerminal[];
  private readonly drills: readonly Timed[];

  constructor(store: SessionStore, session: StoredSession) {
    this.store = store;
    this.session = session;
    this.terminals = store.archive.terminals(session.id);
    this.drills = store.archive.drills(session.id).flatMap(({ tMs, body }): Timed[] => {
      const line = RecordingLineSchema.safeParse({ kind: 'drill', tMs, drill: body });
      return line.success && line.data.kind === 'drill' ? [{ tMs, line: line.data }] : [];
    });
  }

  between(fromMs: number, toMs: number): Timed[] {
    const inside = (tMs: number): boolean => tMs >= fromMs && tMs < toMs;
    const { archive } = this.store;
    const said = archive.said(this.session.id, fromMs, toMs).flatMap(({ kind, tMs, body }): Timed[] => {
      const line = RecordingLineSchema.safeParse({ kind, tMs, [kind]: body });
      return line.success ? [{ tMs, line: line.data as RecordingBody }] : [];
    });
    const opened = this.terminals
      .filter((t) => inside(t.tMs))
      .map((t): Timed => {
        const { number, node, tMs, endedMs, lostBeforeMs } = t;
        const cast = castHeader(t, this.session);
        const terminal = { number, node, terminal: t.kind, tMs, endedMs, lostBeforeMs, cast };
        return { tMs, line: { kind: 'terminal', terminal } };
      });
    const casts = archive.casts(this.session.id, fromMs, toMs).map((c): Timed => {
      const start = this.terminals.find((t) => t.number === c.terminal);
      assert(start !== undefined, `output of terminal ${c.terminal}, which was never opened`);
      const seconds = Math.max(0, Number(((c.tMs - start.tMs) / 1000).toFixed(6)));
      return { tMs: c.tMs, line: { kind: 'cast', terminal: c.terminal, cast: [seconds, c.code, c.data] } };
    });
    return [...this.drills.filter((d) => inside(d.tMs)), ...said, ...opened, ...casts];
  }
}

/** Stretches from before the first to after the last instant; what came before the session began is one stretch of its own. */
function* stretches(store: SessionStore, session: StoredSession, isWhole: boolean): Iterable<[number, number]> {
  const { toMs } = store.archive.counts(session.id);
  if (isWhole) {
    yield [-Infinity, Infinity];
    return;
  }
  yield [-Infinity, 0];
  const lastMs = toMs ?? 0;
  for (let at = 0; at <= lastMs; at += STRETCH_MS) yield [at, at + STRETCH_MS > lastMs ? Infinity : at + STRETCH_MS];
}

/** SQLite knows no infinities. */
const finite = (ms: number): number => Math.max(-Number.MAX_SAFE_INTEGER, Math.min(Number.MAX_SAFE_INTEGER, ms));

/**
 * All lines, the closing one too. `pointsMax`: samples and probes thinned to that many a node, keeping extremes; the
 * session is then read at once, which is what thinning needs.
 */
export function* recordingLines(
  store: SessionStore,
  session: StoredSession,
  pointsMax: number | null,
): Generator<RecordingLine, void, undefined> {
  const extras = new Extras(store, session);
  let count = 1;
  yield headOf(session, pointsMax);
  for (const [fromMs, toMs] of stretches(store, session, pointsMax !== null)) {
    const raw = store.range(session.id, finite(fromMs), finite(toMs));
    const batch = pointsMax === null ? raw : decimateBatch(raw, pointsMax);
    const timed = [...batchLines(batch, fromMs, toMs), ...extras.between(finite(fromMs), finite(toMs))];
    // A terminal is opened before it shows something, also in the same instant: the sort is stable.
    timed.sort((a, b) => a.tMs - b.tMs);
    for (const { line } of timed) {
      count += 1;
      yield line;
    }
  }
  yield { kind: 'end', lines: count + 1 };
}
