/** Whether the heartbeats fit through the serial line: judged from the pair file, or from the files that stay on the node. */
import { parseAuthkeys, parseHaCf } from '../../../agent/common/config/index.ts';
import type { Result } from '../../../agent/common/base/result.ts';
import type { PairSpec } from '../../common/contract/pair.ts';
import { serialShare, serialUse, serialUseOfFile } from '../../common/setup/serialBudget.ts';
import type { SerialUse } from '../../common/setup/serialBudget.ts';
import { say } from '../../common/words/sentence.ts';
import { bad, good, warning } from './judge.ts';
import type { Verdict } from './judge.ts';

/** What the pair will ask of its serial line. `haCf`: of a node that keeps its files; null where it has none. */
export function serialUseOf(pair: PairSpec, haCf: string | null, authkeys: Result<string>): SerialUse | null {
  const nodes = pair.nodes.map(({ name }) => name);
  if (pair.ha !== null) return serialUse(pair.ha, nodes);
  const config = haCf === null ? null : parseHaCf(haCf, 'ha.cf').config;
  if (config === null) return null;
  const ring = authkeys.ok ? parseAuthkeys(authkeys.value, 'authkeys', null).keyring : null;
  const method = ring?.keys.get(ring.signIndex)?.method;
  return serialUseOfFile(config, method === 'md5' || method === 'sha256' ? method : 'sha1');
}

export function judgeSerialLine(use: SerialUse | null): Verdict {
  if (use === null) return good(say('noSerialConfigured'));
  const { baud, keepaliveMs, beatBytes, share, keepaliveMinMs, verdict } = serialShare(use);
  const found = say('serialShare', {
    bytes: Math.ceil(beatBytes),
    ms: keepaliveMs,
    percent: Math.round(share * 100),
    baud,
  });
  const advice = say('serialSlower', { ms: keepaliveMinMs });
  if (verdict === 'fits') return good(found);
  return verdict === 'tight'
    ? warning(found, say('serialTight', { advice }))
    : bad(found, say('serialFull', { advice }));
}
