/** Everything about a random run, drawn from its seed before it starts. */
import { SeededRandom } from '../base/random.ts';
import type { AutoFailback } from '../config/model.ts';
import { cleanLink } from './network.ts';
import type { Direction, Link } from './network.ts';

export type Fault =
  | {
      readonly kind: 'cut';
      readonly link: number;
      readonly direction: 'forward' | 'back' | 'both';
      readonly forMs: number;
    }
  | { readonly kind: 'split'; readonly direction: 'forward' | 'back' | 'both'; readonly forMs: number }
  | { readonly kind: 'pause'; readonly node: 0 | 1; readonly forMs: number }
  | { readonly kind: 'power-off' | 'kill' | 'stop'; readonly node: 0 | 1; readonly forMs: number }
  | {
      readonly kind: 'operator';
      readonly node: 0 | 1;
      readonly request: 'standby' | 'takeover';
      readonly set: 'local' | 'foreign' | 'all';
    };

export interface PlannedFault {
  readonly atMs: number;
  readonly fault: Fault;
}

export interface SimOptions {
  readonly seed: number;
  readonly keepaliveMs: number;
  readonly deadtimeMs: number;
  readonly warntimeMs: number;
  readonly initdeadMs: number;
  readonly autoFailback: readonly [AutoFailback, AutoFailback];
  readonly links: readonly Link[];
  readonly groups: readonly [readonly string[], readonly string[]];
  readonly clockOffsetsMs: readonly [number, number];
  readonly latencyMaxMs: number;
  readonly commandMaxMs: number;
  /** Probability that an acquire fails while faults are injected. */
  readonly acquireFails: number;
  readonly startSecondAfterMs: number;
  readonly faults: readonly PlannedFault[];
  readonly faultPhaseMs: number;
}

function drawDirection(random: SeededRandom, direction: Direction, serial: boolean): void {
  direction.loss = random.pick([0, 0, 0.02, 0.1]);
  direction.duplication = random.pick([0, 0, 0.05]);
  direction.garbage = random.pick([0, 0, 0.02]);
  direction.delayMinMs = serial ? 30 : 0.1;
  direction.delayMaxMs = serial ? 150 : random.pick([0.5, 5, 40]);
}

function drawLinks(random: SeededRandom): Link[] {
  const names = random.pick([['eth1'], ['eth1', 'ttyS0'], ['eth0', 'eth1', 'ttyS0'], ['ttyS0']]);
  return names.map((name) => {
    const link = cleanLink(name, 1);
    drawDirection(random, link.forward, name.startsWith('tty'));
    drawDirection(random, link.back, name.startsWith('tty'));
    return link;
  });
}

function drawFault(random: SeededRandom, deadtimeMs: number, links: number): Fault {
  const node = random.pick([0, 1] as const);
  const direction = random.pick(['forward', 'back', 'both'] as const);
  const forMs = Math.round(deadtimeMs * random.pick([0.2, 0.5, 0.9, 1.1, 2, 5]));
  const kind = random.pick([
    'cut',
    'cut',
    'split',
    'pause',
    'power-off',
    'kill',
    'stop',
    'operator',
    'operator',
  ] as const);
  switch (kind) {
    case 'cut':
      return { kind, link: random.nextInteger(0, links - 1), direction, forMs };
    case 'split':
      return { kind, direction, forMs };
    case 'operator': {
      const request = random.pick(['standby', 'takeover'] as const);
      return { kind, node, request, set: random.pick(['local', 'foreign', 'all'] as const) };
    }
    default:
      return { kind, node, forMs };
  }
}

/** `mixed`: every fault. `splits`: nothing but whole splits, so that no group may ever be down. */
export type Profile = 'mixed' | 'splits';

/** Draws all options of the run with this seed. */
export function drawOptions(seed: number, profile: Profile = 'mixed'): SimOptions {
  const random = new SeededRandom(seed);
  const mixed = drawMixed(seed, random);
  return profile === 'mixed' ? mixed : onlySplits(mixed, random);
}

/** The same run with clean links, commands that work, nobody giving anything back, and splits that do not overlap. */
function onlySplits(mixed: SimOptions, random: SeededRandom): SimOptions {
  const { deadtimeMs } = mixed;
  for (const link of mixed.links) {
    Object.assign(link.forward, { loss: 0, duplication: 0, garbage: 0 });
    Object.assign(link.back, { loss: 0, duplication: 0, garbage: 0 });
  }
  const faults = [4, 9, 14].map((deadtimes): PlannedFault => {
    const forMs = Math.round(deadtimeMs * random.pick([0.5, 0.9, 0.99, 1, 1.01, 1.1, 2, 3]));
    return {
      atMs: deadtimes * deadtimeMs + random.nextInteger(0, deadtimeMs),
      fault: { kind: 'split', direction: 'both', forMs },
    };
  });
  return {
    ...mixed,
    autoFailback: ['off', 'off'],
    acquireFails: 0,
    commandMaxMs: Math.min(mixed.commandMaxMs, deadtimeMs / 10),
    startSecondAfterMs: 0,
    faults,
  };
}

function drawMixed(seed: number, random: SeededRandom): SimOptions {
  const keepaliveMs = random.pick([200, 500, 1000]);
  // Ten heartbeats: with at most 12 % of them lost per link, silence by bad luck alone does not happen in a test's life.
  const deadtimeMs = keepaliveMs * 10;
  const links = drawLinks(random);
  const faultPhaseMs = deadtimeMs * 20;
  const faults: PlannedFault[] = [];
  const count = random.nextInteger(0, 6);
  for (let i = 0; i < count; i++) {
    faults.push({ atMs: random.nextInteger(0, faultPhaseMs), fault: drawFault(random, deadtimeMs, links.length) });
  }
  faults.sort((a, b) => a.atMs - b.atMs);
  const groups = random.pick([
    [['vip1'], []],
    [['vip1'], ['vip2']],
    [['vip1', 'vip3'], ['vip2']],
    [[], ['vip2']],
  ] as const);
  return {
    seed,
    keepaliveMs,
    deadtimeMs,
    warntimeMs: deadtimeMs / 2,
    initdeadMs: deadtimeMs * random.pick([1, 2]),
    autoFailback: [random.pick(['on', 'off'] as const), random.pick(['on', 'off'] as const)],
    links,
    groups,
    clockOffsetsMs: [random.nextInteger(0, 1e6), random.nextInteger(0, 1e6)],
    latencyMaxMs: random.pick([0, 1, 5]),
    commandMaxMs: random.pick([10, 500, 3000]),
    acquireFails: random.pick([0, 0, 0, 0.1]),
    startSecondAfterMs: random.pick([0, 50, deadtimeMs / 2, deadtimeMs * 3]),
    faults,
    faultPhaseMs,
  };
}
