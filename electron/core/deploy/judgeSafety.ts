/** Pure judgement of what keeps a pair safe: the shared key, settings that must agree, ping nodes, fencing, watchdog. */
import { parseAuthkeys, parseHaCf, parseHaresources } from '../../../agent/common/config/index.ts';
import type { HaConfig } from '../../../agent/common/config/model.ts';
import type { Result } from '../../../agent/common/base/result.ts';
import type { Keyring } from '../../../agent/common/base/keyring.ts';
import { signingKey } from '../../../agent/common/wire/fingerprint.ts';
import type { HaSpec } from '../../common/contract/pair.ts';
import { join, quote, say } from '../../common/words/sentence.ts';
import type { Said } from '../../common/words/sentence.ts';
import { factsOf } from './facts.ts';
import type { Fact } from './facts.ts';
import { bad, good, unknown, warning, words } from './judge.ts';
import type { Verdict } from './judge.ts';
import type { PresentFiles } from './questions.ts';

/** What reading a node's authkeys gave (`absent`: it has none). Never shown: only what `signingKey` says of it. */
type Authkeys = Result<string>;

/** The key that signs, by what may be shown of it. */
export function keyName(ring: Keyring): Said {
  const { index, method, fingerprint } = signingKey(ring);
  return say('keyName', { index, method, fingerprint });
}

function isAccepted(key: Keyring, by: Keyring): boolean {
  const [signing, known] = [key.keys.get(key.signIndex), by.keys.get(key.signIndex)];
  return signing !== undefined && known?.method === signing.method && known.secret === signing.secret;
}

/**
 * Compares the keys of both nodes by fingerprint. With different keys each node takes the other for dead, waits initdead and then takes the
 * address: both hold it (M10). `method`: of a new key.
 */
export function judgeKeys(own: Authkeys, peers: Authkeys, peer: string, method: HaSpec['authMethod']): Verdict {
  const unread = [own, peers].find((read) => !read.ok && read.reason !== 'absent');
  if (unread?.ok === false) return unknown(say('authkeysUnreadable', { why: quote(unread) }), say('tryAgain'));
  if (!own.ok && !peers.ok) return good(method === 'sha256' ? say('keysNobodySha256') : say('keysNobody', { method }));
  if (!own.ok) return good(say('keysFromPeer', { peer }));
  const { keyring, problems } = parseAuthkeys(own.value, 'authkeys', null);
  if (keyring === null) {
    const why = problems.find((problem) => problem.severity === 'error')?.message ?? '';
    return bad(say('keysInvalid', { why }), say('keysInvalidAdvice'));
  }
  const key = keyName(keyring);
  const ring = peers.ok ? parseAuthkeys(peers.value, 'authkeys', null).keyring : null;
  if (ring === null) return good(say('keysToPeer', { key, peer }));
  const other = keyName(ring);
  if (key.detail === other.detail) return good(say('keysSame', { key, peer }));
  const found = say('keysDiffer', { key, other, peer });
  return isAccepted(keyring, ring) && isAccepted(ring, keyring)
    ? warning(say('keysRotating', { found }), say('keysRotateOn'))
    : warning(say('keysDeaf', { found }), say('keysDeployed'));
}

/**
 * Compares what two nodes that keep their own files must have in common. Each node enforces the deadtime that its peer announces (M13), a
 * port that differs silences a link (M11), and nobody else compares haresources.
 */
export function judgeAgreement(own: PresentFiles, peers: PresentFiles, peer: string): Verdict {
  const here = own.haCf === null ? null : parseHaCf(own.haCf, 'ha.cf').config;
  const there = peers.haCf === null ? null : parseHaCf(peers.haCf, 'ha.cf').config;
  if (here === null || there === null) return unknown(say('haCfMissing'), say('haCfAdvice'));
  const times = (['keepalive', 'warntime', 'deadtime', 'initdead'] as const).flatMap((name) => {
    const [a, b] = [here[`${name}Ms`], there[`${name}Ms`]];
    return a === b ? [] : [say('timeDiffers', { name, here: a, there: b, peer })];
  });
  const grave = graveDifferences(here, there, own, peers, peer);
  const found = join([...grave, ...times], 'also');
  if (grave.length > 0) return bad(found, say('makeSame'));
  if (times.length > 0) return warning(found, say('makeTimesSame'));
  return good(say('allAgree', { peer }));
}

