// What keeps a pair safe, judged before anything is started. Facts as the node's script reports them; files as they stand there.
import { describe, expect, test } from 'vitest';
import { fail, ok } from '../../../agent/common/base/result.ts';
import type { Result } from '../../../agent/common/base/result.ts';
import type { Fact } from '../../../electron/core/deploy/facts.ts';
import * as judge from '../../../electron/core/deploy/judgeSafety.ts';

describe('the shared key', () => {
  const key = (secret: string, index = 1): Result<string> => ok(`auth ${index}\n${index} sha1 ${secret}\n`);
  const none = fail('absent', 'there is none');
  const of = (own: Result<string>, peers: Result<string>) => judge.judgeKeys(own, peers, 'node2', 'sha256');

  // The real daemon with different keys: each node waits initdead, takes the other for dead, and takes the address (M10).
  test('different secrets of one number are told apart by fingerprint, and neither is shown', () => {
    const verdict = of(key('secretOne'), key('secretTwo'));
    expect(verdict).toMatchObject({ result: 'warning', advice: expect.stringContaining('both') as string });
    expect(verdict.found).toMatch(
      /^key 1 sha1 ([0-9a-f]{12}) here, key 1 sha1 (?!\1)[0-9a-f]{12} on node2: .*both would hold/,
    );
    expect(JSON.stringify(verdict)).not.toContain('secret');
  });

  test('the same, none, one of two', () => {
    expect(of(key('x'), key('x'))).toMatchObject({
      result: 'ok',
      found: expect.stringContaining('the same on') as string,
    });
    expect(of(none, none).found).toMatch(/makes one for both, sha256, which two Twinbeat agents/);
    expect(of(none, key('x')).found).toContain('gets that of node2');
    expect(of(key('x'), none).found).toContain('node2 gets the same');
  });

  test('a rotation that was left in the middle is no mismatch', () => {
    const both = (sign: number): Result<string> => ok(`auth ${sign}\n1 sha1 old\n2 sha256 new\n`);
    expect(of(both(1), both(2))).toMatchObject({
      result: 'warning',
      advice: expect.stringContaining('rotate') as string,
    });
  });

  test('not valid forbids; not readable is unknown, not green', () => {
    expect(of(ok('auth 2\n1 sha1 x\n'), key('x')).result).toBe('failed');
    expect(of(fail('lost', 'gone'), key('x')).result).toBe('unknown');
    expect(of(key('x'), fail('lost', 'gone')).result).toBe('unknown');
  });
});

describe('files that stay on the nodes', () => {
  const BASE =
    'keepalive 1\ndeadtime 5\nwarntime 2\ninitdead 30\nudpport 694\nbcast eth1\nauto_failback on\nnode a b\n';
  const files = (haCf: string, haresources = 'a 10.0.0.9 httpd\n') => ({ haCf, haresources });
  const of = (own: string, peers: string) => judge.judgeAgreement(files(own), files(peers), 'b');

  test('the same', () => {
    expect(of(BASE, BASE).result).toBe('ok');
    expect(of(BASE, BASE.replace('failback on', 'failback off')).result).toBe('ok');
  });

  // Each node of the real daemon enforces what its peer announces: A at 3 s is declared dead after 3 s by B, whatever B says (M13).
  test('another deadtime: a warning that says how it counts', () => {
    const verdict = of(BASE, BASE.replace('deadtime 5', 'deadtime 10'));
    expect(verdict).toMatchObject({ result: 'warning', found: 'deadtime 5000 ms here and 10000 ms on b' });
    expect(verdict.advice).toContain('announces itself');
  });

  test.each([
    ['udpport 694', 'udpport 695', 'UDP port 694 here and 695 on b'],
    ['failback on', 'failback legacy', 'auto_failback on or off here and legacy on b'],
    ['node a b', 'node a c', 'nodes a, b here and a, c on b'],
  ])('%s against %s forbids', (from, to, words) => {
    expect(of(BASE, BASE.replace(from, to))).toMatchObject({
      result: 'failed',
      found: expect.stringContaining(words) as string,
    });
  });

  test('another haresources forbids, another spacing does not', () => {
    const against = (text: string) => judge.judgeAgreement(files(BASE), files(BASE, text), 'b').result;
    expect(against('a   IPaddr::10.0.0.9\thttpd # the same\n')).toBe('ok');
    expect(against('b 10.0.0.9 httpd\n')).toBe('failed');
  });

  test('a file that is not there is unknown', () => {
    expect(judge.judgeAgreement(files(BASE), { haCf: null, haresources: null }, 'b').result).toBe('unknown');
  });
});

test('ping nodes: one that answers is enough for a takeover that needs one', () => {
  const ping = (...answers: string[]): Fact[] => answers.map((answer, i) => ['ping', `10.0.0.${i}`, answer]);
  expect(judge.judgePingNodes([], true).result).toBe('ok');
  expect(judge.judgePingNodes(ping('answers'), true).result).toBe('ok');
  expect(judge.judgePingNodes(ping('answers', 'silent'), true)).toMatchObject({
    result: 'warning',
    found: '10.0.0.0 answers, 10.0.0.1 does not',
  });
  expect(judge.judgePingNodes(ping('silent'), true).result).toBe('failed');
  expect(judge.judgePingNodes(ping('silent'), false).result).toBe('warning');
  expect(judge.judgePingNodes(ping('untold'), false)).toMatchObject({
    result: 'unknown',
    advice: expect.stringContaining('ping') as string,
  });
});

test('fencing: the plugin has to be there, a person need not', () => {
  expect(judge.judgeFencing([]).result).toBe('ok');
  expect(judge.judgeFencing([['stonith', 'meatware', '']]).result).toBe('ok');
  expect(judge.judgeFencing([['stonith', 'external/ipmi', '/usr/lib/stonith/plugins/external/ipmi']]).result).toBe(
    'ok',
  );
  expect(judge.judgeFencing([['stonith', 'external/ipmi', '']])).toMatchObject({
    result: 'failed',
    advice: expect.stringContaining('cluster-glue') as string,
  });
  expect(judge.judgeFencing([['stonith', 'fence_ipmilan', '']]).advice).toContain('fence-agents');
});

test('watchdog: there, and free for the agent', () => {
  const device = (state: string, users = ''): Fact[] => [['watchdog', '/dev/watchdog', state, users]];
  expect(judge.judgeWatchdog([]).result).toBe('ok');
  expect(judge.judgeWatchdog(device('present')).result).toBe('ok');
  expect(judge.judgeWatchdog(device('present', 'twinbeat-agent ')).result).toBe('ok');
  expect(judge.judgeWatchdog(device('present', 'systemd '))).toMatchObject({
    result: 'failed',
    found: '/dev/watchdog is used by systemd',
  });
  expect(judge.judgeWatchdog(device('missing')).advice).toContain('modprobe softdog');
});
