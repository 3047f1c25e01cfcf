/** How a person gets into a node of the rack from a terminal. Pure. */
import type { PairSpec } from '../common/contract/pair.ts';

/**
 * The rack's keys are its own and new with every rack, so that no known_hosts can know them; and an ssh agent's keys, tried first,
 * would use up the attempts.
 */
const OPTIONS = [
  'StrictHostKeyChecking=no',
  'UserKnownHostsFile=/dev/null',
  'IdentitiesOnly=yes',
  'LogLevel=ERROR',
] as const;

const quoted = (word: string): string =>
  /^[A-Za-z0-9_@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", "'\\''")}'`;

/** The command line, for a shell; null where the node takes no key file. */
export function sshCommand({ auth, host, port, user }: PairSpec['nodes'][number]): string | null {
  if (auth.method !== 'key') return null;
  const options = OPTIONS.flatMap((option) => ['-o', option]);
  return ['ssh', '-i', auth.keyFile, '-p', String(port), ...options, `${user}@${host}`].map(quoted).join(' ');
}
