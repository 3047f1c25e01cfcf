// Goal: the real daemon's log, in every form in which it reaches a file, becomes the events that our own engine would publish.
// Method: the recorded pair's logs, read to their ends, and single lines for what the recorded story has not.
import { describe, expect, test } from 'vitest';
import type { EventBody } from '../../../agent/common/timeline/event.ts';
import { parseLogLine } from '../../../agent/node/observe/heartbeat/logLines.ts';
import { LogStory, type StoryNames } from '../../../agent/node/observe/heartbeat/logStory.ts';
import { recordedText } from '../../support/heartbeatFixtures.ts';

const NOW_MS = Date.parse('2026-11-21T00:30:00');
const AT = { monotonicMs: 1000 };

function names(self: string, peer: string, over: Partial<StoryNames> = {}): StoryNames {
  return {
    self,
    peer,
    pingNodes: ['10.0.0.254'],
    linkIds: (name) => [`id of ${name}`],
    warntimeMs: 3000,
    deadtimeMs: 5000,
    peerWasHeard: () => true,
    progress: () => 'started',
    generation: () => 7,
    lastGapMs: () => 17_000,
    pingCounts: () => ({ own: 1, peers: 0 }),
    ...over,
  };
}

function told(story: LogStory, lines: readonly string[]): EventBody[] {
  return lines.flatMap((text) => {
    const line = parseLogLine(text, NOW_MS);
    return line === null ? [] : story.take(line, AT).map(({ body }) => body);
  });
}

const daemonLine = (text: string): string => `Nov 21 00:09:07 node1 heartbeat: [15]: ${text}`;

function bodies(text: string, over: Partial<StoryNames> = {}): EventBody[] {
  return told(new LogStory(names('node1', 'node2', over)), [daemonLine(text)]);
}

describe('lines', () => {
  test.each([
    [
      'Nov 21 00:09:07 node1 heartbeat: [15]: WARN: node node2: is dead',
      'heartbeat',
      15,
      'warn',
      'node node2: is dead',
    ],
    ['heartbeat[15]: 2026/11/21_00:09:07 info: Link a:eth0 up.', 'heartbeat', 15, 'info', 'Link a:eth0 up.'],
    [
      '2026/11/21_00:09:20  ResourceManager(default)[159]:    info: Acquiring resource group: a b',
      'ResourceManager',
      159,
      'info',
      'Acquiring resource group: a b',
    ],
    [
      '2026/11/21_00:09:20  /usr/lib/ocf/resource.d//heartbeat/IPaddr(IPaddr_10.0.0.1)[92]:    INFO:  Success',
      'IPaddr',
      92,
      'info',
      'Success',
    ],
    [
      '2026-11-21T00:09:07.123456+00:00 node1 heartbeat: [15]: CRIT: Cluster node b returning after partition.',
      'heartbeat',
      15,
      'crit',
      'Cluster node b returning after partition.',
    ],
    [
      'Nov 21 00:09:20 node1 ResourceManager(default)[412]: info: Releasing resource group: a b',
      'ResourceManager',
      412,
      'info',
      'Releasing resource group: a b',
    ],
    [
      '2026/11/21_00:09:20  ip-request-resp(default)[140]:    received ip-request-resp x OK yes',
      'ip-request-resp',
      140,
      'info',
      'received ip-request-resp x OK yes',
    ],
  ])('%s', (line, program, pid, severity, text) => {
    expect(parseLogLine(line, NOW_MS)).toMatchObject({ program, pid, severity, text });
  });

  test('stamps are local times; one without a year belongs to the nearest', () => {
    const at = (line: string, now: string) => parseLogLine(line, Date.parse(now))?.wallMs;
    expect(at(daemonLine('info: x'), '2026-11-21T01:00:00')).toBe(Date.parse('2026-11-21T00:09:07'));
    expect(at('Dec 31 23:59:59 a heartbeat: [1]: info: x', '2027-01-01T00:00:05')).toBe(
      Date.parse('2026-12-31T23:59:59'),
    );
    expect(at('2026/11/21_00:09:20  harc(default)[1]:  info: x', '2026-11-21T01:00:00')).toBe(
      Date.parse('2026-11-21T00:09:20'),
    );
  });

  test('anything else is no line', () => {
    for (const line of ['', 'x', 'Nov 21 kernel: eth0: link up', '>>>', '\u0000'.repeat(50)]) {
      expect(parseLogLine(line, NOW_MS)).toBeNull();
    }
  });
});

