/** Pure judgement of a node whose own heartbeat daemon is to be observed: what the agent needs, and what is the pair's own affair. */
import { parseAuthkeys } from '../../../agent/common/config/index.ts';
import type { Result } from '../../../agent/common/base/result.ts';
import { signingKey } from '../../../agent/common/wire/fingerprint.ts';
import type { PreflightItem } from '../../common/contract/deploy.ts';
import { fact, factsOf } from './facts.ts';
import type { Fact } from './facts.ts';
import { bad, good, unknown, warning } from './judge.ts';
import type { Verdict } from './judge.ts';
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
  if (program === null)
    return bad(
      'heartbeat is not installed',
      'an observed pair runs Linux-HA heartbeat; for another pair choose the Twinbeat engine',
    );
  const others = engines.filter((name) => name !== 'heartbeat');
  if (others.length > 0)
    return bad(`${others.join(', ')} runs`, 'a Pacemaker or VRRP pair is recognised and cannot be observed');
  if (present.haCf === null || present.haresources === null)
    return bad(
      '/etc/ha.d/ha.cf or /etc/ha.d/haresources is missing',
      'only heartbeat with haresources can be observed',
    );
  if (!engines.includes('heartbeat'))
    return warning(
      'heartbeat is installed and does not run',
      'start it: systemctl start heartbeat. Observing can begin before',
    );
  if ((fact(facts, 'cl-status') ?? '') === '')
    return warning(
      'heartbeat runs; there is no cl_status',
      'install it (package heartbeat): without it what the log does not say is unknown',
    );
  return good(`heartbeat runs (${program}); nothing of it is touched`);
}

/** Both nodes' keys, which are read to verify what is captured, and never written. */
export function judgeObservedKeys(own: Result<string>, peers: Result<string>, peerName: string): Verdict {
  const missing = [own, peers].find((read) => !read.ok);
  if (missing?.ok === false) return unknown(`authkeys cannot be read: ${missing.detail}`, 'try again');
  const name = (read: Result<string>): string | null => {
    const ring = read.ok ? parseAuthkeys(read.value, 'authkeys', null).keyring : null;
    if (ring === null) return null;
    const { index, method, fingerprint } = signingKey(ring);
    return `key ${index} ${method} ${fingerprint}`;
  };
  const [here, there] = [name(own), name(peers)];
  if (here === null || there === null)
    return warning('authkeys is not valid on one of the nodes', 'correct it: heartbeat itself does not start with it');
  if (here === there) return good(`${here}, the same on ${peerName}`);
  return warning(
    `${here} here, ${there} on ${peerName}`,
    'the nodes do not hear each other, and both would hold the address: make both files the same, then heartbeat -r',
  );
}
