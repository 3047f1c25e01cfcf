// A new key without interruption. Goal: whatever fails wherever, each node accepts what the other one signs with, in its file and in its
// running agent. Method: two nodes of memory, every operation counted and failed in turn, the invariant looked at after each one.
import { beforeEach, describe, expect, test } from 'vitest';
import { parseAuthkeys } from '../../../agent/common/config/authkeys.ts';
import type { Keyring } from '../../../agent/common/base/keyring.ts';
import { fail, ok } from '../../../agent/common/base/result.ts';
import type { Result } from '../../../agent/common/base/result.ts';
import { CancelSource } from '../../../agent/common/rpc/cancel.ts';
import type { AgentStatus } from '../../../agent/common/rpc/agentContract.ts';
import { english } from '../../../electron/common/words/sentence.ts';
import type { KeyRotationProgress } from '../../../electron/common/contract/console.ts';
import { rotateKeys } from '../../../electron/core/deploy/rotateKeys.ts';
import type { RotationNode } from '../../../electron/core/deploy/rotateKeys.ts';
import { QUIET_STATUS } from '../../support/quietStatus.ts';

const OLD = 'auth 1\n1 sha1 oldsecretoldsecret\n';

function ringOf(text: string): Keyring {
  const { keyring } = parseAuthkeys(text, 'authkeys', 0o600);
  if (keyring === null) throw new Error(`not a keyring: ${text}`);
  return keyring;
}

function accepts(hearer: Keyring, speaker: Keyring): boolean {
  const key = speaker.keys.get(speaker.signIndex);
  const known = hearer.keys.get(speaker.signIndex);
  return key !== undefined && known?.secret === key.secret && known.method === key.method;
}

class MemoryNode implements RotationNode {
  readonly name: string;
  file = OLD;
  running = ringOf(OLD);
  engine: AgentStatus['engine'] = 'twinbeat';
  peerEngine: AgentStatus['peer']['engine'] = 'twinbeat';
  attached = true;
  /** A running agent that says that it read the file, and did not. */
  deaf = false;
  peer: MemoryNode | null = null;
  private readonly world: World;
  private heardAtMs = performance.now();

  constructor(name: string, world: World) {
    this.name = name;
    this.world = world;
  }

  readKeys(): Promise<Result<string>> {
    return Promise.resolve(ok(this.file));
  }

  writeKeys(before: string, text: string): Promise<Result<void>> {
    if (this.world.fails()) return Promise.resolve(fail('lost', 'the cable is out'));
    if (this.file !== before) return Promise.resolve(fail('refused', 'changed meanwhile'));
    this.file = text;
    return Promise.resolve(this.world.fails() ? fail('lost', 'no answer') : ok(undefined));
  }

  reload(): Promise<Result<void>> {
    if (this.world.fails()) return Promise.resolve(fail('lost', 'the cable is out'));
    if (!this.deaf) this.running = ringOf(this.file);
    this.world.look();
    return Promise.resolve(this.world.fails() ? fail('lost', 'no answer') : ok(undefined));
  }

