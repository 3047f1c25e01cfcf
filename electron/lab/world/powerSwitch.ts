/**
 * The rack's power switch, as the nodes see it: a socket in each node's control directory, which is on no cable of the rack. A node
 * asks in one line, `TOKEN ACTION [NODE]`, and gets one line back, `ok …` or `error …`, once it is done. Both nodes' requests
 * wait in one queue, and one whose asker has lost its power meanwhile is dropped: of two nodes that shoot at each
 * other, exactly one survives.
 */
import { randomBytes } from 'node:crypto';
import { rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { join } from 'node:path';

/** What it can do. All resolve when it is done. */
export interface PowerOutlets {
  /** Names of the nodes, in the order of their outlets. */
  readonly nodes: readonly string[];
  hasPower(node: string): boolean;
  off(node: string): Promise<void>;
  /** Off, and on again by itself later; resolves when it is off. */
  reset(node: string): Promise<void>;
  on(node: string): Promise<void>;
}

/** Of one request: a token, an action, a name. */
const LINE_CHARACTERS_MAX = 300;

export class PowerSwitch {
  private readonly outlets: PowerOutlets;
  private readonly token = randomBytes(16).toString('hex');
  private turn: Promise<unknown> = Promise.resolve();
  /** It refuses everything, as one whose own network or electronics is broken. */
  broken = false;

  constructor(outlets: PowerOutlets) {
    this.outlets = outlets;
  }

  /** Puts the socket and the token into the control directory of `node`. */
  async install(node: string, controlDir: string): Promise<void> {
    writeFileSync(join(controlDir, 'power-switch.token'), `${this.token}\n`, { mode: 0o600 });
    const path = join(controlDir, 'power-switch');
    rmSync(path, { force: true });
    const server = createServer((socket) => this.serve(node, socket));
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject);
      server.listen(path, resolve);
    });
  }

  private serve(asker: string, socket: Socket): void {
    let heard = '';
    socket.setEncoding('utf8');
    socket.on('error', () => undefined); // The asker went: it is noticed when its turn comes.
    socket.on('data', (text: string) => {
      heard += text;
      if (heard.length > LINE_CHARACTERS_MAX) socket.destroy();
      const end = heard.indexOf('\n');
      if (end < 0) return;
      socket.removeAllListeners('data');
      const words = heard.slice(0, end).trim().split(/\s+/);
      this.turn = this.turn.then(async () => {
        if (socket.destroyed || !this.outlets.hasPower(asker)) return;
        const answer = await this.answer(words);
        socket.end(`${answer}\n`);
      });
    });
  }

  /** One line for one request. Never throws. */
  async answer([token, action, node]: readonly string[]): Promise<string> {
    if (token !== this.token) return 'error wrong token';
    if (this.broken) return 'error the power switch is broken';
    const { outlets } = this;
    if (action === 'status' && node === undefined) return `ok ${outlets.nodes.join(' ')}`;
    if (node === undefined || !outlets.nodes.includes(node)) return `error no outlet is called ${node ?? ''}`;
    try {
      if (action === 'status') return `ok ${outlets.hasPower(node) ? 'on' : 'off'}`;
      if (action === 'on') await outlets.on(node);
      else if (action === 'off' || action === 'reset') await outlets[action](node);
      else return `error there is no action ${action ?? ''}`;
    } catch (error) {
      return `error ${error instanceof Error ? error.message : String(error)}`;
    }
    // Read back: only what is off is said to be off.
    const isOn = outlets.hasPower(node);
    return isOn === (action === 'on')
      ? `ok ${node} is ${isOn ? 'on' : 'off'}`
      : `error ${node} is still ${isOn ? 'on' : 'off'}`;
  }
}