/** Kind and what decides about it, in few words. */
function word(body: EventBody): string {
  switch (body.kind) {
    case 'takeover':
      return `takeover ${body.phase} (${body.cause})`;
    case 'resource':
      return `${body.resource} ${body.action} ${body.phase}`;
    case 'standby':
      return `standby ${body.phase} ${body.set}`;
    case 'peer-status':
    case 'local-status':
      return `${body.kind} ${body.status}`;
    case 'link':
      return `${body.link} ${body.state}`;
    case 'shutdown':
      return `shutdown ${body.phase}`;
    default:
      return body.kind;
  }
}

describe('the recorded pair', () => {
  const lines = (node: string): string[] => recordedText(`${node}/ha-log`).split('\n');

  test('the survivor: the peer’s stop, the takeover with every script in order, and giving back', () => {
    const story = new LogStory(names('node2', 'node1'));
    const words = told(story, lines('node2')).map(word);
    const from = words.indexOf('takeover begin (peer-stopped)');
    expect(from).toBeGreaterThan(0);
    const ip = 'IPaddr::10.77.0.100/24/eth0:0';
    expect(words.slice(from).filter((w) => w !== 'log' && w !== 'packets-lost')).toEqual([
      'takeover begin (peer-stopped)',
      `${ip} start begin`,
      `${ip} start done`,
      'web start begin',
      'peer-status dead',
      'fencing',
      'id of eth0 dead',
      'id of /dev/ttycp2 dead',
      'peer-restarted',
      'id of /dev/ttycp2 up',
      'peer-status init',
      'peer-status up',
      'peer-status active',
      'standby requested foreign',
      'id of eth0 up',
      'standby accepted foreign',
      'web stop begin',
      'web stop done',
      `${ip} stop begin`,
      'standby released foreign',
      'standby done foreign',
    ]);
    // What ran last has ended with its manager, and no other line says so.
    const settled = story.settle(() => false, AT).map(({ body }) => word(body));
    expect(settled).toEqual(['web start done', `${ip} stop done`, 'takeover done (peer-stopped)']);
  });

  test('the other: its own stop, and taking back as the asked side', () => {
    const words = told(new LogStory(names('node1', 'node2')), lines('node1')).map(word);
    expect(words.filter((w) => w.startsWith('shutdown'))).toEqual([
      'shutdown begin',
      'shutdown released',
      'shutdown done',
    ]);
    expect(words.filter((w) => w.startsWith('standby'))).toEqual([
      'standby requested foreign',
      'standby released foreign',
      'standby done foreign',
    ]);
    expect(words.filter((w) => w.startsWith('local-status'))).toEqual([
      'local-status up',
      'local-status active',
      'local-status up',
      'local-status active',
    ]);
  });
});

