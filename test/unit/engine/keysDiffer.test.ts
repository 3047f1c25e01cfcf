/** When a silent peer's groups may be taken: packets in its name with another key. */
import { describe, expect, test } from 'vitest';
import { instant } from '../../../agent/common/base/instant.ts';
import { DEADTIME_MS, Harness, testConfig } from '../../support/engineHarness.ts';
import { BEAT, joined, view, acquired } from '../../support/silentPeer.ts';

describe('keys that differ', () => {
  function rejected(h: Harness, forMs: number, claimedSource: string | null = 'node2'): void {
    for (let left = forMs; left > 0; left -= 1000) {
      h.run(Math.min(1000, left));
      h.step({ kind: 'rejected', link: 'l1', claimedSource, receivedAt: instant(h.nowMs) });
    }
  }

  // M10: the real daemon waits for initdead and takes everything from a peer that it cannot authenticate.
  test('at a cold start nothing is started, not even what is ours: the peer may hold it', () => {
    const h = new Harness();
    h.step({ kind: 'start' });
    rejected(h, 60_000);
    expect(h.commands).toEqual([]);
    expect(h.eventsOf('key-mismatch')).toEqual([{ kind: 'key-mismatch', peer: 'node2', over: false }]);
    expect(view(h).hold?.reasons).toEqual(['key-mismatch']);
  });

  test('the keys are repaired: the mismatch and the hold are over, the usual way goes on', () => {
    const h = new Harness();
    h.step({ kind: 'start' });
    rejected(h, 20_000);
    h.hear('status', BEAT);
    expect(h.eventsOf('key-mismatch').at(-1)).toMatchObject({ over: true });
    expect(view(h).hold).toBeNull();
    h.hear('resource', { rsc_hold: 'local', rtype: 'full', isstable: '1' });
    expect(acquired(h)).toEqual(['vip1']);
  });

  test('a holder keeps what it has and takes nothing from a peer that comes back with another key', () => {
    const h = joined({});
    rejected(h, 30_000);
    expect(view(h)).toMatchObject({ mine: 'local', hold: { reasons: ['key-mismatch'] } });
    expect(h.commands).toEqual([]);
  });

  test('when such packets stop coming the silence is a death', () => {
    const h = joined({});
    rejected(h, 8000);
    h.run(DEADTIME_MS - 1);
    expect(acquired(h)).toEqual([]);
    h.run(1);
    expect(acquired(h)).toEqual(['vip2']);
  });

  test('a deadtime shorter than the host sums such packets up is no way around it', () => {
    const short = { keepaliveMs: 50, deadtimeMs: 300, warntimeMs: 150, initdeadMs: 600 };
    const h = new Harness(testConfig(short));
    h.step({ kind: 'start' });
    h.step({ kind: 'rejected', link: 'l1', claimedSource: 'node2', receivedAt: instant(h.nowMs) });
    rejected(h, 10_000);
    expect(h.commands).toEqual([]);
  });

  // Found by: npm run sim -- --seed 410069 --profile keys
  test('a key that changes between two summaries of the host, with a deadtime shorter than their distance', () => {
    const h = joined({ keepaliveMs: 80, deadtimeMs: 800, warntimeMs: 400 });
    h.hear('status', { ...BEAT, dt: '320' });
    h.run(50);
    h.step({ kind: 'rejected', link: 'l1', claimedSource: 'node2', receivedAt: instant(h.nowMs) });
    expect(h.eventsOf('key-mismatch')).toEqual([]);
    h.run(30);
    h.hear('status', { ...BEAT, dt: '320' });
    // The next summary comes a second after the first, 120 ms after the deadtime.
    h.run(920);
    expect(acquired(h)).toEqual([]);
    expect(h.eventsOf('key-mismatch')).toHaveLength(1);
    h.step({ kind: 'rejected', link: 'l1', claimedSource: 'node2', receivedAt: instant(h.nowMs) });
    h.run(2000);
    expect(view(h).hold?.reasons).toEqual(['key-mismatch']);
  });

  test("other pairs' packets and one forged packet beside valid ones mean nothing", () => {
    const h = joined({});
    h.step({ kind: 'rejected', link: 'l1', claimedSource: 'node2', receivedAt: instant(h.nowMs) });
    expect(h.eventsOf('key-mismatch')).toEqual([]);
    rejected(h, DEADTIME_MS, 'elsewhere');
    expect(h.eventsOf('key-mismatch')).toEqual([]);
    expect(acquired(h)).toEqual(['vip2']);
  });

  test('packets without a readable sender count on a link that carries nothing valid', () => {
    const h = new Harness();
    h.step({ kind: 'start' });
    rejected(h, 20_000, null);
    expect(h.commands).toEqual([]);
    expect(view(h).hold?.reasons).toEqual(['key-mismatch']);
  });

  test('a person who has switched the other node off goes first', () => {
    const h = new Harness();
    h.step({ kind: 'start' });
    rejected(h, 20_000);
    h.step({ kind: 'confirm-dead' });
    expect(acquired(h).sort()).toEqual(['vip1', 'vip2']);
  });
});
