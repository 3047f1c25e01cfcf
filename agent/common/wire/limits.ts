/** Named maxima of everything that is read from a wire. Each is checked before the thing it bounds is stored. */

/**
 * Longest packet decoded, in bytes, in either form.
 *
 * UDP over IPv4 could carry 65507 and the real daemon's own limit is 256 KiB, but no message of
 * a two-node pair reaches 2 KiB (two names of 99 characters, 16 bytes of uuid twice, our echo
 * list). What an unauthenticated sender can make us hash is bounded by this number.
 */
export const PACKET_BYTES_MAX = 16_384;

/**
 * Longest frame accepted from the serial line, in bytes.
 *
 * At 19200 baud (10 bits on the wire per byte) this is 2.13 s of line time. A longer run is a
 * lost end mark, not a message: it is dropped and the next start mark looked for.
 * wire/limits.test.ts keeps our own largest heartbeat below half of this.
 */
export const SERIAL_FRAME_BYTES_MAX = 4096;

/** Fields in one message, the authentication included. Real ones have 8 to 16; the rest is room for unknown fields, which are ignored. */
export const FIELDS_MAX = 128;

/** Length of one field's name, in bytes. The longest known one has 13. */
export const FIELD_NAME_BYTES_MAX = 128;

/**
 * Digits of a netstring's length. Summed from the packet limit, so that a length that cannot
 * be true is refused before it is even converted.
 */
export const NETSTRING_LENGTH_DIGITS_MAX = String(PACKET_BYTES_MAX).length;

/** Value of an authentication field: two digits of key index, a blank, and the 64 of the longest digest. */
export const AUTH_CHARACTERS_MAX = 2 + 1 + 64;

/** Highest key index in authkeys. */
export const KEY_INDEX_MAX = 15;

/** A node name, in characters; the real daemon's field has 100 bytes with its end mark. */
export const NODE_NAME_CHARACTERS_MAX = 99;

/** A node status, in characters. */
export const STATUS_CHARACTERS_MAX = 31;
