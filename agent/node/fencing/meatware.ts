/**
 * No device at all: a person switches the node off and says so, in the console, with `twinbeat-agent confirm-dead`, or with
 * cluster-glue's own `meatclient -c <node>`, which writes one line into a FIFO.
 */
import { spawnSync } from 'node:child_process';
import { closeSync, constants, lstatSync, openSync, readSync, unlinkSync } from 'node:fs';
import { join } from 'node:path';
import { fail, ok } from '../../common/base/result.ts';
import type { StonithLine } from '../../common/config/model.ts';
import type { Timers } from '../host/timers.ts';
import type { FenceResult, PersonDevice } from './device.ts';
import { readParameters } from './parameters.ts';

/** Where `meatclient` looks for `meatware.<node>`. */
export const MEATWARE_DIR = '/run';

/** How often the FIFO is looked at. A person waits for it, and a blocking read would hold a thread for days. */
const LOOK_MS = 250;

export class MeatwareDevice implements PersonDevice {
  readonly type = 'meatware';
  private readonly line: StonithLine;
  private readonly dir: string;
  private readonly timers: Timers;
  private confirmed: (() => void) | null = null;

  constructor(line: StonithLine, dir: string, timers: Timers) {
    this.line = line;
    this.dir = dir;
    this.timers = timers;
  }

  /** Its parameters are the hosts that it stands for; none given means any. */
  check(node: string): Promise<FenceResult> {
    const parameters = readParameters(this.line);
    if (!parameters.ok) return Promise.resolve(fail('failed', parameters.detail));
    const { named, positional } = parameters.value;
    const hosts = [...positional, ...(named.get('hostlist') ?? '').split(',')].flatMap((word) => word.split(','));
    const list = hosts.filter((host) => host !== '').map((host) => host.toLowerCase());
    return Promise.resolve(
      list.length === 0 || list.includes(node)
        ? ok('a person confirms')
        : fail('failed', `meatware is set up for ${list.join(' ')}, not for ${node}`),
    );
  }

  async fence(node: string, signal: AbortSignal): Promise<FenceResult> {
    const checked = await this.check(node);
    if (!checked.ok) return checked;
    const fifo = new ConfirmationFifo(this.dir, node);
    return new Promise((resolve) => {
      let cancel: () => void = () => undefined;
      const finish = (result: FenceResult): void => {
        cancel();
        fifo.close();
        signal.removeEventListener('abort', abort);
        this.confirmed = null;
        resolve(result);
      };
      const abort = (): void =>
        finish(fail('failed', `nobody confirmed that ${node} is off, and it is no longer asked`));
      const look = (): void => {
        if (fifo.saysDone()) finish(ok(`meatclient confirmed that ${node} is off`));
        else cancel = this.timers.after(LOOK_MS, look);
      };
      this.confirmed = () => finish(ok(`a person confirmed that ${node} is off`));
      signal.addEventListener('abort', abort, { once: true });
      if (signal.aborted) abort();
      else look();
    });
  }

  confirm(): boolean {
    const { confirmed } = this;
    confirmed?.();
    return confirmed !== null;
  }
}

/** `<dir>/meatware.<node>`. Where it cannot be made, the other ways of confirming remain. */
class ConfirmationFifo {
  private readonly path: string;
  private readonly reply: string;
  private readonly into = Buffer.alloc(256);
  private fd: number | null = null;
  private heard = '';

  constructor(dir: string, node: string) {
    this.path = join(dir, `meatware.${node.replaceAll('/', '_')}`);
    this.reply = `meatware reply ${node}`;
    this.remove();
    if (spawnSync('mkfifo', ['-m', '600', this.path]).status !== 0) return;
    try {
      // Also for writing: a FIFO without a writer would be at its end all the time.
      this.fd = openSync(this.path, constants.O_RDWR | constants.O_NONBLOCK);
    } catch {
      this.remove();
    }
  }

  saysDone(): boolean {
    if (this.fd === null) return false;
    try {
      const bytes = readSync(this.fd, this.into);
      this.heard = (this.heard + this.into.toString('latin1', 0, bytes)).slice(-1000);
    } catch {
      // EAGAIN: nothing was written.
    }
    return this.heard.toLowerCase().includes(this.reply);
  }

  close(): void {
    if (this.fd === null) return;
    closeSync(this.fd);
    this.fd = null;
    this.remove();
  }

  /** Only a FIFO: nothing else of that name is ours. */
  private remove(): void {
    try {
      if (lstatSync(this.path).isFIFO()) unlinkSync(this.path);
    } catch {
      // Not there.
    }
  }
}
