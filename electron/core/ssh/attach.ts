/** The rpc channel to a node's agent: the standard streams of `twinbeat-agent attach`. The agent has no open port. */
import type { Channel } from '../../../agent/common/rpc/channel.ts';
import { ndjsonChannel } from '../../../agent/common/rpc/ndjson.ts';
import type { RemoteProcess } from '../service/ports.ts';

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
