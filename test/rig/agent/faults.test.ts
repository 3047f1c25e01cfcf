// Goal: every fault that the agent can inject undoes itself, also when the agent is what it hits, and the console's way
// in is never cut. Method: the rig; faults by rpc over `attach`, as the console does it.
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { agentContract, FaultNameSchema, type FaultName } from '../../../agent/common/rpc/agentContract.ts';
import { connect } from '../../../agent/common/rpc/client.ts';
import type { Client } from '../../../agent/common/rpc/contract.ts';
import { ndjsonChannel } from '../../../agent/common/rpc/ndjson.ts';
import { missing } from '../../support/needs.ts';
import { AgentRig, type Side } from './agentRig.ts';

let rig: AgentRig | null = null;
const attached: ChildProcess[] = [];

afterEach(async () => {
  for (const child of attached.splice(0)) child.kill();
  await rig?.down();
  rig = null;
});

async function pairUp(): Promise<AgentRig> {
  const made = await AgentRig.up({ serial: false });
  rig = made;
  made.start('a');
  made.start('b');
  await made.until('node a holds, node b is ready', () => made.holds('a') && made.log('b').includes('Comm_now_up'));
  return made;
}

/** The console's way in: the standard streams of `attach`. */
function attach(made: AgentRig, side: Side): Client<typeof agentContract> {
  const [command, ...args] = made.commandLine(side, 'attach');
  const child = spawn(command ?? '', args, { stdio: ['pipe', 'pipe', 'inherit'] });
  attached.push(child);
  child.stdout.setEncoding('utf8');
  const channel = ndjsonChannel({
    write: (text) => child.stdin.write(text),
    onText: (listener) => child.stdout.on('data', (text) => listener(String(text))),
    onEnd: (listener) => child.on('close', listener),
    end: () => child.stdin.end(),
  });
  return connect(channel, agentContract);
}

async function tables(made: AgentRig, side: Side): Promise<string> {
  return (await made.exec(side, 'nft', 'list', 'tables')).stdout;
}

function leftOnDisk(made: AgentRig, side: Side): string[] {
  const dir = made.place(side, 'state/faults');
  return existsSync(dir) ? readdirSync(dir) : [];
}

describe.skipIf(missing('linux', 'root', 'namespaces', 'iproute', 'nft') !== null)('faults', () => {
  test('the list says what is available and with which commands', { timeout: 60_000 }, async () => {
    const made = await pairUp();
    const list = await attach(made, 'a').faultList({});
    const available = list.filter((fault) => fault.available).map((fault) => fault.name);
    const always: FaultName[] = ['pull-lan', 'pull-crossover', 'stop-agent', 'kill-agent', 'kill-agent-and-guard'];
    const others: FaultName[] = ['freeze-agent', 'drop-heartbeats', 'drop-heartbeats-in', 'drop-heartbeats-out'];
    expect(available).toEqual(expect.arrayContaining([...always, ...others, 'lose-heartbeats', 'keys-differ']));
    // Every other row is there as well, with its reason.
    expect(list.map((fault) => fault.name)).toEqual(FaultNameSchema.options);
    for (const fault of list) if (!fault.available) expect(fault.reason).not.toBe('');
    expect(list.find((fault) => fault.name === 'pull-serial')?.reason).toMatch(/by hand/);
    expect(list.find((fault) => fault.name === 'pull-lan')?.commands.join()).toContain('eth0');
    expect(list.find((fault) => fault.name === 'pull-crossover')?.commands.join()).toContain('eth1');
  });

  test(
    'drop one way: only the deaf side sees the link dead; a second fault is refused; undone at its time',
    { timeout: 90_000 },
    async () => {
      const made = await pairUp();
      const client = attach(made, 'b');
      const status = await client.status({});
      const link = status.links.find((candidate) => candidate.medium === 'bcast')?.id ?? '';
      const state = await client.faultInject({ name: 'drop-heartbeats-in', link, durationMs: 6000 });
      expect(state.phase).toBe('injected');
      await expect(client.faultInject({ name: 'pull-lan', link: null, durationMs: 1000 })).rejects.toMatchObject({
        code: 'busy',
      });
      await made.until('b hears nothing on the crossover', () => made.log('b').includes('Link nodea:eth1 dead.'));
      expect(made.log('a')).not.toContain('Link nodeb:eth1 dead.');
      expect(await tables(made, 'b')).toContain(`twinbeat_${state.faultId}`);
      await made.until('it is undone by itself', () => /Fault \w+ \(drop-heartbeats-in\) reverted/.test(made.log('b')));
      expect(await tables(made, 'b')).not.toContain('twinbeat_');
      expect(leftOnDisk(made, 'b')).toEqual([]);
      expect(made.holds('a')).toBe(true);
      expect(made.holds('b')).toBe(false);
    },
  );

  test('pull-lan is undone although the agent is killed meanwhile', { timeout: 90_000 }, async () => {
    const made = await pairUp();
    const state = await attach(made, 'a').faultInject({ name: 'pull-lan', link: null, durationMs: 4000 });
    expect((await made.exec('c', 'ping', '-c', '1', '-W', '1', '10.77.0.1')).status).not.toBe(0);
    made.signal('a', 'SIGKILL');
    expect(await tables(made, 'a')).toContain(state.faultId);
    const deadline = performance.now() + 20_000;
    while ((await tables(made, 'a')).includes('twinbeat_') && performance.now() < deadline);
    expect(await tables(made, 'a')).not.toContain('twinbeat_');
    expect((await made.exec('c', 'ping', '-c', '1', '-W', '2', '10.77.0.1')).status).toBe(0);
    made.start('a');
    await made.until('a knows that it is over', () => /Fault \w+ \(pull-lan\) reverted/.test(made.log('a')));
    expect(leftOnDisk(made, 'a')).toEqual([]);
  });

  test(
    'freeze-agent: thawed by its guard, and the node starts over without holding anything',
    { timeout: 90_000 },
    async () => {
      const made = await pairUp();
      const state = await attach(made, 'a').faultInject({ name: 'freeze-agent', link: null, durationMs: 5000 });
      expect(state.phase).toBe('injected');
      await made.until('b takes over', () => made.holds('b'));
      await made.until(
        'a is thawed and gave everything up',
        () => !made.holds('a') && /freeze-agent\) reverted/.test(made.log('a')),
      );
    },
  );

  test('kill-agent: its addresses go with it, and it is started again by its guard', { timeout: 90_000 }, async () => {
    const made = await pairUp();
    await attach(made, 'a').faultInject({ name: 'kill-agent', link: null, durationMs: 4000 });
    await made.until('b takes over', () => made.holds('b'));
    // The address guard took it off before.
    expect(made.holds('a')).toBe(false);
    await made.until('a runs again', () => /kill-agent\) reverted/.test(made.log('a')));
    const status = await made.status('a');
    expect(status?.node).toBe('nodea');
    made.adopt('a', status?.pid ?? 0);
  });

  test('reverted on request, before its time', { timeout: 60_000 }, async () => {
    const made = await pairUp();
    const client = attach(made, 'a');
    const { faultId } = await client.faultInject({ name: 'pull-crossover', link: null, durationMs: 600_000 });
    expect((await client.faultStates({}))[0]).toMatchObject({ faultId, phase: 'injected' });
    expect((await client.faultRevert({ faultId })).phase).toBe('reverted');
    expect(await tables(made, 'a')).not.toContain('twinbeat_');
    expect((await client.faultStates({}))[0]?.revertsInMs).toBeNull();
  });
});
