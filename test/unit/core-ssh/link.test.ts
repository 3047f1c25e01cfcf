// The connection's state machine over a fake transport and a clock turned by hand.
import { expect, test } from 'vitest';
import { NodeSpecSchema } from '../../../electron/common/contract/pair.ts';
import type { NodeSecrets } from '../../../electron/common/contract/pair.ts';
import { english, say } from '../../../electron/common/words/sentence.ts';
import type { HostKey } from '../../../electron/core/ssh/hostKey.ts';
import type { HostKeyStore } from '../../../electron/core/ssh/knownHostsFile.ts';
import { SshLink } from '../../../electron/core/ssh/link.ts';
import type { Timers } from '../../../electron/core/ssh/timers.ts';
import type { Transport, TransportEvents, TransportFailure } from '../../../electron/core/ssh/transport.ts';

const words = (text: string) => say('inItsWords', { text });
const SECRETS: NodeSecrets = { password: 'secret', remember: false };
const KEY: HostKey = { type: 'ssh-ed25519', blob: Buffer.from('the key') };
const DOWN: TransportFailure = { layer: 'tcp', ...words('no answer') };

class HandTimers implements Timers {
  private now = 0;
  private pending: { readonly atMs: number; readonly fn: () => void }[] = [];

  nowMs(): number {
    return this.now;
  }

  after(delayMs: number, fn: () => void): () => void {
    const entry = { atMs: this.now + delayMs, fn };
    this.pending.push(entry);
    return () => {
      this.pending = this.pending.filter((one) => one !== entry);
    };
  }

  /** Time passes, but nothing runs until its end: a computer that slept. */
  async stallMs(ms: number): Promise<void> {
    this.now += ms;
    const due = this.pending.filter((one) => one.atMs <= this.now);
    this.pending = this.pending.filter((one) => !due.includes(one));
    for (const one of due) one.fn();
    await settle();
  }

  async advanceMs(ms: number): Promise<void> {
    const end = this.now + ms;
    for (;;) {
      const next = this.pending.filter((one) => one.atMs <= end).sort((a, b) => a.atMs - b.atMs)[0];
      if (next === undefined) break;
      this.now = next.atMs;
      this.pending = this.pending.filter((one) => one !== next);
      next.fn();
      await settle();
    }
    this.now = end;
  }
}

