// Goal: a group that starts on neither node costs itself only: what can run of its set runs somewhere, on one node, and nothing flaps.
// Method: pairs whose groups start or do not start on each node, drawn by seed, through kills, power cuts, cut links and operators;
// then everything is mended but the groups, and the end is judged by what runs, not by what the engines say.
import { expect, test } from 'vitest';
import { SeededRandom } from '../../../agent/common/base/random.ts';
import type { Cluster } from '../../../agent/common/sim/cluster.ts';
import { cleanLink } from '../../../agent/common/sim/network.ts';
import type { Direction } from '../../../agent/common/sim/network.ts';
import { simPair } from '../../support/simPair.ts';

const GROUPS = [
  ['a1', 'a2', 'a3'],
  ['b1', 'b2'],
] as const;
const FAULTS = 6;
const SEEDS = 150;

interface World {
  readonly cluster: Cluster;
  /** Groups that do not start, by node. */
  readonly broken: readonly [ReadonlySet<string>, ReadonlySet<string>];
  readonly random: SeededRandom;
}

function drawWorld(seed: number): World {
  const random = new SeededRandom(seed);
  const drawBroken = (): Set<string> => new Set(GROUPS.flat().filter(() => random.chance(0.3)));
  const broken = [drawBroken(), drawBroken()] as const;
  const failback = random.pick(['on', 'off'] as const);
  const cluster = simPair({
    seed,
    groups: GROUPS,
    autoFailback: [failback, failback],
    links: [cleanLink('eth1', 1), cleanLink('ttyS0', 5)],
    plan: (node, command, wanted, dice) => {
      const started = wanted.filter((group) => !broken[node].has(group));
      const ok = command === 'release' || started.length === wanted.length;
      return { tookMs: dice.nextInteger(5, 400), ok, started };
    },
  });
  return { cluster, broken, random };
}

const directionsOf = ({ network }: Cluster): Direction[] =>
  network.links.flatMap(({ forward, back }) => [forward, back]);

function oneFault({ cluster, random }: World): void {
  const node = cluster.nodes[random.pick([0, 1] as const)];
  const what = random.pick(['kill', 'power-off', 'cut', 'standby', 'takeover'] as const);
  if (what === 'kill') node.kill();
  if (what === 'power-off') node.powerOff();
  if (what === 'cut') for (const direction of directionsOf(cluster)) direction.cut = random.chance(0.5);
  const set = random.pick(['local', 'foreign', 'all'] as const);
  if ((what === 'standby' || what === 'takeover') && node.engine !== null)
    node.feed({ kind: 'operator', request: what, set });
  cluster.advance(random.nextInteger(100, 15_000));
}

function heal({ cluster }: World): void {
  for (const direction of directionsOf(cluster)) direction.cut = false;
  for (const node of cluster.nodes) if (node.power !== 'running') node.start();
}

const startsOn = ({ broken }: World, node: 0 | 1, set: readonly string[]): string[] =>
  set.filter((group) => !broken[node].has(group));

test.each(Array.from({ length: SEEDS }, (_, i) => i + 1))('seed %i: what can run runs, once, and stays', (seed) => {
  const world = drawWorld(seed);
  const { cluster } = world;
  for (const node of cluster.nodes) node.start();
  cluster.advance(20_000);
  for (let i = 0; i < FAULTS; i++) {
    oneFault(world);
    if (world.random.chance(0.5)) heal(world);
  }
  heal(world);
  cluster.advance(90_000);
  const commands: string[] = [];
  cluster.observe({ command: (node, command) => commands.push(`${node} ${command.kind}`) });
  cluster.advance(30_000);
  expect(commands).toEqual([]);
  for (const [home, set] of GROUPS.entries()) {
    const running = cluster.nodes.map((node) => set.filter((group) => node.serving.has(group)));
    const whole = ([0, 1] as const).filter((node) => startsOn(world, node, set).length === set.length);
    const [a = [], b = []] = running;
    expect(a.filter((group) => b.includes(group))).toEqual([]);
    // Where all of it starts it is served as a whole; else what starts on one of them.
    if (whole.length > 0) expect([...a, ...b].sort()).toEqual([...set]);
    else expect([startsOn(world, 0, set).join(), startsOn(world, 1, set).join()]).toContain([...a, ...b].join());
    // Held is said of a set that runs as a whole, by both nodes.
    for (const [node, { engine, now }] of cluster.nodes.entries()) {
      const view = engine?.snapshot(now);
      const side = node === home ? 'local' : 'foreign';
      const isHeld = view?.mine === side || view?.mine === 'all';
      expect(isHeld).toBe(running[node]?.length === set.length);
      const other = node === home ? 'foreign' : 'local';
      const isTheirs = view?.theirs === other || view?.theirs === 'all';
      expect(isTheirs).toBe(running[1 - node]?.length === set.length);
    }
  }
});
