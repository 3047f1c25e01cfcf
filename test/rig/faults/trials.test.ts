// Goal: whatever is pulled in the middle of a fault (SSH, the agent, the console, the node's power), both nodes end as they
// were; the rest of the catalogue is there with its reasons; a panic proves that nothing is left.
// Method: the real command line and real racks, side by side. A fault is armed by a console that stays, a plug is pulled, and then
// filters, queues, addresses, lines, files, mounts and programs of both nodes are compared with what they were, from the rack itself.
// TWINBEAT_TRIALS: how many trials (8; up to 1000); TWINBEAT_TRIAL_RACKS: in how many racks at once (3).
import type { ChildProcess } from 'node:child_process';
import { appendFileSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FAULTS } from '../../../agent/common/faults/index.ts';
import { EXIT } from '../../../electron/cli/exitStatus.ts';
import type { PanicReport } from '../../../electron/common/contract/panic.ts';
import type { ActiveFault, FaultOffer } from '../../../electron/common/contract/state.ts';
import { B, FaultRacks, NODES } from '../../support/faultRack.ts';
import type { FaultRack } from '../../support/faultRack.ts';
import { missing } from '../../support/needs.ts';
import { runOn, until } from '../../support/rackRun.ts';
import { buildAgent } from '../../tools/build.ts';

const ROOT = join(import.meta.dirname, '../../..');
const [A] = NODES;
const reason = missing('linux', 'iproute', 'namespaces', 'nft');

function numberFrom(name: string, standard: number, most: number): number {
  return Math.min(most, Math.max(1, Number(process.env[name] ?? standard)));
}
const TRIALS = numberFrom('TWINBEAT_TRIALS', 8, 1000);
const RACKS = numberFrom('TWINBEAT_TRIAL_RACKS', 3, 8);
/** One line for each trial: what a campaign is counted from. */
const REPORT = join(ROOT, 'build/test-reports/trials.jsonl');

/** How a plug is pulled while a fault is on at B; whatever has to come back by hand is brought back. */
const PLUGS = {
  'console killed': async (_stand: FaultRack, child: ChildProcess) => {
    child.kill('SIGKILL');
  },
  'SSH cut': async (stand: FaultRack, child: ChildProcess) => {
    const { rack } = stand;
    // Everything that the node's SSH server is: no connection answers, none is accepted.
    const servers = `for e in /proc/[0-9]*; do tr '\\0' ' ' 2>/dev/null <$e/cmdline | grep -q ' sshd $' && echo \${e#/proc/}; done`;
    const { lines } = await runOn(rack, B, servers);
    expect(lines.length).toBeGreaterThan(0);
    await runOn(rack, B, `kill -STOP ${lines.join(' ')}`);
    try {
      const isGone = async (): Promise<true | null> => ((await stand.look(B)).includes('pending ') ? null : true);
      await until('the lease has run out without a word from the console', isGone, { withinMs: 60_000 });
    } finally {
      await runOn(rack, B, `kill -CONT ${lines.join(' ')}`);
      child.kill('SIGKILL');
    }
  },
  'agent killed': async (stand: FaultRack, child: ChildProcess) => {
    const { rack } = stand;
    // A fault may have ended it already.
    await runOn(rack, B, 'kill -9 "$(cat /run/twinbeat-agent/agent.pid)" 2>/dev/null');
    // Renewed without the agent, the lease holds the fault: now the console goes as well.
    child.kill('SIGKILL');
    const isGone = async (): Promise<true | null> => ((await stand.look(B)).includes('pending ') ? null : true);
    await until('its guard has undone the fault', isGone, { withinMs: 60_000 });
    await runOn(rack, B, '/etc/init.d/twinbeat-agent start </dev/null >/dev/null 2>&1');
  },
  'node rebooted': async ({ rack }: FaultRack, child: ChildProcess) => {
    await rack.power(B, 'off');
    child.kill('SIGKILL');
    await rack.power(B, 'on');
    const boot = async (): Promise<true | null> => {
      const { lines } = await runOn(rack, B, 'cat /var/log/boot.log');
      // Of this boot: what the run level started, in its order, and what the undoing said in between.
      const last = lines.slice(lines.findLastIndex((line) => line.includes('twinbeat-mend')));
      const undone = last.findIndex((line) => /left by an earlier life, is undone/.test(line));
      const agent = last.findIndex((line) => line.includes('twinbeat-agent start'));
      return undone > 0 && agent > undone ? true : null;
    };
    await until('the fault was undone at boot, before the agent was started', boot, { withinMs: 30_000 });
  },
} as const;

