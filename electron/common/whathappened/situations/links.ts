/** What happens to one heartbeat path: lost both ways (M8), one way (M9), never there (M11), its adapter gone (M15), its budget (M14). */
import type { Text } from '../../contract/drill.ts';
import type { Situation } from '../../contract/state.ts';
import { text } from '../../drill/text.ts';
import { factsAt, linkReadings, ofKind, otherOf, type LinkReading } from '../story.ts';
import { deadStretches, noted, problems, situation } from './case.ts';
import type { Case, Piece, Stretch } from './case.ts';

/** A path that carries nothing for this long beside one that works is not just slow to start, milliseconds. */
const NEVER_UP_MS_MIN = 5000;

/** How far what is read of a daemon may lag behind it, milliseconds. */
const WORD_MS = 1500;
/** Where a node says no silence: how long, beside a keepalive, it must still hear after the other side's for the cut to be one-way, milliseconds. */
const STILL_HEARS_MS = 500;
const KEEPALIVE_MS_STANDARD = 1000;

/** Bytes a direction and keepalive on a serial line, acknowledgements with it (docs/what-ours-does.md, M14). */
const SERIAL_BYTES: Readonly<Record<string, number>> = { heartbeat: 266, twinbeat: 400 };
const BITS_PER_BYTE = 10;
/** Above half of the line a burst of messages already delays a heartbeat by a keepalive. */
const BUDGET_WARN = 0.5;

/** One path: its ids and names on both nodes. */
interface Path {
  readonly ids: readonly [string, string];
  readonly label: string;
  readonly medium: string;
}

/** Paths of the pair: the same id on both nodes, else the same medium in the same order. */
function pathsOf({ story }: Case): Path[] {
  const [a, b] = story.nodes;
  const linksOf = (node: string) =>
    story.batch.facts.findLast((f) => f.node === node && f.links.length > 0)?.links ?? [];
  const left = [...linksOf(b)];
  return linksOf(a).flatMap((link): Path[] => {
    const same = left.findIndex((other) => other.id === link.id);
    const at = same >= 0 ? same : left.findIndex((other) => other.medium === link.medium);
    const [other] = at < 0 ? [] : left.splice(at, 1);
    return other === undefined ? [] : [{ ids: [link.id, other.id], label: link.label, medium: link.medium }];
  });
}

/** Stretches in which a node heard nothing on a path that had carried, and did not take the whole peer for dead. */
function silences(c: Case, node: string, readings: readonly LinkReading[]): Stretch[] {
  const dead = deadStretches(c, node);
  const found: { fromMs: number; untilMs: number | null; errorMs: number }[] = [];
  let wasUp = false;
  let open = false;
  for (const { tMs, errorMs, state } of readings) {
    const last = found.at(-1);
    if (state === 'dead') {
      if (wasUp && !open) found.push({ fromMs: tMs, untilMs: null, errorMs });
      open = open || wasUp;
    } else if (state === 'up' || state === 'late') {
      if (open && last !== undefined) last.untilMs = tMs;
      open = false;
      wasUp = true;
    }
  }
  // With the peer, every path to it is silent, and that has another name. A peer counts as dead in the same moment as its last path.
  return found.filter((s) => !dead.some((d) => s.fromMs > d.fromMs - 1000 && s.fromMs < (d.untilMs ?? Infinity)));
}

/** Whether a node heard well on a path at some time of a stretch: not late, and far from its deadtime. */
function hearsDuring(c: Case, node: string, readings: readonly LinkReading[], s: Stretch): LinkReading | null {
  const timing = factsAt(c.story, node, c.nowMs)?.timing ?? null;
  const deadtimeMs = timing?.deadtimeMs ?? null;
  const wordMs = STILL_HEARS_MS + (timing?.keepaliveMs ?? KEEPALIVE_MS_STANDARD);
  // By its word alone a daemon hears until its own deadtime is over; that of two that are cut at once ends within a keepalive of each other's.
  const enough = (r: LinkReading): boolean =>
    r.marginMs === null || deadtimeMs === null ? r.tMs >= s.fromMs + wordMs : r.marginMs > deadtimeMs / 2;
  const until = s.untilMs ?? Infinity;
  return readings.find((r) => r.tMs >= s.fromMs && r.tMs < until && r.state === 'up' && enough(r)) ?? null;
}

