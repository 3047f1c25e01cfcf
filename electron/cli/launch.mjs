// First thing that runs, on whatever Node (20 or newer) the machine has, with nothing installed:
// installs the dependencies when they are missing, finds Node 24 among them, builds what the verb
// needs, and hands over to the TypeScript entry. Uses nothing but Node itself, on purpose.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const RUNTIME_MAJOR = 24;

/** Entry and build parts of each verb. `start` serves the browser unless the desktop window can be opened. */
const VERBS = {
  start: { entry: 'electron/web/main.ts', build: ['agent', 'renderer'] },
  cli: { entry: 'electron/cli/main.ts', build: ['agent'] },
  test: { entry: 'test/tools/suites.ts', build: [] },
  check: { entry: 'test/tools/check.ts', build: [] },
  build: { entry: 'test/tools/build.ts', build: [] },
  bench: { entry: 'test/bench/run.ts', build: ['agent'] },
  sim: { entry: 'test/sim/run.ts', build: [] },
  fuzz: { entry: 'test/fuzz/run.ts', build: [] },
  pack: { entry: 'test/tools/pack.ts', build: ['agent', 'renderer', 'desktop'] },
  'e2e-desktop': { entry: 'test/tools/e2eDesktop.ts', build: ['agent', 'renderer', 'desktop'] },
};

/** Our parent and its parent: npm puts a shell between itself and us. A killed npm shows as a change. */
function ancestry() {
  try {
    const shell = readFileSync(`/proc/${process.ppid}/stat`, 'utf8');
    return `${process.ppid} ${shell.slice(shell.lastIndexOf(')') + 2).split(' ')[1]}`;
  } catch {
    return String(process.ppid);
  }
}

const ANCESTRY_AT_START = ancestry();

function stop(message) {
  process.stderr.write(`twinbeat: ${message}\n`);
  process.exit(70);
}

/** Hash of what decides the contents of node_modules. */
function wantedInstall() {
  const hash = createHash('sha256').update(`${process.platform}-${process.arch}\n`);
  return hash.update(readFileSync(join(ROOT, 'package-lock.json'))).digest('hex');
}

function npmCommand() {
  const cli = process.env.npm_execpath;
  if (cli && /npm-cli\.[cm]?js$/.test(cli)) return [process.execPath, [cli]];
  return [process.platform === 'win32' ? 'npm.cmd' : 'npm', []];
}

function ensureInstalled() {
  const stamp = join(ROOT, 'node_modules', '.twinbeat-installed');
  const wanted = wantedInstall();
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return;
  process.stderr.write('twinbeat: installing dependencies (first start, about a minute) ...\n');
  const [command, prefix] = npmCommand();
  const args = [...prefix, 'ci', '--ignore-scripts', '--no-audit', '--no-fund', '--loglevel=error'];
  // npm's chatter goes to standard error: a verb's standard output belongs to scripts.
  const result = spawnSync(command, args, {
    cwd: ROOT,
    stdio: ['ignore', 2, 2],
    shell: process.platform === 'win32',
    env: { ...process.env, NODE_ENV: '', npm_config_omit: '' },
  });
  if (result.error) stop(`npm could not be started (${result.error.message}). Install npm, then try again.`);
  if (result.status !== 0)
    stop('installing dependencies failed (see above). Check the network or registry settings, then try again.');
  writeFileSync(stamp, wanted);
}

/** Path of a Node of the required major: this one, or the one that came as a dependency. */
function findRuntime() {
  if (Number(process.versions.node.split('.')[0]) === RUNTIME_MAJOR) return process.execPath;
  const os = process.platform === 'win32' ? 'win' : process.platform;
  const file = process.platform === 'win32' ? 'node.exe' : 'node';
  for (const name of [`node-${os}-${process.arch}`, `node-bin-${os}-${process.arch}`]) {
    const path = join(ROOT, 'node_modules', name, 'bin', file);
    if (existsSync(path)) return path;
  }
  return stop(
    `Node ${RUNTIME_MAJOR} is needed on ${process.platform}-${process.arch} and no package of it exists; ` +
      `this is Node ${process.versions.node}. Install Node ${RUNTIME_MAJOR} and start again.`,
  );
}

