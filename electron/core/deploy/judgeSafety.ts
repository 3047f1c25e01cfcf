/** Pure judgement of what keeps a pair safe: the shared key, settings that must agree, ping nodes, fencing, watchdog. */
import { parseAuthkeys, parseHaCf, parseHaresources } from '../../../agent/common/config/index.ts';
import type { HaConfig } from '../../../agent/common/config/model.ts';
import type { Result } from '../../../agent/common/base/result.ts';
import type { Keyring } from '../../../agent/common/base/keyring.ts';
import { signingKey } from '../../../agent/common/wire/fingerprint.ts';
import type { HaSpec } from '../../common/contract/pair.ts';
import { factsOf } from './facts.ts';
import type { Fact } from './facts.ts';
import { bad, good, unknown, warning } from './judge.ts';
import type { Verdict } from './judge.ts';
import type { PresentFiles } from './questions.ts';

/** What reading a node's authkeys gave (`absent`: it has none). Never shown: only what `signingKey` says of it. */
type Authkeys = Result<string>;

function nameOf(ring: Keyring): string {
  const { index, method, fingerprint } = signingKey(ring);
  return `key ${index} ${method} ${fingerprint}`;
}

function isAccepted(key: Keyring, by: Keyring): boolean {
  const [signing, known] = [key.keys.get(key.signIndex), by.keys.get(key.signIndex)];
  return signing !== undefined && known?.method === signing.method && known.secret === signing.secret;
}

/**
 * Compares the keys of both nodes by fingerprint. With different keys each node takes the other for dead, waits initdead and then takes the
 * address: both hold it (M10). `method`: of a new key.
 */
export function judgeKeys(own: Authkeys, peers: Authkeys, peerName: string, method: HaSpec['authMethod']): Verdict {
  const unread = [own, peers].find((read) => !read.ok && read.reason !== 'absent');
  if (unread?.ok === false) return unknown(`authkeys cannot be read: ${unread.detail}`, 'try again');
  if (!own.ok && !peers.ok) {
    const only =
      method === 'sha256' ? ', which two Twinbeat agents understand and a real heartbeat daemon does not' : '';
    return good(`no node has a key: deploying makes one for both, ${method}${only}`);
  }
  if (!own.ok) return good(`none here: it gets that of ${peerName}`);
  const { keyring, problems } = parseAuthkeys(own.value, 'authkeys', null);
  if (keyring === null) {
    const why = problems.find((problem) => problem.severity === 'error')?.message ?? '';
    return bad(
      `/etc/ha.d/authkeys is not valid: ${why}`,
      'correct it, or remove it on both nodes: deploying makes a new one',
    );
  }
  const other = peers.ok ? parseAuthkeys(peers.value, 'authkeys', null).keyring : null;
  if (other === null) return good(`${nameOf(keyring)}; ${peerName} gets the same`);
  if (nameOf(keyring) === nameOf(other)) return good(`${nameOf(keyring)}, the same on ${peerName}`);
  const found = `${nameOf(keyring)} here, ${nameOf(other)} on ${peerName}`;
  if (isAccepted(keyring, other) && isAccepted(other, keyring)) {
    return warning(`${found}: in the middle of a rotation`, 'complete it: twinbeat keys rotate');
  }
  return warning(
    `${found}: the nodes do not hear each other, and both would hold the address`,
    "deploying gives the first node's authkeys to both",
  );
}

/**
 * Compares what two nodes that keep their own files must have in common. Each node enforces the deadtime that its peer announces (M13), a
 * port that differs silences a link (M11), and nobody else compares haresources.
 */
export function judgeAgreement(own: PresentFiles, peers: PresentFiles, peerName: string): Verdict {
  const here = own.haCf === null ? null : parseHaCf(own.haCf, 'ha.cf').config;
  const there = peers.haCf === null ? null : parseHaCf(peers.haCf, 'ha.cf').config;
  if (here === null || there === null)
    return unknown(
      'one of the two ha.cf is missing or not valid',
      'describe links and timing in the pair, or correct it',
    );
  const times = (['keepalive', 'warntime', 'deadtime', 'initdead'] as const).flatMap((name) => {
    const [a, b] = [here[`${name}Ms`], there[`${name}Ms`]];
    return a === b ? [] : [`${name} ${a} ms here and ${b} ms on ${peerName}`];
  });
  const grave = graveDifferences(here, there, own, peers, peerName);
  const found = [...grave, ...times].join('; ');
  if (grave.length > 0) return bad(found, 'make both nodes say the same, or describe it in the pair');
  if (times.length > 0)
    return warning(found, 'each node is given the deadtime that it announces itself: make both nodes say the same');
  return good(`times, port, failback and haresources are those of ${peerName}`);
}

