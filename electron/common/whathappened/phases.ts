/** The phases of a failover and of its heal: when each ended, how wrong that can be, and who says so. */
import type { Text } from '../contract/drill.ts';
import { text } from '../drill/text.ts';
import { nodeOfMac, ofKind, type Story, type Told } from './story.ts';
import type { Outage, Phase, PhaseId, Source, VerdictSpan } from './types.ts';

/** The pair counts as stable when nothing has changed for this long, milliseconds. */
const QUIET_MS = 1000;

/** A moment with its witness; or why there is none. */
type Found =
  | { readonly atMs: number; readonly errorMs: number; readonly source: Source; readonly text: Text }
  | { readonly atMs: null; readonly text: Text };

const nothing = (words: Text): Found => ({ atMs: null, text: words });
const found = (entry: Told, words: Text): Found => ({
  atMs: entry.tMs,
  errorMs: entry.errorMs,
  source: { kind: 'node', node: entry.node },
  text: words,
});

const NO_MOVE = text('nothing moved', '没有发生转移');

/** Nodes of which nothing was recorded in a stretch: what they did is not known. */
function unheard(story: Story, fromMs: number, toMs: number): string[] {
  const spoke = (node: string): boolean =>
    story.batch.samples.some((s) => s.node === node && s.tMs >= fromMs && s.tMs <= toMs) ||
    story.told.some((e) => e.node === node && e.tMs >= fromMs && e.tMs <= toMs);
  return story.nodes.filter((node) => !spoke(node));
}

/** Why an event is not there: it did not happen, or its only witness was not heard. */
function absent(story: Story, startMs: number, endMs: number, words: Text): Found {
  const silent = unheard(story, startMs, endMs);
  if (silent.length < 2) return nothing(words);
  return nothing(text(`not known: no word of ${silent.join(' and ')}`, `未知：没有 ${silent.join('、')} 的记录`));
}

/** What it began with: the first fault, or what an operator asked for. */
function startOf(story: Story): Found {
  const fault = story.faults.find((f) => f.phase === 'injected' && f.tMs >= story.fromMs && f.tMs <= story.toMs);
  if (fault !== undefined) {
    const words = text(`${fault.name} on ${fault.node}`, `${fault.node} 上的 ${fault.name}`);
    return { atMs: fault.tMs, errorMs: fault.errorMs, source: { kind: 'console' }, text: words };
  }
  const asked = story.told.find(
    ({ body, tMs }) =>
      tMs >= story.fromMs &&
      ((body.kind === 'standby' && body.phase === 'requested') || (body.kind === 'shutdown' && body.phase === 'begin')),
  );
  if (asked === undefined) {
    return nothing(
      story.exercise === true
        ? text('to be found: an exercise runs', '待查找：练习进行中')
        : text('no fault was recorded', '没有记录到故障'),
    );
  }
  const isStop = asked.body.kind === 'shutdown';
  return found(
    asked,
    isStop
      ? text(`${asked.node} was stopped`, `${asked.node} 被停止`)
      : text(`standby asked on ${asked.node}`, `在 ${asked.node} 上请求待机`),
  );
}

/** The event that began the move, if anything moved. */
function decisionOf(story: Story, after: readonly Told[]): Told | null {
  const begin = ofKind(after, 'takeover').find(({ body }) => body.phase === 'begin');
  if (begin === undefined) {
    const agreed = ofKind(after, 'standby').find(({ body }) => body.phase === 'accepted');
    return agreed ?? null;
  }
  const waited = ofKind(after, 'takeover-hold').filter(({ node, body }) => node === begin.node && body.over);
  const added = ofKind(after, 'vip').find(({ node, body }) => node === begin.node && body.change === 'added');
  const freed = waited.findLast(({ tMs }) => tMs >= begin.tMs && tMs <= (added?.tMs ?? story.toMs));
  return freed ?? begin;
}

function isDetection({ body }: Told): boolean {
  if (body.kind === 'peer-status' || body.kind === 'ping-node') return body.status === 'dead';
  if (body.kind === 'link') return body.state === 'dead';
  if (body.kind === 'key-mismatch') return !body.over;
  return body.kind === 'shutdown' && body.phase === 'begin';
}

const DETECTED = {
  'peer-status': text('peer declared dead', '判定对方失效'),
  'ping-node': text('ping node does not answer', '参考节点无应答'),
  link: text('link declared dead', '判定链路失效'),
  'key-mismatch': text('wrong key seen', '发现密钥不符'),
  shutdown: text('its own stop', '自身停止'),
} as const;

function detectionOf(after: readonly Told[], decision: Told | null): Told | null {
  const until = decision === null ? after : after.filter(({ tMs }) => tMs <= decision.tMs);
  const dead = until.findLast(
    ({ body, node }) => body.kind === 'peer-status' && body.status === 'dead' && node === decision?.node,
  );
  return dead ?? until.find(isDetection) ?? null;
}

