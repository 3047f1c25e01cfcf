/** One node silent for the other: its daemon killed (M1 to M3), frozen (M4), or the whole node lost. */
import type { NodeLife } from '../../contract/session.ts';
import type { Situation } from '../../contract/state.ts';
import { text } from '../../drill/text.ts';
import { nodeOfMac, ofKind, otherOf } from '../story.ts';
import { deadStretches, noted, problems, said, situation, verdictIn } from './case.ts';
import type { Case, Piece, Stretch } from './case.ts';

/** Signs of a death are looked for this long before the peer declares it, milliseconds: longer than any deadtime in use. */
const BEFORE_MS = 120_000;

type How = 'killed' | 'frozen' | 'lost';

const HOW: Readonly<Record<NodeLife, How | null>> = {
  gone: 'killed',
  frozen: 'frozen',
  silent: 'frozen',
  unreachable: 'lost',
  answers: null,
  unknown: null,
};

interface Death extends Stretch {
  /** The node that is silent, and the one that says so. */
  readonly node: string;
  readonly peer: string;
  readonly how: How;
  readonly sign: Piece;
}

/** How the console itself last knew the silent node while its peer took it for dead. */
function lifeSign({ story }: Case, node: string, dead: Stretch): { how: How; sign: Piece } | null {
  const end = dead.untilMs ?? Infinity;
  const near = story.batch.facts.filter((f) => f.node === node && f.tMs < end && f.tMs > dead.fromMs - BEFORE_MS);
  const at = near.findLastIndex((f) => HOW[f.life] !== null);
  const how = HOW[near[at]?.life ?? 'unknown'];
  // It spoke again before its peer gave it up: that was another silence.
  if (how === null || (near[at + 1]?.tMs ?? Infinity) < dead.fromMs) return null;
  // Since when it has been so: the newest facts may only repeat it in other words.
  const facts = near[near.slice(0, at).findLastIndex((f) => HOW[f.life] !== how) + 1];
  if (facts === undefined) return null;
  const words = {
    killed: text(`${node}: the daemon does not run`, `${node}：守护进程未运行`),
    frozen: text(`${node}: the host is there, the daemon does not answer`, `${node}：主机在线，守护进程无应答`),
    lost: text(`${node}: the host is not reached`, `${node}：无法连接主机`),
  } as const;
  return { how, sign: { tMs: facts.tMs, errorMs: 0, node, text: words[how] } };
}

/** The same from a node's own journal, as an agent beside a real daemon writes it. */
function toldSign(c: Case, node: string, dead: Stretch): { how: How; sign: Piece } | null {
  const near = (s: Stretch): boolean => s.fromMs > dead.fromMs - BEFORE_MS && s.fromMs < (dead.untilMs ?? Infinity);
  const found = problems(c, ['daemon-not-running', 'daemon-frozen']).findLast((p) => p.node === node && near(p));
  if (found === undefined || (found.untilMs !== null && found.untilMs < dead.fromMs)) return null;
  const words = text(`${node}: ${found.detail}`, `${node}：${found.detail}`);
  const sign = { tMs: found.fromMs, errorMs: found.errorMs, node, text: words };
  return { how: found.code === 'daemon-frozen' ? 'frozen' : 'killed', sign };
}

/** It lived before, and was not stopped in good order: what never ran, or was asked to stop, did not die. */
function fellSilent({ story }: Case, node: string, dead: Stretch): boolean {
  const before = (tMs: number): boolean => tMs < dead.fromMs && tMs > dead.fromMs - BEFORE_MS;
  const lived =
    story.batch.samples.some((s) => s.node === node && before(s.tMs) && s.status === 'active') ||
    story.told.some((e) => e.node === node && before(e.tMs) && e.body.kind === 'local-status');
  const life = story.told.findLast(
    ({ node: from, tMs, body }) =>
      from === node && before(tMs) && (body.kind === 'shutdown' || body.kind === 'local-status'),
  );
  return lived && life?.body.kind !== 'shutdown';
}

function deaths(c: Case): Death[] {
  return c.story.nodes.flatMap((peer) => {
    const node = otherOf(c.story, peer);
    return deadStretches(c, peer).flatMap((stretch): Death[] => {
      const known = toldSign(c, node, stretch) ?? lifeSign(c, node, stretch);
      return known === null || !fellSilent(c, node, stretch) ? [] : [{ ...stretch, ...known, node, peer }];
    });
  });
}

const declared = ({ fromMs, errorMs, node, peer }: Death): Piece => ({
  tMs: fromMs,
  errorMs,
  node: peer,
  text: text(`${peer} declares ${node} dead`, `${peer} 判定 ${node} 失效`),
});

function took({ story }: Case, death: Death): Piece | null {
  const added = ofKind(story.told, 'vip').find(
    ({ node, body, tMs }) =>
      node === death.peer && body.change === 'added' && tMs >= death.fromMs - 100 && tMs < (death.untilMs ?? Infinity),
  );
  return added === undefined
    ? null
    : said(added, text(`${death.peer} takes ${added.body.address}`, `${death.peer} 接管 ${added.body.address}`));
}

