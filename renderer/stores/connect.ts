/** Connecting: asks for what the pair's log-in needs, then leaves the rest to the core. */
import { RACK_PAIR_ID } from '../../electron/common/contract/console.ts';
import type { NodeSecrets, NodeSpec, PairSpec } from '../../electron/common/contract/pair.ts';
import { link } from './link.ts';
import { attempt } from './notices.ts';
import { selectPair, usePairs } from './pairs.ts';
import { useUi } from './ui.ts';

export type SecretField = 'password' | 'passphrase' | 'sudoPassword';

/** The secrets a node's log-in may want, in the order in which they are used. */
export function secretFields(node: Pick<NodeSpec, 'auth' | 'sudo' | 'user'>): SecretField[] {
  const fields: SecretField[] = [];
  if (node.auth.method === 'password') fields.push('password');
  if (node.auth.method === 'key') fields.push('passphrase');
  if (node.sudo === 'sudo-password' && node.user !== 'root') fields.push('sudoPassword');
  return fields;
}

const needsSecrets = (spec: PairSpec): boolean => spec.nodes.some((node) => secretFields(node).length > 0);

/** Selects the pair and connects, asking for secrets first where its profile needs some. The rack needs none. */
export function connectPair(pairId: string): void {
  const spec = usePairs.getState().list.find((p) => p.id === pairId);
  selectPair(pairId);
  useUi.setState({ entered: true });
  if (pairId !== RACK_PAIR_ID && spec !== undefined && needsSecrets(spec)) useUi.setState({ secretsFor: pairId });
  else void connectWith(pairId, {});
}

export async function connectWith(pairId: string, secrets: Record<string, NodeSecrets>): Promise<void> {
  useUi.setState({ secretsFor: null });
  await attempt(() => link.client.pairConnect({ pairId, secrets }));
}

export function disconnectPair(pairId: string): void {
  void attempt(() => link.client.pairDisconnect({ pairId }));
}
