// Goal: a node can cut the other one's power, over a way that no cable of the rack is part of, and is told so only after it
// is off; of two that shoot at each other one survives; a broken switch never says that it worked.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startRack } from '../../../electron/lab/index.ts';
import type { RackHandle } from '../../../electron/lab/index.ts';
import { missing } from '../../support/needs.ts';
import { names, on, until } from '../../support/rackTools.ts';

vi.setConfig({ testTimeout: 60_000 });

const PLUGIN = '/etc/ha.d/stonith.d/external/twinbeat-rack';

describe.skipIf(missing('linux', 'namespaces', 'iproute') !== null)('the power switch', () => {
  let rack: RackHandle;
  let a: string;
  let b: string;

  beforeAll(async () => {
    rack = await startRack({ name: 'power-switch' });
    [a, b] = names(rack);
  });
  afterAll(() => rack.down());

  const powerOf = (name: string) => rack.state().nodes.find((node) => node.name === name)?.power;
  const ask = async (node: string, words: string) =>
    (await rack.runOn(node, ['sh', '-c', `${PLUGIN} ${words} 2>&1; echo $?`])).stdout.trim().split('\n');

  test('it answers with every cable cut, and knows who has power', async () => {
    for (const id of ['lan-a', 'lan-b', 'crossover', 'serial'] as const)
      await rack.cable(id, { aToB: false, bToA: false });
    expect(await ask(a, 'status')).toEqual([`ok ${a} ${b}`, '0']);
    expect(await ask(a, `status ${b}`)).toEqual(['ok on', '0']);
    expect(await on(rack, a, `hostlist=${b} ${PLUGIN} gethosts`)).toBe(b);
    expect((await ask(a, 'reset printer')).at(-1)).toBe('1');
    expect((await ask(a, `explode ${b}`)).at(-1)).toBe('1');
    for (const id of ['lan-a', 'lan-b', 'crossover', 'serial'] as const)
      await rack.cable(id, { aToB: true, bToA: true });
  });

  test('off is said when it is off, and it stays off; on brings it back', async () => {
    expect(await ask(a, `off ${b}`)).toEqual([`ok ${b} is off`, '0']);
    expect(powerOf(b)).toBe('off');
    expect(await ask(a, `on ${b}`)).toEqual([`ok ${b} is on`, '0']);
    expect(powerOf(b)).toBe('on');
  });

  test('broken: nothing is switched, and nothing is said to be', async () => {
    await rack.powerSwitch({ broken: true });
    expect(rack.state().powerSwitchBroken).toBe(true);
    expect(await ask(a, `reset ${b}`)).toEqual(['error the power switch is broken', '1']);
    expect((await ask(a, 'status')).at(-1)).toBe('1');
    expect(powerOf(b)).toBe('on');
    await rack.powerSwitch({ broken: false });
    expect(rack.state().powerSwitchBroken).toBe(false);
    await on(rack, b, 'echo wrong >/run/rack/power-switch.token');
    expect(await ask(b, `reset ${a}`)).toEqual(['error wrong token', '1']);
    const token = await on(rack, a, 'cat /run/rack/power-switch.token');
    await on(rack, b, `echo ${token} >/run/rack/power-switch.token`);
  });

  test('both shoot at the same moment: one is reset, the other one lives, and the loser comes back', async () => {
    const boots = () => rack.state().nodes.map(({ bootCount }) => bootCount);
    const before = boots();
    const shots = await Promise.allSettled([ask(a, `reset ${b}`), ask(b, `reset ${a}`)]);
    const won = shots.filter((shot) => shot.status === 'fulfilled' && shot.value.at(-1) === '0');
    expect(won.length).toBe(1);
    expect(rack.state().nodes.filter(({ power }) => power === 'off').length).toBe(1);
    await until('both have power again', () => rack.state().nodes.every(({ power }) => power === 'on'), 30_000);
    expect(boots().reduce((sum, count) => sum + count)).toBe(before.reduce((sum, count) => sum + count) + 1);
  });
});
