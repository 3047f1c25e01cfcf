import { createHash } from 'node:crypto';
import ssh2 from 'ssh2';

/** An ed25519 key pair in OpenSSH's formats, with the fingerprint that a person compares. */
export interface SshKeyPair {
  readonly privatePem: string;
  readonly publicLine: string;
  readonly sha256: string;
}

type Generate = (comment: string) => { private: string; public: string };

/** Enough that only a broken generator fails: one key in 256 is refused. */
const ATTEMPTS_MAX = 16;

const generateEd25519: Generate = (comment) => ssh2.utils.generateKeyPairSync('ed25519', { comment });

/**
 * Makes a key pair that ssh2 itself can read. Its generator (1.17.0) strips leading zero bytes off the public half, so one
 * pair in 256 comes out malformed and the server that gets it dies at its start: those are thrown away.
 */
export function makeSshKey(comment: string, generate: Generate = generateEd25519): SshKeyPair {
  for (let attempt = 0; attempt < ATTEMPTS_MAX; attempt += 1) {
    const pair = generate(comment);
    if (isReadable(pair.private) && isReadable(pair.public)) return describeKey(pair);
  }
  throw new Error(`no readable SSH key in ${String(ATTEMPTS_MAX)} attempts: the key generator is broken`);
}

function isReadable(key: string): boolean {
  return !(ssh2.utils.parseKey(key) instanceof Error);
}

function describeKey(pair: { private: string; public: string }): SshKeyPair {
  const blob = Buffer.from(pair.public.split(' ')[1] ?? '', 'base64');
  const digest = createHash('sha256').update(blob).digest('base64').replace(/=+$/, '');
  return { privatePem: pair.private, publicLine: pair.public, sha256: `SHA256:${digest}` };
}
