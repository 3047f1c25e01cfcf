// Goal: what joins media, codec and engine: bad packets are one problem, our own broadcasts are not news, a pause longer
// than the deadtime is told to the engine before anything else, samples keep the largest silence.
// Method: the memory medium, an engine that records its inputs, time wound by hand.
import { beforeEach, expect, test } from 'vitest';
import { fail } from '../../../agent/common/base/result.ts';
import type { Keyring } from '../../../agent/common/base/keyring.ts';
import type { Engine, EngineConfig, EngineInput, Ready } from '../../../agent/common/engine/types.ts';
import { encodeText } from '../../../agent/common/wire/codec.ts';
import { text } from '../../../agent/common/wire/message.ts';
import { HeartbeatLoop } from '../../../agent/node/heartbeat/loop.ts';
import type { FromThread, ThreadSample, ThreadSetup } from '../../../agent/node/heartbeat/messages.ts';
import { memoryCable, type MemoryCable } from '../../../agent/node/media/memory.ts';
import { HandTimers } from '../../support/handTimers.ts';

const KEYRING = { signIndex: 1, keys: new Map([[1, { method: 'sha1', secret: 'right' } as const]]) };
const WRONG = { signIndex: 1, keys: new Map([[1, { method: 'sha1', secret: 'wrong' } as const]]) };
const ENGINE: EngineConfig = {
  self: 'n1',
  peer: 'n2',
  keepaliveMs: 100,
  deadtimeMs: 1000,
  warntimeMs: 500,
  initdeadMs: 2000,
  autoFailback: 'off',
  links: [{ id: 'l1', name: 'eth1' }],
  localGroups: [],
  foreignGroups: [],
  generation: 1,
  uuid: new Uint8Array(16),
  hopfudge: 1,
  pingNodes: [],
  deadpingMs: 3000,
  ipfail: false,
  fencingDevice: null,
  takeoverRequires: [],
  maxRexmitDelayMs: 250,
  seed: 1,
};
const SETUP: ThreadSetup = {
  role: 'heartbeat',
  engine: ENGINE,
  links: [{ medium: 'bcast', id: 'l1', name: 'eth1', iface: 'eth1', port: 694 }],
  keyring: KEYRING,
  logBadpack: true,
  pingNodes: [],
  realtime: { wanted: 'off', priority: null },
};

let timers: HandTimers;
let cable: MemoryCable;
let inputs: EngineInput[];
let posted: FromThread[];
let loop: HeartbeatLoop;
let sleptMs = 0;
/** Descriptors in the order of their feeding. */
const fed: number[] = [];
let feedFailure: string | null = null;
/** A step that never returns, as far as a single thread can show one. */
let engineHangs = false;

beforeEach(async () => {
  timers = new HandTimers();
  cable = memoryCable(timers.now);
  [inputs, posted, sleptMs] = [[], [], 0];
  fed.length = 0;
  [feedFailure, engineHangs] = [null, false];
  const engine: Engine = {
    step: (input, world): Ready => {
      if (engineHangs) throw new Error('hangs');
      inputs.push(input);
      // A heartbeat at every step, as the real engine sends one at every keepalive.
      const message = { fields: [text('t', 'status'), text('src', 'n1')] };
      return {
        messages: [{ link: 'all', message }],
        commands: [],
        events: [],
        wakeAt: { monotonicMs: world.now.monotonicMs + 100 },
      };
    },
    snapshot: (now) => ({
      at: now,
      status: 'up',
      peer: { status: 'init', silenceMs: null, deadtimeMs: 1000, generation: null, engine: null },
      links: [],
      mine: 'none',
      theirs: 'none',
      stable: false,
      standby: 'none',
      shuttingDown: false,
      pingNodes: [],
      hold: null,
      fencing: 'none',
      generation: 1,
    }),
  };
  loop = new HeartbeatLoop(SETUP, {
    engine,
    media: [cable.ends[0]],
    timers,
    now: timers.now,
    wallSeconds: () => 1,
    loadAverage: () => 'n/a',
    bootTimeMs: () => timers.now().monotonicMs + sleptMs,
    post: (message) => posted.push(message),
    openPing: () => fail('unavailable', 'nobody is pinged here'),
    feedWatchdog: (fd) => {
      fed.push(fd);
      return feedFailure;
    },
  });
  await cable.ends[1].open();
  await loop.start();
});

