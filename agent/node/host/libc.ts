/** The few C library calls that Node does not offer, behind one interface. All non-blocking. */
import { getSystemErrorName } from 'node:util';
import { fail, ok, type Result } from '../../common/base/result.ts';
import { loadKoffi } from './natives.ts';

/** Why a call failed: the errno's name, e.g. `ENODEV`. */
export type LibcResult = Result<number, string>;

export interface Libc {
  socket(domain: number, type: number, protocol: number): LibcResult;
  bind(fd: number, address: Uint8Array): LibcResult;
  connect(fd: number, address: Uint8Array): LibcResult;
  setsockopt(fd: number, level: number, name: number, value: Uint8Array): LibcResult;
  sendto(fd: number, data: Uint8Array, flags: number, address: Uint8Array): LibcResult;
  recv(fd: number, into: Uint8Array, flags: number): LibcResult;
  ioctl(fd: number, request: number, argument: Uint8Array): LibcResult;
  close(fd: number): LibcResult;
  /** Scheduling of one thread by its id; 0: the calling one. `policy` may carry SCHED_RESET_ON_FORK. */
  setScheduler(tid: number, policy: number, priority: number): LibcResult;
  /** Policy of one thread, with its flags. */
  scheduler(tid: number): LibcResult;
  /** Real-time priority of one thread; 0 where it has none. */
  schedulerPriority(tid: number): LibcResult;
  /** Lets only packets in that this classic BPF program accepts; `program`: instructions of 8 bytes. */
  attachFilter(fd: number, program: Uint8Array): LibcResult;
}

export const AF_UNIX = 1;
export const AF_INET = 2;
export const AF_INET6 = 10;
export const AF_NETLINK = 16;
export const AF_PACKET = 17;
export const SOCK_DGRAM = 2;
export const SOCK_RAW = 3;
export const SOCK_CLOEXEC = 0x80000;
export const SOCK_NONBLOCK = 0x800;
export const SOL_SOCKET = 1;
export const SO_REUSEADDR = 2;
export const SO_DONTROUTE = 5;
export const SO_BROADCAST = 6;
export const SO_REUSEPORT = 15;
export const SO_BINDTODEVICE = 25;
const SO_ATTACH_FILTER = 26;
/** `struct sock_filter`. */
const INSTRUCTION_BYTES = 8;
export const IPPROTO_IP = 0;
export const IP_TOS = 1;
/** Off: a socket gets the groups that it joined itself, not those that anybody on this host joined. */
export const IP_MULTICAST_ALL = 49;
export const IPPROTO_IPV6 = 41;
export const IPV6_MULTICAST_HOPS = 18;
export const IPV6_MULTICAST_LOOP = 19;
export const IPV6_V6ONLY = 26;
export const IPV6_MULTICAST_ALL = 29;
export const IPV6_TCLASS = 67;
export const MSG_DONTWAIT = 0x40;
/** Round robin among real-time threads of one priority. */
export const SCHED_RR = 2;
/** What the thread starts does not inherit its priority. */
export const SCHED_RESET_ON_FORK = 0x4000_0000;
/** Bytes that the driver has taken and not yet sent. */
export const TIOCOUTQ = 0x5411;

/** A C `int` as bytes of this machine. All supported ones are little-endian. */
export function int32(value: number): Uint8Array {
  const bytes = Buffer.alloc(4);
  bytes.writeInt32LE(value);
  return bytes;
}

/** `struct sockaddr_in`. */
export function sockaddrIn(address: string, port: number): Uint8Array {
  const bytes = Buffer.alloc(16);
  bytes.writeUInt16LE(AF_INET, 0);
  bytes.writeUInt16BE(port, 2);
  address.split('.').forEach((part, i) => bytes.writeUInt8(Number(part), 4 + i));
  return bytes;
}

