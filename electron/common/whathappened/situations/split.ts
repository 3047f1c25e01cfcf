/** Both nodes alive and apart (M5), a planned hand-over (M6), and one that ipfail made (M7). */
import type { Situation } from '../../contract/state.ts';
import { text } from '../../drill/text.ts';
import { lifeAt, ofKind, otherOf } from '../story.ts';
import { deadStretches, noted, overlap, said, situation, verdictIn } from './case.ts';
import type { Case, Piece, Stretch } from './case.ts';

/** A dead ping node explains a hand-over that follows within this, milliseconds: deadping, the comparison, its delay. */
const IPFAIL_MS_MAX = 60_000;
/** ipfail asks for the hand-over itself when it gives up: the request is there within this, milliseconds. */
const GAVE_UP_MS_MAX = 5000;

const declares = (node: string, peer: string, { fromMs, errorMs }: Stretch): Piece => ({
  tMs: fromMs,
  errorMs,
  node,
  text: text(`${node} declares ${peer} dead`, `${node} 判定 ${peer} 失效`),
});

/** A node that speaks to the console, or has spoken in its own name since, is no dead node. */
function isAlive({ story, nowMs }: Case, node: string, stretch: Stretch): boolean {
  const until = Math.min(stretch.untilMs ?? nowMs, nowMs);
  const speaks = story.batch.samples.some((s) => s.node === node && s.tMs > stretch.fromMs && s.tMs <= until);
  return speaks || lifeAt(story, node, until) === 'answers';
}

export function splitSituations(c: Case): Situation[] {
  const [a, b] = c.story.nodes;
  const [ofA, ofB] = [deadStretches(c, a), deadStretches(c, b)];
  return ofA.flatMap((fromA) =>
    ofB.flatMap((fromB): Situation[] => {
      if (!overlap(fromA, fromB) || !isAlive(c, a, fromB) || !isAlive(c, b, fromA)) return [];
      const ends = [fromA.untilMs, fromB.untilMs];
      const untilMs = ends.includes(null) ? null : Math.max(...ends.map((end) => end ?? 0));
      const since = Math.max(fromA.fromMs, fromB.fromMs);
      const dual = verdictIn(c, 'dual', since, untilMs);
      const healed = ofKind(c.story.told, 'partition-healed').find(({ tMs }) => tMs >= since);
      const more = [
        ...(dual === null
          ? []
          : [
              noted(
                Math.max(dual.fromMs, since),
                text(
                  `both hold the address: ${dual.holders.join(' + ')}`,
                  `双方都持有地址：${dual.holders.join(' + ')}`,
                ),
              ),
            ]),
        ...(healed === undefined
          ? []
          : [
              said(
                healed,
                text(
                  `${healed.node}: the other one is back without having stopped`,
                  `${healed.node}：对方恢复，期间并未停止`,
                ),
              ),
            ]),
      ];
      return [
        situation({
          code: 'full-split',
          experiment: 'M5',
          level: 'alarm',
          nodes: [a, b],
          about: 'pair',
          name:
            dual === null
              ? text('full split: both nodes live, neither hears the other', '完全分裂：两个节点都在运行，互相听不到')
              : text('full split: both nodes live, both hold the address', '完全分裂：两个节点都在运行，都持有地址'),
          advice: text(
            'restore one heartbeat path; the older holder keeps the address. Fencing or a reference address would exclude two holders',
            '恢复一条心跳路径；较早的持有者保留地址。隔离或参考地址可以避免两个持有者',
          ),
          evidence: [declares(a, b, fromA), declares(b, a, fromB)],
          more,
          untilMs,
        }),
      ];
    }),
  );
}

