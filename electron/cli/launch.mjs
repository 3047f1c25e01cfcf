// First thing that runs, on whatever Node (20 or newer) the machine has, with nothing installed:
// installs the dependencies when they are missing, finds Node 24 among them, builds what the verb
// needs, and hands over to the TypeScript entry. Uses nothing but Node itself, on purpose.
import { spawn, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
const RUNTIME_MAJOR = 24;

/** Entry and build parts of each verb. `start` picks its entry in electron/web/start.ts. */
const VERBS = {
  start: { entry: 'electron/web/start.ts', build: ['agent', 'renderer'] },
  cli: { entry: 'electron/cli/main.ts', build: ['agent'] },
  test: { entry: 'test/tools/suites.ts', build: [] },
  check: { entry: 'test/tools/check.ts', build: [] },
  build: { entry: 'test/tools/build.ts', build: [] },
  bench: { entry: 'test/bench/run.ts', build: ['agent'] },
  sim: { entry: 'test/sim/run.ts', build: [] },
  pack: { entry: 'test/tools/pack.ts', build: ['agent', 'renderer', 'desktop'] },
  'e2e-desktop': { entry: 'test/tools/e2eDesktop.ts', build: ['agent', 'renderer', 'desktop'] },
};

function stop(message) {
  process.stderr.write(`twinbeat: ${message}\n`);
  process.exit(70);
}

/** Hash of what decides the contents of node_modules. */
function wantedInstall() {
  const hash = createHash('sha256').update(`${process.platform}-${process.arch}\n`);
  for (const name of ['package.json', 'package-lock.json']) hash.update(readFileSync(join(ROOT, name)));
  return hash.digest('hex');
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
  if (result.status !== 0) stop('installing dependencies failed (see above). Check the network or registry settings, then try again.');
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

/** Runs the verb; ends with its status; dies and takes it along when npm (our parent) dies. */
function handOver(runtime, entry, args) {
  const child = spawn(runtime, ['--disable-warning=ExperimentalWarning', join(ROOT, entry), ...args], {
    cwd: process.cwd(),
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
    env: { ...process.env, TWINBEAT_LAUNCHER: String(process.pid) },
  });
  const forward = (signal) => {
    if (child.exitCode === null && child.signalCode === null) child.kill(signal);
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, () => forward(signal));
  if (process.env.npm_lifecycle_event) {
    const parent = process.ppid;
    setInterval(() => {
      if (process.ppid !== parent) forward('SIGTERM');
    }, 500).unref();
  }
  child.on('error', (error) => stop(`${runtime} could not be started: ${error.message}`));
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 1)));
}

const [verb = '', ...args] = process.argv.slice(2);
const plan = Object.hasOwn(VERBS, verb) ? VERBS[verb] : stop(`unknown verb "${verb}"; one of: ${Object.keys(VERBS).join(', ')}`);
ensureInstalled();
const runtime = findRuntime();
if (plan.build.length > 0) {
  const built = spawnSync(runtime, [join(ROOT, 'test/tools/build.ts'), '--if-changed', ...plan.build], { cwd: ROOT, stdio: ['ignore', 2, 2] });
  if (built.status !== 0) stop('building failed (see above).');
}
handOver(runtime, plan.entry, args);
