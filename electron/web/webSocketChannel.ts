import type { WebSocket } from 'ws';
import type { Channel } from '../../agent/common/rpc/channel.ts';

/** Largest message from a page, bytes: a paste into a terminal; more is no console's page. */
export const INBOUND_BYTES_MAX = 4 << 20;

/**
 * What may wait in the socket, bytes. Streams are bounded by credit already; a page beyond this
 * has not read for long and starts over by reconnecting.
 */
const OUTBOUND_BYTES_MAX = 32 << 20;

/** A page that answers no ping between two of these is gone, milliseconds. */
const PING_PERIOD_MS = 20_000;

/** The rpc channel over one WebSocket, one JSON text a message. */
export function webSocketChannel(socket: WebSocket): Channel {
  const onClose: (() => void)[] = [];
  let open = true;
  let answered = true;
  const timer = setInterval(() => {
    if (!answered) return socket.terminate();
    answered = false;
    socket.ping();
  }, PING_PERIOD_MS);
  socket.on('pong', () => (answered = true));
  // An error is always followed by close, which is what matters.
  socket.on('error', () => undefined);
  socket.on('close', () => {
    clearInterval(timer);
    open = false;
    for (const listener of onClose) listener();
  });
  return {
    post: (message) => {
      if (!open) return;
      if (socket.bufferedAmount > OUTBOUND_BYTES_MAX) return socket.terminate();
      socket.send(JSON.stringify(message));
    },
    onMessage: (listener) => {
      socket.on('message', (data: Buffer, isBinary: boolean) => {
        if (isBinary) return socket.close(1003, 'text only');
        let message: unknown;
        try {
          message = JSON.parse(data.toString('utf8'));
        } catch {
          return socket.close(1007, 'not JSON');
        }
        listener(message);
      });
    },
    onClose: (listener) => {
      if (open) onClose.push(listener);
      else listener();
    },
    close: () => socket.close(),
  };
}
