/** The rpc channel to a node's agent: the standard streams of `twinbeat-agent attach`. The agent has no open port. */
import { ok } from '../../../agent/common/base/result.ts';
import type { Result } from '../../../agent/common/base/result.ts';
import type { Channel } from '../../../agent/common/rpc/channel.ts';
import { ndjsonChannel } from '../../../agent/common/rpc/ndjson.ts';
import type { RemoteProcess } from '../service/ports.ts';
import type { SshConnection, StartFailure } from './connection.ts';

/** Full path: the search path of a non-interactive login often lacks /usr/local/sbin. */
export const ATTACH_COMMAND = '/usr/local/sbin/twinbeat-agent attach';

/** Speaks NDJSON over a running command. The channel closes with the command. */
export function channelOver(process: RemoteProcess): Channel {
  const decoder = new TextDecoder();
  return ndjsonChannel({
    write: (text) => process.write(text),
    onText: (listener) => process.onData((bytes) => listener(decoder.decode(bytes, { stream: true }))),
    onEnd: (listener) => process.onExit(() => listener()),
    end: () => process.close(),
  });
}

/** Attaches to the agent on a connected node. `onGone` gets what the command said when it ended (for people). */
export async function attachAgent(
  connection: SshConnection,
  onGone: (detail: string) => void,
): Promise<Result<Channel, StartFailure>> {
  const started = await connection.start(ATTACH_COMMAND, { asRoot: true });
  if (!started.ok) return started;
  let said = '';
  started.value.onErrorText((text) => {
    said = (said + text).slice(-2000);
  });
  started.value.onExit((status) =>
    onGone(said.trim() || (status === null ? 'the connection was lost' : `attach ended with status ${status}`)),
  );
  return ok(channelOver(started.value));
}
