// Goal: what people and their scripts read: log lines in heartbeat's words, the command line, the status text.
import { expect, test } from 'vitest';
import type { EventBody } from '../../../agent/common/timeline/event.ts';
import { parseArguments } from '../../../agent/node/command/args.ts';
import { haLogLines, haLogTexts } from '../../../agent/node/journal/haLog.ts';
import { mergeSamples } from '../../../agent/node/observe/status.ts';

const NAMES = { self: 'n1', peer: 'n2', linkNames: new Map([['l1', 'eth1']]) };
const texts = (body: EventBody): string => haLogTexts(body, NAMES).join('\n');

test('the lines that an engineer greps for', () => {
  expect(texts({ kind: 'link', link: 'l1', direction: 'from-peer', state: 'dead' })).toMatch(/^Link n2:eth1 dead\.$/);
  expect(texts({ kind: 'link', link: 'l1', direction: 'to-peer', state: 'dead' })).toBe(
    'n2 does not hear us over eth1.',
  );
  expect(texts({ kind: 'link', link: 'l1', direction: 'to-peer', state: 'unknown' })).toBe('');
  expect(texts({ kind: 'peer-status', peer: 'n2', status: 'active' })).toMatch(
    /^Status update for node (\S+): status active$/,
  );
  expect(texts({ kind: 'peer-status', peer: 'n2', status: 'dead' })).toMatch(/^node (\S+): is dead/);
  expect(texts({ kind: 'takeover', phase: 'begin', from: 'n2', cause: 'peer-dead' })).toMatch(
    /^Resources being acquired from n2\.$/,
  );
  expect(texts({ kind: 'takeover', phase: 'done', from: 'n2', cause: 'peer-dead' })).toMatch(
    /^mach_down takeover complete\.$/m,
  );
  const resource = {
    kind: 'resource',
    group: 'g',
    resource: 'svc::one::two',
    action: 'start',
    phase: 'begin',
  } as const;
  expect(texts(resource)).toBe('Running svc one two start');
  expect(texts({ kind: 'shutdown', phase: 'done' })).toMatch(/^n1 Heartbeat shutdown complete\.$/);
  expect(texts({ kind: 'late-heartbeat', peer: 'n2', intervalMs: 612.4, limitMs: 500 })).toBe(
    'Late heartbeat: Node n2: interval 612 ms',
  );
});

test('a whole line: stamp, node, entity, pid, severity; a text of two lines stays one line', () => {
  const event = {
    seq: 1,
    node: 'n1',
    at: { monotonicMs: 1 },
    wallMs: 0,
    severity: 'warn',
    body: { kind: 'log', text: 'a\nb' },
  } as const;
  expect(haLogLines(event, NAMES)).toHaveLength(1);
  expect(haLogLines(event, NAMES)[0]).toMatch(
    /^[A-Z][a-z]{2} \d\d \d\d:\d\d:\d\d n1 heartbeat: \[\d+\]: WARN: a \| b\n$/,
  );
});

test('the command line', () => {
  expect(parseArguments(['standby'])).toMatchObject({
    ok: true,
    value: { verb: 'standby', set: 'all', configDir: '/etc/ha.d' },
  });
  expect(parseArguments(['status', '--json', '--node', 'x'])).toMatchObject({
    ok: true,
    value: { json: true, node: 'x' },
  });
  for (const bad of [
    [],
    ['fly'],
    ['stop', 'now'],
    ['standby', 'some'],
    ['status', '--nonsense'],
    ['probe', '--http', 'http://x/', '--period-ms', '0'],
    ['stop', '--from', '3'],
    ['status', '--yes'],
    ['version', '--json'],
  ]) {
    expect(parseArguments(bad)).toMatchObject({ ok: false, reason: 'usage' });
  }
  const said = (...argv: string[]): string => {
    const result = parseArguments(argv);
    return result.ok ? '' : result.detail;
  };
  expect(said('journal', '--from', 'x')).toBe('--from: x is not a positive number');
  expect(said('probe', '--tcp', 'h:1', '--period-ms=-1')).toBe('--period-ms: -1 is not a positive number');
  expect(said('stop', '--from', '3')).toBe('--from belongs to journal, not to stop');
  expect(parseArguments(['--version'])).toMatchObject({ ok: true, value: { verb: 'version' } });
  expect(parseArguments(['journal', '--follow'])).toMatchObject({ ok: true, value: { from: 1, periodMs: 100 } });
});

test('merging two samples keeps the newer values and the extremes of both', () => {
  const link = { id: 'l1', fromPeer: 'up', toPeer: 'up', fromPeerSilenceMs: 5, toPeerSilenceMs: 5, rttMs: 1 } as const;
  const sample = (atMonotonicMs: number, maxMs: number | null, latenessMs: number) => ({
    atMonotonicMs,
    status: 'active' as const,
    peerStatus: 'active' as const,
    mine: 'all' as const,
    heldVips: [],
    nodeMarginMs: 1,
    links: [{ ...link, fromPeerSilenceMaxMs: maxMs }],
    latenessMs,
  });
  const merged = mergeSamples(sample(1, 900, 3), sample(2, 100, 1));
  expect(merged).toMatchObject({ atMonotonicMs: 2, latenessMs: 3, links: [{ fromPeerSilenceMaxMs: 900 }] });
  expect(mergeSamples(sample(1, null, 0), sample(2, null, 0)).links[0]?.fromPeerSilenceMaxMs).toBeNull();
});
