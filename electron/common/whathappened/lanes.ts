/** The lanes of the picture, one kind after the other, each from its own evidence. */
import type { Text } from '../contract/drill.ts';
import type { SessionSample } from '../contract/session.ts';
import { outageSpans } from '../drill/outage.ts';
import { millis, text } from '../drill/text.ts';
import { inBoth } from '../words/sentence.ts';
import { witnessNames } from '../verdict/witnesses.ts';
import { eventWords } from './marks.ts';
import { factsAt, linkReadings, nodeOfMac, ofKind, toneOf, type Story } from './story.ts';
import type { Lane, LaneKind, Mark, Source, Span, Tone, VerdictSpan } from './types.ts';

type BareMark = Omit<Mark, 'id' | 'unorderedWith'>;
export type BareLane = Omit<Lane, 'marks'> & { readonly marks: readonly BareMark[] };

const by = (node: string): Source => ({ kind: 'node', node });
const CONSOLE: Source = { kind: 'console' };
const LAN: Source = { kind: 'lan' };

function lane(id: string, kind: LaneKind, title: Text, node: string | null, part: Partial<BareLane>): BareLane {
  return { id, kind, title, node, spans: [], marks: [], missing: null, ...part };
}

const clip = (story: Story, spans: readonly Span[]): Span[] =>
  spans
    .filter((span) => span.toMs >= story.fromMs && span.fromMs <= story.toMs)
    .map((span) => ({ ...span, fromMs: Math.max(span.fromMs, story.fromMs), toMs: Math.min(span.toMs, story.toMs) }));

/** A reading says nothing about later than this after it, milliseconds: five samples, after which nothing is drawn at all. */
const HOLD_MS = 1000;
/** In a long stretch readings are thinned; they then hold for this part of it. */
const HOLD_SHARE = 1 / 500;

const holdOf = (story: Story): number => Math.max(HOLD_MS, (story.toMs - story.fromMs) * HOLD_SHARE);

/** Joins readings that say the same into spans; each holds until the next one, and not longer than `HOLD_MS`. */
function runs<T>(
  readings: readonly { readonly tMs: number; readonly errorMs: number; readonly value: T }[],
  endMs: number,
  holdMs: number,
  key: (value: T) => string,
  make: (value: T) => { readonly tone: Tone; readonly text: Text } | null,
): Span[] {
  const spans: Span[] = [];
  let open: { fromMs: number; errorMs: number; value: T } | null = null;
  const close = (toMs: number): void => {
    const made = open === null ? null : make(open.value);
    if (open !== null && made !== null) spans.push({ fromMs: open.fromMs, toMs, errorMs: open.errorMs, ...made });
  };
  let lastMs = Number.NEGATIVE_INFINITY;
  for (const { tMs, errorMs, value } of readings) {
    const isLate = tMs - lastMs > holdMs;
    if (isLate && open !== null) close(lastMs + holdMs);
    const known: typeof open = isLate ? null : open;
    lastMs = tMs;
    if (known !== null && key(known.value) === key(value)) continue;
    if (!isLate) close(tMs);
    open = { fromMs: tMs, errorMs, value };
  }
  close(Math.min(endMs, lastMs + holdMs));
  return spans;
}

const HIDDEN = text('to be found: an exercise runs', '待查找：练习进行中');