function peerSends(src: string, keyring: Keyring = KEYRING): void {
  cable.ends[1].send(encodeText({ fields: [text('t', 'status'), text('src', src)] }, keyring), 'heartbeat');
}

const kinds = (): string[] => inputs.map((input) => input.kind);
const problems = (): string[] =>
  posted.flatMap((message) =>
    message.kind === 'events'
      ? message.events.flatMap(({ draft }) =>
          draft.body.kind === 'problem' ? [`${draft.body.code} ${draft.body.over ? 'over' : 'begins'}`] : [],
        )
      : [],
  );

test('an authentic message reaches the engine with the time of its arrival; our own broadcast does not', async () => {
  peerSends('n2');
  peerSends('n1');
  await timers.advance(0);
  const received = inputs.filter((input) => input.kind === 'received');
  expect(received).toHaveLength(1);
  expect(received[0]).toMatchObject({ link: 'l1', receivedAt: timers.now() });
});

test('packets with another key are one problem that ends when they stop, and never reach the engine', async () => {
  for (let i = 0; i < 50; i++) {
    peerSends('n2', WRONG);
    await timers.advance(100);
  }
  expect(problems()).toEqual(['bad-packets begins']);
  expect(kinds()).not.toContain('received');
  await timers.advance(11_000);
  expect(problems()).toEqual(['bad-packets begins', 'bad-packets over']);
});

test('a pause longer than the deadtime is told before the packet that ends it', async () => {
  await timers.advance(300);
  inputs.length = 0;
  timers.skip(1500);
  cable.ends[0].receive(encodeText({ fields: [text('t', 'status'), text('src', 'n2')] }, KEYRING));
  expect(kinds()).toEqual(['stalled', 'received']);
  expect((inputs[0] as { gapMs: number }).gapMs).toBeGreaterThanOrEqual(1500);
});

test('a short pause is no stall, and neither is a quiet host', async () => {
  timers.skip(700);
  await timers.advance(5000);
  expect(kinds()).not.toContain('stalled');
});

test('a suspended host is stalled although its monotonic clock stood still', async () => {
  await timers.advance(300);
  sleptMs += 60_000;
  timers.skip(150);
  await timers.advance(100);
  expect(kinds()).toContain('stalled');
});

test('that it slept is told before the first packet after the resume, however soon that comes', async () => {
  await timers.advance(300);
  inputs.length = 0;
  sleptMs += 60_000;
  timers.skip(20);
  cable.ends[0].receive(encodeText({ fields: [text('t', 'status'), text('src', 'n2')] }, KEYRING));
  expect(kinds()).toEqual(['stalled', 'received']);
});

test('a short sleep is told as well: the engine cannot see it', async () => {
  await timers.advance(300);
  inputs.length = 0;
  sleptMs += 400;
  await timers.advance(300);
  expect(inputs.filter((input) => input.kind === 'stalled')).toEqual([{ kind: 'stalled', gapMs: 400 }]);
});

test('samples come at their period and keep the largest silence between two of them', async () => {
  loop.handle({ kind: 'sampling', periodMs: 500 });
  peerSends('n2');
  await timers.advance(400);
  peerSends('n2');
  await timers.advance(100);
  const samples = posted.flatMap((message): ThreadSample[] => (message.kind === 'sample' ? [message.sample] : []));
  expect(samples).toHaveLength(1);
  expect(samples[0]?.links['l1']?.silenceMaxMs).toBe(400);
  loop.handle({ kind: 'sampling', periodMs: null });
  await timers.advance(5000);
  expect(posted.filter((message) => message.kind === 'sample')).toHaveLength(1);
});

test('a medium that fails is retried with back-off and reported once, until it works', async () => {
  cable.ends[0].openFailure = 'interface-missing';
  cable.ends[0].fail({ code: 'interface-missing', detail: 'gone', closed: true });
  await timers.advance(20_000);
  expect(problems()).toEqual(['interface-missing begins']);
  cable.ends[0].openFailure = null;
  await timers.advance(4000);
  expect(problems()).toEqual(['interface-missing begins', 'interface-missing over']);
  peerSends('n2');
  await timers.advance(0);
  expect(kinds()).toContain('received');
});

