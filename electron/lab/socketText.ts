import type { Socket } from 'node:net';
import type { TextStream } from '../../agent/common/rpc/ndjson.ts';

/** A socket as the text stream that the ndjson framing wants. */
export function socketText(socket: Socket): TextStream {
  socket.setEncoding('utf8');
  socket.on('error', () => undefined); // 'close' follows and is what matters.
  return {
    write: (text) => void (socket.writable && socket.write(text)),
    onText: (listener) => void socket.on('data', listener),
    onEnd: (listener) => void socket.on('close', listener),
    end: () => void socket.end(),
  };
}
