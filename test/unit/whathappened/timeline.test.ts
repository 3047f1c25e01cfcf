// The timeline of a stretch: phases with their sources and errors, outages of fault and heal, order, lanes, and what is not known.
import { describe, expect, test } from 'vitest';
import { hiddenStretch } from '../../../electron/core/exercise/hide.ts';
import { unorderedGroups, unorderedPhases } from '../../../electron/common/whathappened/order.ts';
import { lastStretch } from '../../../electron/common/whathappened/stretch.ts';
import { timelineHeightPx, timelineSvg } from '../../../electron/common/whathappened/svg.ts';
import { buildTimeline } from '../../../electron/common/whathappened/timeline.ts';
import type { Mark, PhaseId, Timeline } from '../../../electron/common/whathappened/types.ts';
import { timelineWords } from '../../../electron/common/whathappened/words.ts';
import { timelineText } from '../../../electron/cli/timelineReport.ts';
import { SessionStory, STORY_VIP } from '../../support/sessionStory.ts';
import * as stories from './stories.ts';

const phase = (timeline: Timeline, id: PhaseId) => timeline.phases.find((p) => p.id === id);
const marks = (timeline: Timeline): readonly Mark[] => timeline.lanes.flatMap((lane) => lane.marks);

describe('a power cut and its heal', () => {
  const timeline = buildTimeline(stories.powerOff().until(20_000));

  test('each phase has its time, its error and who says so', () => {
    expect(timeline.phases.map(({ id, atMs }) => [id, atMs])).toEqual([
      ['fault', 5000],
      ['detected', 8000],
      ['decided', 8000],
      ['resources', 8020],
      ['announced', 8022],
      ['served', 8100],
      ['reverted', 12_000],
      ['stable', 14_100],
    ]);
    expect(phase(timeline, 'fault')).toMatchObject({ errorMs: 5, source: { kind: 'console' }, sinceStartErrorMs: 5 });
    expect(phase(timeline, 'detected')).toMatchObject({ errorMs: 0.5, source: { kind: 'node', node: 'node2' } });
    expect(phase(timeline, 'announced')).toMatchObject({
      source: { kind: 'lan' },
      sinceStartMs: 3022,
      sinceStartErrorMs: 10,
    });
    // One period of the probe, and what the fault's own time is off by.
    expect(phase(timeline, 'served')).toMatchObject({
      source: { kind: 'client' },
      sinceStartMs: 3100,
      sinceStartErrorMs: 105,
    });
    expect(phase(timeline, 'stable')?.sinceStartMs).toBe(2100);
  });

  test('the verdict moves from one holder to the other, and never through two', () => {
    const words = timeline.verdicts.map(({ verdict, holders }) => `${verdict} ${holders.join()}`);
    expect(words[0]).toBe('one node1');
    expect(words).toContain('none ');
    expect(words.at(-1)).toBe('one node2');
    expect(words.some((word) => word.startsWith('dual'))).toBe(false);
  });

  test('the outage belongs to the fault, and the heal has none', () => {
    expect(timeline.faultWindow).toMatchObject({
      fromMs: 5000,
      toMs: 12_000,
      outageMs: 3100,
      outageErrorMs: 100,
      dualMs: 0,
    });
    expect(timeline.healWindow).toMatchObject({ outageMs: 0, unavailableMs: 0, dualMs: 0 });
  });
});

test('an outage that begins after the fault is over is the outage of the heal', () => {
  const story = stories.powerOff().serve(15_000, null).serve(16_500, 'node2');
  const timeline = buildTimeline(story.until(20_000));
  expect(timeline.outages.map(({ window }) => window)).toEqual(['fault', 'heal']);
  expect(timeline.healWindow).toMatchObject({ outageMs: 1500, unavailableMs: 1500 });
});