describe('single lines', () => {
  test('late heartbeats name the limit that they passed', () => {
    expect(bodies('WARN: Late heartbeat: Node node2: interval 3500 ms')).toEqual([
      { kind: 'late-heartbeat', peer: 'node2', intervalMs: 3500, limitMs: 3000 },
    ]);
    expect(bodies('CRIT: Late heartbeat: Node node2: interval 9000 ms (> deadtime)')[0]).toMatchObject({
      limitMs: 5000,
    });
  });

  test('a partition, an alarm, fencing, ipfail, a failed script', () => {
    expect(bodies('CRIT: Cluster node node2 returning after partition.')).toEqual([
      { kind: 'partition-healed', peer: 'node2', silentMs: 17_000 },
    ]);
    expect(bodies('ERROR: Both machines own our resources!')).toEqual([
      { kind: 'ownership-alarm', alarm: 'both', set: 'local' },
    ]);
    expect(bodies('ERROR: No one owns foreign resources!')[0]).toMatchObject({ alarm: 'nobody', set: 'foreign' });
    expect(bodies('info: Resetting node node2 with [x]')[0]).toMatchObject({ kind: 'fencing', phase: 'begin' });
    const story = new LogStory(names('node1', 'node2'));
    const failed = told(story, [
      '2026/11/21_00:09:20  ResourceManager(default)[9]:    info: Acquiring resource group: node1 10.0.0.1 web',
      '2026/11/21_00:09:21  ResourceManager(default)[9]:    info: Running /etc/init.d/web  start',
      '2026/11/21_00:09:22  ResourceManager(default)[9]:    ERROR: Return code 1 from /etc/init.d/web',
    ]);
    expect(failed.at(-1)).toMatchObject({
      kind: 'resource',
      group: 'IPaddr::10.0.0.1',
      resource: 'web',
      phase: 'failed',
    });
    const ipfail = told(story, ['Nov 21 00:09:07 node1 ipfail: [20]: info: Delayed giveup in 2 seconds.']);
    expect(ipfail).toEqual(
      [{ kind: 'ipfail', step: 'give-up-scheduled', own: 1, peers: 0, detail: 'Delayed giveup in ' }].map((body) => ({
        ...body,
        detail: expect.stringContaining('Delayed giveup in') as string,
      })),
    );
  });

  test('the cause of a takeover: never heard, died, or stopped', () => {
    const begin = 'info: Resources being acquired from node2.';
    expect(bodies(begin)[0]).toMatchObject({ kind: 'takeover', phase: 'begin', cause: 'peer-dead' });
    expect(bodies(begin, { peerWasHeard: () => false })[0]).toMatchObject({ cause: 'start' });
  });

  test('a takeover is done when all of it is up: own groups start after the peer’s are handed over', () => {
    let progress: 'started' | 'starting' | 'failed' = 'starting';
    const story = new LogStory(names('node1', 'node2', { progress: () => progress }));
    const settled = (alive = false, at = AT): string[] => story.settle(() => alive, at).map(({ body }) => word(body));
    told(story, [daemonLine('info: Resources being acquired from node2.')]);
    expect(settled()).toEqual([]);
    told(story, [daemonLine('info: mach_down takeover complete.')]);
    expect(settled()).toEqual([]);
    told(story, ['2026/11/21_00:09:21  ResourceManager(default)[9]:    info: Running /etc/init.d/web  start']);
    progress = 'started';
    expect(settled(true)).toEqual([]);
    expect(settled()).toEqual(['web start done', 'takeover done (peer-dead)']);
    expect(settled()).toEqual([]);
    expect(story.busy).toBe(false);
    // What does not come up has failed, at once or in the end.
    told(story, [daemonLine('info: Resources being acquired from node2.')]);
    expect(settled(false, { monotonicMs: AT.monotonicMs + 200_000 })).toEqual(['takeover failed (peer-dead)']);
  });

  test('what is not known is not made up: a restart without a captured generation', () => {
    expect(bodies('info: Heartbeat restart on node node2', { generation: () => null })).toEqual([
      { kind: 'log', text: 'Heartbeat restart on node node2' },
    ]);
  });

  test('ping nodes are no peers, and strangers are nobody', () => {
    expect(bodies('WARN: node 10.0.0.254: is dead')).toEqual([
      { kind: 'ping-node', node: '10.0.0.254', status: 'dead' },
    ]);
    expect(bodies('info: Link 10.0.0.254:10.0.0.254 dead.')).toEqual([]);
    expect(bodies('info: Status update for node other: status active')).toEqual([]);
  });

  test('a refused standby ends the one that was under way', () => {
    const story = new LogStory(names('node1', 'node2'));
    const all = told(story, [
      daemonLine('info: node1 wants to go standby [all]'),
      daemonLine('WARN: No reply to standby request.  Standby request cancelled.'),
      daemonLine('info: Standby resource acquisition done [all].'),
    ]);
    expect(all.map(word)).toEqual(['standby requested all', 'standby timed-out all']);
    expect(story.busy).toBe(false);
  });
});