function faultLane(story: Story): BareLane {
  const spans = story.faults
    .filter((fault) => fault.phase === 'injected')
    .map((fault): Span => {
      const end = story.faults.find((f) => f.faultId === fault.faultId && f.phase === 'reverted' && f.tMs >= fault.tMs);
      const where = `${fault.name} · ${fault.node}${fault.link === null ? '' : ` · ${fault.link}`}`;
      return {
        fromMs: fault.tMs,
        toMs: end?.tMs ?? story.toMs,
        errorMs: fault.errorMs,
        tone: 'fault',
        text: text(where, where),
      };
    });
  if (story.exercise === true) return lane('fault', 'fault', text('fault', '故障'), null, { missing: HIDDEN });
  const words = {
    armed: text('armed', '已就绪'),
    injected: text('begins', '开始'),
    reverted: text('ends', '结束'),
    failed: text('failed', '失败'),
  } as const;
  const marks = story.faults.map(({ tMs, errorMs, name, node, phase, detail }): BareMark => {
    const aside = detail === '' ? '' : ` (${detail})`;
    const long = text(
      `${name} on ${node}: ${words[phase].en}${aside}`,
      `${node} 上的 ${name}：${words[phase]['zh-CN']}${aside}`,
    );
    return { tMs, errorMs, source: CONSOLE, tone: 'fault', short: words[phase], text: long };
  });
  return lane('fault', 'fault', text('fault', '故障'), null, { spans: clip(story, spans), marks });
}

const VERDICTS: Readonly<Record<VerdictSpan['verdict'], readonly [Tone, Text]>> = {
  one: ['good', text('one holder', '唯一持有者')],
  moving: ['warn', text('takeover in progress', '正在接管')],
  dual: ['bad', text('DUAL', '双主')],
  none: ['bad', text('NONE', '无主')],
  unknown: ['unknown', text('cannot tell', '无法判定')],
};

/** A verdict with who has it and who did not speak. */
function verdictWords(name: Text, holders: readonly string[], missing: readonly string[]): Text {
  const about = holders.length === 0 ? '' : holders.join(' + ');
  const silent = witnessNames(missing);
  const [en, zh] = missing.length === 0 ? ['', ''] : [` (no word: ${silent.en})`, `（缺少：${silent['zh-CN']}）`];
  return text(
    `${name.en}${about === '' ? '' : `: ${about}`}${en}`,
    `${name['zh-CN']}${about === '' ? '' : `：${about}`}${zh}`,
  );
}

function verdictLane(story: Story, verdicts: readonly VerdictSpan[]): BareLane {
  const spans = verdicts.map(({ fromMs, toMs, verdict, holders, missing }): Span => {
    const [tone, name] = VERDICTS[verdict];
    const only = verdict === 'one' ? toneOf(story, holders[0] ?? null) : tone;
    const long = verdictWords(name, holders, missing);
    return { fromMs, toMs, errorMs: 0, tone: only, text: long };
  });
  const missing = verdicts.length === 0 ? text('no address is known', '尚不知道虚拟地址') : null;
  return lane('verdict', 'verdict', text('verdict', '判定'), null, { spans, missing });
}

const HEARD: Readonly<Record<string, readonly [Tone, Text]>> = {
  up: ['good', text('heard', '有心跳')],
  late: ['warn', text('late', '迟到')],
  dead: ['bad', text('dead', '失效')],
  unknown: ['unknown', text('not known', '未知')],
};

/** When the newest heartbeat before `sample` was heard on a link; null: not known. */
function lastHeardMs(story: Story, sample: SessionSample, link: string): number | null {
  const marginMs = sample.links.find((l) => l.id === link)?.marginMs ?? null;
  const deadtimeMs = factsAt(story, sample.node, sample.tMs)?.timing?.deadtimeMs ?? null;
  return marginMs === null || deadtimeMs === null ? null : sample.tMs - (deadtimeMs - marginMs);
}

/** The last heartbeat before each silence that made the link dead. */
function lastBeats(story: Story, node: string, link: string): BareMark[] {
  const own = story.batch.samples.filter((sample) => sample.node === node);
  const state = (sample: SessionSample | undefined): string =>
    sample?.links.find((l) => l.id === link)?.fromPeer ?? 'unknown';
  return own.flatMap((sample, i): BareMark[] => {
    if (state(sample) !== 'dead' || state(own[i - 1]) === 'dead') return [];
    const tMs = lastHeardMs(story, sample, link);
    if (tMs === null || tMs < story.fromMs) return [];
    const silent = millis(sample.tMs - tMs);
    const long = text(
      `last heartbeat heard; ${silent.en} later the link counted as dead`,
      `最后一次心跳；${silent['zh-CN']} 后该链路判定失效`,
    );
    return [
      {
        tMs,
        errorMs: sample.errorMs,
        source: by(node),
        tone: 'plain',
        short: text('last beat', '最后心跳'),
        text: long,
      },
    ];
  });
}

