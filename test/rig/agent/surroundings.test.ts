// Goal: an agent starts and works in surroundings that are not all there, says so, and says when they are.
// Method: the same rig, with parts taken away before or while it runs.
import { mkdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { missing } from '../../support/needs.ts';
import { AgentRig } from './agentRig.ts';

let rig: AgentRig | null = null;

afterEach(async () => {
  if (rig !== null) spawnSync('umount', [rig.place('a', 'state')]);
  await rig?.down();
  rig = null;
});

async function up(): Promise<AgentRig> {
  const made = await AgentRig.up({ keepaliveMs: 200, deadtimeMs: 1500 });
  rig = made;
  return made;
}

describe.skipIf(missing('linux', 'root', 'namespaces', 'iproute') !== null)('surroundings that fail', () => {
  test(
    'no serial port and an interface that is down: starts, reports both, and uses them when they come',
    { timeout: 60_000 },
    async () => {
      const made = await up();
      made.unplugSerial('a');
      made.ip('a', 'link', 'set', 'eth1', 'down');
      made.start('a');
      made.start('b');
      await made.until('a is in service over what is left', () => made.holds('a'));
      await made.logs('a', /Problem \[serial-missing\]/);
      await made.until('the interface is named too', () =>
        /Problem \[(interface-down|interface-no-address)\]/.test(made.log('a')),
      );
      const status = await made.status('a');
      expect(status?.links.find((link) => link.medium === 'serial')?.problem).toMatch(/serial-missing/);
      expect(status?.problems.map((problem) => problem.code)).toContain('serial-missing');

      made.plugSerial('a');
      made.ip('a', 'link', 'set', 'eth1', 'up');
      await made.until('both links come up', () => (made.log('a').match(/Link nodeb:\S+ up\./g) ?? []).length === 3);
      await made.until('both problems are over', () => (made.log('a').match(/Over \[/g) ?? []).length >= 2);
      await made.until('nothing is wrong any more', async () => (await made.status('a'))?.problems.length === 0);
    },
  );

  test(
    'a full disk: takes over all the same, says disk-full, and a later life has a larger generation',
    { timeout: 90_000 },
    async () => {
      const made = await up();
      const state = made.place('a', 'state');
      mkdirSync(state, { recursive: true });
      expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', state]).status).toBe(0);
      const filler = join(state, 'filler');
      try {
        writeFileSync(filler, Buffer.alloc(1 << 20));
      } catch {
        // Full now: that is what was wanted.
      }
      const generations = (): number[] =>
        [...made.log('a').matchAll(/Heartbeat generation: (\d+)/g)].map((match) => Number(match[1]));
      made.start('a');
      await made.until('a is in service', () => made.holds('a') && made.serviceRuns('a'));
      await made.logs('a', /Problem \[disk-full\]/);
      made.signal('a', 'SIGKILL');
      await made.exited('a');
      made.start('a');
      await made.until(
        'a is in service again',
        () => generations().length === 2 && made.holds('a') && made.serviceRuns('a'),
      );
      expect(generations()[1]).toBeGreaterThan(generations()[0] ?? 0);

      rmSync(filler);
      await made.until('the disk is used again', () => made.log('a').includes('Over [disk-full]'));
    },
  );

  test(
    'exit statuses: bad configuration 6, already running 5, not running 3, usage 64',
    { timeout: 60_000 },
    async () => {
      const made = await up();
      expect((await made.command('a', 'status')).status).toBe(3);
      expect((await made.command('a', 'nonsense')).status).toBe(64);
      made.start('a');
      await made.until('a runs', () => made.log('a').includes("Local status now set to: 'up'"));
      const second = await made.command('a', 'run');
      expect(second.status).toBe(5);
      expect(second.stderr).toContain('another twinbeat-agent');
      const keys = made.place('b', 'ha.d/authkeys');
      renameSync(keys, `${keys}.away`);
      writeFileSync(keys, 'auth 1\n1 sha1 RigSecret\n', { mode: 0o644 });
      const open = await made.command('b', 'run');
      expect(open.status).toBe(6);
      expect(open.stderr).toContain('authkeys');
    },
  );
});
