import { describe, expect, test } from 'vitest';
import { parseHaCf, parseTwinbeatCf, print, type HaConfig } from '../../../agent/common/config/index.ts';

const HEAD = 'keepalive 1\ndeadtime 5\ninitdead 30\nlogfile /l\nauto_failback on\nnode node1 node2\n';

function ha(lines: string): HaConfig {
  const { config, problems } = parseHaCf(HEAD + lines, 'ha.cf');
  if (config === null) throw new Error(JSON.stringify(problems));
  return config;
}

const FULL = ha(
  'bcast eth1\nserial /dev/ttyS0\nping 10.0.0.254\nstonith_host * meatware node1 node2\nwatchdog /dev/watchdog\n',
);
const BARE = ha('bcast eth1\n');

/** `line:column severity code` of every problem. */
function complaints(text: string, beside: HaConfig | null = FULL): string[] {
  const { problems } = parseTwinbeatCf(text, 'twinbeat.cf', beside);
  return problems.map((p) => `${p.at.line}:${p.at.column} ${p.severity} ${p.code}`);
}

test('an empty file says nothing: the defaults', () => {
  expect(parseTwinbeatCf('# nothing\n\n', 'twinbeat.cf', BARE).safety).toEqual({
    takeoverRequires: [],
    onStopFailure: 'report',
  });
});

test('any subset in any order, each once; lexical rules of ha.cf', () => {
  const text = 'takeover_requires fencing, two_links\tfencing # why\r\non_stop_failure reboot\n';
  const { safety, document } = parseTwinbeatCf(text, 'twinbeat.cf', FULL);
  expect(safety).toEqual({ takeoverRequires: ['two-links', 'fencing'], onStopFailure: 'reboot' });
  expect(print(document)).toBe(text);
});

test('all that ha.cf must offer is asked of it, each at its word', () => {
  expect(complaints('takeover_requires reference two_links fencing\non_stop_failure reboot\n')).toEqual([]);
  expect(complaints('takeover_requires reference two_links fencing\non_stop_failure reboot\n', BARE)).toEqual([
    '1:19 error requires-ping-node',
    '1:29 error requires-two-links',
    '1:39 error requires-stonith',
    '2:17 error requires-watchdog',
  ]);
  // With a broken ha.cf there is nothing to check against; its own problems stop the start.
  expect(complaints('takeover_requires fencing\n', null)).toEqual([]);
});

describe('what is no twinbeat.cf', () => {
  test.each([
    ['takeover_requires\n', '1:1 error missing-value'],
    ['takeover_requires two-links\n', '1:19 error bad-choice'],
    ['on_stop_failure\n', '1:1 error missing-value'],
    ['on_stop_failure panic\n', '1:17 error bad-choice'],
    ['on_stop_failure report now\n', '1:24 error bad-arguments'],
    ['keepalive 1\n', '1:1 error illegal-directive'],
    ['on_stop_failure report\non_stop_failure report\n', '2:1 error duplicate-directive'],
    ['\ufeff# x\n', '1:1 error byte-order-mark'],
  ])('%j', (text, complaint) => {
    expect(complaints(text)).toEqual([complaint]);
    expect(parseTwinbeatCf(text, 'twinbeat.cf', FULL).safety).toBeNull();
  });
});