/** Each hand-over: from what asked for it to what ended it. */
export function handOverSituations(c: Case): Situation[] {
  const standby = ofKind(c.story.told, 'standby');
  const asked = standby.filter(({ body }, i) => body.phase === 'requested' && !isEcho(standby, i));
  return asked.flatMap((request): Situation[] => {
    const giver = request.node;
    const after = standby.filter(({ tMs }) => tMs >= request.tMs);
    const agreed = after.find(({ body }) => body.phase === 'accepted');
    const over = after.find(({ body }) => ['done', 'refused', 'timed-out'].includes(body.phase));
    if (agreed === undefined || (over !== undefined && over.tMs < agreed.tMs)) return [];
    const gave = ipfailOf(c, request);
    const cause = gave === null ? null : ipfailReason(c, gave);
    // Nothing moved: it gave back what it did not have.
    if (gave !== null && cause === null) return [];
    const pieces = [
      said(request, text(`${giver} asks for standby`, `${giver} 请求待机`)),
      said(agreed, text(`${agreed.node} agrees`, `${agreed.node} 同意`)),
    ];
    const ended =
      over === undefined
        ? []
        : [said(over, text(`${over.node}: ${over.body.phase}`, `${over.node}：${over.body.phase}`))];
    if (cause !== null) return [moved(c, giver, [...cause, ...pieces], ended, over?.tMs ?? null)];
    return [
      situation({
        code: 'planned-standby',
        experiment: 'M6',
        level: 'note',
        nodes: [giver, otherOf(c.story, giver)],
        about: giver,
        name: text('planned standby: one node hands over to the other', '计划内待机：一个节点交接给另一个'),
        advice: text(
          'nothing to do; its outage is what an unplanned one is compared with',
          '无需处理；其中断时间可作为非计划切换的对照',
        ),
        evidence: pieces,
        more: ended,
        untilMs: over?.tMs ?? null,
      }),
    ];
  });
}

/** An observed daemon logs the request on both nodes; the second line is no second request. */
function isEcho(
  all: readonly { readonly tMs: number; readonly body: { readonly phase: string } }[],
  at: number,
): boolean {
  const entry = all[at];
  const before = all
    .slice(0, at)
    .findLast(({ body }) => ['requested', 'done', 'refused', 'timed-out'].includes(body.phase));
  return entry !== undefined && before?.body.phase === 'requested' && entry.tMs - before.tMs < IPFAIL_MS_MAX;
}

type Request = ReturnType<typeof requestsOf>[number];

const requestsOf = (c: Case) => ofKind(c.story.told, 'standby').filter(({ body }) => body.phase === 'requested');

/** The giver's ipfail that asked for this very hand-over; null: somebody else did. */
function ipfailOf(c: Case, request: Request) {
  const gave = ofKind(c.story.told, 'ipfail').findLast(
    (e) => e.node === request.node && e.body.step === 'gave-up' && Math.abs(request.tMs - e.tMs) < GAVE_UP_MS_MAX,
  );
  if (gave === undefined) return null;
  const between = requestsOf(c).some(
    (other) => other.node === request.node && other.tMs >= gave.tMs && other.tMs < request.tMs,
  );
  return between ? null : gave;
}

/**
 * What made ipfail give up: a ping node that its node does not hear, or fewer of them than the peer. null: neither; the real one also gives
 * back what is the peer's after every comparison that is balanced, where auto_failback is on.
 */
function ipfailReason({ story }: Case, gave: NonNullable<ReturnType<typeof ipfailOf>>): Piece[] | null {
  const pings = ofKind(story.told, 'ping-node').filter(
    (e) => e.node === gave.node && e.tMs <= gave.tMs + 1000 && e.tMs > gave.tMs - IPFAIL_MS_MAX,
  );
  const last = pings.at(-1);
  const dead = last?.body.status === 'dead' ? last : undefined;
  const { own, peers } = gave.body;
  if (dead === undefined && (peers === null || own >= peers)) return null;
  return [
    ...(dead === undefined
      ? []
      : [
          said(
            dead,
            text(
              `${dead.node}: ping node ${dead.body.node} does not answer`,
              `${dead.node}：参考节点 ${dead.body.node} 无应答`,
            ),
          ),
        ]),
    said(
      gave,
      text(
        `${gave.node}: ipfail compared ${own} with ${peers ?? '?'} and gives up`,
        `${gave.node}：ipfail 比较 ${own} 与 ${peers ?? '?'} 后放弃`,
      ),
    ),
  ];
}

function moved(
  c: Case,
  giver: string,
  evidence: readonly Piece[],
  more: readonly Piece[],
  untilMs: number | null,
): Situation {
  return situation({
    code: 'service-lan-lost',
    experiment: 'M7',
    level: 'warn',
    nodes: [giver, otherOf(c.story, giver)],
    about: giver,
    name: text(`${giver}: service LAN lost; ipfail moved the address`, `${giver}：业务局域网中断；ipfail 已转移地址`),
    advice: text(
      `look at the network card, the cable and the switch port of ${giver}`,
      `检查 ${giver} 的网卡、网线和交换机端口`,
    ),
    evidence,
    more,
    untilMs,
  });
}
