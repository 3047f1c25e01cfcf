/** The core's utility process: the same console as every host has, with the rack and the system's key store. */
import { existsSync } from 'node:fs';
import path from 'node:path';
import { fail, ok } from '../../agent/common/base/result.ts';
import type { Client } from '../../agent/common/rpc/contract.ts';
import { userDirs } from '../core/profiles/files.ts';
import { chromiumPrinter } from '../core/report/pdf.ts';
import { assembleConsole } from '../core/service/assemble.ts';
import type { ConsoleOptions } from '../core/service/core.ts';
import type { ConsoleContext } from '../core/service/coreMethods.ts';
import type { RackPort, SecretStore } from '../core/service/ports.ts';
import { attachRack, rackSupport, startRack, type LabInstall } from '../lab/index.ts';
import type { CoreStart } from './channels.ts';
import { serveCore, type ServedConsole } from './coreServer.ts';
import type { HostContract } from './hostContract.ts';

/**
 * The plain Node that comes with us, for what Electron cannot run itself: its own "run as Node" is
 * switched off in a packed application. null where there is no package of it.
 */
function findNode(appDir: string): string | null {
  const os = process.platform === 'win32' ? 'win' : process.platform;
  const file = process.platform === 'win32' ? 'node.exe' : 'node';
  const packages = [`node-${os}-${process.arch}`, `node-bin-${os}-${process.arch}`];
  const candidates = packages.map((name) => path.join(appDir, 'node_modules', name, 'bin', file));
  return candidates.find((candidate) => existsSync(candidate)) ?? null;
}

function labPort(install: LabInstall): RackPort {
  return {
    keepsRunning: false,
    support: rackSupport,
    start: (options, onState, signal) => startRack({ ...options, onState, signal, install }),
    attach: () => attachRack(),
  };
}

/** The key store is main's: asked over the port. */
async function hostSecrets(host: Client<HostContract>): Promise<SecretStore> {
  return {
    ...(await host.secretsState({})),
    get: async (key) => (await host.secretGet({ key })).value,
    set: async (key, value) => void (await host.secretSet({ key, value })),
    remove: async (key) => void (await host.secretRemove({ key })),
  };
}

/** Printing is main's too; where it fails, a browser of this computer may still do it. */
function hostPaper(host: Client<HostContract>): NonNullable<ConsoleOptions['paper']> {
  const browser = chromiumPrinter(process.env, process.platform);
  return {
    printer: {
      state: { available: true, detail: "Electron's own printing" },
      print: async (htmlFile, pdfFile) => {
        try {
          await host.printPdf({ htmlFile, pdfFile });
          return ok(undefined);
        } catch (error) {
          if (browser.state.available) return browser.print(htmlFile, pdfFile);
          return fail('not-printed', error instanceof Error ? error.message : String(error));
        }
      },
    },
    openFile: async (file) => void (await host.openFile({ file })),
  };
}

async function create(options: CoreStart, host: Client<HostContract>): Promise<ServedConsole<ConsoleContext>> {
  const { version, userDir, appDir, labEntry } = options;
  const nodePath = findNode(appDir);
  const hasRack = process.platform === 'linux' && nodePath !== null;
  const dirs =
    userDir === null
      ? userDirs(process.env, process.platform)
      : { configDir: userDir, dataDir: userDir, cacheDir: path.join(userDir, 'cache') };
  const core = assembleConsole({
    host: 'desktop',
    version,
    ...dirs,
    appDir,
    nodePath,
    lab: hasRack ? labPort({ appDir, nodePath, entry: labEntry }) : null,
    secretStore: await hostSecrets(host),
    paper: hostPaper(host),
    report: (problem) => process.stderr.write(`twinbeat: ${problem}\n`),
  });
  await core.attachRack();
  return { implementation: core.implementation, newContext: () => ({}), close: () => core.close() };
}

serveCore(process.parentPort, create, (code) => process.exit(code));
