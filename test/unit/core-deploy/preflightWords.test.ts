// Goal: what a preflight finds is the same in both languages, down to a reason inside of a finding, on the screen and in a report.
// Method: findings of every judge from facts that make it speak; in Chinese no English word is left but names, commands and what programs printed.
import { expect, test } from 'vitest';
import { fail, ok } from '../../../agent/common/base/result.ts';
import { NodeSpecSchema } from '../../../electron/common/contract/pair.ts';
import { judgeReport } from '../../../electron/common/report/judge.ts';
import { printReport } from '../../../electron/common/report/page/print.ts';
import { inBoth, say } from '../../../electron/common/words/sentence.ts';
import type { Fact } from '../../../electron/core/deploy/facts.ts';
import * as judge from '../../../electron/core/deploy/judge.ts';
import type { Verdict } from '../../../electron/core/deploy/judge.ts';
import * as observed from '../../../electron/core/deploy/judgeObserved.ts';
import * as safety from '../../../electron/core/deploy/judgeSafety.ts';
import { judgeSerialLine } from '../../../electron/core/deploy/judgeSerialLine.ts';
import { reportFacts } from '../../support/reportFacts.ts';

const spec = NodeSpecSchema.parse({ name: 'n1', host: '10.0.0.1', user: 'li' });
const fact = (...fields: [string, ...string[]]): Fact[] => [fields];
const KEY = 'auth 1\n1 sha1 secret\n';
const OTHER = 'auth 1\n1 sha1 another\n';
const HA_CF = 'keepalive 1\nwarntime 5\ndeadtime 10\ninitdead 30\nudpport 694\nbcast eth1\nnode n1\nnode n2\n';
const files = (haCf: string | null, haresources: string | null) => ({ haCf, haresources });

const FOUND: readonly Verdict[] = [
  judge.unreachable(say('lost', { layer: say('layer-tcp'), why: say('tcp-ECONNREFUSED') })),
  judge.judgePrivilege(fact('uid', '0'), spec),
  judge.judgePrivilege(fact('uid', '1000'), spec),
  judge.judgeOs(fact('kernel', 'FreeBSD 14')),
  judge.judgeOs([...fact('kernel', 'Linux 6.1'), ...fact('missing', 'ip tar')]),
  judge.judgeArchitecture([]),
  judge.judgeLibc(fact('libc', 'musl')),
  judge.judgeLibc(fact('libc', 'glibc 2.17')),
  judge.judgeLibc([]),
  judge.judgeHostname(fact('name', 'Other'), spec),
  judge.judgeInterfaces([]),
  judge.judgeInterfaces([...fact('interface', 'eth0', 'up'), ...fact('interface', 'eth1', 'missing')]),
  judge.judgeInterfaces([...fact('interface', 'eth0', 'down'), ...fact('interface', 'eth1', 'dormant')]),
  judge.judgeSerial(fact('serial', '/dev/ttyS0', 'missing', '')),
  judge.judgeSerial(fact('serial', '/dev/ttyS0', 'present', 'getty ')),
  judge.judgeSerial(fact('serial', '/dev/ttyS0', 'present', 'heartbeat '), 'heartbeat'),
  judge.judgePorts(fact('port', '694', '')),
  judge.judgePorts(fact('port', '694', 'dnsmasq')),
  judge.judgeVips([], null, 'n2'),
  judge.judgeVips(
    [
      ...fact('vip', '10.0.0.9', 'eth0', 'eth0', '', ''),
      ...fact('vip', '10.0.0.8', '', '', '', ''),
      ...fact('vip', '10.0.0.7', '', 'eth0', 'none', ''),
      ...fact('vip', '10.0.0.6', '', 'eth0', 'arping', ''),
      ...fact('vip', '10.0.0.5', '', 'eth0', 'arping', '02:00:00:00:00:01'),
      ...fact('vip', '10.0.0.4', '', 'eth0', 'arping', '02:00:00:00:00:02'),
    ],
    fact('mac', '02:00:00:00:00:01'),
    'n2',
  ),
  judge.judgeVips(fact('vip', '10.0.0.5', '', 'eth0', 'arping', '02:00:00:00:00:01'), null, 'n2'),
  judge.judgeClock(null),
  judge.judgeClock({ offsetMs: 5000, errorMs: 3 }),
  judge.judgeRuntime([], true),
  judge.judgeRuntime([], false),
  judge.judgeRuntime(fact('node', '24.0.0 /usr/bin/node'), false),
  judge.judgeDisk([]),
  judge.judgeDisk(fact('free-kib', '1000')),
  judge.judgeInstalled([]),
  judge.judgeInstalled(fact('installed', '0.1.0')),
  judge.judgeOtherEngine([]),
  judge.judgeOtherEngine(fact('engine', 'heartbeat')),
  judgeSerialLine(null),
  observed.judgeObserved([], files(HA_CF, 'n1 10.0.0.9\n')),
  observed.judgeObserved(
    [...fact('heartbeat', '/usr/lib/heartbeat/heartbeat'), ...fact('engine', 'corosync')],
    files(null, null),
  ),
  observed.judgeObserved(fact('heartbeat', '/x'), files(null, null)),
  observed.judgeObserved(fact('heartbeat', '/x'), files(HA_CF, '')),
  observed.judgeObserved([...fact('heartbeat', '/x'), ...fact('engine', 'heartbeat')], files(HA_CF, '')),
  observed.judgeObserved(
    [...fact('heartbeat', '/x'), ...fact('engine', 'heartbeat'), ...fact('cl-status', '/usr/bin/cl_status')],
    files(HA_CF, ''),
  ),
  observed.judgeObservedKeys(fail('refused', 'EACCES'), ok(KEY), 'n2'),
  observed.judgeObservedKeys(ok('nothing'), ok(KEY), 'n2'),
  observed.judgeObservedKeys(ok(KEY), ok(KEY), 'n2'),
  observed.judgeObservedKeys(ok(KEY), ok(OTHER), 'n2'),
  safety.judgeKeys(fail('absent', ''), fail('absent', ''), 'n2', 'sha256'),
  safety.judgeKeys(fail('absent', ''), fail('absent', ''), 'n2', 'sha1'),
  safety.judgeKeys(fail('absent', ''), ok(KEY), 'n2', 'sha1'),
  safety.judgeKeys(ok(KEY), fail('absent', ''), 'n2', 'sha1'),
  safety.judgeKeys(ok(KEY), ok(OTHER), 'n2', 'sha1'),
  safety.judgeAgreement(files(null, null), files(null, null), 'n2'),
  safety.judgeAgreement(files(HA_CF, ''), files(HA_CF.replace('deadtime 10', 'deadtime 20'), ''), 'n2'),
  safety.judgeAgreement(
    files(HA_CF, 'n1 10.0.0.9\n'),
    files(`${HA_CF.replace('udpport 694', 'udpport 695')}auto_failback legacy\n`, ''),
    'n2',
  ),
  safety.judgeAgreement(files(HA_CF, ''), files(HA_CF, ''), 'n2'),
  safety.judgePingNodes([], false),
  safety.judgePingNodes(fact('ping', '10.0.0.254', 'untold'), false),
  safety.judgePingNodes(fact('ping', '10.0.0.254', 'silent'), true),
  safety.judgePingNodes([...fact('ping', '10.0.0.254', 'silent'), ...fact('ping', '10.0.0.253', 'answers')], true),
  safety.judgeFencing([]),
  safety.judgeFencing(fact('stonith', 'meatware', '')),
  safety.judgeFencing(fact('stonith', 'external/ipmi', '')),
  safety.judgeFencing(fact('stonith', 'external/ipmi', '/usr/lib/stonith/plugins/external/ipmi')),
  safety.judgeWatchdog(fact('watchdog', '/dev/watchdog', 'absent', '')),
  safety.judgeWatchdog(fact('watchdog', '/dev/watchdog', 'present', 'systemd ')),
  safety.judgeWatchdog(fact('watchdog', '/dev/watchdog', 'present', '')),
];