// Goal: a rotation loses no packet. Method: the peer signs with the old key, then with the new one, while both are listed.
test('new keys sign and verify from the next packet on, and a removed one is refused', async () => {
  const old = { method: 'sha1', secret: 'right' } as const;
  const fresh = { method: 'sha256', secret: 'fresh' } as const;
  const both = (signIndex: number): Keyring => ({
    signIndex,
    keys: new Map<number, Keyring['keys'] extends ReadonlyMap<number, infer K> ? K : never>([
      [1, old],
      [2, fresh],
    ]),
  });
  const received = (): number => inputs.filter((input) => input.kind === 'received').length;
  loop.handle({ kind: 'keys', keyring: both(1) });
  peerSends('n2', KEYRING);
  peerSends('n2', both(2));
  await timers.advance(0);
  expect(received()).toBe(2);
  loop.handle({ kind: 'keys', keyring: both(2) });
  peerSends('n2', both(1));
  peerSends('n2', both(2));
  await timers.advance(100);
  expect(received()).toBe(4);
  expect(Buffer.from(cable.ends[0].sent.at(-1)?.packet ?? []).toString()).toMatch(/\nauth=2 [0-9a-f]{64}\n/);
  expect(problems()).toEqual([]);
  loop.handle({ kind: 'keys', keyring: { signIndex: 2, keys: new Map([[2, fresh]]) } });
  peerSends('n2', both(1));
  await timers.advance(0);
  expect(received()).toBe(4);
  expect(problems()).toEqual(['bad-packets begins']);
});

test('the watchdog is fed by every pulse, not by every packet, and no more once it is taken away or fails', async () => {
  loop.handle({ kind: 'watchdog', fd: 7 });
  await timers.advance(1000);
  expect(fed.length).toBeGreaterThanOrEqual(10);
  expect(new Set(fed)).toEqual(new Set([7]));
  fed.length = 0;
  for (let i = 0; i < 100; i++) peerSends('n2');
  await timers.advance(0);
  expect(fed.length).toBeLessThanOrEqual(1);
  loop.handle({ kind: 'watchdog', fd: null });
  fed.length = 0;
  await timers.advance(1000);
  expect(fed).toEqual([]);
  feedFailure = 'EBADF';
  loop.handle({ kind: 'watchdog', fd: 8 });
  await timers.advance(1000);
  expect(fed).toEqual([8]);
  expect(posted.filter((message) => message.kind === 'watchdog-failed')).toHaveLength(1);
});

test('an engine that hangs feeds nothing', async () => {
  loop.handle({ kind: 'watchdog', fd: 7 });
  fed.length = 0;
  engineHangs = true;
  await timers.advance(100).catch(() => undefined);
  expect(fed).toEqual([]);
});

// Goal: the engine hears of a peer with another key, at most once a second, and a stranger's noise cannot hide it.
test("packets in the peer's name that fail authentication are summed up for the engine", async () => {
  const rejected = (): EngineInput[] => inputs.filter((input) => input.kind === 'rejected');
  peerSends('stranger', WRONG);
  peerSends('n1', WRONG);
  cable.ends[1].send(Buffer.from('noise'), 'heartbeat');
  await timers.advance(1500);
  expect(rejected()).toEqual([]);
  for (let i = 0; i < 30; i++) {
    peerSends('stranger', WRONG);
    peerSends('n2', WRONG);
    await timers.advance(100);
  }
  const told = rejected();
  expect(told.length).toBeGreaterThanOrEqual(3);
  expect(told.length).toBeLessThanOrEqual(4);
  expect(told[0]).toMatchObject({ kind: 'rejected', link: 'l1', claimedSource: 'n2' });
});

// Goal: a flood of the longest forged packets does not cost the heartbeat its time. Method: after some hundred of them even a
// well signed one of that length is not looked at, a short one is; a second later all is as before.
test('a flooded link does not look at packets longer than any real message', async () => {
  const received = (): number => inputs.filter((input) => input.kind === 'received').length;
  const long = { fields: [text('t', 'status'), text('src', 'n2'), text('pad', 'x'.repeat(4000))] };
  const sendLong = (keyring: Keyring): void => cable.ends[1].send(encodeText(long, keyring), 'heartbeat');
  sendLong(KEYRING);
  await timers.advance(0);
  expect(received()).toBe(1);
  for (let i = 0; i < 300; i++) sendLong(WRONG);
  await timers.advance(0);
  sendLong(KEYRING);
  peerSends('n2');
  await timers.advance(0);
  expect(received()).toBe(2);
  await timers.advance(1000);
  peerSends('n2', WRONG);
  sendLong(KEYRING);
  await timers.advance(0);
  expect(received()).toBe(3);
});