function detected(story: Story, startMs: number, after: readonly Told[], decision: Told | null): Found {
  const entry = detectionOf(after, decision);
  if (entry === null) return absent(story, startMs, story.toMs, text('no node noticed anything', '没有节点发现异常'));
  const words = DETECTED[entry.body.kind as keyof typeof DETECTED];
  return found(entry, text(`${words.en} by ${entry.node}`, `${entry.node}：${words['zh-CN']}`));
}

function announced(story: Story, holder: string | null, fromMs: number): Found {
  if (holder === null) return nothing(NO_MOVE);
  const heard = story.batch.witness.find(
    (sample) =>
      sample.kind === 'announced' &&
      sample.tMs + sample.errorMs >= fromMs &&
      sample.holders.some((h) => nodeOfMac(story, h.mac, h.node) === holder),
  );
  if (heard !== undefined) {
    const words = text(`first gratuitous ARP of ${holder}, heard on the LAN`, `局域网上首个来自 ${holder} 的免费 ARP`);
    return { atMs: heard.tMs, errorMs: heard.errorMs, source: { kind: 'lan' }, text: words };
  }
  const own = ofKind(story.told, 'vip').find(
    ({ node, body, tMs }) => node === holder && body.change === 'announced' && tMs >= fromMs,
  );
  if (own !== undefined) {
    return found(
      { ...own, body: own.body },
      text(
        `announced by ${holder} by its own word; nobody on the LAN heard it`,
        `${holder} 自称已宣告；局域网上无人证实`,
      ),
    );
  }
  return nothing(
    story.batch.witness.length === 0
      ? text('not known: no witness on the LAN', '未知：局域网上没有证据来源')
      : text('no announcement was heard on the LAN', '局域网上没有听到宣告'),
  );
}

function served(story: Story, holder: string | null, startMs: number, outages: readonly Outage[]): Found {
  const probes = story.batch.probes.filter((p) => p.tMs >= startMs);
  const errorMs = story.probePeriodMs ?? 0;
  if (probes.length === 0) return nothing(text('not known: no client probe', '未知：没有客户端探测'));
  const source: Source = { kind: 'client' };
  const first = outages.find((outage) => outage.window === 'fault');
  if (first !== undefined) {
    if (first.toMs === null) return nothing(text('the client was not served again', '客户端未恢复服务'));
    const by = first.restoredBy ?? '?';
    return { atMs: first.toMs, errorMs, source, text: text(`first good answer, by ${by}`, `首个正常应答，来自 ${by}`) };
  }
  const taken = holder === null ? undefined : probes.find((p) => p.ok && p.answeredBy === holder);
  if (taken !== undefined) {
    const words = text(
      `first answer of ${holder ?? ''}; no request had failed`,
      `${holder ?? ''} 的首个应答；没有请求失败`,
    );
    return { atMs: taken.tMs, errorMs, source, text: words };
  }
  return nothing(text('no request failed', '没有请求失败'));
}

function reverted(story: Story, startMs: number): Found {
  const last = story.faults.findLast((f) => f.phase === 'reverted' && f.tMs >= startMs && f.tMs <= story.toMs);
  if (last === undefined) return nothing(text('the fault was not seen to end', '没有看到故障结束'));
  const words = text(`${last.name} on ${last.node} ended`, `${last.node} 上的 ${last.name} 已结束`);
  return { atMs: last.tMs, errorMs: last.errorMs, source: { kind: 'console' }, text: words };
}

const MOVING: ReadonlySet<string> = new Set([
  ...['link', 'peer-status', 'holdings', 'takeover', 'standby', 'local-status', 'resource', 'restart', 'ping-node'],
  ...['takeover-hold', 'fencing', 'partition-healed', 'peer-restarted', 'ownership-alarm', 'shutdown'],
]);

/** Why the pair does not count as stable at the end of the stretch; null: it does. */
function unrest(story: Story, verdicts: readonly VerdictSpan[], outages: readonly Outage[]): Text | null {
  const last = verdicts.at(-1);
  if (last === undefined || last.verdict !== 'one')
    return text('at the end there is not one holder', '结束时不是唯一持有者');
  if (outages.some((outage) => outage.toMs === null)) return text('the client is not served', '客户端得不到服务');
  for (const node of story.nodes) {
    const sample = story.batch.samples.findLast((s) => s.node === node && s.tMs <= story.toMs);
    if (sample === undefined || story.toMs - sample.tMs > 3 * QUIET_MS)
      return text(`${node} is not heard`, `没有 ${node} 的消息`);
    if (sample.peerStatus !== 'active')
      return text(`${node} sees its peer as ${sample.peerStatus}`, `${node} 认为对方状态为 ${sample.peerStatus}`);
    const link = sample.links.find((l) => l.fromPeer !== 'up');
    if (link !== undefined)
      return text(`${node}: link ${link.id} is ${link.fromPeer}`, `${node}：链路 ${link.id} 状态为 ${link.fromPeer}`);
  }
  return null;
}

