/**
 * The kernel's interfaces and addresses. Three implementations of one interface: rtnetlink (about
 * 0.1 ms a call, nothing is spawned on the takeover path), the `ip` command where koffi cannot
 * load, and the fake in test support.
 */
import { execFileSync } from 'node:child_process';
import { getSystemErrorName } from 'node:util';
import { fail, ok, type Result } from '../../common/base/result.ts';
import { AF_NETLINK, MSG_DONTWAIT, SOCK_CLOEXEC, SOCK_RAW, type Libc } from './libc.ts';
import {
  addressRequest,
  canonicalAddress,
  dumpRequest,
  errorOf,
  NLMSG_DONE,
  NLMSG_ERROR,
  parseAddress,
  parseLink,
  RTM_DELADDR,
  RTM_GETADDR,
  RTM_GETLINK,
  RTM_NEWADDR,
  splitMessages,
  type AddressChange,
  type HostAddress,
  type HostInterface,
  type NetlinkMessage,
} from './netlinkMessage.ts';

/** `exists`: it is there already. `absent`: it was not there. */
export type AddressFailure = 'exists' | 'absent' | 'no-such-interface' | 'not-permitted' | 'bad-address' | 'failed';

export interface NetKernel {
  /** How it talks to the kernel, for the operator. */
  readonly means: 'rtnetlink' | 'ip-command' | 'fake';
  interfaces(): readonly HostInterface[];
  addresses(): readonly HostAddress[];
  add(change: AddressChange): Result<null, AddressFailure>;
  remove(change: AddressChange): Result<null, AddressFailure>;
}

/** A dump of some hundred addresses needs several datagrams of at most 32 KiB each. */
const DATAGRAM_BYTES_MAX = 65_536;
/** Datagrams of one reply; more would be ten thousands of addresses. */
const DATAGRAMS_MAX = 512;
const ADDRESS_BYTES_NETLINK = 12;

function reasonOf(errno: string): AddressFailure {
  if (errno === 'EEXIST') return 'exists';
  if (errno === 'EADDRNOTAVAIL') return 'absent';
  if (errno === 'ENODEV' || errno === 'ENXIO') return 'no-such-interface';
  if (errno === 'EPERM' || errno === 'EACCES') return 'not-permitted';
  return 'failed';
}

class RtNetlink implements NetKernel {
  readonly means = 'rtnetlink';
  private readonly libc: Libc;
  private readonly into = Buffer.alloc(DATAGRAM_BYTES_MAX);
  private lastSeq = 0;

  constructor(libc: Libc) {
    this.libc = libc;
  }

  /** One request and its whole reply. The kernel answers within the send, so nothing is waited for. */
  private exchange(build: (seq: number) => Uint8Array | null): Result<NetlinkMessage[], string> {
    const seq = ++this.lastSeq;
    const bytes = build(seq);
    if (bytes === null) return fail('bad-address', 'not an address');
    // A socket for each exchange: no state to resynchronise after an error, and it costs 10 us.
    const socket = this.libc.socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, 0);
    if (!socket.ok) return socket;
    try {
      const peer = Buffer.alloc(ADDRESS_BYTES_NETLINK);
      peer.writeUInt16LE(AF_NETLINK, 0);
      const sent = this.libc.sendto(socket.value, bytes, 0, peer);
      if (!sent.ok) return sent;
      const messages: NetlinkMessage[] = [];
      for (let i = 0; i < DATAGRAMS_MAX; i++) {
        const got = this.libc.recv(socket.value, this.into, MSG_DONTWAIT);
        if (!got.ok) return got;
        for (const message of splitMessages(Uint8Array.from(this.into.subarray(0, got.value)))) {
          if (message.type === NLMSG_ERROR) {
            const errno = errorOf(message);
            if (errno === 0) return ok(messages);
            const name = getSystemErrorName(-errno);
            return fail(name, name);
          }
          if (message.type === NLMSG_DONE) return ok(messages);
          messages.push(message);
        }
      }
      return fail('failed', 'the reply does not end');
    } finally {
      this.libc.close(socket.value);
    }
  }

  interfaces(): readonly HostInterface[] {
    const reply = this.exchange((seq) => dumpRequest(RTM_GETLINK, seq));
    return reply.ok ? reply.value.map(parseLink).filter((link) => link !== null) : [];
  }

  addresses(): readonly HostAddress[] {
    const reply = this.exchange((seq) => dumpRequest(RTM_GETADDR, seq));
    return reply.ok ? reply.value.map(parseAddress).filter((address) => address !== null) : [];
  }

  private change(type: typeof RTM_NEWADDR | typeof RTM_DELADDR, change: AddressChange): Result<null, AddressFailure> {
    const reply = this.exchange((seq) => addressRequest(type, change, seq));
    if (reply.ok) return ok(null);
    return fail(reply.reason === 'bad-address' ? 'bad-address' : reasonOf(reply.reason), reply.detail);
  }

  add(change: AddressChange): Result<null, AddressFailure> {
    return this.change(RTM_NEWADDR, change);
  }

  remove(change: AddressChange): Result<null, AddressFailure> {
    return this.change(RTM_DELADDR, change);
  }
}