const unheard = (node: string, peer: string, label: string, s: Stretch): Piece => ({
  tMs: s.fromMs,
  errorMs: s.errorMs,
  node,
  text: text(`${node} hears nothing of ${peer} on ${label}`, `${node} 在 ${label} 上听不到 ${peer}`),
});

const isSerial = (path: Path): boolean => path.medium === 'serial';

function lostBothWays(c: Case, path: Path, a: Stretch, b: Stretch): Situation {
  const [nodeA, nodeB] = c.story.nodes;
  const serial = isSerial(path);
  const ends = [a.untilMs, b.untilMs];
  return situation({
    code: serial ? 'serial-lost' : 'link-lost',
    experiment: serial ? 'M8' : null,
    level: 'warn',
    nodes: [nodeA, nodeB],
    about: path.label,
    name: serial
      ? text(`serial link lost: ${path.label}`, `串口链路中断：${path.label}`)
      : text(`heartbeat link lost: ${path.label}`, `心跳链路中断：${path.label}`),
    advice: text('look at the cable and both its ends; the other links carry on', '检查线缆及其两端；其余链路继续工作'),
    evidence: [unheard(nodeA, nodeB, path.label, a), unheard(nodeB, nodeA, path.label, b)],
    untilMs: ends.includes(null) ? null : Math.max(...ends.map((end) => end ?? 0)),
  });
}

function lostOneWay(c: Case, path: Path, deaf: string, s: Stretch, other: LinkReading): Situation {
  const peer = otherOf(c.story, deaf);
  const serial = isSerial(path);
  const direction: Text = text(`${peer} → ${deaf}`, `${peer} → ${deaf}`);
  return situation({
    code: serial ? 'one-way-serial' : 'one-way-link',
    experiment: serial ? 'M9' : null,
    level: 'warn',
    nodes: [deaf, peer],
    about: `${path.label} ${deaf}`,
    name: serial
      ? text(
          `one-way serial: ${direction.en} is lost on ${path.label}`,
          `串口单向中断：${path.label} 上 ${direction['zh-CN']} 丢失`,
        )
      : text(
          `one-way link: ${direction.en} is lost on ${path.label}`,
          `链路单向中断：${path.label} 上 ${direction['zh-CN']} 丢失`,
        ),
    advice: serial
      ? text(
          `look at the wire from transmit of ${peer} to receive of ${deaf}, and at its connectors`,
          `检查 ${peer} 发送端到 ${deaf} 接收端的线芯及接头`,
        )
      : text(
          `look at the firewall of ${deaf} and ${peer}, then at the cable`,
          `检查 ${deaf} 与 ${peer} 的防火墙，再检查网线`,
        ),
    evidence: [
      unheard(deaf, peer, path.label, s),
      {
        tMs: other.tMs,
        errorMs: other.errorMs,
        node: peer,
        text: text(`${peer} still hears ${deaf} there`, `${peer} 在同一链路上仍听到 ${deaf}`),
      },
    ],
    untilMs: s.untilMs,
  });
}

/** The newest start of a node's daemon in the record; null: it ran before. */
function startedMs({ story }: Case, node: string): number | null {
  const starts = ofKind(story.told, 'local-status').filter((e) => e.node === node && e.body.status === 'init');
  return starts.at(-1)?.tMs ?? null;
}

/** `late` alone is no sign of life: a path that was never heard is late before it is dead. */
const carries = ({ state }: Pick<LinkReading, 'state'>): boolean => state === 'up';

/**
 * Since when a path is wanted that has carried nothing: since the newest start of either daemon, else since the beginning of the record. null:
 * it has carried. The other daemon may still call it up for its deadtime after that start, from before.
 */
