/** Files that do not fit: keys (M10), refused ones (M12), different deadtimes (M13); and faults without any effect (M16). */
import type { NodeFacts } from '../../contract/session.ts';
import type { Situation } from '../../contract/state.ts';
import { text } from '../../drill/text.ts';
import { factsAt, ofKind } from '../story.ts';
import { noted, problems, said, situation } from './case.ts';
import type { Case, Piece } from './case.ts';

/** What the effect of a fault may need on top of the longest deadtime, milliseconds. */
const EFFECT_SLACK_MS = 2000;
/** Where no deadtime is known, milliseconds: the real daemon's default. */
const DEADTIME_DEFAULT_MS = 30_000;

/** How an agent that refuses its files answers whoever attaches. */
const REFUSED = /configuration refused: ([\s\S]*)/i;
/** The real daemon's test hooks, as the agent beside it tells of them. */
const TEST_HOOK = /\(OnlyForTesting\) is (enabled|disabled)/;

export function keySituations({ story }: Case): Situation[] {
  const told = ofKind(story.told, 'key-mismatch');
  const began = told.filter(({ body }) => !body.over);
  const newest = story.nodes.map((node) => story.batch.facts.findLast((f) => f.node === node && f.keys !== null));
  const [a, b] = newest;
  const differ =
    a?.keys != null &&
    b?.keys != null &&
    a.keys.fingerprint !== b.keys.fingerprint &&
    a.keys.accepted < 2 &&
    b.keys.accepted < 2;
  if (began.length === 0 && !differ) return [];
  const bySigns = began
    .slice(0, 4)
    .map((e): Piece =>
      said(
        e,
        text(
          `${e.node} hears packets in the name of ${e.body.peer} with a wrong key`,
          `${e.node} 收到以 ${e.body.peer} 名义、密钥不符的报文`,
        ),
      ),
    );
  const byFiles = newest.flatMap((f): Piece[] =>
    f?.keys == null || !differ
      ? []
      : [
          noted(
            f.tMs,
            text(
              `${f.node} signs with ${f.keys.method} ${f.keys.fingerprint}`,
              `${f.node} 使用 ${f.keys.method} ${f.keys.fingerprint} 签名`,
            ),
          ),
        ],
  );
  const over = told.findLast(({ body }) => body.over);
  const lasts = differ || over === undefined || began.some((e) => e.tMs > over.tMs);
  return [
    situation({
      code: 'keys-differ',
      experiment: 'M10',
      level: 'alarm',
      nodes: story.nodes,
      about: 'keys',
      name: text('keys differ: each node takes the other for dead', '密钥不同：每个节点都会认为对方失效'),
      advice: text(
        'compare the fingerprints; put the same authkeys on both nodes and reload',
        '比较指纹；在两个节点上使用相同的 authkeys 并重新加载',
      ),
      evidence: bySigns.length > 0 ? bySigns.slice(0, 1) : byFiles,
      more: bySigns.length > 0 ? [...bySigns.slice(1), ...byFiles] : [],
      untilMs: lasts ? null : over.tMs,
    }),
  ];
}

export function refusals(c: Case): Situation[] {
  const { story } = c;
  return story.nodes.flatMap((node): Situation[] => {
    const own = story.batch.facts.filter((f) => f.node === node);
    const at = own.findLastIndex((f) => f.life === 'gone' && REFUSED.test(f.detail));
    const facts = own[at];
    // An agent beside a real daemon tells it as a problem that lasts until a start succeeds; our own tells whoever asks it why it is not there.
    const problem = problems(c, ['config-refused']).findLast((p) => p.node === node);
    const why =
      problem?.detail ?? (facts === undefined ? undefined : (REFUSED.exec(facts.detail)?.[1] ?? facts.detail));
    const tMs = problem?.fromMs ?? facts?.tMs;
    if (why === undefined || tMs === undefined) return [];
    const runs = story.batch.facts.find((f) => f.node === node && f.tMs > tMs && f.life === 'answers');
    return [
      situation({
        code: 'config-refused',
        experiment: 'M12',
        level: 'warn',
        nodes: [node],
        about: node,
        name: text(`${node}: configuration refused, the daemon did not start`, `${node}：配置被拒绝，守护进程未启动`),
        advice: text('mend the line that is named, and start it again', '修正所指出的行，然后重新启动'),
        evidence: [{ tMs, errorMs: 0, node, text: text(why.trim(), why.trim()) }],
        untilMs: problem === undefined ? (runs?.tMs ?? null) : problem.untilMs,
      }),
    ];
  });
}

