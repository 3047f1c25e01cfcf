// Goal: preflight names what heartbeats take of the serial line, and forbids what cannot go through it.
import { describe, expect, test } from 'vitest';
import { fail, ok } from '../../../agent/common/base/result.ts';
import type { PairSpec } from '../../../electron/common/contract/pair.ts';
import { PairSpecSchema } from '../../../electron/common/contract/pair.ts';
import { judgeSerialLine, serialUseOf } from '../../../electron/core/deploy/judgeSerialLine.ts';
import { siteSpec } from '../../support/fakeData.ts';

const NO_KEY = fail('absent', 'there is none');

function pairAt(keepaliveMs: number, baud: number): PairSpec {
  const ha = {
    ...{ keepaliveMs, warntimeMs: 1500, deadtimeMs: 5000, initdeadMs: 10_000, autoFailback: 'off' },
    links: [{ medium: 'serial', device: { 'scada-a': '/dev/ttyS0', 'scada-b': '/dev/ttyS0' }, baud }],
    haresources: ['scada-a 10.20.7.10 httpd'],
  };
  return PairSpecSchema.parse({ ...siteSpec(), ha });
}

const judged = (keepaliveMs: number, baud: number) =>
  judgeSerialLine(serialUseOf(pairAt(keepaliveMs, baud), null, NO_KEY));

describe('a pair that is written', () => {
  test('fits: said with its numbers', () => {
    const verdict = judged(1000, 19_200);
    expect(verdict.result).toBe('ok');
    expect(verdict.found).toMatch(/^\d+ bytes every 1000 ms take 1\d % of 19200 baud$/);
  });

  test('above half the line: a warning with the keepalive that would do', () => {
    const verdict = judged(200, 19_200);
    expect(verdict.result).toBe('warning');
    expect(verdict.found).toMatch(/take [6-9]\d % of 19200 baud/);
    expect(verdict.advice).toMatch(/keepalive to 3\d\d ms or more/);
  });

  test('above all of it: forbidden', () => {
    expect(judged(200, 9600)).toMatchObject({ result: 'failed' });
  });

  test('no serial link: nothing to say', () => {
    expect(judgeSerialLine(null)).toMatchObject({ result: 'ok', found: 'no serial link is configured' });
  });
});

describe('files that stay on the node', () => {
  const pair = PairSpecSchema.parse({ ...siteSpec(), ha: null });
  const HA_CF = 'baud 9600\nserial /dev/ttyS0\nkeepalive 500ms\ndeadtime 5\nnode scada-a scada-b\n';

  test('are judged as they are, with the key that signs', () => {
    const sizeOf = (method: string): number =>
      Number(/^\d+/.exec(judgeSerialLine(serialUseOf(pair, HA_CF, ok(`auth 1\n1 ${method} x\n`))).found)?.[0]);
    expect(sizeOf('sha256') - sizeOf('sha1')).toBeGreaterThanOrEqual(24);
    expect(sizeOf('sha1') - sizeOf('md5')).toBeGreaterThanOrEqual(8);
  });

  test('none, or one that cannot be read, asks for nothing', () => {
    expect(serialUseOf(pair, null, NO_KEY)).toBeNull();
    expect(serialUseOf(pair, 'keepalive\n', NO_KEY)).toBeNull();
  });
});
