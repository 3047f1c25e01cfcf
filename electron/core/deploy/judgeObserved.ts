/** Pure judgement of a node whose own heartbeat daemon is to be observed: what the agent needs, and what is the pair's own affair. */
import { parseAuthkeys } from '../../../agent/common/config/index.ts';
import type { Result } from '../../../agent/common/base/result.ts';
import type { PreflightItem } from '../../common/contract/deploy.ts';
import { quote, say } from '../../common/words/sentence.ts';
import type { Said } from '../../common/words/sentence.ts';
import { fact, factsOf } from './facts.ts';
import type { Fact } from './facts.ts';
import { bad, good, unknown, warning } from './judge.ts';
import type { Verdict } from './judge.ts';
import { keyName } from './judgeSafety.ts';
import type { PresentFiles } from './questions.ts';

/** What is wrong with the pair as it stands is worth knowing, and no reason not to look at it. */
const PAIRS_OWN: ReadonlySet<PreflightItem['code']> = new Set([
  'interfaces',
  'serial',
  'ports',
  'vip-free',
  'keys',
  'agreement',
  'ping-nodes',
  'fencing',
  'watchdog',
]);

/** A failure that concerns the pair and not the observing of it, as a warning. */
export function soften(item: PreflightItem): PreflightItem {
  return item.result === 'failed' && PAIRS_OWN.has(item.code) ? { ...item, result: 'warning' } : item;
}

/** Whether there is a heartbeat daemon in haresources mode, and the command that it is asked by. */
export function judgeObserved(facts: readonly Fact[], present: PresentFiles): Verdict {
  const engines = factsOf(facts, 'engine').map(([name = '']) => name);
  const program = fact(facts, 'heartbeat');
  if (program === null) return bad(say('heartbeatAbsent'), say('heartbeatAbsentAdvice'));
  const others = engines.filter((name) => name !== 'heartbeat');
  if (others.length > 0) return bad(say('engineRuns', { engines: others.join(', ') }), say('otherPairKind'));
  if (present.haCf === null || present.haresources === null) return bad(say('haFilesMissing'), say('haresourcesOnly'));
  if (!engines.includes('heartbeat')) return warning(say('heartbeatStopped'), say('heartbeatStart'));
  if ((fact(facts, 'cl-status') ?? '') === '') return warning(say('clStatusMissing'), say('clStatusAdvice'));
  return good(say('heartbeatSeen', { program }));
}

/** Both nodes' keys, which are read to verify what is captured, and never written. */
export function judgeObservedKeys(own: Result<string>, peers: Result<string>, peer: string): Verdict {
  const missing = [own, peers].find((read) => !read.ok);
  if (missing?.ok === false) return unknown(say('authkeysUnreadable', { why: quote(missing) }), say('tryAgain'));
  const name = (read: Result<string>): Said | null => {
    const ring = read.ok ? parseAuthkeys(read.value, 'authkeys', null).keyring : null;
    return ring === null ? null : keyName(ring);
  };
  const [here, there] = [name(own), name(peers)];
  if (here === null || there === null) return warning(say('keysOneInvalid'), say('keysOneInvalidAdvice'));
  if (here.detail === there.detail) return good(say('keysSame', { key: here, peer }));
  return warning(say('keysDiffer', { key: here, other: there, peer }), say('keysDeafAdvice'));
}
