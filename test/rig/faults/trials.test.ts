// Goal: whatever is pulled in the middle of a fault (SSH, the agent, the console, the node's power), both nodes end as they
// were; the rest of the catalogue is there with its reasons; a panic proves that nothing is left.
// Method: the real command line and a real rack. A fault is armed by a console that stays, a plug is pulled, and then the
// nodes are looked at from the rack itself, never through a console. TWINBEAT_TRIALS: how many trials (4; up to 200).
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FAULTS } from '../../../agent/common/faults/index.ts';
import { EXIT } from '../../../electron/cli/exitStatus.ts';
import type { PanicReport } from '../../../electron/common/contract/panic.ts';
import type { ActiveFault, FaultOffer } from '../../../electron/common/contract/state.ts';
import { attachRack } from '../../../electron/lab/index.ts';
import type { RackHandle } from '../../../electron/lab/index.ts';
import { CLI_MAIN, CliHome } from '../../support/cliHome.ts';
import { missing } from '../../support/needs.ts';
import { pause } from '../../support/rackTools.ts';
import { runOn, until } from '../../support/rackRun.ts';
import { buildAgent } from '../../tools/build.ts';

const ROOT = join(import.meta.dirname, '../../..');
const [A, B] = ['ha1.bogus.sh.cn', 'ha2.bogus.sh.cn'];
const reason = missing('linux', 'iproute', 'namespaces', 'nft');
const TRIALS = Math.min(200, Math.max(1, Number(process.env['TWINBEAT_TRIALS'] ?? '4')));

let home: CliHome;
let rack: RackHandle;
/** What the nodes looked like before the first fault. */
const before = new Map<string, string>();
const consoles: ChildProcess[] = [];

/** Everything that a fault could leave behind, as the node's own tools show it; equal texts are equal nodes. */
const LOOK = [
  'nft list tables | grep twinbeat_',
  // A folder of a fault that its guard has undone waits for the next agent, which journals the end and removes it.
  'for d in /var/lib/twinbeat-agent/faults/*/; do [ -d "$d" ] && [ ! -e "$d/reverted" ] && echo "pending $d"; done',
  // Content, owner, mode and time of what faults edit.
  'for f in /etc/ha.d/ha.cf /etc/ha.d/haresources /etc/ha.d/authkeys /etc/init.d/*; do [ -f "$f" ] && stat -c "%n %a %u %g %Y" "$f" && sha256sum <"$f"; done',
  'awk \'$5 ~ /twinbeat-agent|\\/var\\/log/ { print "mount", $5 }\' /proc/self/mountinfo',
  'tc qdisc show 2>/dev/null | grep 7b7b:',
  // The marker as a word of its own: not this very script.
  'for e in /proc/[0-9]*; do tr "\\0" "\\n" 2>/dev/null <$e/cmdline | grep -q "^twinbeat-faul[t]-" && echo "program $e"; done',
  'for e in /proc/[0-9]*; do grep -q "^State:.*T" $e/status 2>/dev/null && echo "stopped $e"; done',
  'true',
].join('; ');

async function look(node: string): Promise<string> {
  return (await runOn(rack, node, LOOK)).lines.join('\n');
}

/** Folders of faults on a node's disk, undone or not. */
async function foldersOf(node: string): Promise<number> {
  return (await runOn(rack, node, 'ls /var/lib/twinbeat-agent/faults 2>/dev/null; true')).lines.length;
}

/** From the guard being there to the fault being in force: it injects at once, or after the third of a second that it gives the agent. */
const IN_FORCE_MS = 1500;

