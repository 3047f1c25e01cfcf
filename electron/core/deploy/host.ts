/** What deploying needs of a node's connection: the service's connector plus commands that run to their end. */
import type { CancelSignal } from '../../../agent/common/rpc/cancel.ts';
import { quote, refuse, say } from '../../common/words/sentence.ts';
import type { Outcome } from '../../common/words/sentence.ts';
import type { NodeConnector } from '../service/ports.ts';
import type { SshConnection } from '../ssh/connection.ts';
import { parseFacts } from './facts.ts';
import type { Fact } from './facts.ts';
import { scriptCommand } from './scripts/stage.ts';

export type DeployHost = NodeConnector & Pick<SshConnection, 'run' | 'start' | 'beginBulk'>;

/** Runs a reporting script as root and reads its report. */
export async function report(
  host: DeployHost,
  script: string,
  header: string,
  keys: ReadonlySet<string>,
  options: { readonly timeoutMs: number; readonly signal?: CancelSignal },
): Promise<Outcome<Fact[]>> {
  const ran = await host.run(scriptCommand(Buffer.byteLength(script)), { asRoot: true, stdin: script, ...options });
  if (!ran.ok) return refuse(ran.reason, quote(ran));
  const parsed = parseFacts(ran.value.stdout, header, keys);
  if (parsed.ok) return parsed;
  const stderr = ran.value.stderr.trim();
  if (stderr !== '') return refuse('command-failed', quote({ detail: stderr }));
  return refuse(parsed.reason, say('scriptUnreadable', { why: parsed.detail }));
}
