/** Unpacks gzip'd bytes as they come, and tells a file that is cut off from one that is damaged. */

/** Fed at a time, bytes: what one feed unpacks to is handed on before the next, so that a damaged one does not take it along. */
const FEED_BYTES = 16 * 1024;

/** The compressed bytes are none, or were changed. */
export class DamagedError extends Error {
  override name = 'DamagedError';
}

const errorWords = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** Whether there was nothing wrong but that the end is missing: Chromium says so in words, Node by a code. */
const isCut = (error: unknown): boolean =>
  (error as { readonly code?: unknown }).code === 'Z_BUF_ERROR' || /truncated/i.test(errorWords(error));

/** Hands on what is unpacked. Of bytes that are cut off: what they have. Throws DamagedError. */
export async function gunzip(bytes: AsyncIterable<Uint8Array>, take: (piece: Uint8Array) => void): Promise<void> {
  // The types of the streams differ in what kind of buffer they may hold; what flows is the same.
  const { readable, writable } = new DecompressionStream('gzip') as unknown as {
    readonly readable: ReadableStream<Uint8Array>;
    readonly writable: WritableStream<Uint8Array>;
  };
  const [writer, reader] = [writable.getWriter(), readable.getReader()];
  const taken = (async () => {
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return;
      take(value);
    }
  })();
  // Its failure is the writer's as well.
  taken.catch(() => undefined);
  const feed = async (piece: Uint8Array): Promise<void> => {
    await writer.ready;
    await writer.write(piece);
  };
  try {
    for await (const piece of bytes)
      for (let at = 0; at < piece.length; at += FEED_BYTES) await feed(piece.subarray(at, at + FEED_BYTES));
    // Taken only when everything before it has been read: an end that fails would drop what waits.
    await feed(new Uint8Array(0));
  } catch (error) {
    throw new DamagedError(errorWords(error));
  }
  try {
    await writer.close();
    await taken;
  } catch (error) {
    // The recording tells by itself that its end is missing.
    if (!isCut(error)) throw new DamagedError(errorWords(error));
  }
}