/**
 * Every category within the first six, every way to break something among all of them: filters, queues, loops and programs beside,
 * edited files with a restart, an edited script, mounts, limits, signals, an interface that is down, both nodes at once. Their
 * number and that of the plugs have no common divisor, so that each fault meets each plug.
 */
const TRIED: readonly string[] = [
  ...['drop-heartbeats', 'keys-differ', 'serial-port-stolen', 'freeze-agent', 'state-read-only', 'split', 'limit-rate'],
  ...['start-fails', 'port-differs', 'serial-saturated', 'lose-in-bursts', 'block-ping-both', 'cpu-hog', 'nic-reset'],
  ...[
    'kill-agent',
    'haresources-differ',
    'stop-agent',
    'log-unwritable',
    'files-exhausted',
    'no-announcement',
    'block-ping',
  ],
];

/** One trial: both nodes end as they were, or it throws. */
async function trial(number: number, stand: FaultRack): Promise<void> {
  const names = Object.keys(PLUGS) as (keyof typeof PLUGS)[];
  const plug = names[number % names.length] ?? 'console killed';
  const fault = TRIED[number % TRIED.length] ?? 'drop-heartbeats';
  const startMs = performance.now();
  let problem: string | null = null;
  try {
    const child = await stand.consoleWith([fault, '--node', B, '--for', '120s', '--force']);
    await PLUGS[plug](stand, child);
    await stand.asBefore();
    child.kill('SIGKILL');
  } catch (error) {
    problem = (error as Error).message;
    throw new Error(`trial ${number}: ${fault}, ${plug}: ${problem}`);
  } finally {
    const [load = 0] = loadavg();
    const tookMs = Math.round(performance.now() - startMs);
    appendFileSync(REPORT, `${JSON.stringify({ number, fault, plug, tookMs, load, problem })}\n`);
  }
}

