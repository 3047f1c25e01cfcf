/**
 * A new key on both nodes while they go on hearing each other. Three steps, each finished and verified on both nodes before the next:
 *
 *   learn   both accept the new key beside the old one, and sign with the old one
 *   sign    both sign with the new key, and still accept the old one
 *   forget  both accept the new key only
 *
 * Between any two of the writes each node accepts what the other one signs with, so the console may die or lose a node anywhere: running it
 * again starts from what the files then say.
 */
import { randomBytes } from 'node:crypto';
import { parseAuthkeys } from '../../../agent/common/config/authkeys.ts';
import type { Keyring } from '../../../agent/common/base/keyring.ts';
import { ok } from '../../../agent/common/base/result.ts';
import type { Result } from '../../../agent/common/base/result.ts';
import type { CancelSignal } from '../../../agent/common/rpc/cancel.ts';
import type { AgentStatus } from '../../../agent/common/rpc/agentContract.ts';
import type { KeyRotationProgress } from '../../common/contract/console.ts';
import type { HaSpec } from '../../common/contract/pair.ts';
import { join, quote, refuse, say } from '../../common/words/sentence.ts';
import type { Outcome, Said, Sentence } from '../../common/words/sentence.ts';
import { monotonicNowMs, sleepMs } from '../base/time.ts';
import { printAuthkeys } from './authkeysFile.ts';
import { SECRET_BYTES } from './desired.ts';
import { goodLinks, judgeRotation, unheard } from './rotationChecks.ts';

/** A result whose failure may be told in other languages as well. */
export type Spoken<T> = Result<T> & { readonly said?: Sentence | undefined };

/** What rotating needs of a node. Texts of authkeys have one character a byte. */
export interface RotationNode {
  readonly name: string;
  readKeys(): Promise<Result<string>>;
  /** Replaces the file in one step; refuses when it is not `before` any more. */
  writeKeys(before: string, text: string): Promise<Result<void>>;
  /** The running agent's own word. Fails with the reason while it is not attached. */
  status(): Promise<Spoken<AgentStatus>>;
  /** Has the running agent read the file again. */
  reload(): Promise<Spoken<void>>;
}

type Method = HaSpec['authMethod'];
type KeyValue = Keyring['keys'] extends ReadonlyMap<number, infer Value> ? Value : never;
type Key = { readonly index: number; readonly value: KeyValue };

/** Largest key index of authkeys. */
const KEY_INDEX_MAX = 15;

/** Longest pause between two looks at the nodes while a change is verified, milliseconds. */
const LOOK_PERIOD_MS_MAX = 50;

/**
 * Share of the deadtime that a verification may take. A node whose new signature were not accepted is dead for its peer after the whole
 * deadtime; what is left is for taking the change back.
 */
const VERIFY_SHARE = 0.7;

interface Work {
  readonly node: RotationNode;
  readonly other: RotationNode;
  /** What the node's file says now. */
  text: string;
  readonly ring: Keyring;
  /** Index of the key that the running agent signs with; its file may say another one by now. */
  readonly signsWith: number;
}

interface Checked {
  readonly works: readonly Work[];
  /** Keys without which somebody would not be heard now. */
  readonly old: ReadonlyMap<number, KeyValue>;
}

