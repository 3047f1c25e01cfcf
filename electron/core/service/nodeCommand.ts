/** Commands on a node that run to their end, over its connection. */
import { RpcError } from '../../../agent/common/rpc/messages.ts';
import { within } from '../base/time.ts';
import type { NodeConnector } from './ports.ts';

/** Longest wait for a service command on a node, milliseconds: stopping releases resources by their scripts. */
const SERVICE_MS_MAX = 60_000;

export interface Ended {
  /** null: the connection went away under it. */
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

/** Runs a command as root. Rejects when there is no connection, or after `limitMs`. */
export async function runCommand(connector: NodeConnector, command: string, limitMs: number): Promise<Ended> {
  const process = await connector.exec(command, { asRoot: true });
  const decoder = new TextDecoder();
  let [out, err] = ['', ''];
  process.onErrorText((said) => (err += said));
  process.onData((bytes) => (out += decoder.decode(bytes, { stream: true })));
  const ended = new Promise<number | null>((resolve) => process.onExit(resolve));
  const late = `${connector.spec.name} did not end a command within ${limitMs} ms: ${command}`;
  return { status: await within(limitMs, late, ended), out, err };
}

/** Starts or stops the deployed service by whatever starts services on the node. Throws `command-failed` with the node's words. */
export async function agentService(connector: NodeConnector, action: 'start' | 'stop'): Promise<void> {
  const systemd = `systemctl ${action} twinbeat-agent`;
  const command = `if [ -d /run/systemd/system ]; then ${systemd}; else /etc/init.d/twinbeat-agent ${action}; fi`;
  const { status, err } = await runCommand(connector, command, SERVICE_MS_MAX);
  if (status !== 0)
    throw new RpcError(
      'command-failed',
      `${connector.spec.name}: ${err.trim() || `exit status ${status ?? 'unknown'}`}`,
    );
}