/** What the directives of ha.cf are called for people; `ucast6` and `mcast6` as the others. */
const MEDIA: Readonly<Record<string, string>> = { bcast: '广播', ucast: '单播', mcast: '组播', serial: '串口' };

/** A link's label (`bcast eth1`) in both languages. */
function linkWords(label: string): Text {
  const zh = label.replace(
    /^(bcast|ucast|mcast|serial)6?(?=[ :])/,
    (_whole, medium: string) => MEDIA[medium] ?? medium,
  );
  return text(label, zh);
}

function heardLanes(story: Story): BareLane[] {
  return story.nodes.flatMap((node, i) => {
    const sender = story.nodes[1 - i] ?? '';
    const ids = [...new Set(story.batch.samples.flatMap((s) => (s.node === node ? s.links.map((l) => l.id) : [])))];
    const labels = new Map(
      story.batch.facts.flatMap((f) => (f.node === node ? f.links.map((l) => [l.id, l.label] as const) : [])),
    );
    return ids.map((id): BareLane => {
      const spans = runs(
        linkReadings(story, node, id).map(({ tMs, errorMs, state }) => ({ tMs, errorMs, value: state })),
        story.toMs,
        holdOf(story),
        String,
        (state) => {
          const [tone, name] = HEARD[state] ?? ['unknown', text(state, state)];
          return { tone, text: name };
        },
      );
      const link = linkWords(labels.get(id) ?? id);
      const path = `${sender} → ${node}`;
      const title = text(`${path} · ${link.en}`, `${path} · ${link['zh-CN']}`);
      return lane(`heard ${node} ${id}`, 'heard', title, node, {
        spans: withGaps(story, node, clip(story, spans)),
        marks: lastBeats(story, node, id),
      });
    });
  });
}

/** Where the console heard nothing of a node, its lane says so instead of going on with the last word. */
function withGaps(story: Story, node: string, spans: readonly Span[]): Span[] {
  const gaps = story.batch.gaps
    .filter((gap) => gap.source === node || gap.source === 'console')
    .map((gap) => ({
      fromMs: gap.fromMs,
      toMs: gap.toMs ?? story.toMs,
      why: inBoth({ detail: gap.reason, said: gap.said }),
    }));
  const cut = gaps.reduce<Span[]>(
    (left, gap) =>
      left.flatMap((span) => {
        if (gap.toMs <= span.fromMs || gap.fromMs >= span.toMs) return [span];
        const before = { ...span, toMs: gap.fromMs };
        const after = { ...span, fromMs: gap.toMs };
        return [before, after].filter((piece) => piece.toMs > piece.fromMs);
      }),
    [...spans],
  );
  const unheard = gaps.map((gap): Span => {
    const words = text(`not heard by the console: ${gap.why.en}`, `控制台没有收到消息：${gap.why['zh-CN']}`);
    return { fromMs: gap.fromMs, toMs: gap.toMs, errorMs: 0, tone: 'unknown', text: words };
  });
  return [...cut, ...clip(story, unheard)].sort((a, b) => a.fromMs - b.fromMs);
}

const LIVES: Readonly<Record<string, readonly [Tone, Text]>> = {
  silent: ['warn', text('its agent does not answer', '代理没有应答')],
  frozen: ['bad', text('its daemon is frozen', '守护进程被冻结')],
  gone: ['bad', text('its daemon does not run', '守护进程未运行')],
  unreachable: ['unknown', text('the host is not reached', '无法连接主机')],
};