function graveDifferences(
  here: HaConfig,
  there: HaConfig,
  own: PresentFiles,
  peers: PresentFiles,
  peerName: string,
): string[] {
  const found: string[] = [];
  const differ = (what: string, a: string, b: string): void => {
    if (a !== b) found.push(`${what} ${a} here and ${b} on ${peerName}`);
  };
  const ports = ({ links }: HaConfig): string =>
    [...new Set(links.flatMap((link) => (link.medium === 'serial' ? [] : [link.port])))].sort().join(', ') || 'none';
  differ('UDP port', ports(here), ports(there));
  differ('nodes', [...here.nodes].sort().join(', '), [...there.nodes].sort().join(', '));
  // on and off may be mixed; legacy is another protocol.
  const family = ({ autoFailback }: HaConfig): string => (autoFailback === 'legacy' ? 'legacy' : 'on or off');
  differ('auto_failback', family(here), family(there));
  const groups = ({ haresources }: PresentFiles): string =>
    JSON.stringify(
      parseHaresources(haresources ?? '', 'haresources', here.nodes).groups.map(({ node, resources }) => [
        node,
        resources.map((resource) => resource.spec),
      ]),
    );
  if (groups(own) !== groups(peers)) found.push(`haresources is not that of ${peerName}`);
  return found;
}

/** `required`: a takeover needs an answer. */
export function judgePingNodes(facts: readonly Fact[], required: boolean): Verdict {
  const all = factsOf(facts, 'ping').map(([address = '', answer = '']) => ({ address, answer }));
  if (all.length === 0) return good('none is configured');
  const of = (word: string): string =>
    all
      .filter(({ answer }) => answer === word)
      .map(({ address }) => address)
      .join(', ');
  const [answering, silent, untold] = [of('answers'), of('silent'), of('untold')];
  if (untold !== '') return unknown(`${untold} could not be asked`, 'install iputils-ping on the node');
  if (silent === '') return good(`${answering} answers`);
  const found = answering === '' ? `${silent} does not answer` : `${answering} answers, ${silent} does not`;
  const advice = 'check address, cable and firewall (ICMP echo), or name another host that always answers';
  // With none answering, this node would never take over, and gives up what it holds when its peer falls silent.
  return required && answering === '' ? bad(found, advice) : warning(found, advice);
}

export function judgeFencing(facts: readonly Fact[]): Verdict {
  const [device] = factsOf(facts, 'stonith');
  if (device === undefined) return good('no device is configured');
  const [type = '', place = ''] = device;
  if (type === 'meatware') return good('meatware: a person confirms');
  if (place !== '') return good(`${type} at ${place}`);
  const package_ = type.startsWith('fence_') ? 'fence-agents' : 'cluster-glue';
  return bad(
    `${type} is not on this node`,
    `install ${package_}, or put the script at /etc/ha.d/stonith.d/${type}: without it no takeover from a silent peer succeeds`,
  );
}

export function judgeWatchdog(facts: readonly Fact[]): Verdict {
  const [device] = factsOf(facts, 'watchdog');
  if (device === undefined) return good('none is configured');
  const [path = '', state = '', users = ''] = device;
  if (state !== 'present')
    return bad(
      `${path}: no such device`,
      'load its driver (modprobe softdog, or the one of the board), now and at boot',
    );
  const others = users.split(' ').filter((user) => user !== '' && user !== 'twinbeat-agent');
  if (others.length === 0) return good(`${path}, free`);
  return bad(
    `${path} is used by ${others.join(', ')}`,
    'only one program can have it: stop that one (systemd: RuntimeWatchdogSec=0)',
  );
}