function stable(
  story: Story,
  revertMs: number | null,
  verdicts: readonly VerdictSpan[],
  outages: readonly Outage[],
): Found {
  if (revertMs === null) return nothing(text('the heal was not seen', '没有看到恢复过程'));
  const why = unrest(story, verdicts, outages);
  if (why !== null) return nothing(why);
  const changes: { tMs: number; errorMs: number; source: Source }[] = [
    ...story.told.flatMap(({ tMs, errorMs, node, body }) => {
      const moves = MOVING.has(body.kind) || (body.kind === 'vip' && body.change !== 'announced');
      return moves ? [{ tMs, errorMs, source: { kind: 'node', node } as const }] : [];
    }),
    ...verdicts.slice(1).map(({ fromMs }) => ({ tMs: fromMs, errorMs: 0, source: { kind: 'console' } as const })),
    ...outages.flatMap(({ toMs }) =>
      toMs === null ? [] : [{ tMs: toMs, errorMs: story.probePeriodMs ?? 0, source: { kind: 'client' } as const }],
    ),
  ];
  const last = changes
    .filter(({ tMs }) => tMs >= revertMs && tMs <= story.toMs)
    .reduce((latest, change) => (change.tMs > latest.tMs ? change : latest), {
      tMs: revertMs,
      errorMs: 0,
      source: { kind: 'console' },
    });
  if (story.toMs - last.tMs < QUIET_MS) return nothing(text('something still changed at the end', '结束时仍有变化'));
  const words = text(
    'the last change; one holder, every link up, the client served',
    '最后一次变化；唯一持有者、链路全部正常、客户端有应答',
  );
  return { atMs: last.tMs, errorMs: last.errorMs, source: last.source, text: words };
}

function phase(id: PhaseId, what: Found, start: Found): Phase {
  if (what.atMs === null) {
    return {
      id,
      atMs: null,
      errorMs: null,
      source: null,
      text: what.text,
      sinceStartMs: null,
      sinceStartErrorMs: null,
    };
  }
  const { atMs, errorMs, source, text: words } = what;
  // The beginning itself is as wrong as it is, and not twice as much.
  const startErrorMs = start.atMs === null || what === start ? 0 : start.errorMs;
  const since = start.atMs === null ? null : { ms: atMs - start.atMs, errorMs: errorMs + startErrorMs };
  return {
    id,
    atMs,
    errorMs,
    source,
    text: words,
    sinceStartMs: since?.ms ?? null,
    sinceStartErrorMs: since?.errorMs ?? null,
  };
}

export interface Phases {
  readonly phases: readonly Phase[];
  /** Beginning of the fault and of the heal; null: there was none. */
  readonly startMs: number | null;
  readonly revertMs: number | null;
}

/** When the fault began and when it was over; known before the outages can be put into windows. */
export function windowsOf(story: Story): { readonly startMs: number | null; readonly revertMs: number | null } {
  const start = startOf(story);
  return { startMs: start.atMs, revertMs: start.atMs === null ? null : reverted(story, start.atMs).atMs };
}

export function phasesOf(story: Story, verdicts: readonly VerdictSpan[], outages: readonly Outage[]): Phases {
  const start = startOf(story);
  const startMs = start.atMs ?? story.fromMs;
  // A node's event may seem to come before the fault that it follows, by what both clocks are off.
  const slackMs = start.atMs === null ? 0 : start.errorMs;
  const after = story.told.filter(({ tMs, errorMs }) => tMs + errorMs + slackMs >= startMs && tMs <= story.toMs);
  const decision = decisionOf(story, after);
  const added = ofKind(after, 'vip').find(
    ({ body, tMs }) => body.change === 'added' && body.address === story.address && tMs >= (decision?.tMs ?? Infinity),
  );
  const holder = added?.node ?? null;
  const revert = start.atMs === null ? nothing(NO_MOVE) : reverted(story, start.atMs);
  const decided: Found =
    decision === null
      ? absent(story, startMs, story.toMs, NO_MOVE)
      : found(
          decision,
          text(
            `${decision.node} decided to ${decision.body.kind === 'standby' ? 'hand over' : 'take over'}`,
            `${decision.node} 决定${decision.body.kind === 'standby' ? '交接' : '接管'}`,
          ),
        );
  const resources: Found =
    added === undefined
      ? absent(story, startMs, story.toMs, NO_MOVE)
      : found(
          { ...added, body: added.body },
          text(`${added.body.address} is on ${added.node}`, `${added.body.address} 已在 ${added.node} 上`),
        );
  const stableAt = stable(story, revert.atMs, verdicts, outages);
  return {
    startMs: start.atMs,
    revertMs: revert.atMs,
    phases: [
      phase('fault', start, start),
      phase('detected', detected(story, startMs, after, decision), start),
      phase('decided', decided, start),
      phase('resources', resources, start),
      phase('announced', announced(story, holder, added?.tMs ?? startMs), start),
      phase('served', served(story, holder, startMs, outages), start),
      phase('reverted', revert, start),
      phase('stable', stableAt, revert),
    ],
  };
}
