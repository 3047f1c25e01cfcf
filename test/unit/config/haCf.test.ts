import { describe, expect, test } from 'vitest';
import {
  checkForNode,
  HA_CF_DIRECTIVES,
  parseHaCf,
  peerOf,
  type HaConfig,
  type LinkConfig,
} from '../../../agent/common/config/index.ts';

const HEAD = 'keepalive 1\ndeadtime 5\nwarntime 3\ninitdead 30\nlogfile /var/log/ha-log\nauto_failback on\n';
const NODES = 'node node1 node2\n';

/** Parses a file that must be good. */
function good(text: string): HaConfig {
  const { config, problems } = parseHaCf(text, 'ha.cf');
  if (config === null) throw new Error(JSON.stringify(problems));
  return config;
}

/** `line:column severity code` of every problem. */
function complaints(text: string): string[] {
  return parseHaCf(text, 'ha.cf').problems.map((p) => `${p.at.line}:${p.at.column} ${p.severity} ${p.code}`);
}

test('S5: serial and crossover, defaults applied', () => {
  expect(good(`${HEAD}baud 9600\nserial /dev/ttyS0\nbcast eth1\n${NODES}`)).toEqual({
    nodes: ['node1', 'node2'],
    keepaliveMs: 1000,
    deadtimeMs: 5000,
    warntimeMs: 3000,
    initdeadMs: 30_000,
    deadpingMs: 5000,
    autoFailback: 'on',
    links: [
      { medium: 'serial', id: 'serial:/dev/ttyS0', name: '/dev/ttyS0', device: '/dev/ttyS0', baud: 9600 },
      { medium: 'bcast', id: 'bcast:eth1', name: 'eth1', iface: 'eth1', port: 694 },
    ],
    pingNodes: [],
    hopfudge: 1,
    maxRexmitDelayMs: 250,
    logfile: '/var/log/ha-log',
    debugfile: null,
    logfacility: null,
    syslogmsgfmt: true,
    hbgenmethod: 'file',
    logBadpack: true,
    respawn: [],
    watchdog: null,
    realtime: 'if-allowed',
    rtprio: null,
    stonith: [],
    environment: {},
  } satisfies HaConfig);
});

test('lists keep their order and their whole lines', () => {
  const config = good(
    `${HEAD}bcast eth1\n${NODES}ping 10.0.0.1 10.0.0.2\nping_group gw 10.1.0.1 10.1.0.2\n` +
      'respawn hacluster /usr/lib/heartbeat/ipfail -v  x # note\nfailfast root /sbin/x\n' +
      'stonith meatware /etc/ha.d/m\nstonith_host * meatware node1 node2\nenv A=b c\nenv LIST=1,2\n',
  );
  expect(config.pingNodes).toEqual([
    { name: '10.0.0.1', members: ['10.0.0.1'] },
    { name: '10.0.0.2', members: ['10.0.0.2'] },
    { name: 'gw', members: ['10.1.0.1', '10.1.0.2'] },
  ]);
  expect(config.respawn).toEqual([
    { user: 'hacluster', command: '/usr/lib/heartbeat/ipfail -v  x', failfast: false },
    { user: 'root', command: '/sbin/x', failfast: true },
  ]);
  expect(config.stonith).toEqual([
    { host: '*', type: 'meatware', parameters: [], file: '/etc/ha.d/m' },
    { host: '*', type: 'meatware', parameters: ['node1', 'node2'], file: null },
  ]);
  expect(config.environment).toEqual({ A: 'b c', LIST: '1,2' });
});

