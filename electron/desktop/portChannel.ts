/** Electron's message port as the channel of the rpc layer. Used by main and by the core. */
import type { Channel } from '../../agent/common/rpc/channel.ts';

/** The part of Electron.MessagePortMain that is used: so that this file runs in both processes and in tests. */
export interface PortLike {
  postMessage(message: unknown): void;
  on(event: 'message', listener: (event: { readonly data: unknown }) => void): unknown;
  on(event: 'close', listener: () => void): unknown;
  start(): void;
  close(): void;
}

/** Takes the port over and starts it. */
export function portChannel(port: PortLike): Channel {
  let isClosed = false;
  port.on('close', () => {
    isClosed = true;
  });
  // Messages wait in the port until somebody listens: starting it earlier would lose the first ones.
  return {
    post: (message) => {
      // A message that misses a closing port is lost; the close ends every call anyway.
      if (!isClosed) port.postMessage(message);
    },
    onMessage: (listener) => {
      port.on('message', (event) => listener(event.data));
      port.start();
    },
    onClose: (listener) => {
      port.on('close', listener);
    },
    close: () => {
      isClosed = true;
      port.close();
    },
  };
}