/** English that may stand in a Chinese sentence: words that only a sentence of ours has are none of it. */
const OURS =
  /\b(?:the|and|of|it|is|are|has|have|was|not|no|none|for|with|to|that|this|which|both|free|used|here|there|unknown|already|needs?|answers|does|could|would|try again|up|down|missing)\b/i;

test('every finding and every advice is a Chinese sentence for who reads Chinese', () => {
  for (const { found, foundSaid, advice, adviceSaid } of FOUND) {
    const both = [inBoth({ detail: found, said: foundSaid }), inBoth({ detail: advice, said: adviceSaid })];
    expect(both.map(({ en }) => en)).toEqual([found, advice]);
    for (const { en, 'zh-CN': zh } of both.filter((one) => one.en !== '')) {
      // What stays as it is: the name of a system, of a version.
      if (zh === en) expect(zh, zh).toMatch(/^(?:FreeBSD 14|musl|glibc 2\.17)$/);
      else expect(zh).toMatch(/[\u4e00-\u9fff]/);
      const own = zh.replace(/systemctl disable --now [\w-]+@?\w*|ip link set NAME up|on 或 off/g, '');
      expect(own, own).not.toMatch(OURS);
      expect(zh).not.toMatch(/\{\{/);
    }
  }
});

test('a reason inside of a reason is Chinese too, and what a program printed stays as it was', () => {
  const [gone] = FOUND;
  expect(inBoth({ detail: gone?.found ?? '', said: gone?.foundSaid })['zh-CN']).toBe(
    '连接断开（TCP）：没有程序在监听：服务器已开机，SSH 服务未运行（ECONNREFUSED）',
  );
  const quoted = observed.judgeObservedKeys(fail('refused', 'cat: authkeys: EACCES'), ok(KEY), 'n2');
  expect(inBoth({ detail: quoted.found, said: quoted.foundSaid })['zh-CN']).toBe(
    '无法读取 authkeys：cat: authkeys: EACCES',
  );
});

test('a report in Chinese has the preflight and its findings in Chinese; one of an older console keeps its English', () => {
  const facts = reportFacts('北厂', 'zh-CN');
  const keys = safety.judgeKeys(ok(KEY), ok(OTHER), 'node2', 'sha1');
  const body = judgeReport({
    ...facts,
    preflight: [
      { node: 'node1', code: 'keys', ...keys },
      { node: 'node2', code: 'clock', result: 'warning', found: 'old words', advice: 'old advice' },
    ],
  });
  const page = printReport(body, 'f'.repeat(64), new Map());
  expect(page.split('两台服务器互相听不到，会同时持有地址').length).toBeGreaterThanOrEqual(3);
  expect(page).toContain('部署时会把第一台服务器的 authkeys 给两台服务器');
  expect(page).not.toContain('the nodes do not hear each other');
  expect(page).toContain('old advice');
});
