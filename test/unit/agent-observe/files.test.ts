// Goal: a log is followed through everything that is done to logs, and a daemon is known by its pid file and its tree.
import { appendFileSync, mkdirSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { parseHaresources } from '../../../agent/common/config/index.ts';
import { FencingWatch, GroupWatch } from '../../../agent/node/observe/heartbeat/groupWatch.ts';
import { LogFollower } from '../../../agent/node/observe/heartbeat/logFollower.ts';
import { openLogSource } from '../../../agent/node/observe/heartbeat/logSource.ts';
import { daemonState, processesOf } from '../../../agent/node/observe/heartbeat/processes.ts';

let dir: string;
let log: string;

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'twinbeat-observe-'));
  log = join(dir, 'ha-log');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

describe('the log', () => {
  test('from its end on; half a line waits for its other half', () => {
    writeFileSync(log, 'old\n');
    const follower = new LogFollower(log, null);
    expect(follower.poll()).toEqual([]);
    appendFileSync(log, 'one\ntw');
    expect(follower.poll()).toEqual(['one']);
    appendFileSync(log, 'o\n');
    expect(follower.poll()).toEqual(['two']);
    follower.close();
  });

  test('rotated by renaming, and in place; nothing is lost or read twice', () => {
    writeFileSync(log, '');
    const follower = new LogFollower(log, null);
    appendFileSync(log, 'a\n');
    renameSync(log, `${log}.1`);
    appendFileSync(`${log}.1`, 'b\n');
    expect(follower.poll()).toEqual(['a', 'b']);
    writeFileSync(log, 'c\n');
    expect(follower.poll()).toEqual(['c']);
    truncateSync(log, 0);
    expect(follower.poll()).toEqual([]);
    appendFileSync(log, 'd\n');
    expect(follower.poll()).toEqual(['d']);
    follower.close();
  });

  test('not there yet: said, and read from its beginning once it is', () => {
    const follower = new LogFollower(log, null);
    expect(follower.problem).toContain('ENOENT');
    writeFileSync(log, 'first\n');
    expect(follower.poll()).toEqual(['first']);
    expect(follower.problem).toBeNull();
    follower.close();
  });

  test('goes on where the agent before it stopped, but not in another file of that name', () => {
    writeFileSync(log, 'a\n');
    const first = new LogFollower(log, null);
    const { position } = first;
    first.close();
    appendFileSync(log, 'b\n');
    const second = new LogFollower(log, position);
    expect(second.poll()).toEqual(['b']);
    second.close();
    const third = new LogFollower(log, { ...position, inode: position.inode + 1 });
    expect(third.poll()).toEqual([]);
    third.close();
  });

  test('a flood is read in pieces, in order', () => {
    writeFileSync(log, '');
    const follower = new LogFollower(log, null);
    const lines = Array.from({ length: 40_000 }, (_, i) => `line ${i}`);
    appendFileSync(log, `${lines.join('\n')}\n`);
    const read: string[] = [];
    for (let i = 0; i < 20 && read.length < lines.length; i++) read.push(...follower.poll());
    expect(read).toEqual(lines);
    follower.close();
  });

  test('which file: logfile, else debugfile; the place is kept between two lives', () => {
    writeFileSync(log, '');
    const none = { logfile: null, debugfile: null, logfacility: null };
    expect(openLogSource({ ...none, logfile: log, debugfile: '/dev/null' }, dir).name).toBe(log);
    const source = openLogSource({ ...none, logfile: '/dev/null', debugfile: log, logfacility: 'daemon' }, dir);
    expect(source.name).toBe(log);
    appendFileSync(log, 'a\n');
    expect(source.poll()).toEqual(['a']);
    source.close();
    appendFileSync(log, 'b\n');
    const next = openLogSource({ ...none, logfile: log }, dir);
    expect(next.poll()).toEqual(['b']);
    next.close();
  });
});