describe.skipIf(reason !== null)('faults, with every plug pulled', { timeout: 300_000 + TRIALS * 60_000 }, () => {
  const racks = new FaultRacks();
  beforeAll(async () => {
    if (!existsSync(join(ROOT, 'build/agent/twinbeat-agent.cjs'))) await buildAgent();
    mkdirSync(join(ROOT, 'build/test-reports'), { recursive: true });
    writeFileSync(REPORT, '');
    await racks.up(RACKS);
  }, 240_000);
  afterAll(() => racks.dispose(), 120_000);

  test.concurrent('the whole catalogue is listed for both nodes; what cannot be done says why', () =>
    racks.use(async ({ home }) => {
      const { offers } = await home.json<{ offers: (FaultOffer & { healthy: string })[] }>(['fault', 'list', '--rack']);
      for (const node of NODES) {
        const mine = offers.filter((o) => o.node === node);
        expect(mine.map((o) => o.name)).toEqual(FAULTS.map((fault) => fault.name));
        for (const offer of mine) {
          expect(offer.healthy).not.toBe('');
          if (offer.available) expect([offer.name, offer.commands.length > 0]).toEqual([offer.name, true]);
          else expect([offer.name, (offer.reason ?? '').length > 5]).toEqual([offer.name, true]);
        }
      }
      const available = offers.filter((o) => o.available && o.node === B).map((o) => o.name);
      expect(available).toEqual(
        expect.arrayContaining(['pull-serial', 'serial-mute', 'serial-noise', 'split', 'heal-in-steps', 'reboot']),
      );
    }),
  );

  test.concurrent('arm wants a clean baseline; what cuts the way in wants the name of the node', () =>
    racks.use(async ({ home, rack }) => {
      await rack.cable('crossover', { aToB: false, bToA: false });
      const arm = (): ReturnType<typeof home.run> => home.run(['fault', 'arm', 'cpu-hog', '--node', B, '--rack']);
      const refused = await until(
        'the link is dead',
        async () => {
          const ran = await arm();
          return ran.err.includes('link') ? ran : null;
        },
        { withinMs: 60_000 },
      );
      expect(refused).toMatchObject({ status: EXIT.faultRefused, out: '' });
      expect(refused.err).toContain('not as it should be');
      await rack.cable('crossover', { aToB: true, bToA: true });
      const reboot = await home.run(['fault', 'arm', 'reboot', '--node', B, '--rack', '--force']);
      expect(reboot).toMatchObject({ status: EXIT.faultRefused, out: '' });
      expect(reboot.err).toContain('name');
    }),
  );

  test.concurrent('a fault of both nodes is one fault, and a panic takes it back and proves it', () =>
    racks.use(async (stand) => {
      const { home } = stand;
      const split = ['fault', 'arm', 'split', '--node', A, '--for', '120s', '--force', '--rack'];
      expect(await home.json<ActiveFault>(split)).toMatchObject({ name: 'split', phase: 'injected' });
      for (const node of NODES) expect(await stand.look(node)).toContain('twinbeat_');
      const report = await home.json<PanicReport>(['fault', 'panic', '--rack']);
      expect(report.proven).toBe(true);
      for (const node of report.nodes) {
        expect(node).toMatchObject({ proven: true, problem: '', via: ['agent', 'ssh'] });
        expect(node.checks.every((check) => check.ok)).toBe(true);
      }
      await stand.asBefore();
      const again = await home.json<PanicReport>(['fault', 'panic', '--rack']);
      expect(again.nodes.map((node) => node.reverted)).toEqual([[], []]);
    }),
  );

  test.concurrent('a panic without an agent goes by plain SSH; a frozen one is thawed', () =>
    racks.use(async (stand) => {
      const { home, rack } = stand;
      await home.json(['fault', 'arm', 'drop-heartbeats', '--node', B, '--for', '120s', '--force', '--rack']);
      await runOn(rack, B, 'kill -STOP "$(cat /run/twinbeat-agent/agent.pid)"');
      const report = await home.json<PanicReport>(['fault', 'panic', '--rack']);
      expect(report.proven).toBe(true);
      expect(report.nodes.find((n) => n.node === B)?.via).toContain('ssh');
      await stand.asBefore();
    }),
  );

  test.concurrent('a third host takes the address; both logs say so; the rack itself takes it away again', () =>
    racks.use(async (stand) => {
      const { home, rack } = stand;
      const arm = ['fault', 'arm', 'duplicate-address', '--node', A, '--for', '12s', '--force', '--rack', '--wait'];
      const waiting = home.json<ActiveFault>(arm);
      const seen = (): true | null => (rack.state().impostor?.address === rack.state().vip ? true : null);
      await until('the spare computer has the address', seen, { withinMs: 60_000 });
      const asked = await runOn(rack, 'client', `ip neigh flush all; ping -c 1 -W 2 ${rack.state().vip}; ip neigh`);
      expect(asked.lines.join('\n')).toContain('lladdr');
      expect(await waiting).toMatchObject({ name: 'duplicate-address', phase: 'reverted' });
      expect(rack.state().impostor).toBeNull();
      for (const node of NODES) {
        const isTold = async (): Promise<true | null> => {
          const { lines } = await runOn(rack, node, 'cat /var/log/ha-log');
          return /\(duplicate-address\) on .* begins/.test(lines.join('\n')) ? true : null;
        };
        await until(`the log of ${node} says that it was no accident`, isTold, { withinMs: 30_000 });
      }
      await stand.asBefore();
    }),
  );

  test.concurrent(
    `${TRIALS} trials: a plug is pulled in the middle of a fault, and both nodes end as they were`,
    async () => {
      let next = 0;
      const failures: string[] = [];
      const work = async (): Promise<void> => {
        for (let number = next++; number < TRIALS; number = next++) {
          await racks.use((stand) => trial(number, stand)).catch((error: Error) => failures.push(error.message));
        }
      };
      await Promise.all(Array.from({ length: RACKS }, work));
      expect(failures).toEqual([]);
    },
  );
});
