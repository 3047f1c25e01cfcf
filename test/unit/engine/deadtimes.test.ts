// Goal: two nodes with different deadtimes are told of it by each of them, with both values, until they agree.
// Method: a peer whose heartbeats advertise what the test says (`dt`, hexadecimal milliseconds; ours is 5000 = 1388).
import { describe, expect, test } from 'vitest';
import { DEADTIME_MS, Harness, testConfig } from '../../support/engineHarness.ts';

function node(): Harness {
  const h = new Harness(testConfig());
  h.step({ kind: 'start' });
  return h;
}

const TWINBEAT = { st: 'active', protocol: '1', tbv: '1' };
const REAL = { st: 'active', protocol: '1' };

const hex = (ms: number): string => ms.toString(16);

const told = (h: Harness): string[] =>
  h
    .eventsOf('problem')
    .filter(({ code }) => code === 'deadtime-differs')
    .map(({ over, detail }) => `${over ? 'over: ' : ''}${detail}`);

describe('a Twinbeat peer', () => {
  test('with another deadtime is named at its first heartbeat, with both values, once', () => {
    const h = node();
    for (let i = 0; i < 3; i++) h.hear('status', { ...TWINBEAT, dt: hex(8000) });
    expect(told(h)).toEqual(['deadtime is 5000 ms here and 8000 ms on node2: both nodes need the same']);
    h.hear('status', { ...TWINBEAT, dt: hex(DEADTIME_MS) });
    expect(told(h)).toHaveLength(2);
    expect(told(h)[1]).toMatch(/^over: deadtime is 5000 ms here and 8000 ms/);
  });

  test('that comes back with a third value is named anew; with ours it is over', () => {
    const h = node();
    h.hear('status', { ...TWINBEAT, dt: hex(8000) });
    h.peerRestarts();
    h.hear('status', { ...TWINBEAT, dt: hex(3000) });
    expect(told(h).map((text) => /(over: )?.* (\d+) ms on/.exec(text)?.slice(1, 3))).toEqual([
      [undefined, '8000'],
      ['over: ', '8000'],
      [undefined, '3000'],
    ]);
    h.peerRestarts();
    h.hear('status', { ...TWINBEAT, dt: hex(DEADTIME_MS) });
    expect(told(h).at(-1)).toMatch(/^over: /);
  });

  test('with ours, or of a kind that advertises none, is not named', () => {
    const h = node();
    h.hear('status', { ...TWINBEAT, dt: hex(DEADTIME_MS) });
    h.hear('status', TWINBEAT);
    h.hear('status', { ...TWINBEAT, dt: 'soon' });
    expect(told(h)).toEqual([]);
  });
});

describe('a real daemon', () => {
  const beats = (h: Harness, ms: number, dtMs: number): void => {
    for (let atMs = 0; atMs < ms; atMs += 1000) {
      h.run(1000);
      h.hear('status', { ...REAL, dt: hex(dtMs) });
    }
  };

  test('allows itself more while it starts and restarts: that is no difference', () => {
    const h = node();
    beats(h, 5000, DEADTIME_MS + 2000);
    beats(h, 10_000, DEADTIME_MS);
    beats(h, 1000, DEADTIME_MS + 30_000);
    expect(told(h)).toEqual([]);
  });

  test('with another deadtime is named when its allowance is over', () => {
    const h = node();
    beats(h, 5000, 10_000);
    beats(h, 5000, 8000);
    expect(told(h)).toEqual([]);
    beats(h, 5000, 8000);
    expect(told(h)).toEqual(['deadtime is 5000 ms here and 8000 ms on node2: both nodes need the same']);
    beats(h, 1000, DEADTIME_MS);
    expect(told(h)).toHaveLength(2);
  });

  test('rounds to hundredths of a second, which is no difference', () => {
    const h = node();
    beats(h, 20_000, DEADTIME_MS - 5);
    expect(told(h)).toEqual([]);
  });
});

test('with our life the problem is over, too', () => {
  const h = node();
  h.hear('status', { ...TWINBEAT, dt: hex(8000) });
  h.step({ kind: 'stop' });
  h.run(10_000);
  expect(told(h).at(-1)).toMatch(/^over: /);
});
