/** Faults of the networks, by nft in a table of the fault's own or by a queue with the fault's own handle. */
import { fail, ok } from '../../common/base/result.ts';
import type { LinkConfig } from '../../common/config/model.ts';
import type { FaultSurroundings, Plan, PlanInput } from './plan.ts';
import { unavailable } from './plan.ts';
import { deafSerial } from './planSerial.ts';
import { plan, program, quoted } from './shell.ts';

type Family = 'inet' | 'arp' | 'netdev';
type UdpLink = Exclude<LinkConfig, { medium: 'serial' }>;
type Hook = 'input' | 'output';

/** Handle of our queues: what has it is ours. */
export const QUEUE_HANDLE = '7b7b:';

function table(family: Family, id: string): string {
  return `${family} twinbeat_${id}`;
}

function chain(family: 'inet' | 'arp', id: string, hook: Hook, priority = family === 'inet' ? -300 : 0): string {
  return `add chain ${table(family, id)} ${hook} { type filter hook ${hook} priority ${priority} ; policy accept ; }`;
}

/** One nft transaction: either all of it is in force or none. */
function transaction(rules: readonly string[]): string {
  return `nft '${rules.join('; ')}'`;
}

function deleteTables(id: string, families: readonly Family[]): { revert: string[]; isGone: string } {
  return {
    revert: families.map((family) => `nft delete table ${table(family, id)} 2>/dev/null`),
    isGone: families.map((family) => `! nft list table ${table(family, id)} >/dev/null 2>&1`).join(' && '),
  };
}

interface Filter {
  readonly rules: readonly string[];
  readonly families: readonly Family[];
  readonly link?: string | null;
  readonly cutsManagement?: boolean;
  readonly detail: string;
}

function filter(id: string, { rules, families, detail, link = null, cutsManagement = false }: Filter): Plan {
  return ok(plan({ inject: [transaction(rules)], ...deleteTables(id, families), link, cutsManagement, detail }));
}

function udpLinks(at: FaultSurroundings): UdpLink[] {
  return at.links.flatMap((link) => (link.medium === 'serial' ? [] : [link]));
}

/** The links that are meant, or why there are none. */
function wantedLinks({ wish, at }: PlanInput): { links: UdpLink[]; refused: null } | { links: null; refused: Plan } {
  const links = udpLinks(at).filter((link) => wish.link === null || link.id === wish.link);
  if (links.length > 0) return { links, refused: null };
  const refused =
    wish.link === null
      ? unavailable('this node has no heartbeat link over a network')
      : fail('no-such-link', `there is no network link ${wish.link}; on a serial line software can drop nothing`);
  return { links: null, refused };
}

const ifacesOf = (links: readonly UdpLink[]): string => [...new Set(links.map((link) => link.iface))].join(', ');

/** Rules that drop the heartbeats of these links. `share`: percent of them. */
function dropRules(id: string, links: readonly UdpLink[], hooks: readonly Hook[], share: number | null): string[] {
  const some = share === null ? '' : `numgen random mod 100 < ${Math.round(share)} `;
  return [
    `add table ${table('inet', id)}`,
    ...hooks.map((hook) => chain('inet', id, hook)),
    ...hooks.flatMap((hook) =>
      links.map((link) => {
        const match = hook === 'input' ? 'iifname' : 'oifname';
        return `add rule ${table('inet', id)} ${hook} ${match} "${link.iface}" udp dport ${link.port} ${some}drop`;
      }),
    ),
  ];
}

function dropHeartbeats(input: PlanInput, hooks: readonly Hook[], share: number | null): Plan {
  const { links, refused } = wantedLinks(input);
  if (links === null) return refused;
  const way = hooks.length === 2 ? 'from and to' : hooks[0] === 'input' ? 'from' : 'to';
  const part = share === null ? 'heartbeats' : `${Math.round(share)} % of the heartbeats`;
  const detail = `${part} ${way} the peer are dropped on ${ifacesOf(links)}`;
  const rules = dropRules(input.id, links, hooks, share);
  return filter(input.id, { rules, families: ['inet'], link: input.wish.link, detail });
}