/** Rotates. `tell` hears every step; the last word is `done`, `failed` or `cancelled`. Never throws for what nodes may do. */
export async function rotateKeys(
  nodes: readonly [RotationNode, RotationNode],
  method: Method,
  signal: CancelSignal,
  tell: (progress: KeyRotationProgress) => void,
): Promise<void> {
  tell({ step: 'check', node: null, failure: null, ...say('looking') });
  const checked = await check(nodes);
  if (!checked.ok)
    return tell({
      step: 'failed',
      node: checked.reason,
      failure: 'check',
      ...say('at-check', { why: quote(checked) }),
    });
  const { works, old } = checked.value;
  const fresh = newKey(checked.value, method);
  const both = new Map([...old, [fresh.index, fresh.value] as const]);
  const steps = [
    {
      step: 'learn',
      ring: (work: Work) => ({ signIndex: work.signsWith, keys: both }),
      words: say('learned', { index: fresh.index, method, old: numbers([...old.keys()]) }),
    },
    {
      step: 'sign',
      ring: () => ({ signIndex: fresh.index, keys: both }),
      words: say('signs', { index: fresh.index }),
    },
    {
      step: 'forget',
      ring: () => ({ signIndex: fresh.index, keys: new Map([[fresh.index, fresh.value]]) }),
      words: say('forgot', { index: fresh.index }),
    },
  ] as const;
  for (const { step, ring, words } of steps) {
    if (signal.aborted) return tell({ step: 'cancelled', node: null, failure: null, ...say(`cancelled-${step}`) });
    for (const work of works) {
      const changed = await change(work, ring(work));
      if (!changed.ok) {
        const why = say(`at-${step}`, { why: quote(changed) });
        return tell({ step: 'failed', node: work.node.name, failure: changed.reason, ...why });
      }
      tell({ step, node: work.node.name, failure: null, ...words });
    }
  }
  tell(await lastWord(nodes));
}

function numbers(list: readonly number[]): Said {
  const words = list.map((index) => say('inItsWords', { text: index }));
  return join(words, 'and');
}

/** Fails with the name of the node in the way as its reason. */
async function check(nodes: readonly [RotationNode, RotationNode]): Promise<Outcome<Checked>> {
  const asked: { readonly node: RotationNode; readonly status: AgentStatus }[] = [];
  // Both before either is judged: that an agent is stopped is the news, not that its peer does not hear it.
  for (const node of nodes) {
    const status = await node.status();
    if (!status.ok) return refuse(node.name, quote(status));
    asked.push({ node, status: status.value });
  }
  const works: Work[] = [];
  for (const { node, status } of asked) {
    const other = node === nodes[0] ? nodes[1] : nodes[0];
    const why = judgeRotation(status);
    if (why !== null) return refuse(node.name, why);
    const text = await node.readKeys();
    if (!text.ok) return refuse(node.name, say('authkeysUnreadable', { why: text.detail }));
    const { keyring, problems } = parseAuthkeys(text.value, 'authkeys', null);
    const error = problems.find((problem) => problem.severity === 'error');
    if (keyring === null)
      return refuse(node.name, say('authkeysInvalid', { why: error?.message ?? say('noKeySigns') }));
    works.push({ node, other, text: text.value, ring: keyring, signsWith: status.keys.index });
  }
  const old = oldKeys(works);
  return old.ok ? ok({ works, old: old.value }) : old;
}

/**
 * Every key that somebody signs with, by his file or by his running agent. The two differ after a rotation that lost its connection:
 *
 *   1. Both have learned, A signs with the new key.
 *   2. B's file is replaced, and the connection is lost before B reads it again: B still signs with the old key.
 *   3. By both files the old key is needed no more. If A forgot it now, A would not hear B.
 */
function oldKeys(works: readonly Work[]): Outcome<Map<number, KeyValue>> {
  const old = new Map<number, KeyValue>();
  for (const { node, other, ring, signsWith } of works) {
    const others = works.find((work) => work.node === other)?.ring;
    for (const index of [ring.signIndex, signsWith]) {
      const value = ring.keys.get(index) ?? others?.keys.get(index);
      if (value === undefined) return refuse(node.name, say('keyUnknown', { index }));
      const known = old.get(index) ?? others?.keys.get(index);
      if (known !== undefined && (known.method !== value.method || known.secret !== value.secret))
        return refuse(node.name, say('keyUnlike', { other: other.name, index }));
      old.set(index, value);
    }
  }
  return ok(old);
}

/** At an index that neither file uses; where there is none, at one that nobody signs with. */
function newKey({ works, old }: Checked, method: Method): Key {
  const candidates = Array.from({ length: KEY_INDEX_MAX + 1 }, (_, i) => (i + 1) % (KEY_INDEX_MAX + 1));
  const unused = candidates.find((index) => works.every((work) => !work.ring.keys.has(index)));
  const index = unused ?? candidates.find((one) => !old.has(one)) ?? 0;
  return { index, value: { method, secret: randomBytes(SECRET_BYTES[method]).toString('hex') } };
}