export function differentDeadtimes({ story }: Case): Situation[] {
  const known = story.nodes.map((node) => story.batch.facts.findLast((f) => f.node === node && f.timing !== null));
  const [a, b] = known;
  if (a?.timing == null || b?.timing == null || a.timing.deadtimeMs === b.timing.deadtimeMs) return [];
  const says = (f: NodeFacts): Piece =>
    noted(
      f.tMs,
      text(
        `${f.node} advertises deadtime ${f.timing?.deadtimeMs ?? 0} ms`,
        `${f.node} 通告 deadtime ${f.timing?.deadtimeMs ?? 0} ms`,
      ),
    );
  return [
    situation({
      code: 'deadtimes-differ',
      experiment: 'M13',
      level: 'warn',
      nodes: story.nodes,
      about: 'deadtime',
      name: text(
        'deadtimes differ: each node is declared dead by its own',
        'deadtime 不同：每个节点按其自身的值被判定失效',
      ),
      advice: text(
        'write the same deadtime into both ha.cf: the value of the node that dies is the one that counts',
        '在两个 ha.cf 中写入相同的 deadtime：起作用的是失效节点自身的值',
      ),
      evidence: [says(a), says(b)],
      untilMs: null,
    }),
  ];
}

/** Whether anything at all changed in a stretch that a fault could have done. */
function anythingIn({ story, verdicts }: Case, fromMs: number, toMs: number): boolean {
  const inside = (tMs: number): boolean => tMs > fromMs && tMs <= toMs;
  const quiet = new Set(['fault', 'log', 'holdings', 'keys']);
  return (
    story.told.some((e) => inside(e.tMs + e.errorMs) && !quiet.has(e.body.kind)) ||
    story.batch.facts.some(
      (f, i) => inside(f.tMs) && story.batch.facts.slice(0, i).some((g) => g.node === f.node && g.life !== f.life),
    ) ||
    story.batch.gaps.some((gap) => inside(gap.fromMs)) ||
    verdicts.slice(1).some((v) => inside(v.fromMs)) ||
    story.batch.probes.some((p) => inside(p.tMs) && !p.ok) ||
    story.batch.samples.some(
      (s) => inside(s.tMs) && s.links.some((l) => l.fromPeer === 'late' || l.fromPeer === 'dead'),
    )
  );
}

export function withoutEffect(c: Case): Situation[] {
  const { story, nowMs } = c;
  const deadtimes = story.nodes.flatMap((node) => factsAt(story, node, nowMs)?.timing?.deadtimeMs ?? []);
  const waitMs = (deadtimes.length === 0 ? DEADTIME_DEFAULT_MS : Math.max(...deadtimes)) + EFFECT_SLACK_MS;
  const named = (tMs: number, about: string, what: Piece, node: string, untilMs: number | null): Situation[] => {
    const judgedMs = tMs + waitMs;
    if (
      judgedMs > nowMs ||
      (untilMs !== null && untilMs < judgedMs) ||
      anythingIn(c, what.tMs === null ? tMs : what.tMs - what.errorMs, judgedMs)
    )
      return [];
    return [
      situation({
        code: 'no-effect',
        experiment: 'M16',
        level: 'note',
        nodes: [node],
        about,
        name: text(
          `no effect: ${about} is said to be on, and nothing changed`,
          `没有效果：${about} 据称已生效，但没有任何变化`,
        ),
        advice: text(
          'prove that the fault is real before anything is concluded from it; test hooks of the daemon are known to do nothing',
          '在据此下结论之前先证明故障真实存在；已知守护进程的测试钩子不起作用',
        ),
        evidence: [
          what,
          noted(
            judgedMs,
            text(
              `nothing was late, lost or moved in ${(waitMs / 1000).toFixed(1)} s`,
              `${(waitMs / 1000).toFixed(1)} s 内没有迟到、丢失或转移`,
            ),
          ),
        ],
        untilMs,
      }),
    ];
  };
  const faults = story.faults
    .filter((f) => f.phase === 'injected')
    .flatMap((f) => {
      const end = story.faults.find((g) => g.faultId === f.faultId && g.phase === 'reverted' && g.tMs >= f.tMs);
      const what: Piece = {
        tMs: f.tMs,
        errorMs: f.errorMs,
        node: f.node,
        text: text(`${f.name} on ${f.node} is injected`, `${f.node} 上注入了 ${f.name}`),
      };
      return named(f.tMs, f.name, what, f.node, end?.tMs ?? null);
    });
  const switched = ofKind(story.told, 'log').flatMap((e) => {
    const to = TEST_HOOK.exec(e.body.text)?.[1];
    return to === undefined ? [] : [{ ...e, to }];
  });
  const hooks = switched
    .filter(({ to }) => to === 'enabled')
    .flatMap((e) => {
      const end = switched.find((other) => other.node === e.node && other.to === 'disabled' && other.tMs >= e.tMs);
      return named(e.tMs, 'test hook', said(e, text(e.body.text, e.body.text)), e.node, end?.tMs ?? null);
    });
  return [...faults, ...hooks];
}