/** How the node spoke, where that was anything but well. */
function lifeSpans(story: Story, node: string): Span[] {
  const readings = story.batch.facts
    .filter((facts) => facts.node === node)
    .map(({ tMs, life }) => ({ tMs, errorMs: 0, value: life }));
  const spans = runs(readings, story.toMs, Number.POSITIVE_INFINITY, String, (life) => {
    const known = LIVES[life];
    return known === undefined ? null : { tone: known[0], text: known[1] };
  });
  return clip(story, spans);
}

function nodeMarks(story: Story, node: string, kind: LaneKind): BareMark[] {
  return story.told.flatMap((entry): BareMark[] => {
    const words = entry.node === node ? eventWords(entry.body) : null;
    if (words === null || words.lane !== kind || entry.tMs < story.fromMs || entry.tMs > story.toMs) return [];
    const { tMs, errorMs } = entry;
    return [{ tMs, errorMs, source: by(node), tone: words.tone, short: words.short, text: words.text }];
  });
}

/** Scripts as they ran. */
function scriptSpans(story: Story, node: string): Span[] {
  const spans = ofKind(story.told, 'resource').flatMap(({ node: from, tMs, errorMs, body }): Span[] => {
    if (from !== node || body.phase === 'begin' || body.tookMs === undefined) return [];
    const verb = { start: text('start', '启动'), stop: text('stop', '停止'), status: text('check', '检查') }[
      body.action
    ];
    const name = text(`${verb.en} ${body.resource}`, `${verb['zh-CN']} ${body.resource}`);
    return [
      { fromMs: tMs - body.tookMs, toMs: tMs, errorMs, tone: body.phase === 'failed' ? 'bad' : 'plain', text: name },
    ];
  });
  return clip(story, spans);
}

/** Where the address was, by the node's own kernel. */
function heldSpans(story: Story, node: string): Span[] {
  const { address } = story;
  if (address === null) return [];
  const sampled = story.batch.samples
    .filter((sample) => sample.node === node)
    .map(({ tMs, errorMs, heldVips }) => ({ tMs, errorMs, value: heldVips.includes(address) }));
  const told = ofKind(story.told, 'vip')
    .filter(
      (e) =>
        e.node === node && e.body.address === address && (e.body.change === 'added' || e.body.change === 'removed'),
    )
    .map(({ tMs, errorMs, body }) => ({ tMs, errorMs, value: body.change === 'added' }));
  const cut = story.faults
    .filter((fault) => fault.node === node && fault.name === 'power-off' && fault.phase === 'injected')
    .map(({ tMs, errorMs }) => ({ tMs, errorMs, value: false }));
  const readings = [...sampled, ...told, ...cut].sort((a, b) => a.tMs - b.tMs);
  const spans = runs(readings, story.toMs, holdOf(story), String, (holds) =>
    holds ? { tone: toneOf(story, node), text: text(`holds ${address}`, `持有 ${address}`) } : null,
  );
  return clip(story, spans);
}

function nodeLanes(story: Story, node: string): BareLane[] {
  const named = (en: string, zh: string): Text => text(`${node} · ${en}`, `${node} · ${zh}`);
  return [
    lane(`decisions ${node}`, 'decisions', named('decisions', '决策'), node, {
      spans: lifeSpans(story, node),
      marks: nodeMarks(story, node, 'decisions'),
    }),
    lane(`resources ${node}`, 'resources', named('resources', '资源'), node, {
      spans: scriptSpans(story, node),
      marks: nodeMarks(story, node, 'resources').filter((mark) => mark.tone === 'bad'),
    }),
    lane(`address ${node}`, 'address', named('address', '地址'), node, {
      spans: withGaps(story, node, heldSpans(story, node)),
      marks: nodeMarks(story, node, 'address'),
    }),
  ];
}

const NO_LAN = text('no witness on the LAN', '局域网上没有证据来源');

