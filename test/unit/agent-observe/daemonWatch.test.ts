// Goal: the observed daemon's death, freeze and silence are noticed, and an address that it does not claim is called stray, never one that
// is just being taken. Method: a process, answers and addresses in memory, time wound by hand.
import { beforeEach, describe, expect, test } from 'vitest';
import { fail, ok, type Result } from '../../../agent/common/base/result.ts';
import { parseHaCf, parseHaresources } from '../../../agent/common/config/index.ts';
import type { EventBody, EventDraft } from '../../../agent/common/timeline/event.ts';
import type { ClStatusFailure } from '../../../agent/node/observe/heartbeat/clStatus.ts';
import { Conditions } from '../../../agent/node/observe/heartbeat/conditions.ts';
import { DaemonWatch } from '../../../agent/node/observe/heartbeat/daemonWatch.ts';
import { GroupWatch } from '../../../agent/node/observe/heartbeat/groupWatch.ts';
import { PairView } from '../../../agent/node/observe/heartbeat/pairView.ts';
import { NO_DAEMON, type DaemonState } from '../../../agent/node/observe/heartbeat/processes.ts';
import { HandTimers } from '../../support/handTimers.ts';

const HA_CF = 'keepalive 1\ndeadtime 5\ninitdead 10\nbcast eth1\nnode a\nnode b\n';
const RUNNING: DaemonState = { state: 'running', master: { pid: 100, startTicks: '7' } };

let timers: HandTimers;
let daemon: DaemonState;
let answers: Map<string, Result<string, ClStatusFailure>>;
let held: string[];
let busy: boolean;
let events: EventBody[];
let view: PairView;
let watch: DaemonWatch;
let asked: string[];
/** Answers wait for it. */
let gate: Promise<void>;

beforeEach(() => {
  timers = new HandTimers();
  daemon = RUNNING;
  answers = new Map([
    ['nodestatus a', ok('active')],
    ['nodestatus b', ok('active')],
    ['rscstatus', ok('local')],
    ['hblinkstatus b eth1', ok('up')],
  ]);
  held = ['10.0.0.9'];
  busy = false;
  events = [];
  asked = [];
  gate = Promise.resolve();
  const { config } = parseHaCf(HA_CF, 'ha.cf');
  if (config === null) throw new Error('the test’s own ha.cf is not valid');
  const { groups } = parseHaresources('a 10.0.0.9 web\n', 'haresources', config.nodes);
  view = new PairView({ self: 'a', peer: 'b', ha: config, reaches: () => 'yes' });
  const publish = (draft: EventDraft): void => void events.push(draft.body);
  watch = new DaemonWatch({
    view,
    conditions: new Conditions(publish),
    questions: { self: 'a', peer: 'b', linkNames: ['eth1'], pingNodes: [] },
    groups,
    groupWatch: new GroupWatch('a', groups),
    cl: {
      ask: async (...words) => {
        asked.push(words.join(' '));
        await gate;
        return answers.get(words.join(' ')) ?? fail('failed', 'no such question');
      },
    },
    now: timers.now,
    look: () => daemon,
    held: () => held,
    isBusy: () => busy,
    tell: (draft) => {
      for (const news of view.note(draft)) publish(news);
    },
    publish,
  });
});

/** Time passes, looked at as the observer does. */
async function run(ms: number): Promise<void> {
  for (let passed = 0; passed < ms; passed += 200) {
    watch.lookAtProcess();
    watch.tick();
    await timers.advance(200);
  }
}

const problems = (): string[] =>
  events.flatMap((body) => (body.kind === 'problem' ? [`${body.code}${body.over ? ' over' : ''}`] : []));

test('a healthy daemon is asked, and what it says is told once', async () => {
  await run(12_000);
  expect(view.own).toBe('active');
  expect(view.mine).toBe('local');
  expect(events.filter(({ kind }) => kind === 'local-status' || kind === 'peer-status')).toHaveLength(2);
  expect(events.filter(({ kind }) => kind === 'link')).toHaveLength(1);
  expect(problems()).toEqual([]);
  // Seldom: each question costs the daemon a connection.
  expect(asked.filter((words) => words === 'rscstatus').length).toBeLessThanOrEqual(4);
});

describe('the daemon', () => {
  test('killed: dead at once, its address is stray; started again without it: stray still', async () => {
    await run(2000);
    daemon = NO_DAEMON;
    await run(400);
    expect(view.own).toBe('dead');
    expect(problems()).toEqual(['daemon-not-running']);
    await run(2000);
    expect(problems()).toContain('stray-address');
    daemon = { state: 'running', master: { pid: 200, startTicks: '9' } };
    answers.set('rscstatus', ok('none'));
    await run(12_000);
    expect(problems()).toContain('daemon-not-running over');
    const last = events.findLast((body) => body.kind === 'problem' && body.code === 'stray-address');
    expect(last).toMatchObject({ over: false, detail: expect.stringContaining('does not claim') as string });
    held = [];
    await run(1000);
    expect(problems().at(-1)).toBe('stray-address over');
  });

  test('frozen: said at once, and not asked', async () => {
    await run(2000);
    daemon = { ...RUNNING, state: 'frozen' };
    asked = [];
    await run(12_000);
    expect(problems()).toEqual(['daemon-frozen']);
    expect(asked).toEqual([]);
    daemon = RUNNING;
    await run(400);
    expect(problems()).toEqual(['daemon-frozen', 'daemon-frozen over']);
  });

  test('a daemon that does not answer, and one that is only starting', async () => {
    answers.set('nodestatus a', fail('failed', 'Cannot signon with heartbeat'));
    await run(600);
    expect(watch.silence).toBeNull();
    await run(4000);
    expect(watch.silence).toContain('signon');
    answers.set('nodestatus a', fail('timeout', 'no answer within 3000 ms'));
    await run(2000);
    expect(problems()).toContain('daemon-not-answering');
    answers.set('nodestatus a', ok('active'));
    await run(2000);
    expect(problems().at(-1)).toBe('daemon-not-answering over');
    expect(watch.silence).toBeNull();
  });
});

test('an address that is just being taken is not stray: only what the daemon was asked about since counts', async () => {
  answers.set('rscstatus', ok('none'));
  held = [];
  await run(4000);
  held = ['10.0.0.9'];
  busy = true;
  await run(4000);
  expect(problems()).toEqual([]);
  answers.set('rscstatus', ok('local'));
  busy = false;
  watch.changed();
  await run(6000);
  expect(problems()).toEqual([]);
});

test('an answer that the log has overtaken is not believed', async () => {
  await run(2000);
  let release: () => void = () => undefined;
  gate = new Promise<void>((resolve) => (release = resolve));
  watch.changed();
  await timers.advance(500);
  asked = [];
  watch.tick();
  expect(asked).toEqual(['nodestatus a']);
  // While the daemon is being asked, its log says that the peer is dead; the answers are of the moment before.
  view.note({ severity: 'warn', body: { kind: 'peer-status', peer: 'b', status: 'dead' } });
  watch.changed();
  const before = events.length;
  release();
  await timers.advance(100);
  expect(asked).toContain('rscstatus');
  expect(events.slice(before).filter(({ kind }) => kind === 'peer-status')).toEqual([]);
  expect(view.peer).toBe('dead');
  // The next round is believed.
  await run(2000);
  expect(view.peer).toBe('active');
});
