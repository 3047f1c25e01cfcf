/** sha256 is ours, accepted between two Twinbeat nodes only. The others are Linux-HA's. */
export type AuthMethod = 'crc' | 'md5' | 'sha1' | 'sha256';

/** authkeys, resolved. Every listed key is accepted on input; only `signIndex` signs. */
export interface Keyring {
  readonly signIndex: number;
  readonly keys: ReadonlyMap<number, { readonly method: AuthMethod; readonly secret: string }>;
}