/** For `amount` milliseconds, then three times as long not, and so on. */
function loseInBursts(input: PlanInput): Plan {
  const { links, refused } = wantedLinks(input);
  if (links === null) return refused;
  const { id, dir, amount } = input;
  const on = transaction(dropRules(id, links, ['input', 'output'], null));
  const off = `nft delete table ${table('inet', id)}`;
  const script = `while :; do ${on}; sleep ${(amount / 1000).toFixed(3)}; ${off}; sleep ${((3 * amount) / 1000).toFixed(3)}; done`;
  const loop = program(id, dir, script);
  const tables = deleteTables(id, ['inet']);
  return ok(
    plan({
      inject: loop.inject,
      revert: [...loop.revert, ...tables.revert],
      isGone: `${loop.isGone} && ${tables.isGone}`,
      link: input.wish.link,
      detail: `all heartbeats on ${ifacesOf(links)} are dropped for ${amount} ms of every ${4 * amount} ms`,
    }),
  );
}

/** Everything on an interface; without `cutManagement` except the SSH sessions that come in over it. */
function pull(input: PlanInput, iface: string, link: string | null, what: string): Plan {
  const { id, at, wish } = input;
  const sessions = at.sshSessions.filter((session) => at.ifaceOfAddress.get(session.serverAddress) === iface);
  const kept = wish.cutManagement ? [] : sessions;
  const inet = table('inet', id);
  const rules = [`add table ${inet}`, chain('inet', id, 'input'), chain('inet', id, 'output')];
  for (const { clientAddress, serverPort } of kept) {
    const ip = clientAddress.includes(':') ? 'ip6' : 'ip';
    rules.push(`add rule ${inet} input iifname "${iface}" ${ip} saddr ${clientAddress} tcp dport ${serverPort} accept`);
    rules.push(
      `add rule ${inet} output oifname "${iface}" ${ip} daddr ${clientAddress} tcp sport ${serverPort} accept`,
    );
  }
  rules.push(`add rule ${inet} input iifname "${iface}" drop`, `add rule ${inet} output oifname "${iface}" drop`);
  if (kept.length > 0) {
    const detail = `${what} ${iface} carries nothing but ${kept.length} SSH session(s) and ARP, which those need; the VIP's ARP still answers`;
    return filter(id, { rules, families: ['inet'], link, detail });
  }
  const arp = table('arp', id);
  rules.push(`add table ${arp}`, chain('arp', id, 'input'), chain('arp', id, 'output'));
  rules.push(`add rule ${arp} input iifname "${iface}" drop`, `add rule ${arp} output oifname "${iface}" drop`);
  const cutsManagement = sessions.length > 0;
  const cut = cutsManagement ? `, and ${sessions.length} SSH session(s) end with it` : '';
  const detail = `${what} ${iface} carries nothing, not even ARP${cut}`;
  return filter(id, { rules, families: ['inet', 'arp'], link, cutsManagement, detail });
}

function pullCrossover(input: PlanInput): Plan {
  const { wish, at } = input;
  const links = udpLinks(at).filter((link) =>
    wish.link === null ? link.iface !== at.lanIface : link.id === wish.link,
  );
  const [link] = links;
  if (link !== undefined) return pull(input, link.iface, link.id, 'crossover');
  if (wish.link !== null) return fail('no-such-link', `there is no network link ${wish.link}`);
  return unavailable('every heartbeat link over a network uses the service LAN; use pull-lan');
}

function blockPing({ id, at }: PlanInput): Plan {
  const addresses = at.pingAddresses;
  if (addresses.length === 0) return unavailable('ha.cf names no ping node with an address');
  const inet = table('inet', id);
  const of = (address: string, side: 'saddr' | 'daddr', type: string): string =>
    address.includes(':') ? `ip6 ${side} ${address} icmpv6 type ${type}` : `ip ${side} ${address} icmp type ${type}`;
  const rules = [
    `add table ${inet}`,
    chain('inet', id, 'input'),
    chain('inet', id, 'output'),
    ...addresses.flatMap((address) => [
      `add rule ${inet} output ${of(address, 'daddr', 'echo-request')} drop`,
      `add rule ${inet} input ${of(address, 'saddr', 'echo-reply')} drop`,
    ]),
  ];
  return filter(id, { rules, families: ['inet'], detail: `${addresses.join(', ')} cannot be pinged from this node` });
}

/** By the egress hook: our own announcements are raw packets, which the ARP hooks never see. */
function noAnnouncement({ id, at }: PlanInput): Plan {
  const { lanIface } = at;
  const addresses = at.vips.filter((address) => !address.includes(':'));
  if (lanIface === null || addresses.length === 0)
    return unavailable('no virtual IPv4 address has an interface on this node');
  if (!at.kernel.egress)
    return unavailable('the packet filter of this kernel has no egress hook (Linux 5.16, nft 1.0.1)');
  const netdev = table('netdev', id);
  const hook = `{ type filter hook egress device "${lanIface}" priority 0 ; policy accept ; }`;
  const rules = [
    `add table ${netdev}`,
    `add chain ${netdev} out ${hook}`,
    // Sender and target are the same address: an announcement. Answers to questions still leave.
    ...addresses.map((a) => `add rule ${netdev} out arp saddr ip ${a} arp daddr ip ${a} drop`),
  ];
  const detail = `announcements (gratuitous ARP) of ${addresses.join(', ')} do not leave ${lanIface}`;
  return filter(id, { rules, families: ['netdev'], detail });
}

