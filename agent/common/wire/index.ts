/** Public surface of the wire room. */
export { crc32, digestText, signText, verifyText, type AuthFailure } from './auth.ts';
export {
  decodePacket,
  encodeNetstring,
  encodeText,
  type DecodedPacket,
  type DecodeFailure,
  type NetstringOptions,
  type WireForm,
} from './codec.ts';
export {
  DEADTIME_MS_RANGE,
  decimalField,
  decimalText,
  GENERATION_RANGE,
  hexField,
  hexText,
  isUnsequenced,
  SEQUENCE_RANGE,
  TIMESTAMP_RANGE,
  type FieldFailure,
  type NumberRange,
} from './fields.ts';
export * from './limits.ts';
export {
  binary,
  fieldBinary,
  fieldText,
  text,
  type BinaryField,
  type StringField,
  type WireField,
  type WireMessage,
} from './message.ts';
export { SerialFramer } from './serialFramer.ts';
