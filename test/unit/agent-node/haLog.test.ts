// Goal: lines reach the places that ha.cf names, in the forms that log filters know, and what does not take them is said
// once. Method: files in a temporary directory, a datagram socket in place of /dev/log, and one that is not there.
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Severity, TimelineEvent } from '../../../agent/common/timeline/event.ts';
import { AF_UNIX, MSG_DONTWAIT, openLibc, SOCK_DGRAM, sockaddrUn } from '../../../agent/node/host/libc.ts';
import { HaLog, haLogLines, type HaLogPlaces } from '../../../agent/node/journal/haLog.ts';
import { facilityNumber, openSyslog, syslogDatagram } from '../../../agent/node/journal/syslog.ts';

const NAMES = { self: 'node1', peer: 'node2', linkNames: new Map<string, string>() };
const WALL_MS = new Date(2026, 2, 4, 5, 6, 7).getTime();

function event(severity: Severity, text: string): TimelineEvent {
  return { seq: 1, node: 'node1', at: { monotonicMs: 0 }, wallMs: WALL_MS, severity, body: { kind: 'log', text } };
}

let dir = '';
let said: string[] = [];
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'twinbeat-log-'));
  said = [];
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function log(places: Partial<HaLogPlaces>): HaLog {
  const all = { logfile: null, debugfile: null, syslog: null, syslogForm: true, ...places };
  return new HaLog(all, NAMES, (code, what) => said.push(`${code} ${what === null ? 'over' : 'begins'}`));
}
const read = (name: string): string => readFileSync(join(dir, name), 'latin1');

test('logfile has all but debug, debugfile everything', () => {
  const both = log({ logfile: join(dir, 'log'), debugfile: join(dir, 'debug') });
  both.write(event('debug', 'small'));
  both.write(event('error', 'large'));
  expect(read('log')).toMatch(/^\S.* ERROR: large\n$/);
  expect(read('debug')).toMatch(/debug: small\n.*ERROR: large\n$/s);
});

test('both forms of a line', () => {
  const at = event('warn', 'node node2: is dead');
  expect(haLogLines(at, NAMES)).toEqual([
    `Mar 04 05:06:07 node1 heartbeat: [${process.pid}]: WARN: node node2: is dead\n`,
  ]);
  expect(haLogLines(at, NAMES, false)).toEqual([
    `heartbeat[${process.pid}]: 2026/03/04_05:06:07 WARN: node node2: is dead\n`,
  ]);
});

describe('syslog', () => {
  test('facility and level make the priority; the tag is heartbeat', () => {
    expect(facilityNumber('local0')).toBe(16);
    expect(facilityNumber('daemon')).toBe(3);
    expect(syslogDatagram('local7', 'crit', WALL_MS, '[1]: CRIT: x')).toBe(
      '<186>Mar  4 05:06:07 heartbeat: [1]: CRIT: x',
    );
  });

  test('a listener gets every line but debug; without one it is said once, and once when it is over', () => {
    const loaded = openLibc();
    if (!loaded.ok) throw new Error(loaded.detail);
    const libc = loaded.value;
    const path = join(dir, 'devlog');
    const syslog = openSyslog(libc, 'local0', path);
    const only = log({ syslog });
    only.write(event('info', 'unheard'));
    only.write(event('info', 'unheard too'));
    expect(said).toEqual(['syslog-unavailable begins']);
    const listener = libc.socket(AF_UNIX, SOCK_DGRAM, 0);
    if (!listener.ok || !libc.bind(listener.value, sockaddrUn(path)).ok) throw new Error('no socket');
    only.write(event('debug', 'too small'));
    only.write(event('info', 'heard\nin two lines'));
    expect(said).toEqual(['syslog-unavailable begins', 'syslog-unavailable over']);
    const into = Buffer.alloc(500);
    const got = libc.recv(listener.value, into, MSG_DONTWAIT);
    const length = got.ok ? got.value : 0;
    expect(into.toString('latin1', 0, length)).toBe(
      `<134>Mar  4 05:06:07 heartbeat: [${process.pid}]: info: heard | in two lines`,
    );
    expect(libc.recv(listener.value, into, MSG_DONTWAIT)).toMatchObject({ ok: false, reason: 'EAGAIN' });
    libc.close(listener.value);
    only.close();
  });
});

test('a file that cannot be written is said once, and the other one is still written', () => {
  const both = log({ logfile: join(dir, 'none', 'log'), debugfile: join(dir, 'debug') });
  both.write(event('info', 'one'));
  both.write(event('info', 'two'));
  expect(said).toEqual(['log-not-writable begins']);
  expect(read('debug').split('\n')).toHaveLength(3);
});

describe('lines that must not mislead', () => {
  const text = (body: TimelineEvent['body']): string => haLogLines({ ...event('info', ''), body }, NAMES).join('\n');

  test('an IPv6 address stays in one piece', () => {
    const started = (resource: string): string =>
      text({ kind: 'resource', group: resource, resource, action: 'start', phase: 'begin' });
    expect(started('IPv6addr::fd00:2::3/64/eth0')).toContain('Running IPv6addr fd00:2::3/64/eth0 start');
    expect(started('IPaddr2::fd00:2::3/64/eth0')).toContain('Running IPaddr2 fd00:2::3/64/eth0 start');
    expect(started('web::a::b')).toContain('Running web a b start');
  });

  test('a takeover that is no longer needed does not go on', () => {
    const detail = 'node2 is heard';
    const body = { kind: 'takeover-hold', over: true, from: 'node2', reasons: [], detail } as const;
    expect(text(body)).toContain('Takeover of node2 waits no longer: node2 is heard.');
  });
});