/** Who saw that the silent node still has the address. */
function leftBehind(c: Case, death: Death): Piece | null {
  const { story } = c;
  const until = death.untilMs ?? Infinity;
  const conflict = ofKind(story.told, 'vip').find(
    ({ node, body, tMs }) => node === death.peer && body.change === 'conflict' && tMs >= death.fromMs && tMs < until,
  );
  const mac = conflict?.body.mac;
  if (conflict !== undefined && (mac === undefined || [death.node, null].includes(nodeOfMac(story, mac)))) {
    return said(
      conflict,
      text(
        `${death.peer} finds that ${mac ?? death.node} answers for the address as well`,
        `${death.peer} 发现 ${mac ?? death.node} 也在应答该地址`,
      ),
    );
  }
  const dual = verdictIn(c, 'dual', death.fromMs, death.untilMs);
  if (dual === null) return null;
  return noted(
    Math.max(dual.fromMs, death.fromMs),
    text(`both hold it: ${dual.holders.join(' + ')}`, `双方都持有：${dual.holders.join(' + ')}`),
  );
}

/**
 * When one alone held it again; null: not yet. The survivor's word of a second holder comes a moment before the verdict turns to `dual`: what
 * is still `one` then is from before.
 */
function oneAgain(c: Case, dualMs: number): number | null {
  const dual = verdictIn(c, 'dual', dualMs, null);
  return dual === null ? null : (c.verdicts.find((v) => v.verdict === 'one' && v.fromMs > dual.fromMs)?.fromMs ?? null);
}

const REMOVE = (node: string): string =>
  `take the address off ${node} (ip address del), or power ${node} off, before it is started again`;

function killed(c: Case, death: Death): Situation[] {
  const { node, peer, untilMs } = death;
  const base = { level: 'alarm', nodes: [node, peer], about: node } as const;
  const taken = took(c, death);
  const dual = leftBehind(c, death);
  const part = partKilled(c, death);
  const evidence = [death.sign, declared(death), ...(taken === null ? [] : [taken])];
  if (dual !== null) {
    const over = oneAgain(c, dual.tMs ?? death.fromMs);
    const name =
      part === null
        ? text(
            `${node}: daemon killed, its address left behind: two holders`,
            `${node}：守护进程被杀死，地址残留：两个持有者`,
          )
        : text(
            `${node}: a part of the daemon was killed, the rest ended, the address stayed: two holders`,
            `${node}：守护进程的一部分被杀死、其余退出，地址残留：两个持有者`,
          );
    const left = situation({
      ...base,
      code: part === null ? 'killed-address-left' : 'part-killed',
      experiment: part === null ? 'M1' : 'M3',
      name,
      advice: text(
        `${REMOVE(node)}; fencing or a watchdog would have prevented it`,
        `启动 ${node} 之前先删除其地址（ip address del）或将其断电；隔离或看门狗可以避免此情况`,
      ),
      evidence: [...evidence, dual, ...(part === null ? [] : [part])],
      untilMs: over,
    });
    const again = restarted(c, death, dual);
    return [left, ...(again.length > 0 ? again : backClean(c, death))];
  }
  if (taken === null) return [];
  const clean = situation({
    ...base,
    code: 'killed-clean',
    experiment: 'M1',
    level: 'warn',
    name: text(
      `${node}: daemon killed, its address removed; ${peer} took over`,
      `${node}：守护进程被杀死，其地址已移除；${peer} 已接管`,
    ),
    advice: text(
      `start the daemon on ${node}; until then nothing stands by`,
      `在 ${node} 上启动守护进程；在此之前没有备用节点`,
    ),
    evidence,
    untilMs,
  });
  return [clean, ...backClean(c, death)];
}

/** Log lines of the real daemon whose master alone was killed. */
function partKilled({ story }: Case, death: Death): Piece | null {
  const line = ofKind(story.told, 'log').find(
    ({ node, body, tMs }) =>
      node === death.node && /MCP dead|Emergency Shutdown/i.test(body.text) && tMs > death.fromMs - BEFORE_MS,
  );
  return line === undefined ? null : said(line, text(line.body.text, line.body.text));
}

/** The killed daemon runs again while both still have the address: everything looks well in every log. */
function restarted(c: Case, death: Death, dual: Piece): Situation[] {
  const { node, peer } = death;
  if (death.untilMs === null) return [];
  const still =
    c.verdicts.find((v) => v.verdict === 'dual' && v.fromMs <= (death.untilMs ?? 0) && v.toMs > (death.untilMs ?? 0)) ??
    null;
  if (still === null) return [];
  const joined = {
    tMs: death.untilMs,
    errorMs: death.errorMs,
    node: peer,
    text: text(`${peer} sees ${node} alive again`, `${peer} 看到 ${node} 恢复`),
  };
  const held = noted(
    Math.min(c.nowMs, death.untilMs),
    text(`both still hold it: ${still.holders.join(' + ')}`, `双方仍然持有：${still.holders.join(' + ')}`),
  );
  return [
    situation({
      code: 'restarted-over-address',
      experiment: 'M2',
      level: 'alarm',
      nodes: [node, peer],
      about: node,
      name: text(
        `${node}: daemon started over an address left behind: logs look well, two holders`,
        `${node}：守护进程在残留地址之上重新启动：日志正常，两个持有者`,
      ),
      advice: text(
        `stop the daemon on ${node}, take the address off it, start it again`,
        `停止 ${node} 上的守护进程，删除其地址后重新启动`,
      ),
      evidence: [dual, joined, held],
      untilMs: still.toMs < c.nowMs ? still.toMs : null,
    }),
  ];
}

