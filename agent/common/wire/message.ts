/**
 * The heartbeat message model: an ordered list of named fields. Names may repeat; every
 * look-up returns the first match, as the real daemon does (reference, section 1.1).
 */

/** Type 0 of the wire. Each character stands for one byte (Latin-1), so no value is ever changed by a codec. */
export interface StringField {
  readonly type: 'string';
  readonly name: string;
  readonly value: string;
}

/** Type 1 of the wire: raw bytes (the 16-byte node uuids). */
export interface BinaryField {
  readonly type: 'binary';
  readonly name: string;
  readonly value: Uint8Array;
}

export type WireField = StringField | BinaryField;

export interface WireMessage {
  readonly fields: readonly WireField[];
}

/** A string field. */
export function text(name: string, value: string): StringField {
  return { type: 'string', name, value };
}

/** A binary field. */
export function binary(name: string, value: Uint8Array): BinaryField {
  return { type: 'binary', name, value };
}

/** The first field of that name. A plain loop: every message is asked several times, and a callback for each field would be most of it. */
function firstField(message: WireMessage, name: string): WireField | undefined {
  for (const field of message.fields) if (field.name === name) return field;
  return undefined;
}

/** Value of the first string field of that name, or undefined. */
export function fieldText(message: WireMessage, name: string): string | undefined {
  const found = firstField(message, name);
  return found?.type === 'string' ? found.value : undefined;
}

/** Value of the first binary field of that name, or undefined. */
export function fieldBinary(message: WireMessage, name: string): Uint8Array | undefined {
  const found = firstField(message, name);
  return found?.type === 'binary' ? found.value : undefined;
}