/** Lets promise chains run dry. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await Promise.resolve();
}

class Rig {
  readonly timers = new HandTimers();
  readonly dials: { events: TransportEvents; destroyed: TransportFailure | null; ended: boolean }[] = [];
  readonly store: { known: HostKey[]; remembered: number; replaced: number } = {
    known: [KEY],
    remembered: 0,
    replaced: 0,
  };
  readonly phases: string[] = [];
  readonly link: SshLink;

  constructor(options: { budgetMs?: number } = {}) {
    const hostKeys: HostKeyStore = {
      lookup: () => Promise.resolve({ keys: this.store.known.map((key) => ({ ...key, revoked: false })), notes: [] }),
      remember: () => Promise.resolve(void this.store.remembered++),
      replace: () => Promise.resolve(void this.store.replaced++),
    };
    this.link = new SshLink(NodeSpecSchema.parse({ name: 'node1', host: 'node1' }), {
      hostKeys,
      timers: this.timers,
      random: () => 0.5,
      backoff: options,
      openTransport: (_options, events): Transport => {
        const dial = { events, destroyed: null as TransportFailure | null, ended: false };
        this.dials.push(dial);
        return {
          open: () => Promise.reject(new Error('not in this test')),
          end: () => {
            dial.ended = true;
          },
          destroy: (failure) => {
            dial.destroyed = failure;
            events.onClosed(failure);
          },
        };
      },
    });
    this.link.onState(() => this.phases.push(this.link.state().phase));
  }

  get dial(): { events: TransportEvents; destroyed: TransportFailure | null; ended: boolean } {
    const last = this.dials.at(-1);
    if (last === undefined) throw new Error('nothing was dialled');
    return last;
  }

  async connect(): Promise<void> {
    this.link.connect(SECRETS);
    await settle();
  }

  async ready(): Promise<void> {
    this.dial.events.onConnected();
    expect(await this.dial.events.onHostKey(KEY)).toBe(true);
    this.dial.events.onHandshake();
    this.dial.events.onReady();
  }
}

test('the straight way: connecting, authenticating, ready', async () => {
  const rig = new Rig();
  expect(rig.link.state()).toMatchObject({ phase: 'idle', attempt: 0, lastHeardAgoMs: null });
  await rig.connect();
  await rig.ready();
  expect(rig.phases).toEqual(['connecting', 'connecting', 'authenticating', 'ready']);
  await rig.timers.advanceMs(700);
  expect(rig.link.state()).toMatchObject({ phase: 'ready', lastHeardAgoMs: 700, nextTryInMs: null });
});

test('what it does is told in English and as codes, the same at every phase', async () => {
  const rig = new Rig({ budgetMs: 20_000 });
  const told = new Map<string, string>();
  rig.link.onState(() => {
    const { phase, detail, said } = rig.link.state();
    expect(said && english(said)).toBe(detail);
    told.set(phase, said?.code ?? '');
  });
  await rig.connect();
  await rig.ready();
  rig.dial.events.onClosed(DOWN);
  rig.link.disconnect();
  expect(Object.fromEntries(told)).toEqual({
    connecting: 'agreeingOnKeys',
    authenticating: 'loggingIn',
    ready: 'connected',
    lost: 'lost',
    waiting: 'because',
    idle: 'notConnected',
  });
});

test('no server: waits longer and longer with a bound, tells when it tries next, gives up after its budget', async () => {
  const rig = new Rig({ budgetMs: 20_000 });
  await rig.connect();
  const delays: number[] = [];
  while (rig.link.state().phase !== 'gave-up') {
    rig.dial.events.onClosed(DOWN);
    const { phase, nextTryInMs } = rig.link.state();
    if (phase !== 'waiting') break;
    delays.push(nextTryInMs ?? Number.NaN);
    await rig.timers.advanceMs((nextTryInMs ?? 0) / 2);
    expect(rig.link.state().nextTryInMs).toBeCloseTo((nextTryInMs ?? 0) / 2);
    await rig.timers.advanceMs((nextTryInMs ?? 0) / 2);
    expect(rig.link.state().phase).toBe('connecting');
  }
  expect(delays.slice(0, 3)).toEqual([500, 850, 1445]);
  expect(Math.max(...delays)).toBe(5000);
  expect(rig.link.state()).toMatchObject({ phase: 'gave-up', nextTryInMs: null });
  expect(rig.link.state().detail).toContain('no answer');
  const dials = rig.dials.length;
  await rig.timers.advanceMs(1_000_000);
  expect(rig.dials).toHaveLength(dials);
  rig.link.retryNow();
  await settle();
  expect(rig.link.state()).toMatchObject({ phase: 'connecting', attempt: 1 });
});

test('after an authentication failure it never tries again by itself', async () => {
  const rig = new Rig();
  await rig.connect();
  rig.dial.events.onConnected();
  await rig.dial.events.onHostKey(KEY);
  rig.dial.events.onClosed({ layer: 'authentication', ...words('refused') });
  expect(rig.link.state()).toMatchObject({ phase: 'gave-up', detail: 'refused' });
  await rig.timers.advanceMs(1_000_000);
  expect(rig.dials).toHaveLength(1);
});

test('silence while ready: dead after three unanswered keepalives, announced as lost, then it returns', async () => {
  const rig = new Rig();
  await rig.connect();
  await rig.ready();
  const downs: string[] = [];
  rig.link.onDown((failure) => downs.push(failure.layer));
  await rig.timers.advanceMs(1900);
  rig.dial.events.onHeard();
  await rig.timers.advanceMs(5900);
  expect(rig.link.state().phase).toBe('ready');
  await rig.timers.advanceMs(2000);
  expect(rig.dial.destroyed?.layer ?? rig.dials[0]?.destroyed?.layer).toBe('ssh-keepalive');
  expect(rig.phases).toContain('lost');
  expect(downs).toEqual(['ssh-keepalive']);
  await rig.timers.advanceMs(600);
  expect(rig.dials).toHaveLength(2);
  await rig.ready();
  expect(rig.link.state()).toMatchObject({ phase: 'ready', attempt: 0 });
});

test('a bulk transfer makes the keepalive patient, but not endless', async () => {
  const rig = new Rig();
  await rig.connect();
  await rig.ready();
  const end = rig.link.beginBulk();
  await rig.timers.advanceMs(30_000);
  expect(rig.link.state().phase).toBe('ready');
  await rig.timers.advanceMs(10_000);
  expect(rig.link.state().phase).not.toBe('ready');
  end();
});

test('one late timer after a stall of this computer is not a dead server', async () => {
  const rig = new Rig();
  await rig.connect();
  await rig.ready();
  await rig.timers.stallMs(600_000);
  expect(rig.link.state()).toMatchObject({ phase: 'ready', lastHeardAgoMs: 600_000 });
});

test('connecting and authenticating have time limits; a host key question has none', async () => {
  const rig = new Rig();
  await rig.connect();
  await rig.timers.advanceMs(10_000);
  expect(rig.dials[0]?.destroyed?.layer).toBe('tcp');
  await rig.timers.advanceMs(1000);
  rig.store.known = [];
  rig.dial.events.onConnected();
  const verdict = rig.dial.events.onHostKey(KEY);
  await settle();
  expect(rig.link.state()).toMatchObject({ phase: 'host-key', hostKey: { verdict: 'new' } });
  await rig.timers.advanceMs(3_600_000);
  expect(rig.link.state().phase).toBe('host-key');
  expect(rig.link.answerHostKey(rig.link.state().hostKey?.questionId ?? '', 'trust-once')).toBe(true);
  expect(await verdict).toBe(true);
  expect(rig.link.state().phase).toBe('authenticating');
  await rig.timers.advanceMs(20_000);
  expect(rig.dials[1]?.destroyed?.layer).toBe('server');
});

test('a server that hangs up during the question: the answer dials again and the trust holds', async () => {
  const rig = new Rig();
  rig.store.known = [];
  await rig.connect();
  void rig.dial.events.onHostKey(KEY);
  await settle();
  rig.dial.events.onClosed({ layer: 'server', ...words('timeout before authentication') });
  expect(rig.link.state().phase).toBe('host-key');
  expect(rig.link.answerHostKey(rig.link.state().hostKey?.questionId ?? '', 'trust-and-remember')).toBe(true);
  await settle();
  expect(rig.dials).toHaveLength(2);
  expect(rig.store.remembered).toBe(0);
  await rig.ready();
  await settle();
  // Written down only when the server had proven to own the key.
  expect(rig.store.remembered).toBe(1);
});

test('re-keying accepts the accepted key only', async () => {
  const rig = new Rig();
  await rig.connect();
  await rig.ready();
  expect(await rig.dial.events.onHostKey(KEY)).toBe(true);
  expect(await rig.dial.events.onHostKey({ ...KEY, blob: Buffer.from('another') })).toBe(false);
});

test('a changed key is not accepted by an answer that was meant for a new one', async () => {
  const rig = new Rig();
  rig.store.known = [{ ...KEY, blob: Buffer.from('older') }];
  await rig.connect();
  const verdict = rig.dial.events.onHostKey(KEY);
  await settle();
  const question = rig.link.state().hostKey;
  expect(question?.verdict).toBe('changed');
  expect(rig.link.answerHostKey(question?.questionId ?? '', 'trust-and-remember')).toBe(false);
  expect(rig.link.answerHostKey(question?.questionId ?? '', 'reject')).toBe(true);
  expect(await verdict).toBe(false);
  expect(rig.link.state()).toMatchObject({ phase: 'gave-up', hostKey: { verdict: 'changed' } });
});

test('disconnecting ends everything and forgets the secrets', async () => {
  const rig = new Rig();
  await rig.connect();
  await rig.ready();
  rig.link.disconnect();
  expect(rig.dial.ended).toBe(true);
  expect(rig.link.state().phase).toBe('idle');
  await rig.timers.advanceMs(100_000);
  expect(rig.dials).toHaveLength(1);
  rig.link.connect(null);
  await settle();
  expect(rig.link.state()).toMatchObject({ phase: 'gave-up' });
  expect(rig.link.state().detail).toMatch(/password .* needed/);
});

test('news of an attempt that was stopped are ignored', async () => {
  const rig = new Rig();
  await rig.connect();
  const old = rig.dial.events;
  rig.link.disconnect();
  rig.link.connect(SECRETS);
  await settle();
  old.onClosed({ layer: 'authentication', ...words('late') });
  expect(await old.onHostKey(KEY)).toBe(false);
  expect(rig.link.state().phase).toBe('connecting');
});
