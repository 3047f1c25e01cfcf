/** Entry of the fake executable: `electron [switches] [-r file] <app dir or main file> [arguments]`. */
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import inspector from 'node:inspector';
import { createRequire, registerHooks } from 'node:module';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { extractAsar } from './asar.ts';
import { createElectron, startBrowser } from './electron.ts';
import { report, Runtime, type BootOptions } from './runtime.ts';

/** The version that the repository pins: what a test of `process.versions.electron` expects. */
const ELECTRON_VERSION = '45.4.1';

interface CommandLine {
  readonly requires: readonly string[];
  readonly target: string | undefined;
}

function parseArguments(args: readonly string[]): CommandLine {
  const requires: string[] = [];
  for (let at = 0; at < args.length; at++) {
    const argument = args[at] ?? '';
    if (argument === '-r') requires.push(args[++at] ?? '');
    else if (!argument.startsWith('-')) return { requires, target: argument };
  }
  return { requires, target: undefined };
}

/** Where the application is: packed beside the executable, or named on the command line. */
function findApplication(
  executable: string,
  target: string | undefined,
  temporaryDir: string,
): { appPath: string; isPackaged: boolean } {
  const archive = path.join(path.dirname(executable), 'resources', 'app.asar');
  if (!existsSync(archive)) return { appPath: path.resolve(target ?? '.'), isPackaged: false };
  const appPath = path.join(temporaryDir, 'app.asar');
  extractAsar(archive, appPath);
  return { appPath, isPackaged: true };
}

/** `require` and `import` of electron's entry points give the stand-in, everywhere in this process. */
function hookElectron(module: Readonly<Record<string, unknown>>): void {
  const holder = Symbol.for('electron stand-in');
  Object.assign(globalThis, { [holder]: module });
  registerHooks({
    resolve: (specifier, context, next) =>
      /^electron(\/(main|common))?$/.test(specifier)
        ? { url: `electron-standin:${specifier}`, format: 'commonjs', shortCircuit: true }
        : next(specifier, context),
    load: (url, context, next) =>
      url.startsWith('electron-standin:')
        ? {
            format: 'commonjs',
            source: `module.exports = globalThis[Symbol.for('electron stand-in')];`,
            shortCircuit: true,
          }
        : next(url, context),
  });
}

function main(): void {
  const args = process.argv.slice(2);
  if (args.includes('--version')) {
    process.stdout.write(`v${ELECTRON_VERSION}\n`);
    return;
  }
  const executable = process.env['STANDIN_EXE'] ?? process.argv[1] ?? '';
  const { requires, target } = parseArguments(args);
  const temporaryDir = mkdtempSync(path.join(tmpdir(), 'electron-standin-'));
  process.on('exit', () => rmSync(temporaryDir, { recursive: true, force: true, maxRetries: 5, retryDelay: 50 }));
  const { appPath, isPackaged } = findApplication(executable, target, temporaryDir);
  const isDirectory = statSync(appPath).isDirectory();
  const packageJson = isDirectory
    ? (JSON.parse(readFileSync(path.join(appPath, 'package.json'), 'utf8')) as BootOptions['packageJson'] & {
        main?: string;
      })
    : {};
  const mainFile = isDirectory ? path.join(appPath, packageJson.main ?? 'index.js') : appPath;

  process.argv = [executable, ...args];
  Object.assign(process, { type: 'browser', resourcesPath: path.join(path.dirname(executable), 'resources') });
  Object.assign(process.versions, { electron: ELECTRON_VERSION });
  if (args.some((argument) => argument.startsWith('--inspect'))) inspector.open(0, '127.0.0.1');

  let mainDone: () => void = () => undefined;
  const runtime = new Runtime({
    chromium: process.env['STANDIN_CHROMIUM'] ?? '/usr/bin/chromium',
    temporaryDir,
    appPath: isDirectory ? appPath : path.dirname(appPath),
    packageJson,
    isPackaged,
    executable,
    noSandbox: args.includes('--no-sandbox') || process.getuid?.() === 0,
    mainLoaded: new Promise((resolve) => (mainDone = resolve)),
  });
  const { module, app } = createElectron(runtime);
  hookElectron(module);
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => app.quit());
  startBrowser(runtime, app);
  const require = createRequire(mainFile);
  try {
    for (const file of requires) require(path.resolve(file));
    require(mainFile);
    mainDone();
  } catch (error) {
    report(`main script failed: ${(error as Error).stack ?? String(error)}`);
    app.exit(1);
  }
}

main();