describe('what is not known is null and says what is missing', () => {
  test('no probe: no outage, not one of zero', () => {
    const input = stories.powerOff().until(20_000, { probePeriodMs: null });
    const timeline = buildTimeline({ ...input, batch: { ...input.batch, probes: [] } });
    expect(phase(timeline, 'served')).toMatchObject({ atMs: null, source: null });
    expect(phase(timeline, 'served')?.text.en).toContain('no client probe');
    expect(timeline.faultWindow).toMatchObject({ outageMs: null, unavailableMs: null });
  });

  test('no witness on the LAN: the node says itself that it announced, and that is said', () => {
    const input = stories.powerOff().until(20_000);
    const timeline = buildTimeline({ ...input, batch: { ...input.batch, witness: [] } });
    expect(phase(timeline, 'announced')).toMatchObject({ atMs: 8021, source: { kind: 'node', node: 'node2' } });
    expect(phase(timeline, 'announced')?.text.en).toContain('nobody on the LAN');
    expect(timeline.doubts.map(({ en }) => en).join()).toContain('no witness on the LAN');
    expect(timeline.lanes.find((lane) => lane.id === 'lan')?.missing?.en).toBe('no witness on the LAN');
  });

  test('neither node was heard: that nothing moved is not known', () => {
    const input = stories.powerOff().until(20_000);
    const timeline = buildTimeline({ ...input, batch: { ...input.batch, samples: [], events: [] } });
    expect(phase(timeline, 'decided')?.text.en).toContain('not known: no word of node1 and node2');
  });

  test('nothing happened: nothing moved, and nothing is wrong', () => {
    const timeline = buildTimeline(new SessionStory().until(10_000));
    expect(phase(timeline, 'fault')).toMatchObject({ atMs: null });
    expect(timeline.faultWindow).toBeNull();
    expect(timeline.verdicts.every(({ verdict }) => verdict === 'one')).toBe(true);
  });

  test('a fault without an end is not stable again', () => {
    const timeline = buildTimeline(stories.killedLeft().fault(5000, 'node1', 'kill-agent', 'injected').until(20_000));
    expect(phase(timeline, 'reverted')?.atMs).toBeNull();
    expect(phase(timeline, 'stable')?.atMs).toBeNull();
  });
});

describe('who was not heard for a verdict', () => {
  const missing = (timeline: Timeline) => timeline.verdicts.map((v) => `${v.verdict}: ${v.missing.join('+')}`);
  const quiet = new SessionStory().until(10_000);

  test('with all witnesses nobody; without the LAN and without a client they are named, in the lane as well', () => {
    expect(missing(buildTimeline(quiet))).toEqual(['one: ']);
    const batch = { ...quiet.batch, witness: [], probes: [] };
    const alone = buildTimeline({ ...quiet, batch });
    expect(missing(alone)).toEqual(['one: LAN witness+client probe']);
    const span = alone.lanes.find((lane) => lane.id === 'verdict')?.spans[0];
    expect(span?.text).toEqual({
      en: 'one holder: node1 (no word: the LAN witness, the client probe)',
      'zh-CN': '唯一持有者：node1（缺少：局域网证据、客户端探测）',
    });
    expect(timelineText(alone, timelineWords('en'))).toContain('missing witness: the LAN witness, the client probe');
  });

  test('a witness that was there for most of the time is not missing, and its absence splits no verdict', () => {
    const from = (tMs: number) => ({ ...quiet.batch, witness: quiet.batch.witness.filter((w) => w.tMs >= tMs) });
    expect(missing(buildTimeline({ ...quiet, batch: from(2000) }))).toEqual(['one: ']);
    expect(missing(buildTimeline({ ...quiet, batch: from(8000) }))).toEqual(['one: LAN witness']);
  });

  test('what could not be told names every node that would have settled it', () => {
    const unknown = buildTimeline(stories.powerOff().until(20_000)).verdicts.filter((v) => v.verdict === 'unknown');
    for (const { missing: names } of unknown) expect(names.length).toBeGreaterThan(0);
    const deaf = { ...quiet, batch: { ...quiet.batch, samples: [], events: [], witness: [] } };
    const words = missing(buildTimeline({ ...deaf, address: STORY_VIP }));
    expect(words).toEqual(['unknown: node1+node2+LAN witness']);
  });
});

