/** Draws the options of a run from its seed. Changing the order of the draws gives every seed another run. */
import { SeededRandom } from '../base/random.ts';
import type { AutoFailback, TakeoverCondition } from '../config/model.ts';
import type { Fault, PlannedFault } from './faults.ts';
import { MOMENTS } from './moments.ts';
import { cleanLink } from './network.ts';
import type { Direction, Link } from './network.ts';
import type { FencingOptions, Profile, SimOptions } from './options.ts';

/** Larger than the sum of all suspensions of a run, so that no node's clock ever shows less than zero. */
const CLOCK_OFFSET_MIN_MS = 1e6;

/** What is held up: the steps of an exchange, and reports. */
const DETAINED = [
  ...(['ask_resources done', 'ask_resources done', 'ask_resources other', 'ask_resources me'] as const),
  ...(['resource', 'resource standby', 'starting', 'shutdone', 'ip-request-resp'] as const),
] as const;

/** Part of the faults that wait for a moment. */
const WAITING_FAULTS = 0.4;

/** Each kind as often as it is named. */
const MIXED_FAULTS: readonly Fault['kind'][] = [
  ...(['cut', 'cut', 'split', 'isolate', 'reference', 'noise', 'replay'] as const),
  ...(['pause', 'suspend', 'power-off', 'kill', 'stop', 'stop', 'wall-clock', 'confirm'] as const),
  ...(['operator', 'operator', 'operator', 'operator', 'detain', 'detain'] as const),
];
const FENCING_FAULTS: readonly Fault['kind'][] = [
  ...(['cut', 'split', 'split', 'isolate', 'reference', 'pause', 'suspend'] as const),
  ...(['power-off', 'power-off', 'kill', 'stop', 'operator', 'confirm', 'confirm'] as const),
];
const KEY_FAULTS: readonly Fault['kind'][] = [
  ...(['rekey', 'rekey', 'rekey', 'rotate', 'attack', 'attack', 'replay', 'noise'] as const),
  ...(['cut', 'power-off', 'kill', 'stop', 'operator'] as const),
];

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

function drawFault(random: SeededRandom, kinds: readonly Fault['kind'][], deadtimeMs: number, links: number): Fault {
  const node = random.pick([0, 1] as const);
  const link = random.nextInteger(0, links - 1);
  const direction = random.pick(['forward', 'back', 'both'] as const);
  const forMs = Math.round(deadtimeMs * random.pick([0.2, 0.5, 0.9, 1.1, 2, 4]));
  const kind = random.pick(kinds);
  switch (kind) {
    case 'cut':
      return { kind, link, direction, forMs };
    case 'split':
      return { kind, direction, forMs };
    case 'isolate':
      return { kind, node, forMs };
    case 'reference':
      return { kind, node: random.pick([0, 1, null] as const), forMs };
    case 'noise':
    case 'replay':
      return { kind, link, forMs };
    case 'wall-clock':
      return { kind, node, seconds: random.pick([-2_000_000_000, -3600, 3600, 500_000_000]) };
    case 'operator': {
      const request = random.pick(['standby', 'takeover'] as const);
      return { kind, node, request, set: random.pick(['local', 'foreign', 'all'] as const) };
    }
    case 'detain':
      return { kind, node, type: random.pick(DETAINED), forMs: random.pick([50, 200, 600]) };
    case 'confirm':
      return { kind, node };
    case 'rekey':
      return { kind, node, halfway: random.chance(0.4), forMs: Math.round(deadtimeMs * random.pick([0.5, 1.1, 2, 8])) };
    case 'rotate':
      return { kind, stepMs: Math.round(deadtimeMs * random.pick([0.05, 0.5, 1.5])) };
    case 'attack':
      return { kind, node, link, forMs };
    default:
      return { kind, node, forMs };
  }
}