function blockMulticast({ id, at }: PlanInput): Plan {
  const links = udpLinks(at).filter((link) => link.medium === 'mcast');
  if (links.length === 0) return unavailable('this node has no multicast link');
  const inet = table('inet', id);
  const rules = [`add table ${inet}`, chain('inet', id, 'input'), chain('inet', id, 'output')];
  for (const { group, iface } of links) {
    const to = `${group.includes(':') ? 'ip6' : 'ip'} daddr ${group} drop`;
    rules.push(`add rule ${inet} input iifname "${iface}" ${to}`, `add rule ${inet} output oifname "${iface}" ${to}`);
  }
  const detail = `multicast to ${links.map((link) => link.group).join(', ')} is dropped`;
  return filter(id, { rules, families: ['inet'], detail });
}

/** Before anything puts fragments together again. */
function dropFragments(input: PlanInput): Plan {
  const { links, refused } = wantedLinks(input);
  if (links === null) return refused;
  const { id } = input;
  const inet = table('inet', id);
  const rules = [`add table ${inet}`, chain('inet', id, 'input', -450), chain('inet', id, 'output', -450)];
  for (const iface of new Set(links.map((link) => link.iface))) {
    rules.push(
      `add rule ${inet} input iifname "${iface}" ip frag-off & 0x3fff != 0 drop`,
      `add rule ${inet} output oifname "${iface}" ip frag-off & 0x3fff != 0 drop`,
    );
  }
  const detail = `fragments of IPv4 packets are dropped on ${ifacesOf(links)}`;
  return filter(id, { rules, families: ['inet'], link: input.wish.link, detail });
}

function timeSyncLost({ id }: PlanInput): Plan {
  const inet = table('inet', id);
  const rules = [
    `add table ${inet}`,
    chain('inet', id, 'input'),
    chain('inet', id, 'output'),
    `add rule ${inet} output udp dport 123 drop`,
    `add rule ${inet} input udp sport 123 drop`,
  ];
  return filter(id, { rules, families: ['inet'], detail: 'time protocol packets (UDP port 123) are dropped' });
}

/** A queue at the root of the interface of one link, where there is none but the kernel's own. */
function queue(input: PlanInput, kind: string, what: string): Plan {
  const { links, refused } = wantedLinks(input);
  const [link] = links ?? [];
  if (link === undefined) return refused ?? unavailable('this node has no heartbeat link over a network');
  if (!input.at.tools.has('tc')) return unavailable('tc (iproute2) is not installed on this node');
  const { iface } = link;
  const ours = `tc qdisc show dev ${iface} | grep -q ' ${QUEUE_HANDLE} root'`;
  const taken = `tc qdisc show dev ${iface} | grep ' root' | grep -qv ' 0: root'`;
  return ok(
    plan({
      inject: [
        `if ${taken}; then echo 'the interface has a queue of its own already' >&2; exit 1; fi`,
        `tc qdisc add dev ${iface} root handle ${QUEUE_HANDLE} ${kind}`,
      ],
      revert: [`if ${ours}; then tc qdisc del dev ${iface} root; fi`],
      isGone: `! ${ours}`,
      link: link.id,
      detail: `${what} on ${iface}`,
    }),
  );
}

function netem(input: PlanInput, parameters: string, what: string): Plan {
  if (!input.at.kernel.netem) return unavailable('the kernel of this node has no sch_netem');
  return queue(input, `netem ${parameters}`, what);
}

