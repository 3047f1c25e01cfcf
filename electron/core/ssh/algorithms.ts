/**
 * The algorithms we offer, written out. The library's defaults depend on what its crypto can
 * do at run time: under Electron (BoringSSL) chacha20-poly1305 is missing, so a list that
 * names only what both runtimes have behaves the same on the desktop, in the browser host
 * and in the tests. No SHA-1: every system our agent runs on (glibc 2.28) speaks better.
 */
import type { Algorithms } from 'ssh2';

const HOST_KEY_ALGORITHMS = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
] as const;

/** Key type that a signature algorithm belongs to. */
function keyTypeOf(algorithm: string): string {
  return algorithm.startsWith('rsa-sha2-') ? 'ssh-rsa' : algorithm;
}

/**
 * What to offer to a host whose keys of `knownTypes` are on record: those first, as OpenSSH
 * does, or a server with several keys would look like one with a new key.
 */
export function algorithmsFor(knownTypes: ReadonlySet<string>): Algorithms {
  const known = HOST_KEY_ALGORITHMS.filter((name) => knownTypes.has(keyTypeOf(name)));
  const others = HOST_KEY_ALGORITHMS.filter((name) => !knownTypes.has(keyTypeOf(name)));
  return {
    kex: [
      'curve25519-sha256',
      'curve25519-sha256@libssh.org',
      'ecdh-sha2-nistp256',
      'ecdh-sha2-nistp384',
      'ecdh-sha2-nistp521',
      'diffie-hellman-group-exchange-sha256',
      'diffie-hellman-group14-sha256',
      'diffie-hellman-group16-sha512',
    ],
    serverHostKey: [...known, ...others],
    cipher: ['aes128-gcm@openssh.com', 'aes256-gcm@openssh.com', 'aes128-ctr', 'aes256-ctr'],
    hmac: ['hmac-sha2-256-etm@openssh.com', 'hmac-sha2-512-etm@openssh.com', 'hmac-sha2-256', 'hmac-sha2-512'],
    // Compressing on the transport would only repeat what the upload already did.
    compress: ['none'],
  };
}
