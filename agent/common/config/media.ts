/** Setters of the directives that open heartbeat paths, and of the two that must stand before them. */
import { isHost, isInterfaceName, isIpv4Multicast, isIpv6, isIpv6Multicast } from './address.ts';
import type { Word } from './document.ts';
import type { DirectiveUse } from './draft.ts';
import type { LinkConfig } from './model.ts';
import { integer, type Setter } from './setters.ts';

/** Speeds that the real daemon takes. */
export const BAUD_RATES: readonly number[] = [9600, 19200, 38400, 57600, 115200, 230400, 460800];

const PORT_MAX = 65535;
const setPort = integer(1, PORT_MAX);

/** A link without its id. The distribution keeps the union's members apart. */
type LinkParts = LinkConfig extends infer L ? (L extends LinkConfig ? Omit<L, 'id'> : never) : never;

export const udpport: Setter = (use) => {
  const earlier = use.draft.links.find(({ link }) => link.medium === 'ucast' || link.medium === 'bcast');
  if (earlier !== undefined) {
    const where = `${earlier.link.medium} in line ${earlier.at.line} keeps port ${portOf(use)}`;
    const message = `udpport stands behind a media line, where it has no effect on it: ${where}. Move it up.`;
    use.problems.warning('udpport-after-media', use.at, message);
  }
  setPort(use);
};

export const baud: Setter = (use) => {
  const [word] = use.values;
  const { draft, problems } = use;
  if (draft.numbers.get('baud')?.at != null) {
    problems.error('duplicate-directive', use.at, 'baud may stand only once in the file.');
    return;
  }
  const value = Number(word.text);
  if (!BAUD_RATES.includes(value) || String(value) !== word.text) {
    problems.error('bad-choice', word.at, `baud is "${word.text}", expected one of: ${BAUD_RATES.join(', ')}.`);
    return;
  }
  const earlier = draft.links.find(({ link }) => link.medium === 'serial');
  if (earlier?.link.medium === 'serial' && earlier.link.baud !== value) {
    const where = `serial in line ${earlier.at.line} runs at ${earlier.link.baud}`;
    problems.warning('baud-after-serial', use.at, `baud stands behind a serial line, too late: ${where}. Move it up.`);
  }
  draft.numbers.set('baud', { value, at: use.isDefault ? null : word.at });
};

export const bcast: Setter = (use) => {
  const [word] = use.values;
  if (!checkInterface(use, word)) return;
  addLink(use, { medium: 'bcast', name: word.text, iface: word.text, port: portOf(use) });
};

/** The old name of bcast. */
export const udp: Setter = (use) => {
  use.problems.warning('deprecated-directive', use.at, 'udp is the old name of this directive: write bcast.');
  bcast(use);
};

export const ucast: Setter = (use) => {
  const [iface, peer, extra] = use.values;
  if (peer === undefined || extra !== undefined) {
    use.problems.error('bad-arguments', (extra ?? iface).at, 'Expected ucast <interface> <address of the other node>.');
    return;
  }
  if (!checkInterface(use, iface)) return;
  if (!isHost(peer.text) || isIpv6(peer.text)) {
    const hint = isIpv6(peer.text) ? ' An IPv6 address belongs to ucast6.' : '';
    use.problems.error('bad-address', peer.at, `"${peer.text}" is not an IPv4 address or host name.${hint}`);
    return;
  }
  addLink(use, { medium: 'ucast', name: iface.text, iface: iface.text, peer: peer.text, port: portOf(use) });
};

export const mcast: Setter = (use) => {
  const [iface, group, port, ttl, loop, extra] = use.values;
  if (group === undefined || port === undefined || ttl === undefined || loop === undefined || extra !== undefined) {
    const expected = 'mcast <interface> <group> <port> <ttl> <loop>, like mcast eth0 239.0.0.1 694 1 0';
    use.problems.error('bad-arguments', (extra ?? iface).at, `Expected ${expected}.`);
    return;
  }
  if (!checkInterface(use, iface)) return;
  if (!isIpv4Multicast(group.text)) {
    const expected = 'expected an address from 224.0.0.0 to 239.255.255.255';
    use.problems.error('bad-address', group.at, `"${group.text}" is not a multicast group; ${expected}.`);
    return;
  }
  addMcast(use, { iface, group: group.text, port, ttl, loop });
};

export const serial: Setter = (use) => {
  const [word] = use.values;
  // Its path is the link's name, which travels in messages: see isInterfaceName.
  if (!/^\/[A-Za-z0-9._:@+=~/-]+$/.test(word.text)) {
    use.problems.error('bad-path', word.at, `serial is "${word.text}", expected a device like /dev/ttyS0.`);
    return;
  }
  const rate = use.draft.numbers.get('baud')?.value ?? 19200;
  addLink(use, { medium: 'serial', name: word.text, device: word.text, baud: rate });
};

/**
 * The real daemon's address is optional. Ours is not: without one there is nobody to send to, and a
 * path that is only half there looks like a broken cable.
 */