describe('media', () => {
  const links = (lines: string): readonly LinkConfig[] => good(`${HEAD}${lines}\n${NODES}`).links;

  test('the port is that of the udpport line before', () => {
    expect(links('bcast eth0\nudpport 10694\nbcast eth1').map((l) => ('port' in l ? l.port : null))).toEqual([
      694, 10694,
    ]);
    expect(complaints(`${HEAD}bcast eth0\nudpport 10694\n${NODES}`)).toEqual(['8:1 warning udpport-after-media']);
  });

  test('the speed is that of the baud line before', () => {
    expect(links('serial /dev/ttyS0\nbaud 9600')[0]).toMatchObject({ baud: 19200 });
    expect(complaints(`${HEAD}serial /dev/ttyS0\nbaud 9600\n${NODES}`)).toEqual(['8:1 warning baud-after-serial']);
  });

  test('several unicast peers on one interface have different ids, the same line twice is one link', () => {
    const found = links('ucast eth0 10.0.0.1\nucast eth0 10.0.0.2\nucast eth0 10.0.0.1');
    expect(found.map(({ id, name }) => ({ id, name }))).toEqual([
      { id: 'ucast:eth0', name: 'eth0' },
      { id: 'ucast:eth0#2', name: 'eth0' },
    ]);
  });

  test('multicast with its own port', () => {
    expect(links('udpport 1000\nmcast eth0 239.0.0.1 694 1 0')).toEqual([
      {
        medium: 'mcast',
        id: 'mcast:eth0',
        name: 'eth0',
        iface: 'eth0',
        group: '239.0.0.1',
        port: 694,
        ttl: 1,
        loop: false,
      },
    ]);
  });

  test('ucast6 and mcast6 are ucast and mcast with an IPv6 address; a zone may repeat the interface', () => {
    const { links } = good(
      `${HEAD}udpport 695\nucast6 eth0 fe80::2%eth0\nucast6 eth1 fd00::2\nmcast6 eth0 ff02::694 694 2 0\n${NODES}`,
    );
    expect(links).toEqual([
      { medium: 'ucast', id: 'ucast:eth0', name: 'eth0', iface: 'eth0', peer: 'fe80::2', port: 695 },
      { medium: 'ucast', id: 'ucast:eth1', name: 'eth1', iface: 'eth1', peer: 'fd00::2', port: 695 },
      {
        medium: 'mcast',
        id: 'mcast:eth0',
        name: 'eth0',
        iface: 'eth0',
        group: 'ff02::694',
        port: 694,
        ttl: 2,
        loop: false,
      },
    ]);
  });

  test.each([
    ['ucast6 eth0', '8:8 error bad-arguments'],
    ['ucast6 eth0 node2', '8:13 error bad-address'],
    ['ucast6 eth0 10.0.0.2', '8:13 error bad-address'],
    ['ucast6 eth0 fe80::2%eth1', '8:13 error bad-address'],
    ['ucast6 eth0 ff02::1', '8:13 error bad-address'],
    ['ucast eth0 fe80::2', '8:12 error bad-address'],
    ['mcast6 eth0 fe80::2 694 1 0', '8:13 error bad-address'],
    ['mcast6 eth0 ff02::694 694 5 0', '8:27 error bad-number'],
    ['mcast6 eth0 ff02::694 694 1', '8:8 error bad-arguments'],
  ])('%s', (line, complaint) => {
    expect(complaints(`${HEAD}bcast eth1\n${line}\n${NODES}`)).toEqual([complaint]);
  });
});

test('realtime counts as asked for only when it is written', () => {
  const realtime = (lines: string) => {
    const { realtime: wanted, rtprio } = good(`${HEAD}bcast eth1\n${lines}${NODES}`);
    return [wanted, rtprio];
  };
  expect(realtime('')).toEqual(['if-allowed', null]);
  expect(realtime('realtime on\n')).toEqual(['on', null]);
  expect(realtime('rtprio 5\n')).toEqual(['on', 5]);
  expect(realtime('realtime off\nrtprio 5\n')).toEqual(['off', 5]);
});

// Each of these stops the real daemon (errors) or makes it complain (warnings).
describe('start-up checks', () => {
  const times = (keepalive: string, deadtime: string, initdead: string, more = ''): string[] =>
    complaints(
      `keepalive ${keepalive}\ndeadtime ${deadtime}\ninitdead ${initdead}\n${more}\n` +
        `logfile /l\nauto_failback on\nbcast eth1\n${NODES}`,
    );

  test('deadtime must be more than twice keepalive', () => {
    expect(times('1', '2', '30')).toContain('2:10 error deadtime-too-small');
    expect(times('1', '2001ms', '30')).not.toContain('2:10 error deadtime-too-small');
  });

  test('initdead must be at least deadtime and should be ten seconds', () => {
    expect(times('1', '30', '29')).toContain('3:10 error initdead-too-small');
    expect(times('1', '30', '30')).toEqual([]);
    expect(times('1', '5', '9999ms')).toEqual(['3:10 warning initdead-short']);
  });

  test('warntime should be between keepalive and deadtime', () => {
    expect(times('1', '10', '30', 'warntime 10')).toEqual(['4:10 warning warntime-too-large']);
    expect(times('1', '10', '30', 'warntime 1')).toEqual(['4:10 warning warntime-too-small']);
  });

  test('deadping is checked like deadtime', () => {
    expect(times('1', '10', '30', 'deadping 2')).toEqual(['4:10 error deadping-too-small']);
  });

  test('one node or three are no pair', () => {
    expect(complaints(`${HEAD}bcast eth1\nnode a\n`)).toEqual(['8:6 error not-two-nodes']);
    expect(complaints(`${HEAD}bcast eth1\nnode a\nnode b c\n`)).toEqual(['9:8 error not-two-nodes']);
  });

  test('no log at all is an error only when the logging daemon is off too', () => {
    const rest = `auto_failback on\nbcast eth1\n${NODES}`;
    expect(complaints(rest)).toEqual(['1:1 warning no-log']);
    expect(complaints(`use_logd on\n${rest}`)).toEqual([]);
    expect(complaints(`use_logd off\n${rest}`)).toEqual(['1:10 error no-log']);
  });

  test('the legacy mode is told apart from on and off', () => {
    const rest = `logfile /l\nbcast eth1\n${NODES}`;
    expect(good(rest).autoFailback).toBe('legacy');
    expect(good(`auto_failback LEGACY\n${rest}`.toLowerCase()).autoFailback).toBe('legacy');
    expect(good(`auto_failback No\n${rest}`).autoFailback).toBe('off');
    expect(good(`nice_failback on\n${rest}`).autoFailback).toBe('legacy');
  });
});