/** It runs again and holds nothing. */
function backClean({ verdicts }: Case, death: Death): Situation[] {
  const { node, peer, untilMs } = death;
  if (untilMs === null) return [];
  const one = verdicts.find((v) => v.verdict === 'one' && v.holders[0] === peer && v.toMs > untilMs);
  if (one === undefined) return [];
  const joined = {
    tMs: untilMs,
    errorMs: death.errorMs,
    node: peer,
    text: text(`${peer} sees ${node} alive again`, `${peer} 看到 ${node} 恢复`),
  };
  return [
    situation({
      code: 'restarted-clean',
      experiment: 'M2',
      level: 'note',
      nodes: [node, peer],
      about: node,
      name: text(
        `${node}: the killed daemon runs again and holds nothing`,
        `${node}：被杀死的守护进程已重新运行，未持有任何资源`,
      ),
      advice: text('nothing to do', '无需处理'),
      evidence: [
        joined,
        noted(Math.max(untilMs, one.fromMs), text(`${peer} is the only holder`, `${peer} 是唯一持有者`)),
      ],
      untilMs: Math.max(untilMs, one.fromMs),
    }),
  ];
}

function frozen(c: Case, death: Death): Situation[] {
  const { node, peer } = death;
  const taken = took(c, death);
  const dual = leftBehind(c, death);
  const seen = dual ?? taken;
  if (seen === null) return [];
  const woke = ofKind(c.story.told, 'restart').find((e) => e.node === node && e.tMs >= death.fromMs);
  return [
    situation({
      code: 'frozen',
      experiment: 'M4',
      level: 'alarm',
      nodes: [node, peer],
      about: node,
      name:
        dual === null
          ? text(`${node}: daemon frozen; ${peer} took over`, `${node}：守护进程被冻结；${peer} 已接管`)
          : text(
              `${node}: daemon frozen with its address: two holders`,
              `${node}：守护进程被冻结且仍持有地址：两个持有者`,
            ),
      advice: text(
        `power ${node} off, or let it wake: it then gives way. Only fencing or a watchdog excludes two holders`,
        `将 ${node} 断电，或让其恢复：恢复后它会让出。只有隔离或看门狗能避免两个持有者`,
      ),
      evidence: [death.sign, declared(death), seen],
      more: [
        ...(taken !== null && dual !== null ? [taken] : []),
        ...(woke === undefined ? [] : [said(woke, text(`${node} wakes and starts over`, `${node} 恢复并重新开始`))]),
      ],
      untilMs: death.untilMs,
    }),
  ];
}

function lost(c: Case, death: Death): Situation[] {
  const { node, peer } = death;
  const taken = took(c, death);
  return [
    situation({
      code: 'node-lost',
      experiment: null,
      level: 'warn',
      nodes: [node, peer],
      about: node,
      name:
        taken === null
          ? text(`${node} is gone: no power, or cut off from everything`, `${node} 消失：断电，或与一切断开`)
          : text(
              `${node} is gone: no power, or cut off; ${peer} took over`,
              `${node} 消失：断电或断开；${peer} 已接管`,
            ),
      advice: text(`look at the power of ${node}, then at its cables`, `检查 ${node} 的电源，再检查线缆`),
      evidence: [death.sign, declared(death)],
      more: taken === null ? [] : [taken],
      untilMs: death.untilMs,
    }),
  ];
}

/** The guard beside our agent was killed: it is replaced, and what it protects against is named while it is gone. */
function guardKilled(c: Case): Situation[] {
  return problems(c, ['no-address-guard']).map((problem) =>
    situation({
      code: 'part-killed',
      experiment: 'M3',
      level: 'warn',
      nodes: [problem.node],
      about: problem.node,
      name: text(`${problem.node}: the guard beside the daemon died`, `${problem.node}：守护进程旁的保护进程退出`),
      advice: text(
        'it is started again by itself; were the daemon killed meanwhile, its address would stay',
        '它会自动重启；若此间守护进程被杀死，地址会残留',
      ),
      evidence: [
        {
          tMs: problem.fromMs,
          errorMs: problem.errorMs,
          node: problem.node,
          text: text(problem.detail, problem.detail),
        },
      ],
      untilMs: problem.untilMs,
    }),
  );
}

export function deathSituations(c: Case): Situation[] {
  const named = deaths(c).flatMap((death) => {
    if (death.how === 'killed') return killed(c, death);
    return death.how === 'frozen' ? frozen(c, death) : lost(c, death);
  });
  return [...named, ...guardKilled(c)];
}