/** One node's file and running agent; taken back when it is not proven to work. */
async function change(work: Work, ring: Keyring): Promise<Outcome<void, 'lost' | 'refused' | 'taken-back'>> {
  const { node, other } = work;
  const before = work.text;
  const [own, peers] = [await node.status(), await other.status()];
  if (!own.ok) return refuse('lost', quote(own));
  if (!peers.ok) return refuse('lost', say('ofNode', { node: other.name, why: quote(peers) }));
  const wanted = { own: goodLinks(own.value), peers: goodLinks(peers.value) };
  if (wanted.own.length === 0 || wanted.peers.length === 0) return refuse('lost', say('notVerifiable'));
  const text = printAuthkeys(ring);
  const written = await node.writeKeys(before, text);
  if (!written.ok) return refuse('refused', say('authkeysUnwritable', { why: written.detail }));
  work.text = text;
  const reloaded = await node.reload();
  const proven = reloaded.ok ? await prove(work, ring, wanted, own.value.timing) : reloaded;
  if (proven.ok) return ok(undefined);
  return refuse('taken-back', join([quote(proven), await takeBack(work, before)], 'also'));
}

async function takeBack(work: Work, before: string): Promise<Said> {
  const written = await work.node.writeKeys(work.text, before);
  if (!written.ok) return say('notPutBack', { why: written.detail });
  work.text = before;
  const reloaded = await work.node.reload();
  return reloaded.ok ? say('putBack') : say('putBackUnused', { why: quote(reloaded) });
}

/** Waits until the agent uses the keys, and every link that was good has carried a heartbeat in both directions since. */
async function prove(
  { node, other }: Work,
  ring: Keyring,
  wanted: { readonly own: readonly string[]; readonly peers: readonly string[] },
  timing: AgentStatus['timing'],
): Promise<Outcome<void>> {
  const startMs = monotonicNowMs();
  // What was on its way when the keys changed is still signed as before.
  const sinceMs = startMs + Math.min(timing.keepaliveMs, timing.deadtimeMs / 4);
  for (;;) {
    const askedMs = monotonicNowMs();
    const [own, peers] = await Promise.all([node.status(), other.status()]);
    if (!own.ok) return refuse('lost', quote(own));
    if (!peers.ok) return refuse('lost', say('ofNode', { node: other.name, why: quote(peers) }));
    const { index, accepted } = own.value.keys;
    const inUse = index === ring.signIndex && accepted === ring.keys.size;
    const silent = [
      ...unheard(peers.value, wanted.peers, askedMs, sinceMs).map((link) =>
        say('notHeardBy', { other: other.name, link }),
      ),
      ...unheard(own.value, wanted.own, askedMs, sinceMs).map((link) => say('hearsNot', { other: other.name, link })),
    ];
    if (inUse && silent.length === 0) return ok(undefined);
    if (monotonicNowMs() - startMs > timing.deadtimeMs * VERIFY_SHARE) {
      const wantedKeys = { wanted: ring.signIndex, keys: ring.keys.size };
      return refuse('not-proven', inUse ? join(silent, 'list') : say('keyUnused', { index, accepted, ...wantedKeys }));
    }
    await sleepMs(Math.min(LOOK_PERIOD_MS_MAX, timing.keepaliveMs / 2));
  }
}

async function lastWord(nodes: readonly [RotationNode, RotationNode]): Promise<KeyRotationProgress> {
  const [a, b] = [await nodes[0].status(), await nodes[1].status()];
  if (!a.ok || !b.ok) return { step: 'done', node: null, failure: null, ...say('rotatedUnseen') };
  const { index, method, fingerprint } = a.value.keys;
  if (fingerprint !== b.value.keys.fingerprint) {
    const why = say('fingerprintsUnlike', { first: fingerprint, second: b.value.keys.fingerprint });
    return { step: 'failed', node: null, failure: 'unlike', ...why };
  }
  return { step: 'done', node: null, failure: null, ...say('rotated', { index, method, fingerprint }) };
}
