// Goal: IPv6 and multicast paths make a pair like any other; keys change under it without a lost heartbeat; the daemon's
// protections are what the kernel says they are; what it started ends with it. Method: two real agents in two namespaces;
// /proc is asked, and the journals of both. warntime is far above what a loaded machine adds to a heartbeat.
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import type { TimelineEvent } from '../../../agent/common/timeline/event.ts';
import { keyFingerprint } from '../../../agent/common/wire/fingerprint.ts';
import { missing } from '../../support/needs.ts';
import { AgentRig, type Side } from './agentRig.ts';

const SIDES = ['a', 'b'] as const;
let rig: AgentRig | null = null;
afterEach(async () => {
  await rig?.down();
  rig = null;
});

/** Replaces the media lines of a node's ha.cf; `more` are lines of any kind. */
function media(made: AgentRig, side: Side, lines: readonly string[], more: readonly string[] = []): void {
  const file = join(made.place(side, 'ha.d'), 'ha.cf');
  const kept = readFileSync(file, 'latin1')
    .split('\n')
    .filter((line) => !/^(ucast|bcast|mcast|serial)/.test(line) && line !== '');
  writeFileSync(file, `${[...kept, ...lines, ...more].join('\n')}\n`);
}

function keysOf(made: AgentRig, side: Side, text: string): void {
  writeFileSync(join(made.place(side, 'ha.d'), 'authkeys'), text, { mode: 0o600 });
}

async function linksUp(made: AgentRig, count: number): Promise<void> {
  await made.until('every link is up in both directions', async () => {
    const links = (await Promise.all(SIDES.map((side) => made.status(side)))).map((status) => status?.links ?? []);
    return links.every(
      (of) => of.length === count && of.every((link) => link.fromPeer.state === 'up' && link.toPeer.state === 'up'),
    );
  });
}

/** Scheduling policies of a process's threads. Field 41 of /proc/PID/task/TID/stat. */
function policies(pid: number): number[] {
  return readdirSync(`/proc/${pid}/task`).map((tid) => {
    const text = readFileSync(`/proc/${pid}/task/${tid}/stat`, 'latin1');
    return Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[38]);
  });
}

const about = (event: TimelineEvent): string => {
  const { body } = event;
  if (body.kind === 'link') return `${body.link} ${body.direction} ${body.state}`;
  return body.kind === 'problem' ? body.code : body.kind;
};

