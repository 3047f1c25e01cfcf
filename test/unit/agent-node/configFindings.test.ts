// Goal: what the files name and the node does not have is said before it is needed. Method: a configuration directory, looked at.
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { parseHaCf, parseHaresources } from '../../../agent/common/config/index.ts';
import type { EventDraft } from '../../../agent/common/timeline/event.ts';
import { ConfigFindings, findingsOf, type Finding } from '../../../agent/node/daemon/configFindings.ts';
import { StartNotes } from '../../../agent/node/daemon/startNotes.ts';
import { isDeviceHere } from '../../../agent/node/fencing/choose.ts';

const HA = 'keepalive 1\ndeadtime 5\ninitdead 30\nlogfile /l\nauto_failback on\nnode a b\nbcast eth1\n';

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'twinbeat-findings-'));
  mkdirSync(join(dir, 'resource.d'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function script(...path: string[]): void {
  mkdirSync(join(dir, ...path.slice(0, -1)), { recursive: true });
  writeFileSync(join(dir, ...path), '#!/bin/sh\n');
  chmodSync(join(dir, ...path), 0o755);
}

function look(haresources: string, extra = ''): string[] {
  const { config, problems } = parseHaCf(HA + extra, 'ha.cf');
  if (config === null) throw new Error(JSON.stringify(problems));
  const { groups } = parseHaresources(haresources, 'haresources', config.nodes);
  const dirs = { configDir: dir, initDir: join(dir, 'init.d'), unitDirs: [join(dir, 'units')], runDir: dir };
  return findingsOf({ ha: config, groups }, dirs).map(({ code, detail }) => `${code} ${detail.split(/[ ,]/)[2]}`);
}

test('a script that is nowhere, once; addresses of our own need none', () => {
  script('resource.d', 'web');
  script('init.d', 'db');
  script('units', 'mail.service');
  expect(look('a 10.0.0.9 web::x db mail IPaddr2::fd00::9\n')).toEqual([]);
  expect(look('a 10.0.0.9 nowhere::x web\nb nowhere::y\n')).toEqual(['script-missing nowhere']);
});

test('an address of the pair is no ping node, however it is spelled', () => {
  expect(look('a 10.0.0.9\n', 'ping 10.0.0.254\n')).toEqual([]);
  expect(look('a 10.0.0.9\n', 'ping_group g 10.0.0.254 10.0.0.9\n')).toHaveLength(1);
});

test('a finding begins and ends as a problem', () => {
  const drafts: EventDraft[] = [];
  let present: readonly Finding[] = [{ code: 'script-missing', detail: 'x' }];
  const findings = new ConfigFindings(
    () => present,
    (draft) => drafts.push(draft),
  );
  findings.check();
  findings.check();
  present = [];
  findings.check();
  expect(drafts.map(({ severity, body }) => [severity, body])).toEqual([
    ['warn', { kind: 'problem', code: 'script-missing', over: false, detail: 'x' }],
    ['info', { kind: 'problem', code: 'script-missing', over: true, detail: 'x' }],
  ]);
});

test('a stonith device that this node has no program for', () => {
  const here = (type: string): boolean => isDeviceHere({ host: 'a', type, parameters: [], file: null }, dir);
  expect(['external/nowhere', 'fence_nowhere'].map(here)).toEqual([false, false]);
  script('stonith.d', 'plug');
  script('stonith.d', 'external', 'mine');
  expect(['meatware', 'plug', 'external/mine'].map(here)).toEqual([true, true, true]);
});

test('who starts the daemon reads each problem of the start once, and none that comes later', () => {
  const lines: string[] = [];
  const notes = new StartNotes((line) => lines.push(line));
  const problem = (over: boolean, detail: string) => ({
    body: { kind: 'problem', code: 'interface-missing', over, detail } as const,
  });
  notes.take(problem(false, 'eth9'));
  notes.take(problem(true, 'eth9'));
  notes.take(problem(false, 'eth9'));
  notes.take({ body: { kind: 'local-status', status: 'active' } });
  notes.take(problem(false, 'eth8'));
  expect(lines).toEqual(['twinbeat-agent: [interface-missing] eth9\n']);
  for (let i = 0; i < 100; i++) notes.say(`${i}`);
  expect(lines).toHaveLength(1);
});
