/**
 * What to think of the key that a server shows. Pure: reading files and asking people is
 * elsewhere. Nothing secret may leave before this verdict is `match` or a person accepted it.
 */
import { createHash } from 'node:crypto';

/** A public host key. `type` is the key's own (`ssh-rsa` also where it signs with rsa-sha2-512). */
export interface HostKey {
  readonly type: string;
  /** The wire form, as base64 in known_hosts. */
  readonly blob: Buffer;
}

/** A key on record for a host. */
export interface KnownHostKey extends HostKey {
  readonly revoked: boolean;
}

export type HostKeyVerdict =
  /** On record exactly so. */
  | 'match'
  /** Nothing on record for this host. */
  | 'new'
  /** The host is on record, but with keys of other types only. */
  | 'new-algorithm'
  /** Another key of the same type is on record: a reinstalled server, or somebody in between. */
  | 'changed'
  /** On record as never to be trusted. */
  | 'revoked';

/**
 * Compares by type and key, never by type alone (false alarms) and never by host alone.
 * Revocation wins over a match, a match over everything else: a host may have several keys.
 */
export function classify(known: readonly KnownHostKey[], presented: HostKey): HostKeyVerdict {
  const same = known.filter((key) => key.type === presented.type && key.blob.equals(presented.blob));
  if (same.some((key) => key.revoked)) return 'revoked';
  if (same.length > 0) return 'match';
  const valid = known.filter((key) => !key.revoked);
  if (valid.length === 0) return 'new';
  return valid.some((key) => key.type === presented.type) ? 'changed' : 'new-algorithm';
}

/** `SHA256:…` exactly as ssh-keygen prints it (base64 without padding). */
export function fingerprint(blob: Uint8Array): string {
  return `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
}

/** Reads the type from the key's wire form; null when it is not one (the length word does not fit). */
export function parseHostKey(blob: Buffer): HostKey | null {
  if (blob.length < 5) return null;
  const typeBytes = blob.readUInt32BE(0);
  if (typeBytes === 0 || typeBytes > 64 || 4 + typeBytes >= blob.length) return null;
  return { type: blob.toString('latin1', 4, 4 + typeBytes), blob };
}

/** Command for the server's own console, where nobody is in between, that prints the true fingerprint. */
export function fingerprintCommand(type: string): string {
  const file = type === 'ssh-rsa' ? 'rsa' : type.startsWith('ecdsa-') ? 'ecdsa' : 'ed25519';
  return `ssh-keygen -lf /etc/ssh/ssh_host_${file}_key.pub`;
}
