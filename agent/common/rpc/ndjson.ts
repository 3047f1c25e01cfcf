import type { Channel } from './channel.ts';

/**
 * Longest line accepted, in UTF-16 code units. The largest message is a status of a pair with
 * many groups, some tens of KiB; anything near this is not ours.
 */
export const NDJSON_LINE_MAX = 1 << 20;

/** What the framing needs from a byte stream. Text in and out is complete UTF-16: the host decodes and encodes UTF-8. */
export interface TextStream {
  write(text: string): void;
  onText(listener: (text: string) => void): void;
  onEnd(listener: () => void): void;
  end(): void;
}

/**
 * A channel over a text stream: one JSON message a line. A line that is not JSON is dropped
 * (a login banner in front of the first message does no harm); a line over the limit closes
 * the channel, because its end cannot be trusted any more.
 */
export function ndjsonChannel(stream: TextStream): Channel {
  const onMessage: ((message: unknown) => void)[] = [];
  const onClose: (() => void)[] = [];
  let rest = '';
  let open = true;
  const close = (): void => {
    if (!open) return;
    open = false;
    stream.end();
    for (const listener of onClose) listener();
  };
  stream.onText((chunk) => {
    if (!open) return;
    rest += chunk;
    for (let end = rest.indexOf('\n'); end >= 0; end = rest.indexOf('\n')) {
      const line = rest.slice(0, end);
      rest = rest.slice(end + 1);
      let message: unknown;
      try {
        message = JSON.parse(line);
      } catch {
        continue;
      }
      for (const listener of onMessage) listener(message);
    }
    if (rest.length > NDJSON_LINE_MAX) close();
  });
  stream.onEnd(close);
  return {
    post: (message) => {
      if (open) stream.write(`${JSON.stringify(message)}\n`);
    },
    onMessage: (listener) => {
      onMessage.push(listener);
    },
    onClose: (listener) => {
      if (open) onClose.push(listener);
      else listener();
    },
    close,
  };
}
