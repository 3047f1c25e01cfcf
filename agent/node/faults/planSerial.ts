/** Faults of the serial line, by its terminal settings, its modem lines, or a second program that uses the port. */
import { fail, ok } from '../../common/base/result.ts';
import type { LinkConfig } from '../../common/config/model.ts';
import type { Plan, PlanInput, TtyKind } from './plan.ts';
import { unavailable } from './plan.ts';
import { plan, program, quoted } from './shell.ts';

type SerialLink = Extract<LinkConfig, { medium: 'serial' }>;

/** Requests of the kernel's terminal interface (asm-generic/ioctls.h). */
const TIOCSBRK = 0x5427;
const TIOCCBRK = 0x5428;
const TIOCMBIS = 0x5416;
const TIOCMBIC = 0x5417;
const TIOCM_RTS = 0x4;

/** Random bytes that one burst of noise has: enough to hit a message, too few to be one. */
const NOISE_BYTES = 20;
const NOISE_PAUSE_S = [0.2, 30] as const;

/** A filler that nobody takes for a message, in one write. */
const FILLER_BYTES = 256;
/** Part of the line that the filler takes. */
const FILLER_SHARE = 2 / 3;
const BITS_PER_BYTE = 10;

const WRONG_BAUD = { usual: 9600, other: 19_200 };

const NO_UART =
  'this port is a pseudo-terminal: it has no speed, no format and no modem lines. It takes a real serial port (or the rack’s cable)';

interface Port {
  readonly link: SerialLink;
  readonly tty: TtyKind;
  /** For the shell. */
  readonly device: string;
}

/** Settings of the port, saved before they are changed. */
function settings(input: PlanInput, { device, link }: Port, change: string, detail: string): Plan {
  const saved = quoted(`${input.dir}/stty`);
  return ok(
    plan({
      inject: [`stty -F ${device} -g > ${saved}`, `sync ${saved}`, `stty -F ${device} ${change}`],
      revert: [`if [ -s ${saved} ]; then stty -F ${device} "$(cat ${saved})"; fi`],
      isGone: `{ [ ! -s ${saved} ] || [ "$(stty -F ${device} -g)" = "$(cat ${saved})" ]; }`,
      link: link.id,
      detail,
    }),
  );
}

/** One ioctl on the port; never as its owner, and never waiting for a carrier. */
function ioctl(device: string, request: number, argument: string): string {
  const open = 'use Fcntl; sysopen(F, shift, O_RDWR|O_NONBLOCK|O_NOCTTY) or die "$!\\n"';
  return `perl -e '${open}; my $a = ${argument}; ioctl(F, ${request}, $a) or die "$!\\n"' ${device}`;
}

function lines(input: PlanInput, port: Port, requests: { on: string; off: string }, detail: string): Plan {
  if (!input.at.tools.has('perl'))
    return unavailable('perl is not installed on this node, by which the line is driven');
  return ok(plan({ inject: [requests.on], revert: [requests.off], link: port.link.id, detail }));
}

function beside(input: PlanInput, { link }: Port, script: string, detail: string): Plan {
  const loop = program(input.id, input.dir, script);
  return ok(plan({ ...loop, link: link.id, detail }));
}

function noise(input: PlanInput, port: Port): Plan {
  const bytesPerSecond = (port.link.baud / BITS_PER_BYTE) * (input.amount / 1_000_000);
  const pauseS = Math.min(Math.max(NOISE_BYTES / bytesPerSecond, NOISE_PAUSE_S[0]), NOISE_PAUSE_S[1]);
  const write = `dd if=/dev/urandom of=${port.device} bs=${NOISE_BYTES} count=1 oflag=noctty conv=notrunc,nocreat`;
  const detail = `${NOISE_BYTES} random bytes go into ${port.link.device} every ${pauseS.toFixed(1)} s`;
  return beside(input, port, `while :; do ${write} 2>/dev/null; sleep ${pauseS.toFixed(2)}; done`, detail);
}

function saturated(input: PlanInput, port: Port): Plan {
  const pauseS = FILLER_BYTES / ((port.link.baud / BITS_PER_BYTE) * FILLER_SHARE);
  const write = `dd if=/dev/zero of=${port.device} bs=${FILLER_BYTES} count=1 oflag=noctty conv=notrunc,nocreat`;
  const detail = `filler bytes take two thirds of ${port.link.device}`;
  return beside(input, port, `while :; do ${write} 2>/dev/null; sleep ${pauseS.toFixed(3)}; done`, detail);
}