/** Just at that moment, while the answer is on its way, while a script runs, or about when the peer is given up. */
function drawMoment(random: SeededRandom, fault: Fault, deadtimeMs: number): PlannedFault['when'] {
  const afterMs = random.nextFraction() * random.pick([0, 20, 200, deadtimeMs, 2 * deadtimeMs]);
  // Operators are impatient: the next order comes when the answer to the last one does.
  if (fault.kind === 'operator') return { moment: 'standby done', node: fault.node, afterMs };
  return { moment: random.pick(MOMENTS), node: random.pick([0, 1] as const), afterMs };
}

function drawFaults(
  random: SeededRandom,
  kinds: readonly Fault['kind'][],
  phaseMs: number,
  deadtimeMs: number,
  links: number,
): PlannedFault[] {
  const faults: PlannedFault[] = [];
  const count = random.nextInteger(0, 6);
  for (let i = 0; i < count; i++) {
    const fault = drawFault(random, kinds, deadtimeMs, links);
    const when = random.chance(WAITING_FAULTS) ? drawMoment(random, fault, deadtimeMs) : null;
    // One that waits begins to wait early enough to see something.
    faults.push({ atMs: random.nextInteger(0, when === null ? phaseMs : phaseMs / 2), when, fault });
  }
  return faults.sort((a, b) => a.atMs - b.atMs);
}

/** What an operator may demand of this pair; a condition that it can never meet is no configuration. */
function drawConditions(random: SeededRandom, pingNodes: number, links: number): TakeoverCondition[] {
  const conditions: TakeoverCondition[] = [];
  if (pingNodes > 0 && random.chance(0.4)) conditions.push('reference');
  if (links > 1 && random.chance(0.2)) conditions.push('two-links');
  return conditions;
}

function drawFailback(random: SeededRandom): [AutoFailback, AutoFailback] {
  const mode = random.pick(['each', 'each', 'each', 'legacy'] as const);
  if (mode === 'legacy') return ['legacy', 'legacy'];
  return [random.pick(['on', 'off'] as const), random.pick(['on', 'off'] as const)];
}

/**
 * A node boots for longer than its device needs to cut the power. Else a reset, which cannot be called back, could always hit the life
 * after the one that was meant; that one falls silent and is reset in its turn, for ever. No rule of an engine prevents that.
 * The device's word may come much later: by then the node may be back, and silent once more.
 */
function drawFencing(random: SeededRandom, deadtimeMs: number): FencingOptions {
  const tookMaxMs = random.pick([50, 1000, 2 * deadtimeMs, 5 * deadtimeMs]);
  const offMaxMs = random.pick([50, Math.min(tookMaxMs, 2 * deadtimeMs)]);
  const bootMs = offMaxMs + Math.round(deadtimeMs * random.pick([0.3, 1.5, 4]));
  return { tookMaxMs, offMaxMs, fails: random.pick([0, 0, 0.3]), bootMs };
}

function drawCommands(random: SeededRandom, deadtimeMs: number) {
  return {
    commandMaxMs: random.pick([10, 500, 3000]),
    acquireFails: random.pick([0, 0, 0, 0.1]),
    releaseFails: random.pick([0, 0, 0, 0.1, 0.5]),
    hangs: random.pick([0, 0, 0, 0.05]),
    hangMs: 2 * deadtimeMs,
  };
}

