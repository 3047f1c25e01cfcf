/** What the safety pane shows: rows with one cell a node. Words come from the texts, colours from `state`. */
import type { AgentStatus, LinkStatus } from '../../../agent/common/rpc/agentContract.ts';
import type { PairState } from '../../../electron/common/contract/state.ts';
import { compareKeys, secondHolders } from '../../../electron/common/verdict/alarms.ts';
import { freshStatus, oneWay, type PairLink, pairLinks } from '../../../electron/common/verdict/links.ts';
import { holdReasons, problemText } from '../../lib/eventText.ts';
import { clock, seconds } from '../../lib/format.ts';
import { linkTitle, ownPart } from '../../lib/linkName.ts';
import type { T } from '../../locales/index.ts';
import { referenceHosts } from '../rack/pictureModel.ts';

export interface Cell {
  /** `plain` has no health; `unknown` is never shown as well. */
  readonly state: 'up' | 'late' | 'dead' | 'unknown' | 'plain';
  readonly text: string;
  /** In the agent's own words, or more of it; shown below the text. */
  readonly detail?: string;
  readonly mono?: boolean;
}

export interface Row {
  readonly key: string;
  readonly label: string;
  readonly cells: readonly [Cell, Cell];
  /** A sentence about both nodes, below the row. */
  readonly note?: string;
}

export interface Section {
  readonly key: 'observed' | 'takeover' | 'references' | 'links' | 'protection' | 'keys' | 'problems';
  readonly title: string;
  readonly rows: readonly Row[];
}

type Reports = readonly [AgentStatus | null, AgentStatus | null];

/** A row from what each report says; a node without a fresh report is unknown. */
function row(key: string, label: string, reports: Reports, cell: (status: AgentStatus) => Cell, t: T): Row {
  const of = (status: AgentStatus | null): Cell =>
    status === null ? { state: 'unknown', text: t('safety.noReport') } : cell(status);
  return { key, label, cells: [of(reports[0]), of(reports[1])] };
}

function holdCell(status: AgentStatus, t: T): Cell {
  if (status.hold === null) return { state: 'plain', text: t('safety.noHold') };
  const time = clock(status.wallMs - status.hold.sinceMs);
  return { state: 'dead', text: t('safety.holdSince', { time, reasons: holdReasons(status.hold.reasons, t) }) };
}

const FENCING_LOOK = {
  none: 'plain',
  running: 'late',
  'waiting-operator': 'dead',
  done: 'up',
  failed: 'dead',
} as const;

function fencingCell({ fencing }: AgentStatus, t: T): Cell {
  if (fencing === null) return { state: 'plain', text: t('safety.noFencing') };
  const state = t(`safety.fencingState.${fencing.state}`);
  const text = t('alarm.fencingDetail', { device: fencing.device, state });
  return { state: FENCING_LOOK[fencing.state], text, detail: fencing.detail };
}

function requiresCell({ takeoverRequires, observed }: AgentStatus, t: T): Cell {
  if (observed !== undefined) return { state: 'plain', text: t('observe.noConditions') };
  const text = takeoverRequires.map((condition) => t(`safety.condition.${condition}`)).join(t('common.comma'));
  return { state: 'plain', text: text === '' ? t('safety.requiresNothing') : text };
}

/** MAC of a second holder; that nobody was seen counts only after somebody asked. */
function secondCell(status: AgentStatus, t: T): Cell {
  const found = secondHolders(status);
  if (found.length > 0) {
    return { state: 'dead', text: found.map((f) => t('safety.secondSeen', f)).join(t('common.comma')) };
  }
  const { vips } = status;
  const asked = vips.length > 0 && vips.every((v) => v.probedAgoMs !== null);
  return asked ? { state: 'up', text: t('safety.noSecond') } : { state: 'unknown', text: t('safety.notAsked') };
}

function takeoverRows(reports: Reports, t: T): Row[] {
  return [
    row('hold', t('safety.hold'), reports, (s) => holdCell(s, t), t),
    row('requires', t('safety.requires'), reports, (s) => requiresCell(s, t), t),
    row('fencing', t('safety.fencing'), reports, (s) => fencingCell(s, t), t),
    row('second', t('safety.second'), reports, (s) => secondCell(s, t), t),
  ];
}

function referenceRows(state: PairState, t: T): Row[] {
  return referenceHosts(state).map(({ name, seen }): Row => {
    const cell = (i: 0 | 1): Cell => {
      const { status, silenceMs } = seen[i];
      const text = t(`safety.reference.${status}`);
      return silenceMs === null
        ? { state: status, text }
        : { state: status, text, detail: t('safety.silentFor', { time: seconds(silenceMs) }) };
    };
    return { key: name, label: name, cells: [cell(0), cell(1)] };
  });
}

/** What is wrong with the receiving end, or that its state is hearsay. */
function detailOf({ problem, evidence }: LinkStatus, t: T): { readonly detail?: string } {
  if (problem !== null) return { detail: problem };
  return evidence === 'daemon' ? { detail: t('observe.daemonsWord') } : {};
}

