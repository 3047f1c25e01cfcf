/** A recording as tables that any spreadsheet opens: one file a kind of thing, times on the session's axis and on the wall in UTC. */
import { wallText } from '../base/wallTime.ts';
import type { Recording, RecordedTerminal } from './read.ts';

export interface TableFile {
  /** Path below the folder of the export. */
  readonly path: string;
  readonly text: string;
}

type Cell = string | number | boolean | null | undefined;

/** Numbers are told to a thousandth: of a millisecond that is less than any clock here knows. */
const PARTS = 1000;

/**
 * One cell. Quoted where it must be; text that a spreadsheet would run as a formula is kept from that by an apostrophe,
 * as these programs themselves write it. What is not known is empty, never 0.
 */
export function csvCell(value: Cell): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return String(Math.round(value * PARTS) / PARTS);
  if (typeof value === 'boolean') return String(value);
  const safe = /^[=+\-@\t\r\n＝＋－＠]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

function table(path: string, head: readonly string[], rows: Iterable<readonly Cell[]>): TableFile {
  const lines = [head.join(',')];
  for (const row of rows) lines.push(row.map(csvCell).join(','));
  // Spreadsheets expect the line ends of RFC 4180.
  return { path, text: `${lines.join('\r\n')}\r\n` };
}

/** Path of a terminal's cast below the folder of the export, whatever a recording that somebody sent calls its node. */
export function castName({ head }: RecordedTerminal): string {
  const safe = (name: string): string => name.replace(/[^\w.-]/g, '_');
  return `terminals/${String(head.number).padStart(2, '0')}-${safe(head.node)}-${safe(head.terminal)}.cast`;
}

/** A terminal as an asciicast v2 file. */
export function castText({ head, casts }: RecordedTerminal): string {
  return [head.cast, ...casts].map((line) => `${JSON.stringify(line)}\n`).join('');
}

function measuredTables({ head, batch }: Recording): TableFile[] {
  const wall = (tMs: number): string => wallText(head.startedWallMs + tMs, 0, 3);
  return [
    table(
      'samples.csv',
      [
        't_ms',
        'utc',
        'error_ms',
        'node',
        'status',
        'peer_status',
        'mine',
        'held_addresses',
        'margin_ms',
        'lateness_ms',
        'load_average_1min',
      ],
      batch.samples.map((s) => [
        s.tMs,
        wall(s.tMs),
        s.errorMs,
        s.node,
        s.status,
        s.peerStatus,
        s.mine,
        s.heldVips.join(' '),
        s.nodeMarginMs,
        s.latenessMs,
        s.loadAverage,
      ]),
    ),
    table(
      'links.csv',
      ['t_ms', 'utc', 'error_ms', 'node', 'link', 'from_peer', 'margin_ms', 'margin_min_ms', 'round_trip_ms'],
      batch.samples.flatMap((s) =>
        s.links.map((l) => [
          s.tMs,
          wall(s.tMs),
          s.errorMs,
          s.node,
          l.id,
          l.fromPeer,
          l.marginMs,
          l.marginMinMs,
          l.rttMs,
        ]),
      ),
    ),
    table(
      'probes.csv',
      ['t_ms', 'utc', 'ok', 'answered_by', 'latency_ms', 'error'],
      batch.probes.map((p) => [p.tMs, wall(p.tMs), p.ok, p.answeredBy, p.latencyMs, p.error]),
    ),
    table(
      'witness.csv',
      ['t_ms', 'utc', 'error_ms', 'address', 'kind', 'holders', 'neighbour_mac'],
      batch.witness.map((w) => [
        w.tMs,
        wall(w.tMs),
        w.errorMs,
        w.address,
        w.kind,
        w.holders.map((h) => `${h.mac} ${h.node ?? ''}`.trim()).join('; '),
        w.neighbourMac,
      ]),
    ),
  ];
}

function eventTables({ head, batch, drills }: Recording): TableFile[] {
  const wall = (tMs: number): string => wallText(head.startedWallMs + tMs, 0, 3);
  return [
    table(
      'events.csv',
      ['t_ms', 'utc', 'error_ms', 'node', 'severity', 'kind', 'body'],
      batch.events.map(({ tMs, errorMs, event }) => [
        tMs,
        wall(tMs),
        errorMs,
        event.node,
        event.severity,
        event.body.kind,
        JSON.stringify(event.body),
      ]),
    ),
    table(
      'faults.csv',
      ['t_ms', 'utc', 'error_ms', 'node', 'fault', 'phase', 'link', 'detail'],
      batch.faults.map((f) => [f.tMs, wall(f.tMs), f.errorMs, f.node, f.name, f.phase, f.link, f.detail]),
    ),
    table(
      'gaps.csv',
      ['from_ms', 'to_ms', 'from_utc', 'to_utc', 'source', 'reason'],
      batch.gaps.map((g) => {
        const toUtc = g.toMs === null ? null : wall(g.toMs);
        return [g.fromMs, g.toMs, wall(g.fromMs), toUtc, g.source, g.reason];
      }),
    ),
    table(
      'drills.csv',
      ['t_ms', 'utc', 'drill', 'verdict', 'outage_ms', 'body'],
      drills.map(({ tMs, drill }) => [
        tMs,
        wall(tMs),
        drill.drill,
        typeof drill['verdict'] === 'string' ? drill['verdict'] : null,
        typeof drill['outageMs'] === 'number' ? drill['outageMs'] : null,
        JSON.stringify(drill),
      ]),
    ),
  ];
}

/** Every table of a recording, and every terminal as an asciicast. Empty ones too: that nothing happened is worth knowing. */
export function recordingTables(recording: Recording): TableFile[] {
  const casts = recording.terminals.map((t): TableFile => ({ path: castName(t), text: castText(t) }));
  return [...measuredTables(recording), ...eventTables(recording), ...casts];
}
