/** How a pair's fencing device is written into ha.cf. */
import type { FencingSpec } from '../contract/pair.ts';
import type { ConfiguredPair } from './render.ts';

/** The rack's power switch, as its nodes know it (electron/lab, resources/stonith). */
export const RACK_STONITH_TYPE = 'external/twinbeat-rack';

/**
 * The `stonith_host` line of `node`'s ha.cf, which says how this node makes sure that the OTHER one is off; empty without
 * fencing. heartbeat knows one device a node (the last line wins), so there is never more than one.
 */
export function stonithLines(pair: ConfiguredPair, node: string): string[] {
  const { fencing } = pair.ha;
  if (fencing === null) return [];
  const peer = pair.nodes[0].name === node ? pair.nodes[1].name : pair.nodes[0].name;
  return [['stonith_host', node, ...deviceWords(fencing, peer)].join(' ')];
}

function deviceWords(fencing: FencingSpec, peer: string): string[] {
  switch (fencing.kind) {
    case 'meatware':
      return ['meatware', peer];
    case 'rack':
      return [RACK_STONITH_TYPE, `hostlist=${peer}`];
    case 'plugin':
      return [fencing.type, ...(fencing.parameters[peer] ?? [])];
  }
}

/** What keeps the device from being written into ha.cf, one sentence each; empty when nothing. */
export function fencingGaps(pair: ConfiguredPair): string[] {
  const { fencing } = pair.ha;
  const gaps: string[] = [];
  if (fencing === null) {
    if (pair.ha.takeoverRequires.includes('fencing'))
      gaps.push('ha.takeoverRequires demands fencing, and ha.fencing names no device.');
    return gaps;
  }
  if (fencing.kind !== 'plugin') return gaps;
  for (const { name } of pair.nodes) {
    if (fencing.parameters[name] === undefined)
      gaps.push(`ha.fencing.parameters says nothing about how node ${name} is reset.`);
  }
  // ha.cf has no quotes: a blank ends a word and # begins a comment, wherever it stands.
  const words = [fencing.type, ...Object.values(fencing.parameters).flat()];
  if (words.some((word) => /[\s#]/.test(word) || word === ''))
    gaps.push('ha.fencing has a word with a blank or a #, which ha.cf cannot hold; put it into a file of the device.');
  return gaps;
}