/** A console that arms a fault at B and stays. Resolves once the fault is on. */
async function consoleWith(args: readonly string[]): Promise<ChildProcess> {
  const child = spawn(process.execPath, [CLI_MAIN, 'fault', 'arm', ...args, '--wait', '--rack'], {
    env: home.env,
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  consoles.push(child);
  let said = '';
  child.stderr?.on('data', (text: Buffer) => (said += text.toString()));
  await until(
    `${args.join(' ')} is on`,
    async () => {
      if (child.exitCode !== null) throw new Error(`${args.join(' ')}: status ${child.exitCode}: ${said}`);
      const { lines } = await runOn(rack, B, 'ls /var/lib/twinbeat-agent/faults/*/guard.pid 2>/dev/null; true');
      return lines.length > 0 ? true : null;
    },
    { withinMs: 60_000 },
  );
  await pause(IN_FORCE_MS);
  return child;
}

/** The node is as it was before any fault. */
async function untilAsBefore(node: string, withinMs: number): Promise<void> {
  let seen = '';
  await until(
    `${node} is as it was`,
    async () => {
      seen = await look(node).catch((error: Error) => error.message);
      return seen === before.get(node) ? true : null;
    },
    { withinMs, everyMs: 500 },
  ).catch((error: Error) => {
    throw new Error(`${error.message}\nbefore:\n${before.get(node)}\nnow:\n${seen}`);
  });
}

async function agentRunsAgain(node: string): Promise<void> {
  await runOn(rack, node, '/etc/init.d/twinbeat-agent start </dev/null >/dev/null 2>&1');
}

/** How a plug is pulled while a fault is on at B; resolves when whatever had to come back is back. */
const PLUGS = {
  'console killed': async (child: ChildProcess) => {
    child.kill('SIGKILL');
  },
  'agent killed': async (child: ChildProcess) => {
    await runOn(rack, B, 'kill -9 "$(cat /run/twinbeat-agent/agent.pid)"');
    // Renewed without the agent, the lease holds the fault: now the console goes as well.
    child.kill('SIGKILL');
    await untilAsBefore(B, 60_000);
    await agentRunsAgain(B);
  },
  'node rebooted': async (child: ChildProcess) => {
    await rack.power(B, 'off');
    child.kill('SIGKILL');
    await rack.power(B, 'on');
  },
  'SSH cut': async (child: ChildProcess) => {
    // Everything that the node's SSH server is: no connection answers, none is accepted.
    const servers = `for e in /proc/[0-9]*; do tr '\\0' ' ' 2>/dev/null <$e/cmdline | grep -q ' sshd $' && echo \${e#/proc/}; done`;
    const { lines } = await runOn(rack, B, servers);
    expect(lines.length).toBeGreaterThan(0);
    await runOn(rack, B, `kill -STOP ${lines.join(' ')}`);
    try {
      const isGone = async (): Promise<true | null> => {
        return (await look(B)).includes('pending ') ? null : true;
      };
      await until('the lease has run out without a word from the console', isGone, { withinMs: 60_000 });
    } finally {
      await runOn(rack, B, `kill -CONT ${lines.join(' ')}`);
      child.kill('SIGKILL');
    }
  },
} as const;

/** Faults of every kind: filter, loop beside, edited file with a restart, edited script, both nodes at once. */
const TRIED: readonly (readonly string[])[] = [
  ['drop-heartbeats', '--node', B],
  ['port-differs', '--node', B],
  ['serial-saturated', '--node', B],
  ['start-fails', '--node', B],
  ['lose-in-bursts', '--node', B],
  ['keys-differ', '--node', B],
  ['block-ping-both', '--node', B],
  ['freeze-agent', '--node', B],
  ['state-read-only', '--node', B],
];

describe.skipIf(reason !== null)('faults, with every plug pulled', { timeout: 170_000 + TRIALS * 90_000 }, () => {
  beforeAll(async () => {
    if (!existsSync(join(ROOT, 'build/agent/twinbeat-agent.cjs'))) await buildAgent();
    home = new CliHome();
    await home.json(['rack', 'up', '--keepalive', '200ms', '--deadtime', '2s', '--ipfail']);
    await home.run(['deploy', '--rack']);
    await home.settled();
    // This process looks into the same rack.
    process.env['XDG_RUNTIME_DIR'] = home.env['XDG_RUNTIME_DIR'];
    const attached = await attachRack();
    if (attached === null) throw new Error('the rack cannot be attached to');
    rack = attached;
    for (const node of [A, B]) before.set(node, await look(node));
  }, 120_000);
  afterAll(async () => {
    for (const child of consoles) child.kill('SIGKILL');
    rack?.close();
    await home.dispose();
  });

  test('the whole catalogue is listed for both nodes; what cannot be done says why', async () => {
    const { offers } = await home.json<{ offers: (FaultOffer & { healthy: string })[] }>(['fault', 'list', '--rack']);
    for (const node of [A, B]) {
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
  });

  test('arm wants a clean baseline; what cuts the way in wants the name of the node', async () => {
    await rack.cable('crossover', { aToB: false, bToA: false });
    await until(
      'the link is dead',
      async () =>
        (await home.run(['fault', 'arm', 'cpu-hog', '--node', B, '--rack'])).err.includes('link') ? true : null,
      { withinMs: 30_000 },
    );
    const refused = await home.run(['fault', 'arm', 'cpu-hog', '--node', B, '--rack']);
    expect(refused).toMatchObject({ status: EXIT.faultRefused, out: '' });
    expect(refused.err).toContain('not as it should be');
    await rack.cable('crossover', { aToB: true, bToA: true });
    await home.settled();
    const reboot = await home.run(['fault', 'arm', 'reboot', '--node', B, '--rack', '--force']);
    expect(reboot).toMatchObject({ status: EXIT.faultRefused, out: '' });
    expect(reboot.err).toContain('name');
  });

  test('a fault of both nodes is one fault, and a panic takes it back and proves it', async () => {
    const split = await home.json<ActiveFault>([
      'fault',
      'arm',
      'split',
      '--node',
      A,
      '--for',
      '120s',
      '--force',
      '--rack',
    ]);
    expect(split).toMatchObject({ name: 'split', phase: 'injected' });
    for (const node of [A, B]) expect(await look(node)).toContain('twinbeat_');
    const report = await home.json<PanicReport>(['fault', 'panic', '--rack']);
    expect(report.proven).toBe(true);
    for (const node of report.nodes) {
      expect(node).toMatchObject({ proven: true, problem: '', via: ['agent', 'ssh'] });
      expect(node.checks.every((check) => check.ok)).toBe(true);
    }
    for (const node of [A, B]) await untilAsBefore(node, 5000);
    const again = await home.json<PanicReport>(['fault', 'panic', '--rack']);
    expect(again.nodes.map((node) => node.reverted)).toEqual([[], []]);
    await home.settled();
  });

  test('a panic without an agent goes by plain SSH; a frozen one is thawed', async () => {
    await home.json(['fault', 'arm', 'drop-heartbeats', '--node', B, '--for', '120s', '--force', '--rack']);
    await runOn(rack, B, 'kill -STOP "$(cat /run/twinbeat-agent/agent.pid)"');
    const report = await home.json<PanicReport>(['fault', 'panic', '--rack']);
    expect(report.proven).toBe(true);
    expect(report.nodes.find((n) => n.node === B)?.via).toContain('ssh');
    await untilAsBefore(B, 5000);
    await home.settled();
  });

  test(`${TRIALS} trials: a plug is pulled in the middle of a fault, and both nodes end as they were`, async () => {
    const names = Object.keys(PLUGS) as (keyof typeof PLUGS)[];
    for (let trial = 0; trial < TRIALS; trial += 1) {
      const plug = names[trial % names.length] ?? 'console killed';
      const fault = TRIED[(trial + Math.floor(trial / names.length)) % TRIED.length] ?? [];
      const child = await consoleWith([...fault, '--for', '120s', '--force']);
      try {
        await PLUGS[plug](child);
        for (const node of [A, B]) await untilAsBefore(node, 60_000);
      } catch (error) {
        throw new Error(`trial ${trial}: ${fault.join(' ')}, ${plug}: ${(error as Error).message}`);
      }
      child.kill('SIGKILL');
      await home.settled();
      for (const node of [A, B])
        await until('nothing is left on disk', async () => ((await foldersOf(node)) === 0 ? true : null), {
          withinMs: 20_000,
        });
    }
  });
});
