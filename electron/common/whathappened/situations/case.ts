/** What every rule of naming looks at, and how a name is put together. */
import type { Text } from '../../contract/drill.ts';
import type { Situation } from '../../contract/state.ts';
import { text } from '../../drill/text.ts';
import { ofKind, type Story, type Told } from '../story.ts';
import type { VerdictSpan } from '../types.ts';

export interface Case {
  readonly story: Story;
  readonly verdicts: readonly VerdictSpan[];
  /** Up to when everything is known: the end of the stretch, or now. */
  readonly nowMs: number;
}

export type Piece = Situation['evidence'][number];

/** A stretch that something lasted; `untilMs` null: it lasts. */
export interface Stretch {
  readonly fromMs: number;
  readonly untilMs: number | null;
  readonly errorMs: number;
}

/** A piece of evidence from a node's own event. */
export const said = (entry: Pick<Told, 'tMs' | 'errorMs' | 'node'>, words: Text): Piece => ({
  tMs: entry.tMs,
  errorMs: entry.errorMs,
  node: entry.node,
  text: words,
});

export const noted = (tMs: number | null, words: Text): Piece => ({ tMs, errorMs: 0, node: null, text: words });

type Draft = Pick<Situation, 'code' | 'experiment' | 'level' | 'name' | 'advice' | 'untilMs'> & {
  readonly nodes: readonly string[];
  /** Without these there is no such name; what confirms it further comes behind. */
  readonly evidence: readonly Piece[];
  readonly more?: readonly Piece[];
  /** What tells it from others of the same code. */
  readonly about: string;
  /** When it holds without any event of its own. */
  readonly sinceMs?: number;
};

/** A situation: since the last piece of evidence that it needs. */
export function situation({ evidence, more = [], about, sinceMs, ...rest }: Draft): Situation {
  const times = evidence.flatMap(({ tMs }) => (tMs === null ? [] : [tMs]));
  const first = times.length === 0 ? (sinceMs ?? 0) : Math.min(...times);
  const inOrder = [...evidence, ...more].sort((a, b) => (a.tMs ?? -Infinity) - (b.tMs ?? -Infinity));
  return {
    ...rest,
    nodes: [...rest.nodes],
    key: `${rest.code} ${about} ${Math.round(first)}`,
    evidence: inOrder,
    sinceMs: sinceMs ?? Math.max(0, ...times),
  };
}

/** When `node` took its peer for dead, from its own words. */
export function deadStretches({ story }: Case, node: string): Stretch[] {
  const sampled = story.batch.samples
    .filter((sample) => sample.node === node)
    .map(({ tMs, errorMs, peerStatus }) => ({ tMs, errorMs, dead: peerStatus === 'dead' }));
  const told = ofKind(story.told, 'peer-status')
    .filter((entry) => entry.node === node)
    .map(({ tMs, errorMs, body }) => ({ tMs, errorMs, dead: body.status === 'dead' }));
  const lives = ofKind(story.told, 'local-status')
    .filter((entry) => entry.node === node && entry.body.status === 'init')
    .map(({ tMs, errorMs }) => ({ tMs, errorMs, dead: false }));
  const readings = [...sampled, ...told, ...lives].sort((a, b) => a.tMs - b.tMs);
  const stretches: { fromMs: number; untilMs: number | null; errorMs: number }[] = [];
  let open = false;
  for (const { tMs, errorMs, dead } of readings) {
    const last = stretches.at(-1);
    if (dead && !open) stretches.push({ fromMs: tMs, untilMs: null, errorMs });
    if (!dead && open && last !== undefined) last.untilMs = tMs;
    open = dead;
  }
  return stretches;
}

/** Whether two stretches have a moment in common. */
export const overlap = (a: Stretch, b: Stretch): boolean =>
  a.fromMs < (b.untilMs ?? Infinity) && b.fromMs < (a.untilMs ?? Infinity);

/** The first verdict of that word that touches a stretch. */
export function verdictIn(
  { verdicts }: Case,
  word: VerdictSpan['verdict'],
  from: number,
  until: number | null,
): VerdictSpan | null {
  return verdicts.find((v) => v.verdict === word && v.toMs > from && v.fromMs < (until ?? Infinity)) ?? null;
}

/** A problem of a node that began, with when it was over. */
export function problems(
  { story }: Case,
  codes: readonly string[],
): (Stretch & { readonly node: string; readonly code: string; readonly detail: string })[] {
  const told = ofKind(story.told, 'problem').filter(({ body }) => codes.includes(body.code));
  return told
    .filter(({ body }) => !body.over)
    .map(({ tMs, errorMs, node, body }) => {
      const end = told.find((e) => e.node === node && e.body.over && e.body.code === body.code && e.tMs >= tMs);
      return { fromMs: tMs, untilMs: end?.tMs ?? null, errorMs, node, code: body.code, detail: body.detail };
    });
}

export const list = (words: readonly string[]): Text => text(words.join(', '), words.join('、'));
