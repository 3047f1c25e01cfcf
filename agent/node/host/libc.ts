/** The few C library calls that Node does not offer, behind one interface. All non-blocking. */
import { getSystemErrorName } from 'node:util';
import { fail, ok, type Result } from '../../common/base/result.ts';
import { loadKoffi } from './natives.ts';

/** Why a call failed: the errno's name, e.g. `ENODEV`. */
export type LibcResult = Result<number, string>;

export interface Libc {
  socket(domain: number, type: number, protocol: number): LibcResult;
  bind(fd: number, address: Uint8Array): LibcResult;
  setsockopt(fd: number, level: number, name: number, value: Uint8Array): LibcResult;
  sendto(fd: number, data: Uint8Array, flags: number, address: Uint8Array): LibcResult;
  recv(fd: number, into: Uint8Array, flags: number): LibcResult;
  ioctl(fd: number, request: number, argument: Uint8Array): LibcResult;
  close(fd: number): LibcResult;
}

export const AF_INET = 2;
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
export const IPPROTO_IP = 0;
export const IP_TOS = 1;
export const MSG_DONTWAIT = 0x40;
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
    const setsockopt = lib.func('int setsockopt(int fd, int level, int name, void *value, uint32_t bytes)');
    const sendto = lib.func(
      'long sendto(int fd, void *data, size_t bytes, int flags, void *address, uint32_t addressBytes)',
    );
    const recv = lib.func('long recv(int fd, void *into, size_t bytes, int flags)');
    const ioctl = lib.func('int ioctl(int fd, unsigned long request, void *argument)');
    const close = lib.func('int close(int fd)');
    return ok({
      socket: (domain, type, protocol) => checked(socket(domain, type, protocol)),
      bind: (fd, address) => checked(bind(fd, address, address.length)),
      setsockopt: (fd, level, name, value) => checked(setsockopt(fd, level, name, value, value.length)),
      sendto: (fd, data, flags, address) => checked(sendto(fd, data, data.length, flags, address, address.length)),
      recv: (fd, into, flags) => checked(recv(fd, into, into.length, flags)),
      ioctl: (fd, request, argument) => checked(ioctl(fd, request, argument)),
      close: (fd) => checked(close(fd)),
    });
  } catch (error) {
    return fail('not-loadable', error instanceof Error ? error.message : String(error));
  }
}
