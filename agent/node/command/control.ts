/** The verbs that talk to a running daemon. */
import { createInterface } from 'node:readline/promises';
import type { RpcError } from '../../common/rpc/messages.ts';
import { readJournal } from '../journal/journal.ts';
import type { Arguments } from './args.ts';
import { openClient, openSocket, type AgentClient } from './client.ts';
import { EXIT, type ExitStatus } from './exitStatus.ts';
import { lastRefusal, REFUSED } from './refusal.ts';
import { statusText } from './statusText.ts';

function complain(text: string): void {
  process.stderr.write(`twinbeat-agent: ${text}\n`);
}

/** How long the outcome of a standby or takeover is awaited; a service script may take its time. */
const OUTCOME_TIMEOUT_MS = 180_000;

async function withClient(args: Arguments, work: (client: AgentClient) => Promise<ExitStatus>): Promise<ExitStatus> {
  const opened = await openClient(args.runDir);
  if (!opened.ok) {
    complain(opened.detail);
    return opened.reason === 'not-permitted' ? EXIT.notPermitted : EXIT.notRunning;
  }
  try {
    return await work(opened.value.client);
  } catch (error) {
    complain((error as RpcError).message);
    return EXIT.failed;
  } finally {
    opened.value.close();
  }
}

/** `status`. */
export function showStatus(args: Arguments): Promise<ExitStatus> {
  return withClient(args, async (client) => {
    const status = await client.status({});
    process.stdout.write(`${args.json ? JSON.stringify(status) : statusText(status)}\n`);
    return EXIT.ok;
  });
}

/** `standby` and `takeover`: asks, then prints what comes of it until it is done or refused. */
export function operate(args: Arguments, request: 'standby' | 'takeover'): Promise<ExitStatus> {
  return withClient(args, async (client) => {
    const { monotonicMs: askedAtMs, wallMs: askedWallMs } = await client.clock({});
    const reply = await client[request]({ set: args.set });
    if (!reply.accepted) {
      complain(reply.detail);
      return EXIT.refused;
    }
    const signal = AbortSignal.timeout(OUTCOME_TIMEOUT_MS);
    for await (const event of client.events({ fromSeq: 1 }, signal)) {
      const { kind, phase, detail } = event.body as { kind: string; phase?: string; detail?: string };
      // The journal begins with the past, also with that of earlier boots, whose clock was another one.
      if (kind !== 'standby' || event.at.monotonicMs < askedAtMs || event.wallMs < askedWallMs) continue;
      process.stdout.write(
        `${request}: ${phase ?? ''}${detail === undefined || detail === '' ? '' : ` (${detail})`}\n`,
      );
      if (phase === 'done') return EXIT.ok;
      if (phase === 'refused' || phase === 'timed-out') return EXIT.refused;
    }
    complain(`${request} was asked, and its end was not seen`);
    return EXIT.failed;
  });
}

/** `stop`: returns when the daemon has ended. */
export function stopDaemon(args: Arguments): Promise<ExitStatus> {
  return withClient(args, async (client) => {
    const reply = await client.stop({});
    if (!reply.accepted) {
      complain(reply.detail);
      return EXIT.refused;
    }
    // The stream ends with the connection, and that with the daemon.
    try {
      for await (const event of client.events({ fromSeq: 1 })) void event;
    } catch {
      // Closed: it has ended.
    }
    return EXIT.ok;
  });
}

/** `reload`: prints what signs now, or what is wrong with the file. */
export function reloadKeys(args: Arguments): Promise<ExitStatus> {
  return withClient(args, async (client) => {
    const reply = await client.reload({});
    if (!reply.accepted) {
      complain(reply.detail);
      return EXIT.refused;
    }
    process.stdout.write(`${reply.detail}\n`);
    return EXIT.ok;
  });
}

/** Asks on a terminal; null: there is none to ask on. */
async function askForName(question: string): Promise<string | null> {
  if (!process.stdin.isTTY) return null;
  const lines = createInterface({ input: process.stdin, output: process.stdout });
  try {
    // An end of input or Ctrl-C closes the question without an answer.
    const unanswered = new Promise<string>((resolve) => lines.once('close', () => resolve('')));
    return (await Promise.race([lines.question(question), unanswered])).trim();
  } finally {
    lines.close();
  }
}

/**
 * `confirm-dead`: a person vouches for the peer being off. Asked for by its name, because both nodes would hold the
 * addresses if it were not.
 */
export function confirmDead(args: Arguments): Promise<ExitStatus> {
  return withClient(args, async (client) => {
    if (!args.yes) {
      const { peerName } = await client.status({});
      const typed = await askForName(`If ${peerName} is not off, both nodes will hold the addresses. Its name: `);
      if (typed === null) {
        complain('there is no terminal to ask on; confirm-dead --yes answers the question');
        return EXIT.usage;
      }
      if (typed.toLowerCase() !== peerName) {
        complain(`that is not ${peerName}: nothing was done`);
        return EXIT.refused;
      }
    }
    const reply = await client.confirmDead({});
    if (!reply.accepted) {
      complain(reply.detail);
      return EXIT.refused;
    }
    process.stdout.write(`${reply.detail}\n`);
    return EXIT.ok;
  });
}

/** `journal`: what is on disk, also when no daemon runs; with `--follow` from the daemon, and on. */
export function showJournal(args: Arguments): Promise<ExitStatus> {
  if (!args.follow) {
    const events = readJournal(args.stateDir);
    if (events === null) {
      complain(`there is no journal in ${args.stateDir}`);
      return Promise.resolve(EXIT.failed);
    }
    for (const event of events) {
      if (event.seq >= args.from) process.stdout.write(`${JSON.stringify(event)}\n`);
    }
    return Promise.resolve(EXIT.ok);
  }
  return withClient(args, async (client) => {
    for await (const event of client.events({ fromSeq: args.from })) process.stdout.write(`${JSON.stringify(event)}\n`);
    return EXIT.ok;
  });
}

/** `attach`: bytes in both directions, until either side ends. */
export async function attach(args: Arguments): Promise<ExitStatus> {
  const opened = await openSocket(args.runDir);
  if (!opened.ok) {
    const refused = lastRefusal(args.runDir);
    complain(refused === null ? opened.detail : `${REFUSED}${refused}`);
    return opened.reason === 'not-permitted' ? EXIT.notPermitted : EXIT.notRunning;
  }
  const socket = opened.value;
  process.stdin.pipe(socket);
  socket.pipe(process.stdout);
  process.stdin.on('error', () => socket.destroy());
  process.stdout.on('error', () => socket.destroy());
  socket.on('error', () => socket.destroy());
  await new Promise<void>((resolve) => socket.once('close', () => resolve()));
  return EXIT.ok;
}
