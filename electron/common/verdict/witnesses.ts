/** The names of the witnesses on an address, for saying which of them says nothing. */
import type { Text } from '../contract/drill.ts';
import type { PairState } from '../contract/state.ts';
import { text } from '../drill/text.ts';

/**
 * What the two witnesses beside the nodes are called in `missing`, where a node goes by its host name. No host name has a space in it, so
 * that neither can be taken for a node.
 */
export const LAN_WITNESS = 'LAN witness';
export const CLIENT_WITNESS = 'client probe';

/** What a witness beside the nodes says of itself until its first word: it is not missing yet, and worth waiting for. */
export const WITNESS_STARTING = 'starting';

const NAMES: ReadonlyMap<string, Text> = new Map([
  [LAN_WITNESS, text('the LAN witness', '局域网证据')],
  [CLIENT_WITNESS, text('the client probe', '客户端探测')],
]);

/** The witnesses by name, as in "the LAN witness, nodeb"; `short`: how a node is called here. */
export function witnessNames(missing: readonly string[], short: (node: string) => string = (node) => node): Text {
  const names = missing.map((name) => NAMES.get(name) ?? text(short(name), short(name)));
  return text(names.map((name) => name.en).join(', '), names.map((name) => name['zh-CN']).join('、'));
}

/** True while a witness on the first address is about to speak for the first time. */
export function isWitnessStarting({ vips, lan, probe }: PairState): boolean {
  const missing = vips[0]?.missing ?? [];
  const isComing = (running: boolean, detail: string): boolean => running || detail === WITNESS_STARTING;
  return (
    (missing.includes(LAN_WITNESS) && lan !== undefined && isComing(lan.running, lan.detail)) ||
    (missing.includes(CLIENT_WITNESS) && isComing(probe.running, probe.detail))
  );
}