interface IpJsonEntry {
  readonly ifindex: number;
  readonly ifname: string;
  readonly flags: readonly string[];
  readonly address?: string;
  readonly addr_info?: readonly {
    readonly family: string;
    readonly local: string;
    readonly prefixlen: number;
    readonly broadcast?: string;
  }[];
}

/** Longest wait for one `ip` command; it normally needs 5 ms. */
const IP_COMMAND_TIMEOUT_MS = 2000;

class IpCommand implements NetKernel {
  readonly means = 'ip-command';

  private list(): readonly IpJsonEntry[] {
    try {
      return JSON.parse(this.run(['-j', 'addr'])) as IpJsonEntry[];
    } catch {
      return [];
    }
  }

  private run(args: readonly string[]): string {
    return execFileSync('ip', args, {
      encoding: 'utf8',
      timeout: IP_COMMAND_TIMEOUT_MS,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  }

  interfaces(): readonly HostInterface[] {
    return this.list().map((entry) => ({
      name: entry.ifname,
      index: entry.ifindex,
      mac: entry.address ?? null,
      up: entry.flags.includes('UP'),
      carrier: entry.flags.includes('LOWER_UP'),
    }));
  }

  addresses(): readonly HostAddress[] {
    return this.list().flatMap((entry) =>
      (entry.addr_info ?? []).map((info) => {
        const family = info.family === 'inet6' ? 'ipv6' : 'ipv4';
        return {
          family,
          address: canonicalAddress(family, info.local),
          prefixBits: info.prefixlen,
          ifaceIndex: entry.ifindex,
          broadcast: info.broadcast ?? null,
        };
      }),
    );
  }

  private change(verb: 'add' | 'del', change: AddressChange): Result<null, AddressFailure> {
    const iface = this.interfaces().find((entry) => entry.index === change.ifaceIndex);
    if (iface === undefined) return fail('no-such-interface', `no interface with index ${change.ifaceIndex}`);
    const args = ['addr', verb, `${change.address}/${change.prefixBits}`, 'dev', iface.name];
    if (verb === 'add' && change.broadcast !== null) args.push('broadcast', change.broadcast);
    if (verb === 'add' && change.label !== null) args.push('label', change.label);
    if (verb === 'add' && change.family === 'ipv6') args.push('preferred_lft', '0', 'nodad');
    try {
      this.run(args);
      return ok(null);
    } catch (error) {
      const text = error instanceof Error ? error.message : String(error);
      if (text.includes('File exists')) return fail('exists', text);
      if (text.includes('Cannot assign requested address')) return fail('absent', text);
      return fail(text.includes('not permitted') ? 'not-permitted' : 'failed', text);
    }
  }

  add(change: AddressChange): Result<null, AddressFailure> {
    return this.change('add', change);
  }

  remove(change: AddressChange): Result<null, AddressFailure> {
    return this.change('del', change);
  }
}

/** rtnetlink where the C library can be called, else the `ip` command. */
export function openNetKernel(libc: Libc | null): NetKernel {
  return libc === null ? new IpCommand() : new RtNetlink(libc);
}
