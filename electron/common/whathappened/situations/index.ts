/**
 * What the evidence is called. Every name is given by what was seen, never by which fault was asked for: an exercise may
 * hide its fault, and a fault may do something else than it says.
 */
import type { Situation } from '../../contract/state.ts';
import { text } from '../../drill/text.ts';
import type { StaleNeighbour } from '../types.ts';
import { noted, situation } from './case.ts';
import type { Case } from './case.ts';
import { differentDeadtimes, keySituations, refusals, withoutEffect } from './config.ts';
import { deathSituations } from './death.ts';
import { linkSituations } from './links.ts';
import { handOverSituations, splitSituations } from './split.ts';

function staleSituations(stale: readonly StaleNeighbour[]): Situation[] {
  return stale.map((entry) => {
    const to = entry.neighbourNode ?? entry.neighbourMac;
    return situation({
      code: 'stale-neighbour',
      experiment: null,
      level: 'warn',
      nodes: [entry.holder],
      about: entry.neighbourMac,
      name: text(
        `stale ARP: the client sends to ${to}, ${entry.holder} has the address`,
        `ARP 过时：客户端发往 ${to}，而地址在 ${entry.holder} 上`,
      ),
      advice: text(
        'let the holder announce again; a router that ignores gratuitous ARP needs a shorter ARP timeout',
        '让持有者重新宣告；忽略免费 ARP 的路由器需要更短的 ARP 超时',
      ),
      evidence: [
        noted(
          entry.fromMs,
          text(
            `the client's entry is ${entry.neighbourMac}, ${entry.holder} is ${entry.holderMac}`,
            `客户端条目为 ${entry.neighbourMac}，${entry.holder} 为 ${entry.holderMac}`,
          ),
        ),
      ],
      untilMs: entry.toMs,
    });
  });
}

/** Every situation that the record supports, oldest first. */
export function nameSituations(c: Case, stale: readonly StaleNeighbour[]): Situation[] {
  return [
    ...deathSituations(c),
    ...splitSituations(c),
    ...handOverSituations(c),
    ...linkSituations(c),
    ...keySituations(c),
    ...refusals(c),
    ...differentDeadtimes(c),
    ...withoutEffect(c),
    ...staleSituations(stale),
  ].sort((a, b) => a.sinceMs - b.sinceMs);
}

export type { Case } from './case.ts';