describe.skipIf(missing('linux', 'root', 'namespaces', 'iproute') !== null)('a pair of agents', () => {
  test(
    'IPv6 and multicast links; keys rotate from sha1 to sha256 and nobody misses a beat',
    { timeout: 90_000 },
    async () => {
      const made = await AgentRig.up({ keepaliveMs: 200, deadtimeMs: 8000, serial: false });
      rig = made;
      for (const [i, side] of SIDES.entries()) {
        made.ip(side, 'addr', 'add', `fd00:78::${i + 1}/64`, 'dev', 'eth1', 'nodad');
        made.ip(side, 'addr', 'add', `fe80::${i + 1}/64`, 'dev', 'eth1', 'nodad');
        media(made, side, [
          `ucast6 eth1 fe80::${2 - i}`,
          `ucast6 eth1 fd00:78::${2 - i}`,
          'mcast6 eth0 ff02::694 1694 1 0',
          'mcast eth0 239.77.0.1 1694 1 0',
          `ucast eth0 10.77.0.${2 - i}`,
        ]);
        made.start(side);
      }
      await linksUp(made, 5);
      const marks = SIDES.map((side) => made.events(side).at(-1)?.seq ?? 0);

      const old = '1 sha1 RigSecret';
      const fresh = '2 sha256 AnotherSecret';
      const steps = [`auth 1\n${old}\n${fresh}\n`, `auth 2\n${old}\n${fresh}\n`, `auth 2\n${fresh}\n`];
      for (const step of steps) {
        for (const side of SIDES) {
          keysOf(made, side, step);
          const run = await made.command(side, 'reload');
          expect([run.status, run.stderr]).toEqual([0, '']);
        }
      }
      const fingerprint = keyFingerprint('sha256', 'AnotherSecret');
      for (const side of SIDES) {
        const status = await made.status(side);
        expect(status?.keys).toEqual({ index: 2, method: 'sha256', fingerprint, accepted: 1 });
      }
      // A slip of the pen: refused with its place, by the verb and by the signal alike, and everything goes on.
      keysOf(made, 'a', 'auth 2\n2 sha265 AnotherSecret\n');
      const refused = await made.command('a', 'reload');
      expect(refused.status).toBe(2);
      expect(refused.stderr).toMatch(/authkeys:2:3: error: .*\[unknown-method\]/);
      made.signal('a', 'SIGHUP');
      const failures = (): number => made.events('a').filter(({ body }) => body.kind === 'keys' && !body.ok).length;
      await made.until('the signal was heard', () => failures() === 2);
      await linksUp(made, 5);
      for (const [i, side] of SIDES.entries()) {
        const since = made.events(side).filter((event) => event.seq > (marks[i] ?? 0));
        expect(since.filter((event) => event.body.kind === 'keys').length).toBeGreaterThanOrEqual(3);
        const bad = since
          .map(about)
          .filter((what) => / (late|dead)$|bad-packets|key-mismatch|late-heartbeat/.test(what));
        expect(bad).toEqual([]);
        expect(JSON.stringify(since)).not.toContain('AnotherSecret');
      }
    },
  );

  test(
    'watchdog, priority, memory, respawn: as the kernel sees them, through a stop and a kill',
    { timeout: 90_000 },
    async () => {
      const made = await AgentRig.up({ serial: false });
      rig = made;
      const watchdog = join(made.dir, 'watchdog');
      const pidFile = join(made.dir, 'respawned');
      writeFileSync(watchdog, '');
      made.script('a', 'vital', `echo $$ > ${pidFile}\nexec sleep 1000`);
      media(
        made,
        'a',
        ['bcast eth1'],
        [`watchdog ${watchdog}`, `respawn root ${join(made.place('a', 'ha.d'), 'resource.d/vital')}`],
      );
      made.start('a');
      await made.until('the program runs', () => existsSync(pidFile) && readFileSync(pidFile, 'latin1') !== '');
      const status = await made.status('a');
      const protection = new Map(status?.protection.map((p) => [p.what, p]));
      expect([...protection.keys()]).toEqual(['watchdog', 'realtime', 'oom', 'swap']);
      // An ordinary file is fed like a watchdog, and it is said that it resets nothing.
      expect(protection.get('watchdog')?.state).toBe('unavailable');
      expect(status?.problems.map((problem) => problem.code)).toContain('watchdog-unavailable');
      await made.until('it is fed', () => readFileSync(watchdog).length > 5);
      expect(readFileSync(watchdog).includes('V')).toBe(false);
      const realtime = policies(made.pid('a')).filter((policy) => policy !== 0);
      expect(realtime).toEqual(protection.get('realtime')?.state === 'on' ? [2] : []);
      const score = Number(readFileSync(`/proc/${made.pid('a')}/oom_score_adj`, 'latin1'));
      expect(score === -1000).toBe(protection.get('oom')?.state === 'on');
      const program = Number(readFileSync(pidFile, 'latin1'));
      expect(readFileSync(`/proc/${program}/oom_score_adj`, 'latin1')).toBe('0\n');

      const runs = (pid: number): boolean => existsSync(`/proc/${pid}/exe`);
      expect((await made.command('a', 'stop')).status).toBe(0);
      await made.exited('a');
      expect(runs(program)).toBe(false);
      expect(readFileSync(watchdog).at(-1)).toBe('V'.charCodeAt(0));

      writeFileSync(watchdog, '');
      writeFileSync(pidFile, '');
      made.start('a');
      await made.until('the program runs again', () => readFileSync(pidFile, 'latin1') !== '');
      const second = Number(readFileSync(pidFile, 'latin1'));
      expect(runs(second)).toBe(true);
      made.signal('a', 'SIGKILL');
      await made.exited('a');
      await made.until('the program ended with the agent', () => !runs(second));
      expect(readFileSync(watchdog).includes('V')).toBe(false);
    },
  );

  test(
    'confirm-dead is refused while nothing waits for it; the journal outlives a kill',
    { timeout: 60_000 },
    async () => {
      const made = await AgentRig.up({ serial: false });
      rig = made;
      made.start('a');
      await made.until('a is active', () => made.log('a').includes('Comm_now_up()'));
      const unasked = await made.command('a', 'confirm-dead');
      expect(unasked.status).toBe(64);
      expect(unasked.stderr).toContain('--yes');
      const refused = await made.command('a', 'confirm-dead', '--yes');
      expect(refused.status).toBe(2);
      expect(refused.stderr).not.toBe('');

      // The journal is read from the disk: of a killed agent as of a running one.
      made.signal('a', 'SIGKILL');
      await made.exited('a');
      const numbers = async (...args: string[]): Promise<number[]> => {
        const { stdout } = await made.command('a', 'journal', ...args);
        return stdout
          .trim()
          .split('\n')
          .map((line) => (JSON.parse(line) as TimelineEvent).seq);
      };
      const all = await numbers();
      expect(all).toEqual(all.map((_, i) => i + 1));
      expect(await numbers('--from', '3')).toEqual(all.slice(2));
    },
  );
});
