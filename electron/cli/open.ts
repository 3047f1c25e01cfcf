/** A console for one verb: the same core as the window and the browser have, spoken to by the same contract. */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { connect } from '../../agent/common/rpc/client.ts';
import type { Client } from '../../agent/common/rpc/contract.ts';
import { memoryChannelPair } from '../../agent/common/rpc/memory.ts';
import { serve } from '../../agent/common/rpc/server.ts';
import { consoleContract, RACK_PAIR_ID } from '../common/contract/console.ts';
import type { ConsoleContract } from '../common/contract/console.ts';
import type { NodeSecrets, PairSpec } from '../common/contract/pair.ts';
import { userDirs } from '../core/profiles/files.ts';
import { readPairFile } from '../core/profiles/profiles.ts';
import { assembleConsole } from '../core/service/assemble.ts';
import type { AssembleOptions } from '../core/service/assemble.ts';
import type { ConsoleCore } from '../core/service/console.ts';
import type { RackPort } from '../core/service/ports.ts';
import { noSecretStore } from '../core/service/secrets.ts';
import { attachRack, rackSupport, startRack } from '../lab/index.ts';
import { CliError } from './exitStatus.ts';
import type { CliIo } from './io.ts';
import { firstLineOfStdin } from './io.ts';
import type { Parsed } from './usage.ts';

/** The application's own files, from this source file's place. */
export const APP_DIR = dirname(dirname(import.meta.dirname));

export type ConsoleClient = Client<ConsoleContract>;

export interface CliConsole {
  readonly client: ConsoleClient;
  readonly core: ConsoleCore;
  close(): Promise<void>;
}

export interface CliConsoleOptions {
  /** Name of a rack of its own; null: the shared one. */
  readonly rackName: string | null;
  /** A rack that is started here goes on when the verb is done. */
  readonly keepRack: boolean;
  /** What happens is recorded beside the window's own sessions: it is worth more than what the verb prints. */
  readonly keepRecord: boolean;
}

function labPort({ rackName, keepRack }: CliConsoleOptions): RackPort {
  const name = rackName === null ? {} : { name: rackName };
  return {
    keepsRunning: keepRack,
    support: rackSupport,
    start: (options, onState, signal) => startRack({ ...options, ...name, detached: keepRack, onState, signal }),
    attach: () => (rackName === null ? attachRack() : attachRack(rackName)),
  };
}

/** Version of the product, from package.json. */
export function productVersion(): string {
  return (JSON.parse(readFileSync(join(APP_DIR, 'package.json'), 'utf8')) as { version: string }).version;
}

/** A store that cannot be opened is a matter of this computer and no mistake of the program: its sentence says what to do. */
function assembled(options: AssembleOptions): ConsoleCore {
  try {
    return assembleConsole(options);
  } catch (error) {
    throw new CliError('failed', (error as Error).message);
  }
}

/** Opens a console. What goes wrong aside is warned about on standard error. */
export function openConsole(io: CliIo, options: CliConsoleOptions): CliConsole {
  const dirs = userDirs(process.env, process.platform);
  const core = assembled({
    host: 'cli',
    version: productVersion(),
    ...dirs,
    drillDir: join(dirs.dataDir, 'drills'),
    // Most verbs are over in a minute; what they measured is what they print.
    ...(options.keepRecord ? {} : { dataDir: null }),
    appDir: APP_DIR,
    nodePath: process.execPath,
    lab: labPort(options),
    secretStore: noSecretStore('the command line keeps no secrets'),
    report: (problem) => io.warn(problem),
  });
  const [near, far] = memoryChannelPair();
  serve(far, consoleContract, core.implementation, {});
  const client = connect(near, consoleContract);
  return {
    client,
    core,
    close: async () => {
      await core.close();
      near.close();
    },
  };
}

/** Which pair the command line means: its id, after making it known to the console. */
export async function choosePair(parsed: Parsed, opened: CliConsole): Promise<PairSpec> {
  const file = parsed.text('pair');
  if (parsed.flag('rack') === (file !== null))
    throw new CliError('usage', 'say which pair: either --rack or --pair FILE');
  if (file !== null) {
    const read = readPairFile(file);
    if (!read.ok) throw new CliError('pairFile', read.detail);
    // An id of its own: the file given here wins over a saved pair, and cannot be taken for the rack.
    const spec = read.value.id === RACK_PAIR_ID ? { ...read.value, id: 'pair-file' } : read.value;
    opened.core.givePair(spec);
    return spec;
  }
  if (!(await opened.core.attachRack())) throw new CliError('rackDown', 'no rack is running: start one with "rack up"');
  const spec = (await opened.client.pairList({})).find((pair) => pair.id === RACK_PAIR_ID);
  if (spec === undefined) throw new CliError('rackDown', 'the rack went down');
  return spec;
}

/** Passwords for the nodes that want one: from --password-stdin, TWINBEAT_PASSWORD, or asked on the terminal. */
export async function secretsFor(spec: PairSpec, parsed: Parsed, io: CliIo): Promise<Record<string, NodeSecrets>> {
  const needs = spec.nodes.filter((n) => n.auth.method === 'password' || n.sudo === 'sudo-password');
  if (needs.length === 0) return {};
  const given = parsed.flag('password-stdin') ? await firstLineOfStdin() : process.env['TWINBEAT_PASSWORD'];
  // Programs that we start have no business with it.
  delete process.env['TWINBEAT_PASSWORD'];
  const secrets: Record<string, NodeSecrets> = {};
  for (const node of needs) {
    const password = given ?? (await io.askSecret(`Password of ${node.user} on ${node.name} (${node.host}): `));
    secrets[node.name] = { password, sudoPassword: password, remember: false };
  }
  return secrets;
}