function silentSince(
  c: Case,
  readings: readonly [readonly LinkReading[], readonly LinkReading[]],
): { readonly fromMs: number } | null {
  const starts = c.story.nodes.map((node) => startedMs(c, node));
  const newest = Math.max(...starts.map((ms) => ms ?? Number.NEGATIVE_INFINITY));
  if (readings[0].length + readings[1].length === 0) return null;
  const carried = readings.some((own, at) => {
    const node = c.story.nodes[at] ?? '';
    const isStarter = startedMs(c, node) === newest;
    // What is read of a daemon lags behind its start as well.
    const graceMs = WORD_MS + (isStarter ? 0 : (factsAt(c.story, node, c.nowMs)?.timing?.deadtimeMs ?? 0));
    return own.some((r) => r.tMs > newest + graceMs && carries(r));
  });
  return carried ? null : { fromMs: newest };
}

function pathSituations(c: Case, path: Path): Situation[] {
  const [a, b] = c.story.nodes;
  const readings = [linkReadings(c.story, a, path.ids[0]), linkReadings(c.story, b, path.ids[1])] as const;
  // What carried nothing since a daemon started was not lost by it: it has a name of its own.
  const wantedMs = silentSince(c, readings)?.fromMs ?? Infinity;
  const lost = (node: string, own: readonly LinkReading[]): Stretch[] =>
    silences(c, node, own).filter(({ fromMs }) => fromMs < wantedMs);
  const [ofA, ofB] = [lost(a, readings[0]), lost(b, readings[1])];
  const named: Situation[] = [];
  const paired = new Set<Stretch>();
  for (const s of ofA) {
    const twin = ofB.find((t) => t.fromMs < (s.untilMs ?? Infinity) && s.fromMs < (t.untilMs ?? Infinity));
    if (twin === undefined) continue;
    paired.add(s).add(twin);
    named.push(lostBothWays(c, path, s, twin));
  }
  for (const [deaf, own, others] of [
    [a, ofA, readings[1]],
    [b, ofB, readings[0]],
  ] as const) {
    for (const s of own) {
      if (paired.has(s)) continue;
      const other = hearsDuring(c, otherOf(c.story, deaf), others, s);
      if (other !== null) named.push(lostOneWay(c, path, deaf, s, other));
    }
  }
  // What was lost and is not back has its name already.
  return named.some((s) => s.untilMs === null) ? named : [...named, ...neverUp(c, path, readings)];
}

/** A path that carried nothing on either node since they run, while another one works. */
function neverUp(
  c: Case,
  path: Path,
  readings: readonly [readonly LinkReading[], readonly LinkReading[]],
): Situation[] {
  const silent = silentSince(c, readings);
  if (silent === null) return [];
  const [a, b] = c.story.nodes;
  const others = c.story.batch.samples.filter(
    (s) => s.tMs > silent.fromMs && s.links.some((l) => !path.ids.includes(l.id) && l.fromPeer === 'up'),
  );
  // Both must hear each other elsewhere: a daemon that does not run hears nothing anywhere.
  const firsts = c.story.nodes.map((node) => others.find((s) => s.node === node)?.tMs ?? Infinity);
  const since = Math.max(...firsts);
  const deadtimeMs = factsAt(c.story, a, c.nowMs)?.timing?.deadtimeMs ?? 0;
  const judgedMs = since + Math.max(NEVER_UP_MS_MIN, deadtimeMs);
  const confirmed = others.find(({ tMs }) => tMs >= judgedMs);
  if (confirmed === undefined) return [];
  return [
    situation({
      code: 'link-never-up',
      experiment: 'M11',
      level: 'warn',
      nodes: [a, b],
      about: path.label,
      name: text(`a link never came up: ${path.label} (port? cable?)`, `链路从未接通：${path.label}（端口？线缆？）`),
      advice: text(
        'compare udpport (or baud) of both nodes, and that it stands above the media lines; then the cable and the firewall',
        '比较两个节点的 udpport（或 baud）及其是否位于介质行之前；然后检查线缆和防火墙',
      ),
      evidence: [
        noted(
          null,
          text(
            `neither node heard anything on ${path.label} since both run`,
            `自两个节点运行以来，在 ${path.label} 上都没有听到任何消息`,
          ),
        ),
        {
          tMs: since,
          errorMs: 0,
          node: null,
          text: text('another link carries heartbeats both ways', '另一条链路双向都有心跳'),
        },
        noted(confirmed.tMs, text('still nothing, deadtime later', '超过 deadtime 仍无消息')),
      ],
      untilMs: null,
    }),
  ];
}

