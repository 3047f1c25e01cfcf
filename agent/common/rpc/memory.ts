import type { Channel } from './channel.ts';

/** Two joined ends in one process: the fake that ships, for tests and for hosts that live with the core. Delivery is asynchronous. */
export function memoryChannelPair(): [Channel, Channel] {
  const make = () => ({ message: [] as ((m: unknown) => void)[], close: [] as (() => void)[] });
  const ends = [make(), make()] as const;
  let open = true;
  const closeBoth = (): void => {
    if (!open) return;
    open = false;
    for (const end of ends) for (const listener of end.close) listener();
  };
  const channel = (self: 0 | 1): Channel => ({
    post: (message) => {
      const other = ends[self === 0 ? 1 : 0];
      void Promise.resolve().then(() => {
        if (open) for (const listener of other.message) listener(message);
      });
    },
    onMessage: (listener) => {
      ends[self].message.push(listener);
    },
    onClose: (listener) => {
      if (open) ends[self].close.push(listener);
      else listener();
    },
    close: closeBoth,
  });
  return [channel(0), channel(1)];
}