export const ucast6: Setter = (use) => {
  const [iface, peer, extra] = use.values;
  if (peer === undefined || extra !== undefined) {
    const expected = 'ucast6 <interface> <IPv6 address of the other node>';
    use.problems.error('bad-arguments', (extra ?? iface).at, `Expected ${expected}.`);
    return;
  }
  if (!checkInterface(use, iface)) return;
  const address = readIpv6(use, iface, peer);
  if (address === null) return;
  if (isIpv6Multicast(address)) {
    use.problems.error('bad-address', peer.at, `"${peer.text}" is a multicast group; expected mcast6 for it.`);
    return;
  }
  addLink(use, { medium: 'ucast', name: iface.text, iface: iface.text, peer: address, port: portOf(use) });
};

export const mcast6: Setter = (use) => {
  const [iface, group, port, hops, loop, extra] = use.values;
  if (group === undefined || port === undefined || hops === undefined || loop === undefined || extra !== undefined) {
    const expected = 'mcast6 <interface> <group> <port> <hops> <loop>, like mcast6 eth0 ff02::694 694 1 0';
    use.problems.error('bad-arguments', (extra ?? iface).at, `Expected ${expected}.`);
    return;
  }
  if (!checkInterface(use, iface)) return;
  const address = readIpv6(use, iface, group);
  if (address === null) return;
  if (!isIpv6Multicast(address)) {
    const message = `"${group.text}" is not a multicast group; expected an address that begins with ff.`;
    use.problems.error('bad-address', group.at, message);
    return;
  }
  addMcast(use, { iface, group: address, port, ttl: hops, loop });
};

/** Media whose plugins Debian does not ship; the real daemon calls them illegal. */
export const missingPlugin: Setter = (use) => {
  use.problems.error('illegal-directive', use.at, `${use.name} needs a plugin that heartbeat 3.0.6 does not ship.`);
};

function portOf(use: DirectiveUse): number {
  return use.draft.numbers.get('udpport')?.value ?? 694;
}

function checkInterface(use: DirectiveUse, word: Word): boolean {
  if (isInterfaceName(word.text)) return true;
  const message = `"${word.text}" is not a network interface; expected a name like eth1, without address or label.`;
  use.problems.error('bad-interface', word.at, message);
  return false;
}

/** The address without its zone, which may only repeat the interface; null after reporting what is wrong with it. */
function readIpv6(use: DirectiveUse, iface: Word, word: Word): string | null {
  const [address = '', zone, more] = word.text.split('%');
  if (!isIpv6(address) || more !== undefined) {
    use.problems.error('bad-address', word.at, `"${word.text}" is not an IPv6 address.`);
    return null;
  }
  if (zone !== undefined && zone !== iface.text) {
    const message = `"${word.text}" names the interface ${zone}; the path is over ${iface.text}.`;
    use.problems.error('bad-address', word.at, message);
    return null;
  }
  return address;
}

interface McastWords {
  readonly iface: Word;
  readonly group: string;
  readonly port: Word;
  readonly ttl: Word;
  readonly loop: Word;
}

function addMcast(use: DirectiveUse, { iface, group, port, ttl, loop }: McastWords): void {
  const numbers = [readInteger(use, port, 1, PORT_MAX), readInteger(use, ttl, 0, 4), readInteger(use, loop, 0, 1)];
  const [portNumber, ttlNumber, loopNumber] = numbers;
  if (portNumber == null || ttlNumber == null || loopNumber == null) return;
  addLink(use, {
    medium: 'mcast',
    name: iface.text,
    iface: iface.text,
    group,
    port: portNumber,
    ttl: ttlNumber,
    loop: loopNumber === 1,
  });
}

function readInteger(use: DirectiveUse, word: Word, min: number, max: number): number | null {
  const value = /^[0-9]{1,5}$/.test(word.text) ? Number(word.text) : NaN;
  if (value >= min && value <= max) return value;
  use.problems.error('bad-number', word.at, `"${word.text}" is not a whole number from ${min} to ${max}.`);
  return null;
}

/** Ids are `medium:name`; several unicast peers on one interface get `#2`, `#3`, … in file order. */
function addLink(use: DirectiveUse, parts: LinkParts): void {
  const same = use.draft.links.filter(({ link }) => link.medium === parts.medium && link.name === parts.name);
  const withoutId = (link: object): string => JSON.stringify({ ...link, id: '' });
  const isRepeated = same.some(({ link }) => withoutId(link) === withoutId(parts));
  if (isRepeated || (same.length > 0 && parts.medium === 'serial')) {
    use.problems.warning('duplicate-link', use.at, `This ${parts.medium} path is in the file already.`);
    return;
  }
  const suffix = same.length === 0 ? '' : `#${same.length + 1}`;
  use.draft.links.push({ link: { ...parts, id: `${parts.medium}:${parts.name}${suffix}` }, at: use.at });
}
