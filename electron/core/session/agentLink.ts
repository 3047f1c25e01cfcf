/** Opens the rpc to a node's agent through its SSH connection, and says in words why it cannot. */
import { connect } from '../../../agent/common/rpc/client.ts';
import { AGENT_PROTOCOL_VERSION, agentContract } from '../../../agent/common/rpc/agentContract.ts';
import type { Channel } from '../../../agent/common/rpc/channel.ts';
import type { Client } from '../../../agent/common/rpc/contract.ts';
import type { NodeConnection } from '../../common/contract/state.ts';
import { say } from '../../common/words/sentence.ts';
import type { Said } from '../../common/words/sentence.ts';
import { within } from '../base/time.ts';
import type { NodeConnector, RemoteProcess } from '../service/ports.ts';
import { ATTACH_COMMAND, channelOver } from '../ssh/attach.ts';
import { StartError } from '../ssh/connection.ts';

export type AgentClient = Client<typeof agentContract>;
export type AgentPhase = NodeConnection['agent'];

/** How long the agent may take to say hello, milliseconds: start of a Node process on a slow server. */
const HELLO_MS_MAX = 10_000;

/** The shell's exit status for a command that does not exist. */
const STATUS_NOT_FOUND = 127;

/** Standard error kept for the explanation, characters. */
const ERROR_TEXT_MAX = 2000;

export type AttachResult =
  | {
      readonly ok: true;
      readonly client: AgentClient;
      readonly channel: Channel;
      readonly version: string;
      readonly journalId: string;
    }
  | { readonly ok: false; readonly agent: AgentPhase };

function whyNot(status: number | null, errorText: string): AgentPhase {
  if (status === STATUS_NOT_FOUND) return { phase: 'absent', version: null, ...say('agentNotInstalled') };
  const exit = status === null ? say('exitUnknown') : say('exitStatus', { status });
  const why = errorText === '' ? exit : say('inItsWords', { text: errorText });
  return { phase: 'stopped', version: null, ...say('agentSilentBecause', { why }) };
}

function wordsOf(error: unknown): Said {
  if (error instanceof StartError) return error.words;
  return say('inItsWords', { text: error instanceof Error ? error.message : String(error) });
}

/** One attempt. Never throws for what the node may do. */
export async function attachAgent(connector: NodeConnector): Promise<AttachResult> {
  let process: RemoteProcess;
  try {
    process = await connector.exec(ATTACH_COMMAND, { asRoot: true });
  } catch (error) {
    return { ok: false, agent: { phase: 'unknown', version: null, ...wordsOf(error) } };
  }
  let errorText = '';
  process.onErrorText((text) => {
    errorText = (errorText + text).slice(-ERROR_TEXT_MAX);
  });
  const ended = new Promise<number | null>((resolve) => process.onExit(resolve));
  const channel = channelOver(process);
  const client = connect(channel, agentContract);
  try {
    const hello = await within(
      HELLO_MS_MAX,
      'the agent did not answer in time',
      client.hello({ protocol: AGENT_PROTOCOL_VERSION }),
    );
    if (hello.protocol !== AGENT_PROTOCOL_VERSION) {
      channel.close();
      const why = say('agentProtocol', { theirs: hello.protocol, ours: AGENT_PROTOCOL_VERSION });
      return { ok: false, agent: { phase: 'other-version', version: hello.version, ...why } };
    }
    return { ok: true, client, channel, version: hello.version, journalId: hello.journalId };
  } catch {
    channel.close();
    const status = await within(1000, '', ended).catch(() => null);
    return { ok: false, agent: whyNot(status, errorText.trim()) };
  }
}