describe('order', () => {
  const two = (apartMs: number): Timeline => {
    const story = new SessionStory()
      .event(5000, 'node1', { kind: 'peer-status', peer: 'node2', status: 'dead' })
      .event(5000 + apartMs, 'node2', { kind: 'peer-status', peer: 'node1', status: 'dead' });
    return buildTimeline(story.until(6000));
  };

  test('events of two nodes closer than both clocks can tell are unordered, and each names the other', () => {
    const [a, b] = marks(two(0.9)).filter((mark) => mark.short.en === 'peer DEAD');
    expect(a?.unorderedWith).toEqual([b?.id]);
    expect(b?.unorderedWith).toEqual([a?.id]);
  });

  test('a little further apart they are in order; two of one node always are', () => {
    expect(marks(two(1.1)).every((mark) => mark.unorderedWith.length === 0)).toBe(true);
    const story = new SessionStory()
      .event(5000, 'node1', { kind: 'peer-status', peer: 'node2', status: 'dead' })
      .event(5000.1, 'node1', { kind: 'takeover', phase: 'begin', from: 'node2', cause: 'peer-dead' });
    expect(marks(buildTimeline(story.until(6000))).every((mark) => mark.unorderedWith.length === 0)).toBe(true);
  });
});

describe('what is unordered is drawn and said so', () => {
  const story = new SessionStory()
    .event(5000, 'node1', { kind: 'peer-status', peer: 'node2', status: 'dead' })
    .event(5000.9, 'node2', { kind: 'peer-status', peer: 'node1', status: 'dead' })
    .event(5001.8, 'node1', { kind: 'takeover', phase: 'begin', from: 'node2', cause: 'peer-dead' })
    .event(5600, 'node2', { kind: 'takeover', phase: 'begin', from: 'node1', cause: 'peer-dead' });
  const timeline = buildTimeline(story.until(6000));
  const words = timelineWords('en');

  test('a group is everybody who cannot be put in order with somebody of it', () => {
    const groups = unorderedGroups(timeline.lanes).map((group) => group.map((mark) => mark.tMs));
    expect(groups).toEqual([[5000, 5000.9, 5001.8]]);
    expect(unorderedGroups(buildTimeline(new SessionStory().until(6000)).lanes)).toEqual([]);
  });

  test('one hatched bracket, over the lanes and the time of its marks and their errors', () => {
    const svg = timelineSvg(timeline, words, { widthPx: 1000, view: { fromMs: 4990, toMs: 5010 } });
    const [, band] = /<g data-unordered="[^"]+"[^>]*>(.*?)<\/g>/.exec(svg) ?? [];
    const [, width, height] =
      /<rect x="[\d.]+" width="([\d.]+)" y="[\d.]+" height="([\d.]+)" fill="url\(#tb-unordered\)"/.exec(band ?? '') ??
      [];
    // 766 pixels for 20 ms (the lanes' names take 220 of 1000, the right edge 14): 1.8 ms between the first and the last, and half a millisecond of error on each side.
    expect(Number(width)).toBeCloseTo((766 / 20) * 2.8, 0);
    const rows = timeline.lanes.map((lane) => lane.marks.some((mark) => mark.unorderedWith.length > 0));
    expect(Number(height)).toBe((rows.lastIndexOf(true) - rows.indexOf(true) + 1) * 22 - 2);
    expect(svg).toContain('id="tb-unordered"');
    // Each mark's own title says with whom.
    expect(svg).toMatch(new RegExp(`<title>[^<]*${words.unordered}: node2 peer DEAD</title>`));
    expect(openTags(svg)).toEqual([]);
    const apart = buildTimeline(new SessionStory().until(6000));
    expect(timelineSvg(apart, words, { widthPx: 1000 })).not.toContain('data-unordered');
  });

  test('the text has a line for the group', () => {
    const [line, ...more] = timelineText(timeline, words)
      .split('\n')
      .filter((text) => text.startsWith('order'));
    expect(more).toEqual([]);
    expect(line).toContain(words.unordered);
    expect(line?.match(/≈/g)).toHaveLength(3);
  });

  test('phases of two clocks that are too close are marked; the others are not', () => {
    const near = buildTimeline(stories.powerOff().until(20_000));
    expect([...unorderedPhases(near.phases)]).toEqual(['announced']);
    expect(timelineText(near, words)).toMatch(/phase {3}≈ announced/);
    expect(timelineText(near, words)).toMatch(/phase {5}client served/);
    expect(timelineSvg(near, words, { widthPx: 1000 })).toContain('>≈ announced');
  });
});

