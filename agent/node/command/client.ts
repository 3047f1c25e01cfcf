/** A connection of the command line to the running daemon. */
import { connect as connectSocket, type Socket } from 'node:net';
import { join } from 'node:path';
import { fail, ok, type Result } from '../../common/base/result.ts';
import { agentContract } from '../../common/rpc/agentContract.ts';
import { connect } from '../../common/rpc/client.ts';
import type { Client } from '../../common/rpc/contract.ts';
import { ndjsonChannel } from '../../common/rpc/ndjson.ts';
import { SOCKET_NAME } from '../rpc/listen.ts';
import { textSocket } from '../rpc/textSocket.ts';

export type AgentClient = Client<typeof agentContract>;

/** Opens the daemon's socket. */
export function openSocket(runDir: string): Promise<Result<Socket, 'not-running' | 'not-permitted'>> {
  const path = join(runDir, SOCKET_NAME);
  return new Promise((resolve) => {
    const socket = connectSocket(path);
    socket.once('connect', () => resolve(ok(socket)));
    socket.once('error', (error: NodeJS.ErrnoException) => {
      const denied = error.code === 'EACCES' || error.code === 'EPERM';
      resolve(
        denied
          ? fail('not-permitted', `${path}: only root may talk to the agent`)
          : fail('not-running', `twinbeat-agent is not running (${path}: ${error.code ?? error.message})`),
      );
    });
  });
}

/** A client of the daemon; `close` when done. */
export async function openClient(
  runDir: string,
): Promise<Result<{ client: AgentClient; close(): void }, 'not-running' | 'not-permitted'>> {
  const socket = await openSocket(runDir);
  if (!socket.ok) return socket;
  const channel = ndjsonChannel(textSocket(socket.value));
  return ok({ client: connect(channel, agentContract), close: () => channel.close() });
}
