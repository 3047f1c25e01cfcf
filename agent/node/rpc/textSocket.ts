/** Node's byte streams as the text stream that the rpc framing needs. */
import type { Socket } from 'node:net';
import type { TextStream } from '../../common/rpc/ndjson.ts';

/** What a consumer that does not read may leave waiting in our memory; over it the connection is closed. */
const UNSENT_BYTES_MAX = 8 << 20;

/** A socket as text. Takes the socket over: its errors end it quietly, as a hang-up does. */
export function textSocket(socket: Socket): TextStream {
  socket.setEncoding('utf8');
  socket.on('error', () => socket.destroy());
  return {
    write: (text) => {
      if (!socket.writable) return;
      socket.write(text);
      if (socket.writableLength > UNSENT_BYTES_MAX) socket.destroy();
    },
    onText: (listener) => {
      socket.on('data', (chunk) => listener(String(chunk)));
    },
    onEnd: (listener) => {
      socket.on('close', listener);
    },
    end: () => {
      socket.end();
    },
  };
}