describe('names of nodes in the picture', () => {
  const full = ['ha1.bogus.sh.cn', 'ha2.bogus.sh.cn'] as const;
  const renamed = (names: readonly [string, string]): Timeline => {
    const text = JSON.stringify(stories.powerOff().until(20_000))
      .replaceAll('node1', names[0])
      .replaceAll('node2', names[1]);
    return buildTimeline(JSON.parse(text) as ReturnType<SessionStory['until']>);
  };
  const texts = (timeline: Timeline): string[] =>
    [...timelineSvg(timeline, timelineWords('en'), { widthPx: 1400 }).matchAll(/<text[^>]*>([^<]*)</g)].map(
      ([, t]) => t ?? '',
    );

  test('short where they tell the nodes apart, whole in the titles', () => {
    const timeline = renamed(full);
    expect(texts(timeline)).toContain('ha1 · decisions');
    expect(texts(timeline).join()).not.toContain('bogus');
    const svg = timelineSvg(timeline, timelineWords('en'), { widthPx: 1400 });
    expect(svg).toContain('<title>ha1.bogus.sh.cn · decisions</title>');
  });

  test('whole where the first part is the same', () => {
    expect(texts(renamed(['ha.east', 'ha.west']))).toContain('ha.east · decisions');
  });
});

describe('lanes', () => {
  const timeline = buildTimeline(stories.splitAndHealed().until(20_000));

  test('one for each link and direction, each node, the LAN and the client', () => {
    expect(timeline.lanes.map((lane) => lane.id)).toEqual([
      ...['fault', 'verdict', 'client'],
      ...['node1', 'node2'].flatMap((node) => [`heard ${node} serial:/dev/ttyS0`, `heard ${node} bcast:eth1`]),
      ...['node1', 'node2'].flatMap((node) => [`decisions ${node}`, `resources ${node}`, `address ${node}`]),
      'lan',
    ]);
  });

  test('a link is called by its medium in each language', () => {
    const lane = timeline.lanes.find((one) => one.id === 'heard node1 bcast:eth1');
    expect(lane?.title.en).toMatch(/^node2 → node1 · bcast.eth1$/);
    expect(lane?.title['zh-CN']).toMatch(/^node2 → node1 · 广播.eth1$/);
  });

  test('two who answer on the LAN are two, for as long as they did', () => {
    const spans = timeline.lanes.find((lane) => lane.id === 'lan')?.spans ?? [];
    expect(spans.map(({ text, fromMs, toMs }) => [text.en, fromMs, toMs])).toEqual([
      ['node1', 0, 8100],
      ['node1 + node2', 8100, 12_100],
      ['node1', 12_100, 20_000],
    ]);
    expect(timeline.verdicts.map((v) => v.verdict)).toContain('dual');
  });

  test('where the console heard nothing of a node, its links are not drawn on', () => {
    const story = new SessionStory().say(4000, 'node1', { speaks: false });
    story.batch.gaps.push({ source: 'node1', fromMs: 4000, toMs: 8000, reason: 'SSH' });
    const lane = buildTimeline(story.until(10_000)).lanes.find((l) => l.id === 'heard node1 bcast:eth1');
    expect(lane?.spans.find(({ tone }) => tone === 'unknown')).toMatchObject({ fromMs: 4000, toMs: 8000 });
    expect(lane?.spans.filter(({ tone }) => tone === 'good').every(({ toMs }) => toMs <= 4000)).toBe(true);
  });

  test('the last heartbeat before a silence is marked where it was heard', () => {
    const timeline2 = buildTimeline(stories.powerOff().until(20_000));
    const lane = timeline2.lanes.find((l) => l.id === 'heard node2 bcast:eth1');
    // Dead in the sample of 8.0 s with a margin of -100 ms at a deadtime of 3 s.
    expect(lane?.marks.map(({ tMs }) => tMs)).toEqual([4900]);
  });
});

/** Elements that are left open, or closed in the wrong place. */
function openTags(svg: string): string[] {
  const stack: string[] = [];
  for (const [, close, name = '', , self] of svg.matchAll(/<(\/?)([a-zA-Z]+)((?:"[^"]*"|[^>"])*?)(\/?)>/g)) {
    if (self === '/') continue;
    if (close === '/') {
      if (stack.pop() !== name) return [name];
    } else stack.push(name);
  }
  return stack;
}