/** Whether the desktop window can be opened here: electron/desktop/available.ts decides, in the runtime that can read it. */
function chooseHost(runtime) {
  const module = pathToFileURL(join(ROOT, 'electron/desktop/available.ts')).href;
  const code = `import { chooseHost, hostEnvironment } from ${JSON.stringify(module)};
    process.stdout.write(JSON.stringify(chooseHost(hostEnvironment(${JSON.stringify(ROOT)}))));`;
  const asked = spawnSync(runtime, ['--disable-warning=ExperimentalWarning', '--input-type=module', '-e', code], {
    encoding: 'utf8',
  });
  return asked.status === 0 ? JSON.parse(asked.stdout) : { host: 'browser', reason: asked.stderr.trim() };
}

/**
 * Electron's package brings no runtime; its own command fetches one. Tried once per install, and only
 * where there is a display to show it on: a machine without internet then goes on in the browser.
 */
function fetchElectronOnce(runtime) {
  const tried = join(ROOT, 'node_modules', '.twinbeat-electron-tried');
  const hasDisplay = process.platform !== 'linux' || process.env.DISPLAY || process.env.WAYLAND_DISPLAY;
  const installer = join(ROOT, 'node_modules', 'electron', 'install.js');
  if (!hasDisplay || process.getuid?.() === 0 || process.env.CI || existsSync(tried) || !existsSync(installer)) return;
  process.stderr.write('twinbeat: fetching the desktop runtime (Electron), once; the browser serves without it ...\n');
  spawnSync(runtime, [installer], { cwd: ROOT, stdio: ['ignore', 2, 2], timeout: 180_000 });
  writeFileSync(tried, '');
}

/** Runs the verb; ends with its status; dies and takes it along when npm (our parent) dies. */
function handOver(executable, args) {
  const child = spawn(executable, args, {
    cwd: process.cwd(),
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, TWINBEAT_LAUNCHER: String(process.pid) },
  });
  const forward = (signal) => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => forward(signal));
  if (process.env.npm_lifecycle_event) {
    setInterval(() => {
      if (ancestry() !== ANCESTRY_AT_START) forward('SIGTERM');
    }, 500).unref();
  }
  child.on('error', (error) => stop(`${executable} could not be started: ${error.message}`));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 1)));
}

const [verb = '', ...args] = process.argv.slice(2);
const plan = Object.hasOwn(VERBS, verb)
  ? VERBS[verb]
  : stop(`unknown verb "${verb}"; one of: ${Object.keys(VERBS).join(', ')}`);
ensureInstalled();
const runtime = findRuntime();
const build = (parts) => {
  if (parts.length === 0) return;
  const command = [join(ROOT, 'test/tools/build.ts'), '--if-changed', ...parts];
  if (spawnSync(runtime, command, { cwd: ROOT, stdio: ['ignore', 2, 2] }).status !== 0)
    stop('building failed (see above).');
};
build(plan.build);
if (verb === 'start' && !args.includes('--browser')) {
  fetchElectronOnce(runtime);
  const choice = chooseHost(runtime);
  if (choice.host === 'desktop') {
    process.stderr.write(`twinbeat: opening the desktop window: ${choice.reason}.\n`);
    build(['desktop']);
    handOver(choice.executable, [ROOT, ...args]);
  } else {
    process.stderr.write(`twinbeat: serving the browser instead of a desktop window: ${choice.reason}.\n`);
    handOver(runtime, ['--disable-warning=ExperimentalWarning', join(ROOT, plan.entry), ...args]);
  }
} else {
  const rest = args.filter((word) => verb !== 'start' || word !== '--browser');
  handOver(runtime, ['--disable-warning=ExperimentalWarning', join(ROOT, plan.entry), ...rest]);
}