/** `struct sockaddr_un` of a path. */
export function sockaddrUn(path: string): Uint8Array {
  const head = Buffer.alloc(2);
  head.writeUInt16LE(AF_UNIX, 0);
  return Buffer.concat([head, Buffer.from(`${path}\0`, 'latin1')]);
}

/** `struct sockaddr_in6`. `bytes`: the address in network order. `scope`: interface of a link-local one, else 0. */
export function sockaddrIn6(address: Uint8Array, port: number, scope: number): Uint8Array {
  const bytes = Buffer.alloc(28);
  bytes.writeUInt16LE(AF_INET6, 0);
  bytes.writeUInt16BE(port, 2);
  bytes.set(address, 8);
  bytes.writeUInt32LE(scope, 24);
  return bytes;
}

/** Loads the calls, or says why raw calls are unavailable on this host. */
export function openLibc(): Result<Libc, 'not-loadable'> {
  const koffi = loadKoffi();
  if (!koffi.ok) return koffi;
  try {
    const lib = koffi.value.load(null);
    const checked = (rc: number): LibcResult => {
      if (rc >= 0) return ok(rc);
      const errno = koffi.value.errno();
      const name = errno > 0 ? getSystemErrorName(-errno) : 'UNKNOWN';
      return fail(name, name);
    };
    const socket = lib.func('int socket(int domain, int type, int protocol)');
    const bind = lib.func('int bind(int fd, void *address, uint32_t bytes)');
    const connect = lib.func('int connect(int fd, void *address, uint32_t bytes)');
    const setsockopt = lib.func('int setsockopt(int fd, int level, int name, void *value, uint32_t bytes)');
    const sendto = lib.func(
      'long sendto(int fd, void *data, size_t bytes, int flags, void *address, uint32_t addressBytes)',
    );
    const recv = lib.func('long recv(int fd, void *into, size_t bytes, int flags)');
    const ioctl = lib.func('int ioctl(int fd, unsigned long request, void *argument)');
    const close = lib.func('int close(int fd)');
    const setScheduler = lib.func('int sched_setscheduler(int tid, int policy, void *parameters)');
    const scheduler = lib.func('int sched_getscheduler(int tid)');
    const getParameters = lib.func('int sched_getparam(int tid, void *parameters)');
    const attachFilter = (fd: number, program: Uint8Array): number => {
      // `struct sock_fprog`: a count, and the address of the instructions, which the kernel copies during the call.
      const head = Buffer.alloc(16);
      head.writeUInt16LE(program.length / INSTRUCTION_BYTES, 0);
      head.writeBigUInt64LE(BigInt(koffi.value.address(program)), 8);
      return setsockopt(fd, SOL_SOCKET, SO_ATTACH_FILTER, head, head.length);
    };
    return ok({
      socket: (domain, type, protocol) => checked(socket(domain, type, protocol)),
      bind: (fd, address) => checked(bind(fd, address, address.length)),
      connect: (fd, address) => checked(connect(fd, address, address.length)),
      setsockopt: (fd, level, name, value) => checked(setsockopt(fd, level, name, value, value.length)),
      sendto: (fd, data, flags, address) => checked(sendto(fd, data, data.length, flags, address, address.length)),
      recv: (fd, into, flags) => checked(recv(fd, into, into.length, flags)),
      ioctl: (fd, request, argument) => checked(ioctl(fd, request, argument)),
      close: (fd) => checked(close(fd)),
      attachFilter: (fd, program) => checked(attachFilter(fd, program)),
      setScheduler: (tid, policy, priority) => checked(setScheduler(tid, policy, int32(priority))),
      scheduler: (tid) => checked(scheduler(tid)),
      schedulerPriority: (tid) => {
        const parameters = Buffer.alloc(4);
        const read = checked(getParameters(tid, parameters));
        return read.ok ? ok(parameters.readInt32LE(0)) : read;
      },
    });
  } catch (error) {
    return fail('not-loadable', error instanceof Error ? error.message : String(error));
  }
}