  status(): Promise<Result<AgentStatus>> {
    if (!this.attached) return Promise.resolve(fail('not-attached', 'the agent is stopped'));
    const heard = this.peer !== null && accepts(this.running, this.peer.running);
    if (heard) this.heardAtMs = performance.now();
    const silenceMs = performance.now() - this.heardAtMs;
    const from = {
      state: silenceMs > 1000 ? ('dead' as const) : ('up' as const),
      silenceMs,
      marginMs: 1000 - silenceMs,
    };
    const link = { id: 'bcast:eth1', name: 'eth1', medium: 'bcast' as const, fromPeer: from, toPeer: from };
    const key = this.running.keys.get(this.running.signIndex);
    return Promise.resolve(
      ok({
        ...QUIET_STATUS,
        keys: {
          index: this.running.signIndex,
          method: key?.method ?? '',
          fingerprint: `print of ${[...(key?.secret ?? '')].reverse().join('').slice(0, 6)}`,
          accepted: this.running.keys.size,
        },
        node: this.name,
        peerName: this.peer?.name ?? '',
        engine: this.engine,
        version: '0',
        pid: 1,
        bootId: '',
        journalId: '',
        atMonotonicMs: 0,
        wallMs: 0,
        status: 'active',
        peer: { status: 'active', silenceMs, marginMs: 1, engine: this.peerEngine },
        links: [{ ...link, rttMs: null, clockOffsetMs: null, clockErrorMs: null, problem: null }],
        mine: 'none',
        theirs: 'all',
        stable: true,
        groups: [],
        vips: [],
        timing: { keepaliveMs: 4, warntimeMs: 500, deadtimeMs: 1000, initdeadMs: 2000, autoFailback: 'off' },
        lateness: { maxMs: 0, p99Ms: 0 },
        problems: [],
        resources: { cpuSeconds: 0, rssBytes: 0 },
      }),
    );
  }
}

class World {
  readonly a: MemoryNode = new MemoryNode('a', this);
  readonly b: MemoryNode = new MemoryNode('b', this);
  /** Number of the operation from which on everything fails; null: none. */
  failFrom: number | null = null;
  operations = 0;
  readonly deafMoments: string[] = [];

  constructor() {
    this.a.peer = this.b;
    this.b.peer = this.a;
  }

  fails(): boolean {
    this.operations += 1;
    return this.failFrom !== null && this.operations >= this.failFrom;
  }

  /** Somebody would not hear the other one now, or after both read their files again. */
  look(): void {
    const [a, b] = [this.a.running, this.b.running];
    if (!accepts(a, b) || !accepts(b, a)) this.deafMoments.push(`running: ${this.operations}`);
    const [fa, fb] = [ringOf(this.a.file), ringOf(this.b.file)];
    if (!accepts(fa, fb) || !accepts(fb, fa)) this.deafMoments.push(`files: ${this.operations}`);
  }
}

let world: World;
beforeEach(() => {
  world = new World();
});

async function rotate(
  options: { method?: 'sha1' | 'sha256'; stop?: CancelSource; onStep?: (p: KeyRotationProgress) => void } = {},
): Promise<KeyRotationProgress[]> {
  const told: KeyRotationProgress[] = [];
  const { method = 'sha256', stop = new CancelSource(), onStep = () => undefined } = options;
  await rotateKeys([world.a, world.b], method, stop.signal, (progress) => {
    // Each step, of every test here, is told in English and as codes, and both say the same.
    expect(progress.said && english(progress.said)).toBe(progress.detail);
    told.push(progress);
    onStep(progress);
  });
  return told;
}

const last = (told: readonly KeyRotationProgress[]): KeyRotationProgress | undefined => told.at(-1);

test('both learn, both sign, both forget; never deaf, and no secret is told', async () => {
  const told = await rotate();
  expect(told.map(({ step, node }) => `${step} ${node ?? '-'}`)).toEqual([
    'check -',
    'learn a',
    'learn b',
    'sign a',
    'sign b',
    'forget a',
    'forget b',
    'done -',
  ]);
  expect(world.a.file).toMatch(/^auth 2\n2 sha256 [0-9a-f]{64}\n$/);
  expect(world.b.file).toBe(world.a.file);
  expect(world.b.running).toEqual(ringOf(world.a.file));
  expect(world.deafMoments).toEqual([]);
  const secrets = ['oldsecret', world.a.file.trim().split(' ').at(-1) ?? '-'];
  for (const secret of secrets) expect(JSON.stringify(told)).not.toContain(secret);
});

test('again and again: the numbers go round, and nothing else stays', async () => {
  for (let i = 0; i < 3; i++) expect(last(await rotate({ method: 'sha1' }))?.step).toBe('done');
  expect(ringOf(world.a.file).keys.size).toBe(1);
});

