// The observer on the LAN: what it says, when, and that it says nothing where it could not ask.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { fail, ok } from '../../../agent/common/base/result.ts';
import type { Lan } from '../../../agent/node/host/lan.ts';
import { neighbourIn, runWitness, witnessOptions, type WitnessLine } from '../../../agent/node/probe/witness.ts';
import { ETH0, FakeLan } from '../../support/fakeNet.ts';

const VIP = '10.0.0.100';
const OTHER = '02:00:00:00:00:99';

let nowMs = 0;
let stop: AbortController;
let lines: WitnessLine[];
beforeEach(() => {
  vi.useFakeTimers();
  nowMs = 1000;
  stop = new AbortController();
  lines = [];
});
afterEach(() => {
  stop.abort();
  vi.useRealTimers();
});

function pass(ms: number): void {
  for (let i = 0; i < ms / 10; i += 1) {
    nowMs += 10;
    vi.advanceTimersByTime(10);
  }
}

function watch(lan: FakeLan): void {
  const options = { address: VIP, iface: ETH0, askAs: null, periodMs: 100 };
  void runWitness(
    options,
    lan,
    () => nowMs,
    (line) => lines.push(line),
    stop.signal,
  );
}

test('each question is answered by a line with everybody who answered, at the time when it was asked', () => {
  const lan = new FakeLan();
  lan.others.set(VIP, OTHER);
  watch(lan);
  pass(200);
  expect(lines).toEqual([
    { kind: 'asked', atMonotonicMs: 1000, errorMs: 0, address: VIP, neighbourMac: null, macs: [OTHER] },
    { kind: 'asked', atMonotonicMs: 1100, errorMs: 0, address: VIP, neighbourMac: null, macs: [OTHER] },
  ]);
});

test('nobody answers: a line that says so', () => {
  watch(new FakeLan());
  pass(100);
  expect(lines).toMatchObject([{ kind: 'asked', macs: [] }]);
});

test('an announcement is told at once, with what the reading is off by; another address is nobody’s business', () => {
  const lan = new FakeLan();
  watch(lan);
  pass(20);
  lan.claimNow(VIP, OTHER);
  lan.claimNow('10.0.0.5', OTHER);
  pass(10);
  expect(lines).toEqual([
    { kind: 'announced', atMonotonicMs: 1025, errorMs: 5, address: VIP, neighbourMac: null, macs: [OTHER] },
  ]);
});

test('a question that could not be sent has no line: silence would say that nobody has it', () => {
  const options = { address: VIP, iface: ETH0, askAs: null, periodMs: 100 };
  const fake = new FakeLan();
  const lan: Lan = {
    means: 'fake',
    announce: () => ok(null),
    probe: () => fail('ENETDOWN', 'down'),
    claims: () => fake.claims(),
    close: () => undefined,
  };
  void runWitness(
    options,
    lan,
    () => nowMs,
    (line) => lines.push(line),
    stop.signal,
  );
  pass(300);
  expect(lines).toEqual([]);
});

test('the neighbour entry is read from the kernel’s table; an incomplete one is none', () => {
  const table = [
    'IP address       HW type     Flags       HW address            Mask     Device',
    '10.0.0.100       0x1         0x2         02:00:00:00:00:AA     *        eth0',
    '10.0.0.101       0x1         0x0         00:00:00:00:00:00     *        eth0',
  ].join('\n');
  expect(neighbourIn(table, VIP)).toBe('02:00:00:00:00:aa');
  expect(neighbourIn(table, '10.0.0.101')).toBeNull();
  expect(neighbourIn(table, '10.0.0.1')).toBeNull();
});

test('options that make no sense are refused in words', () => {
  const refused = (words: Partial<Parameters<typeof witnessOptions>[0]>): string => {
    const result = witnessOptions({ address: VIP, iface: 'eth0', as: null, ...words }, 100, [ETH0]);
    return result.ok ? 'accepted' : result.detail;
  };
  expect(refused({})).toBe('accepted');
  expect(refused({ address: null })).toContain('--address');
  expect(refused({ iface: 'eth7' })).toContain('eth7');
  expect(refused({ as: 'nonsense' })).toContain('nonsense');
});