/** The adapter of a serial line went, or its daemon floods the log about it. */
function hangUps(c: Case): Situation[] {
  // A log may be flooded by something else; the flood of a tty that is gone says so itself.
  const gone = problems(c, ['serial-hung-up', 'serial-missing', 'log-flood']).filter(
    ({ code, detail }) => code !== 'log-flood' || /tty/i.test(detail),
  );
  const nodes = [...new Set(gone.map(({ node }) => node))];
  return nodes.map((node) => {
    const own = gone.filter((p) => p.node === node);
    const flood = own.some((p) => p.code === 'log-flood');
    const ends = own.map((p) => p.untilMs);
    return situation({
      code: 'serial-hang-up',
      experiment: 'M15',
      level: flood ? 'alarm' : 'warn',
      nodes: [node],
      about: node,
      name: flood
        ? text(`${node}: serial hang-up, the log is flooded`, `${node}：串口挂断，日志泛滥`)
        : text(`${node}: serial adapter gone (hang-up)`, `${node}：串口适配器消失（挂断）`),
      advice: text(
        'put the adapter back; name it in ha.cf by /dev/serial/by-id. A real heartbeat daemon must be restarted before its log fills the disk',
        '重新插好适配器；在 ha.cf 中使用 /dev/serial/by-id 名称。真正的 heartbeat 守护进程必须在日志写满磁盘之前重启',
      ),
      evidence: own
        .slice(0, 1)
        .map((p) => ({ tMs: p.fromMs, errorMs: p.errorMs, node, text: text(p.detail, p.detail) })),
      more: own.slice(1, 6).map((p) => ({ tMs: p.fromMs, errorMs: p.errorMs, node, text: text(p.detail, p.detail) })),
      untilMs: ends.includes(null) ? null : Math.max(...ends.map((end) => end ?? 0)),
    });
  });
}

/** What the heartbeats take of the serial line; worth knowing while it is little, a warning when it is much. */
function serialBudget({ story }: Case): Situation[] {
  const told = story.batch.facts.filter((f) => f.timing !== null && f.links.some((l) => l.medium === 'serial'));
  const facts = told.at(-1);
  // The node's own file says it best; an observed pair has no other.
  const serialBaud = facts?.links.find((l) => l.baud != null)?.baud ?? story.serialBaud;
  if (serialBaud === null || facts?.timing == null) return [];
  // Facts come again with every change of anything: it is the same budget for as long as keepalive and engine are the same.
  const since = told.find((f) => f.timing?.keepaliveMs === facts.timing?.keepaliveMs && f.engine === facts.engine);
  const bytes = SERIAL_BYTES[facts.engine ?? ''] ?? SERIAL_BYTES['twinbeat'] ?? 0;
  const { keepaliveMs } = facts.timing;
  const share = (bytes * BITS_PER_BYTE * 1000) / (serialBaud * keepaliveMs);
  const percent = (100 * share).toFixed(0);
  const sum = `${bytes} B · ${BITS_PER_BYTE} / (${serialBaud} baud · ${keepaliveMs} ms)`;
  return [
    situation({
      code: 'serial-budget',
      experiment: 'M14',
      level: share > 1 ? 'alarm' : share > BUDGET_WARN ? 'warn' : 'note',
      nodes: story.nodes,
      about: 'serial',
      name: text(`serial budget: heartbeats take ${percent} % of the line`, `串口预算：心跳占用线路的 ${percent} %`),
      advice:
        share > BUDGET_WARN
          ? text('raise the baud rate on both nodes, or the keepalive', '提高两个节点的波特率，或加大 keepalive')
          : text('nothing to do', '无需处理'),
      evidence: [noted(null, text(`${sum} = ${percent} %`, `${sum} = ${percent} %`))],
      sinceMs: since?.tMs ?? facts.tMs,
      untilMs: null,
    }),
  ];
}

export function linkSituations(c: Case): Situation[] {
  // What is signed with another key is not heard either: no cable would be at fault.
  const keysDiffer = ofKind(c.story.told, 'key-mismatch').some(({ body }) => !body.over);
  const paths = keysDiffer ? [] : pathsOf(c).flatMap((path) => pathSituations(c, path));
  return [...paths, ...hangUps(c), ...serialBudget(c)];
}
