/** Secrets of a pair's nodes: what the caller gives now, else what the system's key store kept. */
import type { NodeSecrets, PairSpec } from '../../common/contract/pair.ts';
import type { SecretStore } from './ports.ts';

const FIELDS = ['password', 'passphrase', 'sudoPassword'] as const;

/** For hosts without a key store: nothing is kept. */
export function noSecretStore(reason: string): SecretStore {
  return {
    available: false,
    reason,
    get: () => Promise.resolve(null),
    set: () => Promise.resolve(),
    remove: () => Promise.resolve(),
  };
}

const keyOf = (pairId: string, node: string, field: string): string => `pair/${pairId}/${node}/${field}`;

/** What was kept for a node; null when nothing was. */
export async function keptSecrets(store: SecretStore, pairId: string, node: string): Promise<NodeSecrets | null> {
  if (!store.available) return null;
  const kept: NodeSecrets = { remember: false };
  let found = false;
  for (const field of FIELDS) {
    const value = await store.get(keyOf(pairId, node, field));
    if (value === null) continue;
    kept[field] = value;
    found = true;
  }
  return found ? kept : null;
}

/** Keeps what was given, when that was wished and there is a real key store. Call when it has proven right. */
export async function keepSecrets(
  store: SecretStore,
  pairId: string,
  node: string,
  secrets: NodeSecrets,
): Promise<void> {
  if (!store.available || !secrets.remember) return;
  for (const field of FIELDS) {
    const value = secrets[field];
    if (value !== undefined) await store.set(keyOf(pairId, node, field), value);
  }
}

/** Forgets everything of a pair. */
export async function dropSecrets(store: SecretStore, pair: PairSpec): Promise<void> {
  if (!store.available) return;
  for (const node of pair.nodes) {
    for (const field of FIELDS) await store.remove(keyOf(pair.id, node.name, field));
  }
}
