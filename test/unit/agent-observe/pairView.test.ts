// Goal: what is shown of an observed pair is the worst of what is known, and what cannot be known stays unknown.
// Method: packets, words of the daemon and time, fed by hand.
import { beforeEach, describe, expect, test } from 'vitest';
import { plusMs, type Instant } from '../../../agent/common/base/instant.ts';
import { parseHaCf } from '../../../agent/common/config/index.ts';
import type { EventBody, EventDraft } from '../../../agent/common/timeline/event.ts';
import { text, type WireMessage } from '../../../agent/common/wire/message.ts';
import { NO_ARRIVALS } from '../../../agent/node/heartbeat/arrivals.ts';
import { PairView } from '../../../agent/node/observe/heartbeat/pairView.ts';

const HA_CF = 'keepalive 1\nwarntime 3\ndeadtime 5\ninitdead 10\nserial /dev/ttyS0\nbcast eth1\nnode a\nnode b\n';
const BCAST = 'bcast:eth1';
const SERIAL = 'serial:/dev/ttyS0';

let now: Instant;
let reach: 'yes' | 'no' | 'unsure';
let view: PairView;

beforeEach(() => {
  now = { monotonicMs: 1_000_000 };
  reach = 'yes';
  const { config } = parseHaCf(HA_CF, 'ha.cf');
  if (config === null) throw new Error('the test’s own ha.cf is not valid');
  view = new PairView({ self: 'a', peer: 'b', ha: config, reaches: () => reach });
  view.daemonStarted();
  view.answered('local');
});

const bodiesOf = (drafts: readonly EventDraft[]): EventBody[] => drafts.map(({ body }) => body);
const status = (src: string, more: Readonly<Record<string, string>> = {}): WireMessage => ({
  fields: Object.entries({ t: 'status', st: 'active', src, dt: '1388', hg: '10', seq: '1', ...more }).map(([k, v]) =>
    text(k, v),
  ),
});
const resource = (src: string, more: Readonly<Record<string, string>>): WireMessage => ({
  fields: Object.entries({ t: 'resource', src, ...more }).map(([k, v]) => text(k, v)),
});
const link = (id: string) => view.linkStatuses(now, () => null).find((one) => one.id === id);
const word = (body: EventBody): void => void view.note({ severity: 'info', body });
const linkWord = (id: string, state: 'up' | 'dead'): void =>
  word({ kind: 'link', link: id, direction: 'from-peer', state });
const wait = (ms: number): EventBody[] => {
  now = plusMs(now, ms);
  return bodiesOf(view.tick(now));
};

describe('links', () => {
  test('a network link: heard, late, dead, by the deadtime that the PEER gives itself', () => {
    expect(link(BCAST)?.fromPeer).toEqual({ state: 'unknown', silenceMs: null, marginMs: null });
    view.seen(BCAST, status('b', { dt: (8000).toString(16) }), now);
    expect(link(BCAST)).toMatchObject({ evidence: 'capture', fromPeer: { state: 'up', silenceMs: 0, marginMs: 8000 } });
    expect(wait(3500)).toEqual([{ kind: 'link', link: BCAST, direction: 'from-peer', state: 'late' }]);
    expect(wait(3000)).toEqual([]);
    expect(link(BCAST)?.fromPeer.marginMs).toBe(1500);
    expect(wait(2000)).toEqual([{ kind: 'link', link: BCAST, direction: 'from-peer', state: 'dead' }]);
    // The daemon says the same a moment later: no second event.
    expect(
      view.note({ severity: 'info', body: { kind: 'link', link: BCAST, direction: 'from-peer', state: 'dead' } }),
    ).toEqual([]);
  });

  test('the way to the peer, and the round trip, are never known', () => {
    view.seen(BCAST, status('b'), now);
    expect(link(BCAST)?.toPeer).toEqual({ state: 'unknown', silenceMs: null, marginMs: null });
    expect(link(BCAST)?.rttMs).toBeNull();
  });

  test('a serial line: the daemon’s word, and no number', () => {
    linkWord(SERIAL, 'up');
    expect(link(SERIAL)).toMatchObject({
      evidence: 'daemon',
      fromPeer: { state: 'up', silenceMs: null, marginMs: null },
    });
    linkWord(SERIAL, 'dead');
    expect(link(SERIAL)?.fromPeer.state).toBe('dead');
  });

  test('packets that the capture sees and the daemon does not hear are no margin', () => {
    view.seen(BCAST, status('b'), now);
    linkWord(BCAST, 'dead');
    expect(link(BCAST)?.fromPeer).toEqual({ state: 'dead', silenceMs: null, marginMs: null });
    linkWord(BCAST, 'up');
    expect(link(BCAST)?.fromPeer.state).toBe('up');
    reach = 'no';
    wait(2000);
    view.seen(BCAST, status('b'), now);
    expect(link(BCAST)?.fromPeer.silenceMs).toBe(2000);
    reach = 'unsure';
    expect(link(BCAST)?.fromPeer.silenceMs).toBeNull();
  });

  test('without a daemon nobody hears, whatever goes by', () => {
    view.seen(BCAST, status('b'), now);
    const gone = bodiesOf(view.daemonGone());
    expect(gone).toContainEqual({ kind: 'local-status', status: 'dead' });
    expect(link(BCAST)?.fromPeer).toEqual({ state: 'unknown', silenceMs: null, marginMs: null });
    expect(view.peer).toBe('init');
    expect(view.theirs).toBe('none');
  });
});