function stolen(input: PlanInput, port: Port): Plan {
  const read = `dd if=${port.device} of=/dev/null bs=64 iflag=noctty`;
  return beside(
    input,
    port,
    `while :; do ${read} 2>/dev/null; sleep 0.1; done`,
    `a second program reads from ${port.link.device}`,
  );
}

function adapterOut({ link, tty }: Port): Plan {
  if (tty.kind !== 'usb') return unavailable(`${link.device} is not a USB adapter`);
  const file = quoted(`${tty.port}/authorized`);
  return ok(
    plan({
      inject: [`echo 0 > ${file}`],
      revert: [`echo 1 > ${file}`],
      isGone: `grep -q 1 ${file}`,
      link: link.id,
      detail: `the USB adapter of ${link.device} is switched off`,
    }),
  );
}

function latency(input: PlanInput, { link, tty }: Port): Plan {
  if (tty.kind !== 'usb' || tty.latency === null) return unavailable(`${link.device} has no latency timer (FTDI)`);
  const [file, saved] = [quoted(tty.latency), quoted(`${input.dir}/latency`)];
  return ok(
    plan({
      inject: [`cat ${file} > ${saved}`, `sync ${saved}`, `echo 255 > ${file}`],
      revert: [`if [ -s ${saved} ]; then cat ${saved} > ${file}; fi`],
      isGone: `{ [ ! -s ${saved} ] || cmp -s ${saved} ${file}; }`,
      link: link.id,
      detail: `the latency timer of ${link.device} is 255 ms`,
    }),
  );
}

/** The port that is meant, or why there is none. */
function portOf({ wish, at }: PlanInput): Port | Plan {
  const links = at.links.filter((link): link is SerialLink => link.medium === 'serial');
  const link = links.find((candidate) => wish.link === null || candidate.id === wish.link);
  if (link === undefined) {
    if (wish.link !== null) return fail('no-such-link', `there is no serial link ${wish.link}`);
    return unavailable('this node has no serial link');
  }
  const tty = at.ttys.get(link.device);
  if (tty === undefined) return unavailable(`${link.device} is not there, or is no serial line`);
  return { link, tty, device: quoted(link.device) };
}

/** The receiver of the first serial line off. */
export function deafSerial(input: PlanInput): Plan {
  const port = portOf(input);
  if (!('tty' in port)) return port;
  if (port.tty.kind === 'pty') return unavailable(NO_UART);
  return settings(input, port, '-cread', `the receiver of ${port.link.device} is off`);
}

/** Faults of the serial heartbeat line. */
export function planSerialFault(input: PlanInput): Plan {
  const { fault } = input;
  if (fault.doer !== 'agent')
    return unavailable('software cannot open a serial line as a pulled cable does: pull it by hand (or in the rack)');
  const port = portOf(input);
  if (!('tty' in port)) return port;
  const { link, tty, device } = port;
  if (fault.needs.includes('uart') && tty.kind === 'pty') return unavailable(NO_UART);
  switch (fault.name) {
    case 'serial-noise':
      return noise(input, port);
    case 'serial-saturated':
      return saturated(input, port);
    case 'serial-port-stolen':
      return stolen(input, port);
    case 'serial-wrong-baud': {
      const baud = link.baud === WRONG_BAUD.usual ? WRONG_BAUD.other : WRONG_BAUD.usual;
      return settings(input, port, String(baud), `${link.device} runs at ${baud} instead of ${link.baud}`);
    }
    case 'serial-wrong-format':
      return settings(input, port, 'cs7 parenb -parodd', `${link.device} has seven bits and even parity`);
    case 'serial-deaf':
      return deafSerial(input);
    case 'serial-mute': {
      const requests = { on: ioctl(device, TIOCSBRK, '0'), off: ioctl(device, TIOCCBRK, '0') };
      return lines(input, port, requests, `the transmit line of ${link.device} is held in break`);
    }
    case 'serial-flow-stop': {
      const rts = `pack("i", ${TIOCM_RTS})`;
      const requests = { on: ioctl(device, TIOCMBIC, rts), off: ioctl(device, TIOCMBIS, rts) };
      return lines(input, port, requests, `RTS of ${link.device} is dropped: the peer may not send`);
    }
    case 'serial-adapter-out':
      return adapterOut(port);
    case 'serial-latency':
      return latency(input, port);
    default:
      return unavailable('software on this node cannot do this: it takes hands (or the rack)');
  }
}
