/**
 * The browser host as a program: prints one address, serves until it is told to stop, then takes
 * its rack down. `main.ts [--port PORT]`. Enter in its terminal prints a new address.
 */
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { parseArgs } from 'node:util';
import { userDirs } from '../core/profiles/files.ts';
import { assembleConsole } from '../core/service/assemble.ts';
import { noSecretStore } from '../core/service/secrets.ts';
import { attachRack, rackSupport, startRack } from '../lab/index.ts';
import { startWebServer } from './server.ts';
import type { WebServer } from './server.ts';

const APP_DIR = dirname(dirname(import.meta.dirname));

/** Signals closer together than this are one wish to stop, milliseconds. */
const SAME_SIGNAL_MS = 500;

/** Exit statuses; the CLI's table (docs/cli.md) has the same numbers. */
const EXIT_USAGE = 2;
const EXIT_INTERNAL = 70;

function portOf(args: readonly string[]): number {
  const { values } = parseArgs({ args: [...args], options: { port: { type: 'string', default: '0' } } });
  const port = Number(values.port);
  if (!Number.isInteger(port) || port < 0 || port > 65535)
    throw new Error(`--port ${values.port}: expected a number up to 65535`);
  return port;
}

function report(problem: string): void {
  process.stderr.write(`twinbeat: ${problem}\n`);
}

function printAddress(server: WebServer): void {
  process.stdout.write(`Twinbeat console: ${server.newUrl()}\n`);
}

async function main(): Promise<void> {
  const { version } = JSON.parse(readFileSync(join(APP_DIR, 'package.json'), 'utf8')) as { version: string };
  const core = assembleConsole({
    host: 'web',
    version,
    ...userDirs(process.env, process.platform),
    appDir: APP_DIR,
    nodePath: process.execPath,
    lab: {
      keepsRunning: false,
      support: rackSupport,
      start: (options, onState, signal) => startRack({ ...options, onState, signal }),
      attach: () => attachRack(),
    },
    secretStore: noSecretStore('the browser host has no key store; secrets are kept until the console ends'),
    report,
  });
  await core.attachRack();
  const server = await startWebServer({
    implementation: core.implementation,
    newContext: () => ({}),
    rendererDir: join(APP_DIR, 'build', 'renderer'),
    port: portOf(process.argv.slice(2)),
  });
  printAddress(server);
  if (process.stdin.isTTY) createInterface({ input: process.stdin }).on('line', () => printAddress(server));
  let stopping = false;
  let stoppingSinceMs = 0;
  const stop = (): void => {
    if (stopping) {
      // A second Ctrl-C does not wait; the rack's own guard cleans up then. One Ctrl-C arrives more than
      // once: from the terminal and from the launcher.
      if (performance.now() - stoppingSinceMs > SAME_SIGNAL_MS) process.exit(0);
      return;
    }
    stopping = true;
    stoppingSinceMs = performance.now();
    void server
      .close()
      .then(() => core.close())
      .then(() => process.exit(0));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  // The launcher's channel closes when the launcher dies, whatever killed it.
  process.channel?.unref();
  process.once('disconnect', stop);
}

try {
  portOf(process.argv.slice(2));
} catch (error) {
  report(error instanceof Error ? error.message : String(error));
  process.exit(EXIT_USAGE);
}
main().catch((error: unknown) => {
  report(error instanceof Error ? error.message : String(error));
  process.exit(EXIT_INTERNAL);
});