function lanLanes(story: Story): BareLane[] {
  const own = story.batch.witness.filter((sample) => sample.address === story.address);
  const nameOf = (mac: string, said: string | null): string => nodeOfMac(story, mac, said) ?? mac;
  const asked = own.filter((sample) => sample.kind === 'asked');
  const answers = runs(
    asked.map(({ tMs, errorMs, holders }) => ({ tMs, errorMs, value: holders.map((h) => nameOf(h.mac, h.node)) })),
    story.toMs,
    holdOf(story),
    (names) => names.join(),
    (names) => {
      const [only] = names;
      if (only === undefined) return { tone: 'unknown', text: text('nobody answers', '无人应答') };
      const tone = names.length > 1 ? 'bad' : toneOf(story, only);
      return { tone, text: text(names.join(' + '), names.join(' + ')) };
    },
  );
  const announced = own
    .filter((sample) => sample.kind === 'announced' && sample.tMs >= story.fromMs && sample.tMs <= story.toMs)
    .map(({ tMs, errorMs, holders }): BareMark => {
      const who = holders.map((h) => nameOf(h.mac, h.node)).join(' + ');
      const mac = holders[0]?.mac ?? '';
      const long = text(`gratuitous ARP of ${who} (${mac})`, `${who} 的免费 ARP（${mac}）`);
      return { tMs, errorMs, source: LAN, tone: toneOf(story, who), short: text('ARP', 'ARP'), text: long };
    });
  const title = text('LAN · who answers', '局域网 · 谁应答');
  const lan = lane('lan', 'lan', title, null, {
    spans: clip(story, answers),
    marks: announced,
    missing: own.length === 0 ? NO_LAN : null,
  });
  return asked.some((sample) => sample.neighbourMac !== null) ? [lan, neighbourLane(story)] : [lan];
}

/** Where the client's host sends what is meant for the address. */
function neighbourLane(story: Story): BareLane {
  const readings = story.batch.witness
    .filter((sample) => sample.address === story.address && sample.kind === 'asked')
    .map(({ tMs, errorMs, neighbourMac }) => ({ tMs, errorMs, value: neighbourMac }));
  const spans = runs(
    readings,
    story.toMs,
    holdOf(story),
    (mac) => mac ?? '',
    (mac) => {
      if (mac === null) return null;
      const node = nodeOfMac(story, mac);
      return { tone: toneOf(story, node), text: text(`packets go to ${node ?? mac}`, `数据包发往 ${node ?? mac}`) };
    },
  );
  return lane('neighbour', 'lan', text('client · ARP entry', '客户端 · ARP 条目'), null, { spans: clip(story, spans) });
}

function clientLane(story: Story): BareLane {
  const probes = story.batch.probes.filter((p) => p.tMs >= story.fromMs && p.tMs <= story.toMs);
  const period = story.probePeriodMs ?? 0;
  const served = runs(
    probes.map((p) => ({ tMs: p.tMs, errorMs: period, value: p.ok ? (p.answeredBy ?? '') : null })),
    story.toMs,
    holdOf(story),
    (who) => String(who),
    (who) => {
      if (who === null) return null;
      const name = who === '' ? text('served', '有应答') : text(`served by ${who}`, `由 ${who} 应答`);
      return { tone: who === '' ? 'good' : toneOf(story, who), text: name };
    },
  );
  const without = outageSpans(probes).map(({ fromMs, toMs }): Span => {
    const words = toMs === null ? text('not served', '得不到服务') : millis(toMs - fromMs);
    const end = toMs ?? story.toMs;
    return {
      fromMs,
      toMs: end,
      errorMs: period,
      tone: 'bad',
      text: text(`no service: ${words.en}`, `中断：${words['zh-CN']}`),
    };
  });
  const missing = probes.length === 0 ? text('no client probe', '没有客户端探测') : null;
  return lane('client', 'client', text('client', '客户端'), null, {
    spans: [...served, ...without],
    marks: [],
    missing,
  });
}

/** All lanes, from cause to effect. */
export function lanesOf(story: Story, verdicts: readonly VerdictSpan[]): BareLane[] {
  return [
    faultLane(story),
    verdictLane(story, verdicts),
    clientLane(story),
    ...heardLanes(story),
    ...story.nodes.flatMap((node) => nodeLanes(story, node)),
    ...lanLanes(story),
  ];
}
