// The timeline of a stretch: phases with their sources and errors, outages of fault and heal, order, lanes, and what is not known.
import { describe, expect, test } from 'vitest';
import { hiddenStretch } from '../../../electron/core/exercise/hide.ts';
import { lastStretch } from '../../../electron/common/whathappened/stretch.ts';
import { timelineHeightPx, timelineSvg } from '../../../electron/common/whathappened/svg.ts';
import { buildTimeline } from '../../../electron/common/whathappened/timeline.ts';
import type { Mark, PhaseId, Timeline } from '../../../electron/common/whathappened/types.ts';
import { timelineWords } from '../../../electron/common/whathappened/words.ts';
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