// 1. Every operation fails from some point on, as when this computer loses both nodes. 2. Everything works again, and it is run again.
test('lost at any moment: both nodes still accept each other, and running it again completes it', async () => {
  await rotate();
  const all = world.operations;
  expect(all).toBeGreaterThan(20);
  for (let at = 1; at <= all; at++) {
    world = new World();
    world.failFrom = at;
    expect(last(await rotate())?.step, `from operation ${at}`).toBe('failed');
    world.look();
    world.failFrom = null;
    expect(last(await rotate()), `again after operation ${at}`).toMatchObject({
      step: 'done',
      node: null,
      detail: expect.stringContaining('key') as string,
    });
    expect(world.deafMoments, `from operation ${at}`).toEqual([]);
    expect(ringOf(world.a.file).keys.size).toBe(1);
    expect(world.b.file).toBe(world.a.file);
  }
});

test('an agent that does not take the new keys: its node gets the old file back, the other one keeps both', async () => {
  world.b.deaf = true;
  const told = await rotate();
  expect(last(told)).toMatchObject({ step: 'failed', node: 'b', failure: 'taken-back' });
  expect(last(told)?.detail).toMatch(/^learn: .*accepts 1, expected .*2; the node is back/);
  expect(world.b.file).toBe(OLD);
  expect(world.deafMoments).toEqual([]);
});

test.each([
  ['check', 'nothing was changed', 1],
  ['learn', 'sign with the old one', 2],
  ['sign', 'still accept the old one', 2],
] as const)('cancelled in %s: the step is finished, then it ends', async (step, words, keys) => {
  const stop = new CancelSource();
  const told = await rotate({ stop, onStep: (progress) => progress.step === step && stop.cancel() });
  expect(last(told)).toMatchObject({ step: 'cancelled', node: null });
  expect(last(told)?.detail).toContain(words);
  for (const node of [world.a, world.b]) expect(node.running.keys.size).toBe(keys);
  expect(world.deafMoments).toEqual([]);
  expect(last(await rotate())?.step).toBe('done');
});

describe('refused before anything is changed', () => {
  const refusal = async (): Promise<KeyRotationProgress | undefined> => {
    const files = [world.a.file, world.b.file];
    const told = await rotate();
    expect([world.a.file, world.b.file]).toEqual(files);
    expect(told.map((progress) => progress.step)).toEqual(['check', 'failed']);
    return last(told);
  };

  test('one agent is stopped: which', async () => {
    world.b.attached = false;
    expect(await refusal()).toMatchObject({ node: 'b', detail: 'check: the agent is stopped' });
  });

  test('the peer is a real heartbeat daemon: why', async () => {
    world.a.peerEngine = 'heartbeat';
    expect(await refusal()).toMatchObject({ node: 'a', detail: expect.stringContaining('own signing key') as string });
  });

  test('another engine', async () => {
    world.b.engine = 'keepalived';
    expect(await refusal()).toMatchObject({ node: 'b', detail: expect.stringContaining('keepalived') as string });
  });

  test('the nodes have different keys', async () => {
    world.b.file = OLD.replace('oldsecret', 'other');
    expect(await refusal()).toMatchObject({ node: 'a', detail: expect.stringContaining('deploy again') as string });
  });

  test('a file that no agent could read', async () => {
    world.a.file = 'auth 3\n1 sha1 x\n';
    expect(await refusal()).toMatchObject({ node: 'a', detail: expect.stringContaining('not valid') as string });
  });
});

test('all sixteen numbers are taken: one that nobody signs with is used again', async () => {
  const keys = Array.from({ length: 16 }, (_, i) => `${i} sha1 secret${i}\n`).join('');
  for (const node of [world.a, world.b]) {
    node.file = `auth 1\n${keys}`;
    node.running = ringOf(node.file);
  }
  expect(last(await rotate())?.step).toBe('done');
  expect(world.a.file).toMatch(/^auth 2\n2 sha256 /);
  expect(world.deafMoments).toEqual([]);
});
