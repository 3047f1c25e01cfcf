/** The agent's only door: a unix socket that root alone may open. */
import { chmodSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { agentContract } from '../../common/rpc/agentContract.ts';
import { ndjsonChannel } from '../../common/rpc/ndjson.ts';
import { serve } from '../../common/rpc/server.ts';
import { implementAgent, type AgentHost } from './service.ts';
import { textSocket } from './textSocket.ts';

/** Name of the socket inside the run directory. */
export const SOCKET_NAME = 'agent.sock';

/** Serves the contract on `<runDir>/agent.sock`; a socket left by a killed agent is replaced (the caller holds the lock). */
export function listenRpc(runDir: string, host: AgentHost): Promise<{ close(): void }> {
  const path = join(runDir, SOCKET_NAME);
  rmSync(path, { force: true });
  const implementation = implementAgent(host);
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
