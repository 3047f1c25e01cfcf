/** The agent's only door: a unix socket that root alone may open. */
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { agentContract } from '../../common/rpc/agentContract.ts';
import { ndjsonChannel } from '../../common/rpc/ndjson.ts';
import { serve } from '../../common/rpc/server.ts';
import type { Daemon } from '../daemon/daemon.ts';
import { implementAgent } from './service.ts';
import { textSocket } from './textSocket.ts';

/** Name of the socket inside the run directory. */
export const SOCKET_NAME = 'agent.sock';

/** Serves the contract on `<run-dir>/agent.sock`; a socket left by a killed agent is replaced (the caller holds the lock). */
export function listenRpc(daemon: Daemon): Promise<{ close(): void }> {
  const path = join(daemon.places.runDir, SOCKET_NAME);
  rmSync(path, { force: true });
  const implementation = implementAgent(daemon);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    serve(ndjsonChannel(textSocket(socket)), agentContract, implementation, undefined);
  });
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(path, () => {
      chmodSync(path, 0o600);
      resolve({
        close: () => {
          server.close();
          for (const socket of sockets) socket.end();
          rmSync(path, { force: true });
        },
      });
    });
  });
}