test.each([
  ['12000ms when deadtime is short', '5', 12_000],
  ['twice deadtime in between', '8', 16_000],
  ['deadtime when that is long', '11', 11_000],
])('initdead defaults to %s', (_what, deadtime, initdeadMs) => {
  const text = `deadtime ${deadtime}\nlogfile /l\nauto_failback on\nbcast eth1\n${NODES}`;
  expect(good(text)).toMatchObject({ initdeadMs, warntimeMs: Number(deadtime) * 500 });
});

describe('which node the file is on', () => {
  const config = good(`${HEAD}bcast eth1\nnode Node1 node2\n`);

  test('names are folded, and the host must be one of them', () => {
    expect(config.nodes).toEqual(['node1', 'node2']);
    expect(checkForNode(config, 'NODE2')).toEqual([]);
    expect(checkForNode(config, 'node3', '/etc/ha.d/ha.cf')).toMatchObject([
      { severity: 'error', code: 'node-not-listed', at: { file: '/etc/ha.d/ha.cf', line: 1, column: 1 } },
    ]);
    expect(peerOf(config, 'Node1')).toBe('node2');
    expect(peerOf(config, 'node3')).toBeNull();
  });
});

// Goal: no directive of the real daemon is forgotten. The list is that of the protocol reference, section 9.
test('the table has every directive once, with help', () => {
  const known =
    'node keepalive deadtime warntime initdead deadping udpport baud serial bcast udp mcast mcast6 ucast ucast6 ping ' +
    'ping6 ping_group hbaping rds tipc auto_failback nice_failback stonith stonith_host watchdog respawn failfast ' +
    'apiauth logfacility logfile debugfile use_logd conn_logd_time syslogmsgfmt log_badpack debug coredumps coreroot ' +
    'realtime rtprio memreserve hopfudge hbgenmethod uuidfrom msgfmt max_rexmit_delay compression ' +
    'compression_threshold traditional_compression autojoin crm pacemaker crm_daemon_dir crmd_spawns_pengine ' +
    'record_config_changes record_pengine_inputs enable_config_writes cluster quorum_server env use_apphbd';
  expect(HA_CF_DIRECTIVES.map((row) => row.name).sort()).toEqual(known.split(' ').sort());
  for (const row of HA_CF_DIRECTIVES) expect(row.help, row.name).toMatch(/^[A-Z0-9a-z].{5,}\.$/);
});

test('an unknown directive names the one that was probably meant', () => {
  const { problems } = parseHaCf('deadtme 5\nKEEPALIVE 1\nxyzzy 1\n', 'ha.cf');
  const messages = problems.filter((p) => p.code === 'illegal-directive').map((p) => p.message);
  expect(messages).toEqual([
    'Unknown directive "deadtme": did you mean deadtime?',
    'Unknown directive "KEEPALIVE": did you mean keepalive?',
    'Unknown directive "xyzzy": it is not one of ha.cf.',
  ]);
});

// Link names travel in messages; the codec asserts on characters that it cannot write.
test.each(['serial /dev/tty\u4e2d', 'serial /dev/a;b', 'bcast eth\u4e2d'])('%s is refused', (line) => {
  expect(parseHaCf(`${HEAD}${line}\n${NODES}`, 'ha.cf').config).toBeNull();
});