function graveDifferences(
  here: HaConfig,
  there: HaConfig,
  own: PresentFiles,
  peers: PresentFiles,
  peer: string,
): Said[] {
  const found: Said[] = [];
  const differ = (code: 'portsDiffer' | 'nodesDiffer' | 'failbackDiffers', a: Said, b: Said): void => {
    if (a.detail !== b.detail) found.push(say(code, { here: a, there: b, peer }));
  };
  const ports = ({ links }: HaConfig): Said => {
    const used = [...new Set(links.flatMap((link) => (link.medium === 'serial' ? [] : [link.port])))].sort();
    return used.length === 0 ? say('portNone') : words(used.join(', '));
  };
  differ('portsDiffer', ports(here), ports(there));
  const nodes = (config: HaConfig): Said => words([...config.nodes].sort().join(', '));
  differ('nodesDiffer', nodes(here), nodes(there));
  // on and off may be mixed; legacy is another protocol.
  const family = ({ autoFailback }: HaConfig): Said =>
    say(autoFailback === 'legacy' ? 'failback-legacy' : 'failback-plain');
  differ('failbackDiffers', family(here), family(there));
  const groups = ({ haresources }: PresentFiles): string =>
    JSON.stringify(
      parseHaresources(haresources ?? '', 'haresources', here.nodes).groups.map(({ node, resources }) => [
        node,
        resources.map((resource) => resource.spec),
      ]),
    );
  if (groups(own) !== groups(peers)) found.push(say('haresourcesDiffer', { peer }));
  return found;
}

/** `required`: a takeover needs an answer. */
export function judgePingNodes(facts: readonly Fact[], required: boolean): Verdict {
  const all = factsOf(facts, 'ping').map(([address = '', answer = '']) => ({ address, answer }));
  if (all.length === 0) return good(say('noneConfigured'));
  const of = (word: string): string =>
    all
      .filter(({ answer }) => answer === word)
      .map(({ address }) => address)
      .join(', ');
  const [answering, silent, untold] = [of('answers'), of('silent'), of('untold')];
  if (untold !== '')
    return unknown(say('pingUntold', { addresses: untold }), say('installOnNode', { what: 'iputils-ping' }));
  if (silent === '') return good(say('pingAnswers', { addresses: answering }));
  const found = answering === '' ? say('pingSilent', { addresses: silent }) : say('pingSome', { answering, silent });
  // With none answering, this node would never take over, and gives up what it holds when its peer falls silent.
  return required && answering === '' ? bad(found, say('pingAdvice')) : warning(found, say('pingAdvice'));
}

export function judgeFencing(facts: readonly Fact[]): Verdict {
  const [device] = factsOf(facts, 'stonith');
  if (device === undefined) return good(say('noFenceConfigured'));
  const [type = '', place = ''] = device;
  if (type === 'meatware') return good(say('fenceByHand'));
  if (place !== '') return good(say('fenceAt', { type, place }));
  const package_ = type.startsWith('fence_') ? 'fence-agents' : 'cluster-glue';
  return bad(say('fenceAbsent', { type }), say('fenceAdvice', { package: package_, type }));
}

export function judgeWatchdog(facts: readonly Fact[]): Verdict {
  const [device] = factsOf(facts, 'watchdog');
  if (device === undefined) return good(say('noneConfigured'));
  const [path = '', state = '', users = ''] = device;
  if (state !== 'present') return bad(say('noDevice', { devices: path }), say('watchdogAdvice'));
  const others = users.split(' ').filter((user) => user !== '' && user !== 'twinbeat-agent');
  if (others.length === 0) return good(say('isFree', { what: path }));
  return bad(say('usedBy', { what: path, users: others.join(', ') }), say('watchdogUsed'));
}
