/** What a serial line can carry. 8N1: ten bits a byte. The sizes are measured ones of heartbeat's own messages. */

/** A status message is this long plus its node's name: sha1, classic text. */
const STATUS_BYTES = 199;

/** One beat with its acknowledgements and what else comes, a second at a keepalive of one second. */
const BEAT_BYTES = 266;

/** Largest burst, seen when a node joins. */
const BURST_BYTES = 1085;

/** Share of the line that heartbeats may take, so that a burst still gets through. */
const LOAD_MAX = 0.5;

/** Default latency timer of a USB adapter (FTDI), milliseconds. */
const USB_LATENCY_MS = 16;

const BITS_PER_BYTE = 10;

const sendMs = (bytes: number, baud: number): number => (bytes * BITS_PER_BYTE * 1000) / baud;

/** Shortest keepalive that leaves half of the line free, milliseconds. */
export function serialKeepaliveMinMs(baud: number): number {
  return sendMs(BEAT_BYTES, baud) / LOAD_MAX;
}

export interface SerialFloor {
  readonly ms: number;
  readonly sendMs: number;
  readonly burstMs: number;
  readonly usbMs: number;
}

/**
 * Shortest deadtime that a serial line allows: a beat behind a burst and three keepalives, or its own sending, the adapter's latency and
 * three times its jitter, whichever is longer. `nameChars`: the longer node's name. `device` null: unknown, taken for a real port.
 */
export function serialFloor(
  line: { readonly baud: number; readonly device: string | null },
  keepaliveMs: number,
  nameChars: number,
  jitterMs: number,
): SerialFloor {
  const usbMs = /ttyUSB|ttyACM|usb/i.test(line.device ?? '') ? USB_LATENCY_MS : 0;
  const beatMs = sendMs(STATUS_BYTES + nameChars, line.baud);
  const burstMs = sendMs(BURST_BYTES, line.baud);
  return {
    ms: Math.max(beatMs + usbMs + 3 * jitterMs, burstMs + usbMs + 3 * keepaliveMs),
    sendMs: beatMs,
    burstMs,
    usbMs,
  };
}