describe('the picture', () => {
  const story = stories
    .powerOff()
    .event(9000, 'node2', { kind: 'problem', code: 'x', over: false, detail: '<b>&"\u0007' });
  const timeline = buildTimeline(story.until(20_000));

  test.each(['en', 'zh-CN'] as const)('is one well-formed element with every lane and phase, in %s', (language) => {
    const words = timelineWords(language);
    const svg = timelineSvg(timeline, words, { widthPx: 1000 });
    expect(svg.startsWith('<svg xmlns="http://www.w3.org/2000/svg"')).toBe(true);
    expect(svg).toContain(`height="${timelineHeightPx(timeline)}"`);
    expect((svg.match(/data-lane=/g) ?? []).length).toBe(timeline.lanes.length);
    expect(svg).toContain(words.phase('served'));
    // What came from a node is text and nothing else.
    expect(svg).not.toContain('<b>');
    expect(svg).toContain('&lt;b&gt;&amp;&quot;');
    expect(svg).not.toContain('\u0007');
    expect(openTags(svg)).toEqual([]);
    expect(svg).not.toMatch(/NaN|Infinity|undefined/);
  });

  test('names of phases take no more room than there are phases, whatever part is shown', () => {
    const quiet = buildTimeline(new SessionStory().until(10_000));
    const heights = [quiet, timeline].map((one) => timelineHeightPx(one) - one.lanes.length * 22);
    // No phase and eight, of which six rows are the most.
    expect(heights[1]).toBe((heights[0] ?? 0) + 6 * 14);
  });

  test('no number of the axis is cut off at the right edge', () => {
    const words = timelineWords('en');
    for (const widthPx of [640, 748, 1000, 1281]) {
      const svg = timelineSvg(timeline, words, { widthPx });
      const labels = [...svg.matchAll(/<text x="([\d.]+)"[^>]*>([+−]\d[^<]*s)<\/text>/g)];
      expect(labels.length).toBeGreaterThan(1);
      for (const [, x, label = ''] of labels) expect(Number(x) + label.length * 6).toBeLessThanOrEqual(widthPx);
    }
  });

  test('a view shows its part alone', () => {
    const words = timelineWords('en');
    const whole = timelineSvg(timeline, words, { widthPx: 1000 });
    const part = timelineSvg(timeline, words, { widthPx: 1000, view: { fromMs: 7900, toMs: 8200 } });
    expect(part).toContain('client served');
    expect(part).not.toContain('stable again');
    expect(whole).toContain('stable again');
  });
});

describe('which stretch is meant', () => {
  test('the newest fault with what healed after it', () => {
    const { batch, toMs } = stories.powerOff().until(30_000);
    expect(lastStretch(batch, toMs)).toEqual({ fromMs: 2000, toMs: 30_000 });
  });

  test('a move long after the fault is news of its own; without a fault it is all there is', () => {
    const moved = stories.standby();
    expect(lastStretch(moved.until(20_000).batch, 20_000)).toEqual({ fromMs: 2000, toMs: 10_401 });
    expect(lastStretch(new SessionStory().until(5000).batch, 5000)).toBeNull();
  });
});

test('an address that nobody named is the one that the record speaks of', () => {
  const timeline = buildTimeline(stories.powerOff().until(20_000, { address: null }));
  expect(timeline.address).toBe(STORY_VIP);
});

describe('while an exercise runs', () => {
  const story = stories.powerOff();
  const open = buildTimeline(story.until(20_000));
  const closed = buildTimeline({ ...hiddenStretch({ input: story.until(20_000) }).input });

  test('neither the fault nor any name is in it, and it says that they are hidden', () => {
    expect(open.situations.map((s) => s.code)).toEqual(['node-lost']);
    expect(closed.situations).toEqual([]);
    const lane = closed.lanes.find(({ kind }) => kind === 'fault');
    expect(lane).toMatchObject({ spans: [], marks: [] });
    expect(lane?.missing?.en).toContain('exercise');
    expect(phase(closed, 'fault')).toMatchObject({ atMs: null });
    expect(closed.doubts.map((d) => d.en).join()).toContain('hidden until it is answered');
    expect(JSON.stringify(closed)).not.toContain('power-off');
  });

  test('what nodes, LAN and client say stays', () => {
    expect(phase(closed, 'detected')).toMatchObject({ atMs: 8000 });
    expect(phase(closed, 'resources')).toMatchObject({ atMs: 8020 });
  });
});