/** One direction: the receiver measures, the sender repeats what it was told. */
function directionRow(link: PairLink, from: 0 | 1, names: readonly [string, string], t: T): Row {
  const to = from === 0 ? 1 : 0;
  const label = link.labels[to] ?? link.labels[from];
  const name = linkTitle(link.medium, label === null ? link.key : ownPart(label), t);
  const [sender, receiver] = [link.ends[from], link.ends[to]];
  const unknown: Cell = { state: 'unknown', text: t('safety.noReport') };
  const told: Cell =
    sender === null
      ? unknown
      : sender.evidence === undefined || sender.evidence === 'engine'
        ? { state: sender.toPeer.state, text: t('safety.told', { state: t(`picture.health.${sender.toPeer.state}`) }) }
        : { state: 'unknown', text: t('observe.notTold') };
  const heard: Cell =
    receiver === null
      ? unknown
      : {
          state: receiver.fromPeer.state,
          text: t('safety.hears', {
            state: t(`picture.health.${receiver.fromPeer.state}`),
            time: seconds(receiver.fromPeer.silenceMs),
          }),
          ...detailOf(receiver, t),
        };
  const ends = { from: names[from], to: names[to] };
  const isCut = oneWay(link) === (from === 0 ? 'a-to-b-dead' : 'b-to-a-dead');
  return {
    key: `${link.key} ${from}`,
    label: `${name}: ${t('safety.direction', ends)}`,
    cells: from === 0 ? [told, heard] : [heard, told],
    ...(isCut ? { note: t('safety.oneWay', ends) } : {}),
  };
}

const PROTECTIONS = ['watchdog', 'realtime', 'oom', 'swap'] as const;

function protectionRows(reports: Reports, t: T): Row[] {
  return PROTECTIONS.map((what) =>
    row(
      what,
      t(`safety.what.${what}`),
      reports,
      (status) => {
        const found = status.protection.find((p) => p.what === what);
        if (found === undefined)
          return { state: 'unknown', text: t(status.observed === undefined ? 'common.unknown' : 'observe.notOurs') };
        const look = { on: 'up', off: 'plain', unavailable: 'late' } as const;
        return { state: look[found.state], text: t(`safety.state.${found.state}`), detail: found.detail };
      },
      t,
    ),
  );
}

const SOURCES = ['log', 'cl_status', 'capture'] as const;

/** The daemon that is observed, and what is known of it from where; none where the engine is our own. */
function observedRows(reports: Reports, t: T): Row[] {
  const ours: Cell = { state: 'plain', text: t('safety.none') };
  const daemon = row(
    'daemon',
    t('observe.daemon'),
    reports,
    ({ observed }) =>
      observed === undefined
        ? ours
        : {
            state: observed.state === 'running' ? 'up' : 'dead',
            text: `${observed.version ?? t('observe.unknownVersion')} ${t(`observe.state.${observed.state}`)}`,
          },
    t,
  );
  const sources = SOURCES.map((what) =>
    row(
      what,
      t(`observe.source.${what}`),
      reports,
      ({ observed }) => {
        const source = observed?.sources.find((one) => one.what === what);
        if (source === undefined) return ours;
        const text = t(source.works ? 'observe.works' : 'observe.fails');
        return { state: source.works ? 'up' : 'late', text, detail: source.detail };
      },
      t,
    ),
  );
  return [daemon, ...sources];
}

function keyRows(reports: Reports, t: T): Row[] {
  const compared = compareKeys(...reports);
  const look = { same: 'up', different: 'dead', changing: 'late', unknown: 'unknown' } as const;
  const fingerprints = row(
    'fingerprint',
    t('safety.fingerprint'),
    reports,
    (s) => ({ state: look[compared], text: s.keys.fingerprint, mono: true }),
    t,
  );
  const verdict = compared === 'unknown' ? {} : { note: compared === 'same' ? t('safety.same') : t('safety.differs') };
  return [
    row(
      'signing',
      t('safety.signing'),
      reports,
      (s) => ({ state: 'plain', text: t('safety.keyOf', { index: s.keys.index, method: s.keys.method }) }),
      t,
    ),
    { ...fingerprints, ...verdict },
    row('accepted', t('safety.accepted'), reports, (s) => ({ state: 'plain', text: String(s.keys.accepted) }), t),
  ];
}

function problemRow(reports: Reports, t: T): Row {
  return row(
    'problems',
    t('safety.problems'),
    reports,
    ({ problems }) =>
      problems.length === 0
        ? { state: 'up', text: t('safety.noProblems') }
        : { state: 'late', text: problems.map((p) => problemText(p, t)).join('\n') },
    t,
  );
}

/** Everything about the pair's safety, section by section. */
export function safetySections(state: PairState, t: T): Section[] {
  const reports: Reports = [freshStatus(state.nodes[0]), freshStatus(state.nodes[1])];
  const names = [state.nodes[0].node, state.nodes[1].node] as const;
  const links = pairLinks(state).flatMap((link) => [directionRow(link, 0, names, t), directionRow(link, 1, names, t)]);
  const observed = reports.some((status) => status?.observed !== undefined);
  return [
    ...(observed ? [{ key: 'observed' as const, title: t('observe.section'), rows: observedRows(reports, t) }] : []),
    { key: 'takeover', title: t('safety.takeover'), rows: takeoverRows(reports, t) },
    { key: 'references', title: t('safety.references'), rows: referenceRows(state, t) },
    { key: 'links', title: t('safety.links'), rows: links },
    { key: 'protection', title: t('safety.protection'), rows: protectionRows(reports, t) },
    { key: 'keys', title: t('safety.keys'), rows: keyRows(reports, t) },
    { key: 'problems', title: t('safety.problems'), rows: [problemRow(reports, t)] },
  ];
}
