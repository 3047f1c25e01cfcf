/** The console as every host puts it together: SSH with the user's known_hosts, the deployer, the agent's files. */
import { homedir } from 'node:os';
import { join } from 'node:path';
import { bundledPayload, createDeployer } from '../deploy/index.ts';
import { knownHostsFile, SshConnection } from '../ssh/index.ts';
import { createConsole } from './console.ts';
import type { ConsoleCore } from './console.ts';
import type { ConsoleOptions } from './core.ts';

export interface AssembleOptions extends Omit<
  ConsoleOptions,
  'createConnector' | 'deployer' | 'probe' | 'wallMs' | 'resourcesDir'
> {
  /** Root of the application's own files; `build/agent` below it is what is deployed. */
  readonly appDir: string;
  /** Default: `build/agent` below appDir. */
  readonly agentDir?: string;
  /** Compressed runtimes are kept here, about 50 MB each. */
  readonly cacheDir: string;
  /** A Node of at least 22 that runs the probe; null: this host cannot probe. */
  readonly nodePath: string | null;
}

/** Makes the console. Throws when the session store cannot be opened. */
export function assembleConsole(options: AssembleOptions): ConsoleCore {
  const { appDir, agentDir = join(appDir, 'build', 'agent'), nodePath, cacheDir, ...rest } = options;
  const hostKeys = knownHostsFile(join(homedir(), '.ssh', 'known_hosts'), ['/etc/ssh/ssh_known_hosts']);
  return createConsole({
    ...rest,
    resourcesDir: join(appDir, 'resources'),
    wallMs: () => Date.now(),
    createConnector: (spec) => new SshConnection(spec, { hostKeys }),
    deployer: createDeployer({
      payload: bundledPayload(appDir, agentDir, rest.version),
      cacheDir,
    }),
    probe: nodePath === null ? null : { runtime: nodePath, bundle: join(agentDir, 'twinbeat-agent.cjs') },
  });
}