/** Faults of the network, and of the time that comes over it. */
export function planNetworkFault(input: PlanInput): Plan {
  const { fault, amount, at } = input;
  const needsNft = fault.needs.some((need) => need === 'nft' || need === 'nft-egress');
  if (needsNft && !at.tools.has('nft')) return unavailable('nft (nftables) is not installed on this node');
  switch (fault.name) {
    case 'drop-heartbeats':
      return dropHeartbeats(input, ['input', 'output'], null);
    case 'drop-heartbeats-in':
      return dropHeartbeats(input, ['input'], null);
    case 'drop-heartbeats-out':
      return dropHeartbeats(input, ['output'], null);
    case 'lose-heartbeats':
      return dropHeartbeats(input, ['input', 'output'], amount);
    case 'lose-in-bursts':
      return loseInBursts(input);
    case 'pull-crossover':
      return pullCrossover(input);
    case 'pull-lan':
      if (at.lanIface === null) return unavailable('no virtual address has an interface on this node');
      return pull(input, at.lanIface, null, 'LAN');
    case 'delay-heartbeats':
      return netem(input, `delay ${amount}ms ${Math.ceil(amount / 4)}ms`, `packets leave ${amount} ms later`);
    case 'mangle-heartbeats':
      return netem(
        input,
        `delay 10ms duplicate ${amount}% reorder ${amount}% 50% corrupt ${amount}%`,
        `${amount} % of what leaves is doubled, reordered or damaged`,
      );
    case 'limit-rate':
      if (!at.kernel.tbf) return unavailable('the kernel of this node has no sch_tbf');
      return queue(input, `tbf rate ${amount}kbit burst 4kb latency 400ms`, `at most ${amount} kbit/s leave`);
    case 'block-ping':
      return blockPing(input);
    case 'block-ping-both':
      return unavailable('it concerns both nodes: the console puts it together');
    case 'no-announcement':
      return noAnnouncement(input);
    case 'block-multicast':
      return blockMulticast(input);
    case 'drop-fragments':
      return dropFragments(input);
    case 'time-sync-lost':
      return timeSyncLost(input);
    default:
      return unavailable('software on this node cannot do this: it takes hands (or the rack)');
  }
}

/** Commands that take down and bring up a link's interface; in the host's catalogue, but it needs the links. */
export function nicReset(input: PlanInput): Plan {
  const { links, refused } = wantedLinks(input);
  if (links === null) return refused;
  const { at } = input;
  const busy = new Set(at.sshSessions.map((session) => at.ifaceOfAddress.get(session.serverAddress)));
  const link = links.find(({ iface }) => !busy.has(iface) && (input.wish.link !== null || iface !== at.lanIface));
  if (link === undefined)
    return unavailable(
      'every heartbeat link over a network uses the service LAN, or an interface that SSH comes in by',
    );
  const iface = quoted(link.iface);
  const own = `ip -o route show dev ${iface} | grep -v 'proto kernel' | grep -q .`;
  const ipv6 = `ip -6 -o addr show dev ${iface} scope global | grep -q .`;
  return ok(
    plan({
      inject: [
        // What the kernel forgets with the interface, it must not have: only its own routes come back by themselves.
        `if ${own}; then echo 'routes of this interface would be lost' >&2; exit 1; fi`,
        `if ${ipv6}; then echo 'IPv6 addresses of this interface would be lost' >&2; exit 1; fi`,
        `ip link set dev ${iface} down`,
      ],
      revert: [`ip link set dev ${iface} up`],
      isGone: `ip -o link show dev ${iface} | grep -q '[<,]UP[,>]'`,
      link: link.id,
      detail: `${link.iface} is down`,
    }),
  );
}

/**
 * This node's part of a split: every network link, both ways or only towards this node, and the serial line deafened.
 * `link` is `network`: the serial line is somebody else's work (the rack's cable). With both nodes deaf nothing crosses.
 */
export function splitHere(input: PlanInput): Plan {
  const { id, at, wish, fault } = input;
  if (!at.tools.has('nft')) return unavailable('nft (nftables) is not installed on this node');
  const links = udpLinks(at);
  const serial = wish.link === 'network' ? null : deafSerial({ ...input, wish: { ...wish, link: null } });
  if (serial !== null && !serial.ok && at.links.some((link) => link.medium === 'serial')) return serial;
  const hooks: readonly Hook[] = fault.name === 'split-one-way' ? ['input'] : ['input', 'output'];
  const line = serial?.ok === true ? serial.value : null;
  if (links.length === 0 && line === null) return unavailable('this node has no heartbeat link that software can cut');
  const tables = links.length === 0 ? null : deleteTables(id, ['inet']);
  const parts = [...(line === null ? [] : [line.detail]), ...(links.length === 0 ? [] : [ifacesOf(links)])];
  return ok(
    plan({
      inject: [
        ...(line?.inject ?? []),
        ...(links.length === 0 ? [] : [transaction(dropRules(id, links, hooks, null))]),
      ],
      revert: [...(line?.revert ?? []), ...(tables?.revert ?? [])],
      isGone: [line?.isGone, tables?.isGone].filter((test) => test != null).join(' && '),
      detail: `no heartbeat comes ${hooks.length === 2 ? 'or goes' : 'in'} any more: ${parts.join(', ')}`,
    }),
  );
}