describe('the peer', () => {
  test('its silence is that of the newest packet, unknown while a line may have carried a newer one', () => {
    view.seen(BCAST, status('b'), now);
    linkWord(SERIAL, 'up');
    wait(1000);
    expect(view.peerStatus(now)).toMatchObject({ silenceMs: 1000, marginMs: 4000, engine: 'heartbeat' });
    wait(3000);
    expect(view.peerStatus(now)).toMatchObject({ silenceMs: null, marginMs: null });
    linkWord(SERIAL, 'dead');
    expect(view.peerStatus(now).silenceMs).toBe(4000);
  });

  test('how long it was away: also when it came back in twos, or first on a line that is not captured', () => {
    view.seen(BCAST, status('b', { seq: '1' }), now);
    wait(1000);
    expect(view.lastGapMs(now)).toBeNull();
    wait(16_000);
    expect(view.lastGapMs(now)).toBe(17_000);
    view.seen(BCAST, status('b', { seq: '2' }), now);
    view.seen(BCAST, status('b', { seq: '3' }), plusMs(now, 1));
    expect(view.lastGapMs(plusMs(now, 20))).toBe(17_000);
    for (let seq = 4; seq < 40; seq++) {
      now = plusMs(now, 1000);
      view.seen(BCAST, status('b', { seq: seq.toString(16) }), now);
    }
    expect(view.lastGapMs(now)).toBeNull();
  });

  test('a Twinbeat peer is known by its own field', () => {
    view.seen(BCAST, status('b', { tbv: '1' }), now);
    expect(view.peerStatus(now).engine).toBe('twinbeat');
  });

  test('that it is dead is the daemon’s decision, told once', () => {
    const dead: EventDraft = { severity: 'warn', body: { kind: 'peer-status', peer: 'b', status: 'dead' } };
    word({ kind: 'peer-status', peer: 'b', status: 'active' });
    expect(bodiesOf(view.note(dead))).toContainEqual(dead.body);
    expect(view.note(dead)).toEqual([]);
    expect(view.theirs).toBe('none');
    expect(view.peerWasHeard).toBe(true);
    view.daemonGone();
    expect(view.peerWasHeard).toBe(false);
  });
});

describe('what each node holds', () => {
  test('reports of both nodes, whole and in parts', () => {
    view.seen(BCAST, resource('a', { rsc_hold: 'local', rtype: 'full', isstable: '1' }), now);
    view.seen(BCAST, resource('b', { rsc_hold: 'local', rtype: 'full', isstable: '1' }), now);
    expect([view.mine, view.theirs, view.stable]).toEqual(['local', 'local', true]);
    view.seen(BCAST, resource('b', { rsc_hold: 'foreign', info: 'mach_down' }), now);
    expect(view.theirs).toBe('all');
    view.seen(BCAST, resource('b', { rsc_hold: 'none', rtype: 'full', isstable: '0' }), now);
    expect([view.theirs, view.stable]).toEqual(['none', false]);
  });

  test('a settled daemon’s own word leaves the rest to a peer that lives', () => {
    expect([view.mine, view.theirs]).toEqual(['local', 'local']);
    view.answered('all');
    expect(view.theirs).toBe('none');
    view.answered('transition');
    expect([view.mine, view.stable]).toEqual(['all', false]);
  });

  test('a takeover that the log tells counts although the interface is down', () => {
    word({ kind: 'takeover', phase: 'done', from: 'b', cause: 'peer-dead' });
    expect(view.mine).toBe('all');
  });

  test('nothing is told before the daemon said what it holds', () => {
    const { config } = parseHaCf(HA_CF, 'ha.cf');
    const fresh = new PairView({
      self: 'a',
      peer: 'b',
      ha: config as NonNullable<typeof config>,
      reaches: () => 'yes',
    });
    const told = fresh.seen(BCAST, resource('b', { rsc_hold: 'all', rtype: 'full', isstable: '1' }), now);
    expect(bodiesOf(told).filter(({ kind }) => kind === 'holdings')).toEqual([]);
    expect(bodiesOf(fresh.answered('none'))).toEqual([{ kind: 'holdings', mine: 'none', theirs: 'all', stable: true }]);
  });
});

test('a sample carries the largest silence since the one before', () => {
  view.seen(BCAST, status('b', { seq: '1' }), now);
  now = plusMs(now, 2600);
  view.seen(BCAST, status('b', { seq: '2' }), now);
  now = plusMs(now, 100);
  const sample = view.sample(now, ['10.0.0.9'], 3, NO_ARRIVALS);
  expect(sample.links.find(({ id }) => id === BCAST)).toMatchObject({
    fromPeerSilenceMs: 100,
    fromPeerSilenceMaxMs: 2600,
    toPeer: 'unknown',
    toPeerSilenceMs: null,
    rttMs: null,
  });
  expect(sample).toMatchObject({ heldVips: ['10.0.0.9'], latenessMs: 3, mine: 'local' });
  expect(view.sample(now, [], 0, NO_ARRIVALS).links.find(({ id }) => id === BCAST)?.fromPeerSilenceMaxMs).toBe(100);
});