describe('the daemon’s processes', () => {
  const stat = (pid: number, name: string, state: string, parent: number): void => {
    mkdirSync(join(dir, 'proc', String(pid)), { recursive: true });
    const rest = Array.from({ length: 17 }, (_, i) => i).join(' ');
    writeFileSync(join(dir, 'proc', String(pid), 'stat'), `${pid} (${name}) ${state} ${parent} ${rest} ${pid}00 0\n`);
  };
  const look = () => daemonState([join(dir, 'heartbeat.pid')], join(dir, 'proc'));

  test('by its pid file; a stale one names nobody', () => {
    mkdirSync(join(dir, 'proc'));
    expect(look().state).toBe('not-running');
    writeFileSync(join(dir, 'heartbeat.pid'), '     110\n');
    expect(look().state).toBe('not-running');
    stat(110, 'httpd', 'S', 1);
    expect(look().state).toBe('not-running');
    stat(110, 'heartbeat', 'S', 1);
    expect(look()).toEqual({ state: 'running', master: { pid: 110, startTicks: '11000' } });
    stat(110, 'heartbeat', 'T', 1);
    expect(look().state).toBe('frozen');
    stat(110, 'heartbeat', 'Z', 1);
    expect(look().state).toBe('not-running');
  });

  test('its own children, not its clients, scripts and services', () => {
    stat(110, 'heartbeat', 'S', 1);
    stat(114, 'heartbeat', 'S', 110);
    stat(120, 'ipfail', 'S', 110);
    stat(130, 'heartbeat', 'S', 1);
    stat(131, 'odd) S 110 (name', 'S', 110);
    const pids = processesOf({ pid: 110, startTicks: '11000' }, join(dir, 'proc')).map(({ pid }) => pid);
    expect(pids).toEqual([110, 114]);
  });
});

test('groups: scripts under way, the daemon’s claim, and the kernel, which knows best', () => {
  const { groups } = parseHaresources('a 10.0.0.9 web\nb sync\n', 'haresources', ['a', 'b']);
  const watch = new GroupWatch('a', groups);
  const states = (mine: 'none' | 'local' | 'foreign' | 'all', held: string[]): string[] =>
    watch.states(mine, held).map(({ state }) => state);
  expect(states('local', ['10.0.0.9'])).toEqual(['started', 'stopped']);
  expect(states('none', ['10.0.0.9'])).toEqual(['started', 'stopped']);
  expect(states('all', [])).toEqual(['starting', 'started']);
  const run = (action: 'start' | 'stop', phase: 'begin' | 'done' | 'failed') =>
    watch.note({ kind: 'resource', group: 'IPaddr::10.0.0.9', resource: 'web', action, phase });
  run('stop', 'begin');
  expect(states('all', ['10.0.0.9'])[0]).toBe('stopping');
  run('stop', 'done');
  expect(states('none', [])[0]).toBe('stopped');
  expect(watch.progress([])).toBe('starting');
  expect(watch.progress(['10.0.0.9'])).toBe('started');
  run('start', 'failed');
  expect(states('none', [])[0]).toBe('failed');
  expect(watch.progress(['10.0.0.9'])).toBe('failed');
});

test('fencing: as far as the log told, and over when the peer is back', () => {
  expect(new FencingWatch(null).status()).toBeNull();
  const watch = new FencingWatch('meatware');
  const note = (phase: 'begin' | 'waiting-operator' | 'done') =>
    watch.note({ kind: 'fencing', phase, node: 'b', detail: 'x' });
  note('waiting-operator');
  expect(watch.status()).toEqual({ device: 'meatware', state: 'waiting-operator', detail: 'x' });
  note('done');
  expect(watch.status()?.state).toBe('done');
  watch.note({ kind: 'peer-status', peer: 'b', status: 'up' });
  expect(watch.status()).toEqual({ device: 'meatware', state: 'none', detail: '' });
});
