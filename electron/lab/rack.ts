/** Starting a rack and joining one that runs. */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync } from 'node:fs';
import { connect as connectSocket } from 'node:net';
import type { Socket } from 'node:net';
import { HaSpecSchema } from '../common/contract/pair.ts';
import { demandGaps } from '../common/setup/gaps.ts';
import { RackUpOptionsSchema } from '../common/contract/rack.ts';
import type { RackState, RackUpOptions } from '../common/contract/rack.ts';
import type { HostConfig } from './host/hostConfig.ts';
import { heartbeatReason } from './heartbeat.ts';
import { RackError } from './rackError.ts';
import { RackHandle } from './rackHandle.ts';
import { basePath, makeBase, placesOf, rackNames, removePlaces, sourceInstall } from './places.ts';
import type { LabInstall, RackPlaces } from './places.ts';
import { haOfRack, loadSetup } from './setup.ts';
import { rackSupport } from './support.ts';

export interface StartRackOptions extends Partial<RackUpOptions> {
  /** Racks with different names live side by side; `attachRack` finds it by name. Letters, digits, dashes. */
  readonly name?: string;
  /** Lives on after this process; `attachRack` and `down()` end it. Default: ends with this process, however that dies. */
  readonly detached?: boolean;
  /** Every state from the first on, for progress. */
  readonly onState?: (state: RackState) => void;
  /** Stops a start under way: the rack is taken down and startRack rejects with `cancelled`. */
  readonly signal?: AbortSignal;
  /** Where the app's files are, when it does not run from its sources. */
  readonly install?: LabInstall;
}

/** The rack that the console and the CLI share. */
export const DEFAULT_RACK_NAME = 'rack';

function joinSocket(path: string): Promise<Socket | null> {
  return new Promise((resolve) => {
    const socket = connectSocket(path);
    socket.once('connect', () => resolve(socket));
    socket.once('error', () => resolve(null));
  });
}

/** Sweeps up what racks left whose every process was killed at the same moment. */
async function removeStale(base: string): Promise<void> {
  for (const name of rackNames(base)) {
    const places = placesOf(base, name);
    // Without a socket it may be just starting.
    if (!existsSync(places.controlSocket)) continue;
    const socket = await joinSocket(places.controlSocket);
    if (socket === null) removePlaces(places);
    else socket.destroy();
  }
}

function takeName(name: string): RackPlaces {
  if (!/^[a-z0-9-]{1,40}$/i.test(name))
    throw new RackError('bad-name', `${name} cannot be a rack's name: letters, digits and dashes`);
  const places = placesOf(makeBase(), name);
  try {
    mkdirSync(places.dir, { mode: 0o700 });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
    throw new RackError('already-running', `a rack called ${name} runs already: stop it or attach to it`);
  }
  return places;
}

/** Resolves when the host says that its control socket is there. */
function listening(host: ChildProcess): Promise<void> {
  return new Promise((resolve, reject) => {
    let said = '';
    host.stderr?.setEncoding('utf8').on('data', (text: string) => (said = (said + text).slice(-2000)));
    host.stdout?.once('data', () => resolve());
    host.once('error', (error) => reject(new RackError('failed', `the rack host did not start: ${error.message}`)));
    host.once('exit', () => reject(new RackError('failed', `the rack host did not start: ${said.trim()}`)));
  });
}

function launchHost(config: HostConfig): ChildProcess {
  const { nodePath, entry } = config.install;
  const host = spawn(nodePath, [entry, 'host', JSON.stringify(config)], {
    cwd: '/',
    // A session of its own: the terminal's Ctrl-C is for whoever started us, who then closes our standard input.
    detached: true,
    stdio: [config.detached ? 'ignore' : 'pipe', 'pipe', 'pipe'],
    env: { ...process.env, ELECTRON_RUN_AS_NODE: '1', NODE_OPTIONS: '', NODE_NO_WARNINGS: '1' },
  });
  host.stdin?.on('error', () => undefined); // It ended first.
  return host;
}

/**
 * Starts a rack and resolves when both servers are on. Throws RackError: `unsupported` with the reason of
 * `rackSupport`, `already-running`, `bad-name`, `cancelled`, `failed`.
 */
export async function startRack(options: StartRackOptions = {}): Promise<RackHandle> {
  const { name = DEFAULT_RACK_NAME, detached = false, onState, signal, install = sourceInstall(), ...up } = options;
  const parsed = RackUpOptionsSchema.parse(up);
  const support = await rackSupport();
  if (support.mode === null) throw new RackError('unsupported', support.reason);
  const heartbeat = parsed.engine === 'heartbeat' ? heartbeatReason(support.mode, parsed) : null;
  if (heartbeat !== null) throw new RackError('unsupported', heartbeat);
  const setup = loadSetup(install.appDir, parsed.setup);
  const ha = haOfRack(setup, parsed);
  const timing = HaSpecSchema.safeParse(ha);
  if (!timing.success) {
    const problems = timing.error.issues.map((issue) => `${issue.path.join('.')}: ${issue.message}`);
    throw new RackError('failed', `no pair starts with this timing: ${problems.join('; ')}`);
  }
  const gaps = demandGaps(ha);
  if (gaps.length > 0) throw new RackError('failed', `setup ${setup.id} cannot do that: ${gaps.join(' ')}`);
  await removeStale(makeBase());
  const places = takeName(name);
  const host = launchHost({ places, install, options: parsed, mode: support.mode, detached });
  try {
    await listening(host);
  } catch (error) {
    removePlaces(places);
    throw error;
  }
  for (const stream of [host.stdout, host.stderr]) stream?.resume();
  if (detached) {
    host.unref();
    host.stdout?.destroy();
    host.stderr?.destroy();
  }
  const socket = await joinSocket(places.controlSocket);
  if (socket === null) throw new RackError('failed', 'the rack host ended while starting');
  const handle = new RackHandle(socket, detached ? null : host);
  const unlisten = onState === undefined ? () => undefined : handle.onState(onState);
  try {
    await handle.whenUp(signal);
  } catch (error) {
    await handle.down();
    throw error;
  } finally {
    unlisten();
  }
  return handle;
}

/** Joins the running rack called `name`; null when there is none. Several may be joined to one rack. */
export async function attachRack(name: string = DEFAULT_RACK_NAME): Promise<RackHandle | null> {
  const places = placesOf(basePath(), name);
  const socket = await joinSocket(places.controlSocket);
  if (socket === null) return null;
  const handle = new RackHandle(socket, null);
  try {
    await handle.whenUp();
  } catch (error) {
    handle.close();
    if (error instanceof RackError) return null;
    throw error;
  }
  return handle;
}
