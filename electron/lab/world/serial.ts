/** The null-modem cable: two ptys, one end each in the nodes, joined at the configured speed. */
import { constants, openSync, readdirSync, readSync, statSync, writeSync } from 'node:fs';
import { ReadStream } from 'node:tty';
import { SeededRandom } from '../../../agent/common/base/random.ts';
import { run } from './command.ts';
import type { Plug, Side } from './network.ts';
import { PacedLine } from './pacedLine.ts';
import { openPty } from './pty.ts';
import type { PtyPair } from './pty.ts';

/**
 * How often we look whether anybody still has a port open while bytes arrive, in ms. One look costs about 1 ms
 * of processor; a longer time leaves more stale bytes to the next one who opens it.
 */
const OPEN_CHECK_MS = 250;

/** The same while nobody has it open and bytes arrive: what a program loses right after it opened the port, in ms. */
const CLOSED_CHECK_MS = 50;

function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}

/** True when a process besides this one has the tty open. The kernel keeps no public count; the descriptors tell. */
function isOpenElsewhere(path: string): boolean {
  const { ino, dev } = statSync(path);
  const isIt = (link: string): boolean => {
    try {
      const found = statSync(link);
      return found.ino === ino && found.dev === dev;
    } catch {
      return false; // Closed while we looked.
    }
  };
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid) || Number(pid) === process.pid) continue;
    try {
      if (readdirSync(`/proc/${pid}/fd`).some((fd) => isIt(`/proc/${pid}/fd/${fd}`))) return true;
    } catch {
      // Ended while we looked.
    }
  }
  return false;
}

/** One end: the master is ours, the slave is the node's /dev/ttyS0. */
class Port {
  private readonly pair: PtyPair;
  private readonly master: ReadStream;
  /** Held open, as a UART keeps its settings while nobody has it open; also used to drain. */
  private readonly drainFd: number;
  /** Nobody in the node has it open: a UART loses such bytes, a pty would keep them for the next opener. */
  private open = false;
  private openKnownAtMs = -Infinity;
  powered = false;

  constructor(onBytes: (bytes: Uint8Array) => void) {
    this.pair = openPty();
    this.drainFd = openSync(this.path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
    this.master = new ReadStream(this.pair.master);
    this.master.on('data', onBytes);
    // The slave is held open above, so the master never sees a hang-up.
    this.master.on('error', (error) => process.stderr.write(`serial: ${error.message}\n`));
  }

  get path(): string {
    return this.pair.path;
  }

  /** Line settings as after power-on, and nothing unread. */
  async reset(): Promise<void> {
    await run('stty', ['-F', this.path, 'raw', '-echo', 'clocal', '9600']);
    this.drain();
  }

  setReading(on: boolean): void {
    if (on) this.master.resume();
    else this.master.pause();
  }

  deliver(bytes: Uint8Array): void {
    if (bytes.length === 0 || !this.isOpen()) return;
    try {
      writeSync(this.pair.master, bytes);
    } catch (error) {
      // The node does not read what it has: a UART's overrun.
      if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error;
    }
  }

  private isOpen(): boolean {
    const now = nowMs();
    if (now - this.openKnownAtMs >= (this.open ? OPEN_CHECK_MS : CLOSED_CHECK_MS)) {
      this.open = this.powered && isOpenElsewhere(this.path);
      this.openKnownAtMs = now;
      if (!this.open) this.drain();
    }
    return this.open;
  }

  private drain(): void {
    const waste = Buffer.alloc(4096);
    try {
      while (readSync(this.drainFd, waste) > 0);
    } catch {
      // EAGAIN: empty.
    }
  }
}

/** Both ends and both directions. */
export class SerialCable {
  private readonly ports: Readonly<Record<Side, Port>>;
  private readonly lines: Readonly<Record<Side, PacedLine>>;
  private readonly timers: Partial<Record<Side, NodeJS.Timeout>> = {};

  /** `seed` decides the noise. */
  constructor(baud: number, seed: number) {
    const random = new SeededRandom(seed);
    this.lines = { a: new PacedLine(baud, random), b: new PacedLine(baud, random) };
    this.ports = { a: new Port((bytes) => this.onBytes('a', bytes)), b: new Port((bytes) => this.onBytes('b', bytes)) };
  }

  /** The pty that becomes the node's serial device. */
  pathOf(side: Side): string {
    return this.ports[side].path;
  }

  async powerOn(side: Side): Promise<void> {
    await this.ports[side].reset();
    this.ports[side].powered = true;
  }

  powerOff(side: Side): void {
    this.ports[side].powered = false;
    this.lines[side].clear();
  }

  plug({ aToB, bToA }: Plug, noisePpm: number): void {
    this.lines.a.carries = aToB;
    this.lines.b.carries = bToA;
    this.lines.a.noisePpm = noisePpm;
    this.lines.b.noisePpm = noisePpm;
  }

  /** `from` sent something. */
  private onBytes(from: Side, bytes: Uint8Array): void {
    if (!this.ports[from].powered) return;
    this.lines[from].push(bytes, nowMs());
    if (this.lines[from].full) this.ports[from].setReading(false);
    this.schedule(from);
  }

  private schedule(from: Side): void {
    if (this.timers[from] !== undefined) return;
    const dueInMs = this.lines[from].dueInMs(nowMs());
    if (dueInMs === null) return;
    this.timers[from] = setTimeout(() => {
      delete this.timers[from];
      this.ports[from === 'a' ? 'b' : 'a'].deliver(this.lines[from].take(nowMs()));
      if (!this.lines[from].full) this.ports[from].setReading(true);
      this.schedule(from);
    }, Math.ceil(dueInMs));
  }
}
