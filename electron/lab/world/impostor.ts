/** A spare computer on the rack's LAN that has been given the pair's address: there while the fault lasts, gone with it. */
import type { ChildProcess } from 'node:child_process';
import { keepNamespace } from './keeper.ts';
import type { Network } from './network.ts';

const PORT = 'lan-spare';

export class Impostor {
  private readonly network: Pick<Network, 'plugHost' | 'unplugHost'>;
  private keeper: ChildProcess | null = null;
  private turn: Promise<unknown> = Promise.resolve();
  /** What it has; null: it is not there. */
  address: string | null = null;

  constructor(network: Pick<Network, 'plugHost' | 'unplugHost'>) {
    this.network = network;
  }

  /** One change at a time. Throws what the kernel says against it; then it is not there. */
  set(address: string | null): Promise<void> {
    const done = this.turn.then(() => this.change(address));
    this.turn = done.catch(() => undefined);
    return done;
  }

  private async change(address: string | null): Promise<void> {
    await this.leave();
    if (address === null) return;
    this.keeper = await keepNamespace();
    try {
      await this.network.plugHost(PORT, this.keeper.pid ?? 0, address);
      this.address = address;
    } catch (error) {
      await this.leave();
      throw error;
    }
  }

  /** Its port first: the kernel goes on answering ARP until the namespace is cleaned up. */
  private async leave(): Promise<void> {
    if (this.keeper === null) return;
    await this.network.unplugHost(PORT);
    this.keeper.kill('SIGKILL');
    this.keeper = null;
    this.address = null;
  }
}
