/** When time itself looks wrong. */
import { describe, expect, test } from 'vitest';
import { instant } from '../../../agent/common/base/instant.ts';
import { fieldText } from '../../../agent/common/wire/message.ts';
import { DEADTIME_MS, Harness, KEEPALIVE_MS, testConfig } from '../../support/engineHarness.ts';

const BEAT = { st: 'active', dt: '1388', protocol: '1' };
const problems = (h: Harness) => h.eventsOf('problem').map((p) => `${p.code} ${p.over ? 'over' : 'begins'}`);

/** The process is not scheduled; packets that came meanwhile wait in the sockets. */
function notScheduled(h: Harness, ms: number): void {
  h.nowMs += ms;
  h.step({ kind: 'tick' });
}

describe('not scheduled, shorter than deadtime', () => {
  test('the peer is not judged until the grace is over; it is said once and ends', () => {
    const h = new Harness();
    h.joinRealPeer();
    h.run(1000);
    h.hear('status', BEAT);
    h.run(1500);
    notScheduled(h, DEADTIME_MS - 1600);
    expect(problems(h)).toEqual(['not-scheduled begins']);
    h.run(1000);
    expect(h.eventsOf('takeover')).toEqual([]);
    // What had waited in the socket is read.
    h.hear('status', BEAT);
    h.run(250);
    expect(problems(h)).toEqual(['not-scheduled begins', 'not-scheduled over']);
    expect(h.eventsOf('restart')).toEqual([]);
  });

  test('a peer that is really silent is taken over from when the grace ends, a quarter of deadtime later at most', () => {
    const h = new Harness();
    h.joinRealPeer();
    h.run(1500);
    notScheduled(h, DEADTIME_MS - 1600);
    h.run(DEADTIME_MS / 4);
    expect(h.eventsOf('takeover')).not.toEqual([]);
  });

  test('at a cold start as well: a peer never heard may have spoken while we slept', () => {
    const h = new Harness(testConfig({ initdeadMs: DEADTIME_MS }));
    h.step({ kind: 'start' });
    h.run(1000);
    notScheduled(h, DEADTIME_MS - 1000);
    expect(h.commands).toEqual([]);
    h.hear('status', BEAT);
    h.run(3000);
    expect(h.eventsOf('takeover')).toEqual([]);
  });

  // Found by: npm run sim. The notice and the peer's next life were both unread; two nodes started the same groups.
  test.each([true, false])(
    'a notice that waited is acted upon when we watch no longer; the peer started again: %s',
    (again) => {
      const h = new Harness();
      h.joinRealPeer();
      h.run(1000);
      notScheduled(h, DEADTIME_MS - 1600);
      h.hear('shutdone');
      expect(h.eventsOf('takeover')).toEqual([]);
      if (again) {
        h.peerRestarts();
        h.hear('status', { ...BEAT, st: 'up' });
      }
      h.run(DEADTIME_MS / 4);
      expect(h.eventsOf('takeover').map(({ cause }) => cause)).toEqual(again ? [] : ['peer-stopped', 'peer-stopped']);
    },
  );

  test('a delay of everyday life is not worth an event', () => {
    const h = new Harness();
    h.joinRealPeer();
    h.run(500);
    notScheduled(h, KEEPALIVE_MS);
    expect(problems(h)).toEqual([]);
  });
});

describe('the machine slept: its monotonic clock did not see it', () => {
  function holder(): Harness {
    const h = new Harness();
    h.joinRealPeer();
    h.runWithPeer(500);
    h.commands.length = 0;
    h.sent.length = 0;
    return h;
  }

  test('for longer than deadtime: everything is released in silence, and the next life asks before it starts anything', () => {
    const h = holder();
    h.step({ kind: 'stalled', gapMs: 3_600_000 });
    expect(h.sent).toEqual([]);
    expect(h.commands).toMatchObject([{ kind: 'release' }, { kind: 'exit', restart: true }]);
  });

  test('what counts is the silence that the peer saw: since our last heartbeat', () => {
    const h = holder();
    h.step({ kind: 'stalled', gapMs: DEADTIME_MS - 400 });
    expect(h.eventsOf('restart')).toHaveLength(1);
  });

  test('for less: only watching, nothing is released', () => {
    const h = holder();
    h.step({ kind: 'stalled', gapMs: 2 * KEEPALIVE_MS });
    expect(h.eventsOf('restart')).toEqual([]);
    expect(problems(h)).toEqual(['not-scheduled begins']);
    h.run(DEADTIME_MS);
    expect(problems(h)).toContain('not-scheduled over');
  });

  /**
   * Found by: npm run sim. 1. A machine sleeps for a little less than deadtime. 2. Its clock stood still, so its next heartbeat is still up
   * to a keepalive away. 3. Before that the peer's deadtime is over, and both hold everything.
   */
  test('for less: the next heartbeat leaves at once', () => {
    const h = holder();
    h.step({ kind: 'stalled', gapMs: 2 * KEEPALIVE_MS });
    expect(h.sent.map((message) => fieldText(message, 't'))).toContain('status');
    h.sent.length = 0;
    h.run(KEEPALIVE_MS - 1);
    expect(h.sent).toEqual([]);
  });

  test('a gap that the monotonic clock shows as well is not counted twice', () => {
    const h = holder();
    h.nowMs += 3000;
    h.step({ kind: 'stalled', gapMs: 3000 });
    expect(h.eventsOf('restart')).toEqual([]);
  });

  test('during the release nothing of what comes in is believed', () => {
    const h = holder();
    h.obliging = false;
    h.step({ kind: 'stalled', gapMs: 60_000 });
    h.hear('shutdone', { st: 'dead' });
    h.run(DEADTIME_MS * 3);
    expect(h.commands.map((c) => c.kind)).toEqual(['release']);
    expect(h.engine.snapshot(instant(h.nowMs)).shuttingDown).toBe(true);
    // Found by: npm run sim. It does not listen, so it does not say that the peer is dead either.
    expect(h.eventsOf('peer-status').filter(({ status }) => status === 'dead')).toEqual([]);
  });
});