function drawMixed(seed: number, profile: Profile, random: SeededRandom): SimOptions {
  const keepaliveMs = random.pick([200, 500, 1000]);
  // From the shortest ratio that anybody should run to the one that nothing but a real fault exceeds.
  const deadtimeMs = keepaliveMs * random.pick([4, 4, 5, 8]);
  const links = drawLinks(random);
  // Short phases put the faults on top of each other, long ones let the pair recover between them.
  const faultPhaseMs = deadtimeMs * random.pick([2, 2, 2, 3, 3, 3, 4, 4, 4, 6, 8, 12]);
  const kinds = profile === 'keys' ? KEY_FAULTS : profile === 'fencing' ? FENCING_FAULTS : MIXED_FAULTS;
  const faults = drawFaults(random, kinds, faultPhaseMs, deadtimeMs, links.length);
  const groups = random.pick([
    [['vip1'], []],
    [['vip1'], ['vip2']],
    [['vip1', 'vip3'], ['vip2']],
    [[], ['vip2']],
  ] as const);
  const pingNodes = random.pick([[], [], ['gateway'], ['gateway', 'dns']] as const);
  const autoFailback = drawFailback(random);
  const conditions = drawConditions(random, pingNodes.length, links.length);
  const fencing = profile === 'fencing' ? drawFencing(random, deadtimeMs) : null;
  return {
    seed,
    profile,
    keepaliveMs,
    deadtimeMs,
    warntimeMs: deadtimeMs / 2,
    initdeadMs: deadtimeMs * random.pick([1, 2]),
    autoFailback,
    links,
    groups,
    clockOffsetsMs: [drawClock(random), drawClock(random)],
    latencyMaxMs: random.pick([0, 1, 5]),
    ...drawCommands(random, deadtimeMs),
    pingNodes,
    ipfail: pingNodes.length > 0 && autoFailback[0] !== 'legacy' && random.chance(0.4),
    takeoverRequires: fencing !== null && random.chance(0.5) ? [...conditions, 'fencing'] : conditions,
    fencing,
    lanProbeMs: random.pick([null, null, 2000]),
    startSecondAfterMs: random.pick([0, 50, deadtimeMs / 2, deadtimeMs * 3]),
    faults,
    faultPhaseMs,
    diesAtEnd: random.pick([null, null, null, null, null, null, 0, 1] as const),
  };
}

function drawClock(random: SeededRandom): number {
  return CLOCK_OFFSET_MIN_MS + random.nextInteger(0, 1e6);
}

/** Whole splits, apart in time; or one from the beginning, in which both nodes take everything at the same moment. */
function drawSplits(random: SeededRandom, deadtimeMs: number, initdeadMs: number) {
  const starts = random.pick([[0], [3], [3], [3, 8]]);
  const faults = starts.map((deadtimes): PlannedFault => {
    const lasts = Math.round(deadtimeMs * random.pick([0.5, 0.9, 0.99, 1, 1.01, 1.1, 2, 3]));
    const [atMs, forMs] =
      deadtimes === 0 ? [0, initdeadMs + lasts] : [deadtimes * deadtimeMs + random.nextInteger(0, deadtimeMs), lasts];
    return { atMs, when: null, fault: { kind: 'split', direction: 'both', forMs } };
  });
  return { starts, faults };
}

/** The same run with clean links, commands that work, nobody giving anything back, and splits that do not overlap. */
function onlySplits(mixed: SimOptions, random: SeededRandom): SimOptions {
  const { deadtimeMs } = mixed;
  for (const link of mixed.links) {
    Object.assign(link.forward, { loss: 0, duplication: 0, garbage: 0 });
    Object.assign(link.back, { loss: 0, duplication: 0, garbage: 0 });
  }
  const { starts, faults } = drawSplits(random, deadtimeMs, mixed.initdeadMs);
  return {
    ...mixed,
    autoFailback: ['off', 'off'],
    acquireFails: 0,
    releaseFails: 0,
    hangs: 0,
    commandMaxMs: Math.min(mixed.commandMaxMs, deadtimeMs / 10),
    startSecondAfterMs: 0,
    faults,
    faultPhaseMs: (3 + 5 * starts.length) * deadtimeMs,
    diesAtEnd: null,
  };
}

/** Draws all options of the run with this seed. */
export function drawOptions(seed: number, profile: Profile = 'mixed'): SimOptions {
  const random = new SeededRandom(seed);
  const mixed = drawMixed(seed, profile, random);
  return profile === 'splits' ? onlySplits(mixed, random) : mixed;
}
