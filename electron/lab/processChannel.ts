import type { Channel } from '../../agent/common/rpc/channel.ts';

/** The two ends of Node's process channel: a child that was forked with one, or `process` in that child. */
interface Messenger {
  send?(message: unknown, callback?: (error: Error | null) => void): boolean;
  on(event: 'message', listener: (message: unknown) => void): unknown;
  on(event: 'disconnect', listener: () => void): unknown;
  disconnect?(): void;
  connected?: boolean;
}

/** An rpc channel over it. */
export function processChannel(messenger: Messenger): Channel {
  return {
    // A failed send is a peer that just died: the disconnect that follows tells.
    post: (message) => void (messenger.connected === true && messenger.send?.(message, () => undefined)),
    onMessage: (listener) => void messenger.on('message', listener),
    onClose: (listener) => void messenger.on('disconnect', listener),
    close: () => void (messenger.connected === true && messenger.disconnect?.()),
  };
}
