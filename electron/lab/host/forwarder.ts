import { createServer, connect } from 'node:net';
import type { Server, Socket } from 'node:net';

/**
 * A port on the console's loopback that leads to one node's SSH server. The node has a network of its own,
 * but a local socket is found by path in any of them: `/proc/<pid>/root` is the world's file system as
 * this process may see it. Shut while the node has no power: refused, and what was open dies.
 */
export class Forwarder {
  private readonly target: () => string;
  private readonly sockets = new Set<Socket>();
  private server: Server | null = null;
  /** 0 until it was open for the first time; kept from then on, as a server keeps its address. */
  port = 0;

  constructor(target: () => string) {
    this.target = target;
  }

  /** Opens the port; resolves when it listens. */
  open(): Promise<void> {
    if (this.server !== null) return Promise.resolve();
    const server = createServer({ pauseOnConnect: true, noDelay: true }, (socket) => this.join(socket));
    this.server = server;
    return new Promise((resolve, reject) => {
      server.once('error', (error: NodeJS.ErrnoException) => {
        // Somebody took the number while the node was off: it gets another one.
        if (error.code === 'EADDRINUSE' && this.port !== 0) server.listen(0, '127.0.0.1');
        else reject(error);
      });
      server.once('listening', () => {
        const address = server.address();
        if (address !== null && typeof address === 'object') this.port = address.port;
        resolve();
      });
      server.listen(this.port, '127.0.0.1');
    });
  }

  /** Shuts the port and everything that goes through it. */
  shut(): void {
    this.server?.close();
    this.server = null;
    for (const socket of this.sockets) socket.destroy();
    this.sockets.clear();
  }

  private join(outer: Socket): void {
    const inner = connect(this.target());
    const end = (): void => {
      outer.destroy();
      inner.destroy();
      this.sockets.delete(outer);
    };
    this.sockets.add(outer);
    for (const socket of [outer, inner]) socket.on('error', end).on('close', end);
    inner.on('connect', () => {
      outer.pipe(inner);
      inner.pipe(outer);
      outer.resume();
    });
  }
}
