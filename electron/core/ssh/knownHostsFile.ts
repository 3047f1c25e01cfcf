/** The user's known_hosts on disk, and read-only ones besides it. Nothing of what others wrote is ever lost. */
import { randomBytes } from 'node:crypto';
import { chmod, chown, mkdir, open, readFile, realpath, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { HostKey, KnownHostKey } from './hostKey.ts';
import { forgetHost, lineForKey, lookupHost, parseKnownHosts, printKnownHosts } from './knownHosts.ts';

/** Largest known_hosts read, bytes: a site with 20 000 hosts has about 8 MB. */
const KNOWN_HOSTS_BYTES_MAX = 16 << 20;

/** How often a replacement is redone because another program changed the file meanwhile. */
const REPLACE_TRIES_MAX = 5;

/** Where host keys are looked up and remembered. */
export interface HostKeyStore {
  /** Keys on record. `presented` matters for hosts on odd ports only (see lookupHost). */
  lookup(
    host: string,
    port: number,
    presented: HostKey | null,
  ): Promise<{ keys: readonly KnownHostKey[]; notes: readonly string[] }>;
  /** Adds a key. Throws when the disk refuses. */
  remember(host: string, port: number, key: HostKey): Promise<void>;
  /** Forgets the host's keys and adds this one. Throws when the disk refuses. */
  replace(host: string, port: number, key: HostKey): Promise<void>;
}

/** Writes of one file wait for each other: two nodes are often accepted in the same second. */
const queues = new Map<string, Promise<void>>();

function inTurn(path: string, work: () => Promise<void>): Promise<void> {
  const turn = (queues.get(path) ?? Promise.resolve()).then(work);
  queues.set(
    path,
    turn.catch(() => undefined),
  );
  return turn;
}

/**
 * `userFile` is read and written (usually ~/.ssh/known_hosts); `readOnlyFiles` are read too
 * (/etc/ssh/ssh_known_hosts). Missing files are empty.
 */
export function knownHostsFile(userFile: string, readOnlyFiles: readonly string[] = []): HostKeyStore {
  return {
    async lookup(host, port, presented) {
      const texts = await Promise.all([userFile, ...readOnlyFiles].map(readText));
      const found = texts.map((text) => lookupHost(parseKnownHosts(text), host, port, presented));
      return { keys: found.flatMap((one) => one.keys), notes: found.flatMap((one) => one.notes) };
    },
    remember: (host, port, key) => inTurn(userFile, () => append(userFile, host, port, key)),
    replace: (host, port, key) => inTurn(userFile, () => replace(userFile, host, port, key)),
  };
}

async function readText(path: string): Promise<string> {
  try {
    if ((await stat(path)).size > KNOWN_HOSTS_BYTES_MAX)
      throw new Error(`${path} is larger than ${KNOWN_HOSTS_BYTES_MAX} bytes`);
    return await readFile(path, 'latin1');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return '';
    throw error;
  }
}

/** Appending in one write, as ssh itself does, cannot undo what another program adds at the same time. */
async function append(path: string, host: string, port: number, key: HostKey): Promise<void> {
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const line = lineForKey(parseKnownHosts(await readText(path)), host, port, key, randomBytes(20));
  const file = await open(path, 'a', 0o600);
  try {
    await file.write(line, null, 'latin1');
    await file.sync();
  } finally {
    await file.close();
  }
}

async function replace(path: string, host: string, port: number, key: HostKey): Promise<void> {
  for (let tries = 1; ; tries++) {
    const before = await readText(path);
    if (before === '') return append(path, host, port, key);
    const kept = forgetHost(parseKnownHosts(before), host, port);
    const after = printKnownHosts(kept) + lineForKey(kept, host, port, key, randomBytes(20));
    if (await writeIfUnchanged(path, before, after)) return;
    if (tries === REPLACE_TRIES_MAX) throw new Error(`${path} keeps being changed by another program`);
  }
}

/** New file beside the old one, same mode and owner, then renamed over it: a crash leaves one of the two. */
async function writeIfUnchanged(path: string, before: string, after: string): Promise<boolean> {
  const target = await realpath(path);
  const { mode, uid, gid } = await stat(target);
  const fresh = join(dirname(target), `.known_hosts.${randomBytes(6).toString('hex')}`);
  const file = await open(fresh, 'wx', 0o600);
  try {
    await file.writeFile(after, 'latin1');
    await file.sync();
    await file.close();
    await chmod(fresh, mode & 0o777);
    await chown(fresh, uid, gid).catch(() => undefined);
    if ((await readText(path)) !== before) return false;
    await rename(fresh, target);
    return true;
  } finally {
    await file.close().catch(() => undefined);
    await rm(fresh, { force: true });
  }
}
