/**
 * The test command: `npm test [-- LAYER|PATH ...] [--list]`. Without words it checks, builds
 * and runs every layer, the fast ones first; a path runs the files below it. Ends with the
 * runner's totals on one line and a non-zero status when anything failed.
 */
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { loadavg } from 'node:os';
import { join } from 'node:path';
import { buildParts } from './build.ts';
import { installDebianPackages } from './debian.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** Layers in order. `serial`: one file at a time, because they use the machine's devices, time or browsers. */
const LAYERS = [
  { name: 'unit', path: 'test/unit', serial: false },
  { name: 'scenarios', path: 'test/scenarios', serial: false },
  { name: 'sim', path: 'test/sim', serial: false },
  { name: 'conformance', path: 'test/conformance', serial: true },
  { name: 'rig', path: 'test/rig', serial: true },
  { name: 'e2e', path: 'test/e2e', serial: true },
] as const;

interface Totals {
  passed: number;
  failed: number;
  skipped: number;
  readonly failedNames: string[];
  readonly skippedNames: string[];
}

interface JsonReport {
  readonly numPassedTests: number;
  readonly numFailedTests: number;
  readonly numPendingTests: number;
  readonly numTodoTests: number;
  readonly success: boolean;
  readonly testResults: readonly {
    readonly name: string;
    readonly status: string;
    readonly message: string;
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[];
  }[];
}

function say(line: string): void {
  process.stdout.write(`test: ${line}\n`);
}

function addReport(totals: Totals, layer: string, report: JsonReport): void {
  totals.passed += report.numPassedTests;
  totals.failed += report.numFailedTests;
  totals.skipped += report.numPendingTests + report.numTodoTests;
  for (const file of report.testResults) {
    const label = file.name.slice(ROOT.length + 1);
    const failedInside = file.assertionResults.filter((a) => a.status === 'failed');
    for (const assertion of failedInside) totals.failedNames.push(`${label}: ${assertion.fullName}`);
    if (file.status === 'failed' && failedInside.length === 0) {
      // The file itself did not load, or a hook failed: no test is counted, but it is a failure.
      totals.failed += 1;
      totals.failedNames.push(`${label}: ${file.message.split('\n')[0] ?? 'could not run'}`);
    }
    const pending = file.assertionResults.filter((a) => a.status === 'skipped' || a.status === 'pending');
    if (pending.length > 0) totals.skippedNames.push(`${layer}: ${label} (${pending.length})`);
  }
}

/** Runs vitest on paths; its own summary goes to the terminal, its counts into `totals`. */
async function runVitest(layer: string, paths: readonly string[], serial: boolean, totals: Totals): Promise<void> {
  const reportFile = join(ROOT, 'build', 'test-reports', `${layer}.json`);
  mkdirSync(join(ROOT, 'build', 'test-reports'), { recursive: true });
  const args = [
    join(ROOT, 'node_modules/vitest/vitest.mjs'),
    'run',
    '--config=test/vitest.config.ts',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${reportFile}`,
    ...(serial ? ['--no-file-parallelism'] : ['--maxWorkers=2']),
    ...paths,
  ];
  const child = spawn(process.execPath, args, { cwd: ROOT, stdio: 'inherit', env: { ...process.env, NO_COLOR: '1' } });
  const code = await new Promise<number>((resolve) => child.on('exit', (status) => resolve(status ?? 1)));
  if (!existsSync(reportFile)) {
    totals.failed += 1;
    totals.failedNames.push(`${layer}: the runner ended with ${code} and no report`);
    return;
  }
  const before = totals.failed;
  addReport(totals, layer, JSON.parse(readFileSync(reportFile, 'utf8')) as JsonReport);
  if (code !== 0 && totals.failed === before) {
    // For instance an unhandled rejection between tests.
    totals.failed += 1;
    totals.failedNames.push(`${layer}: the runner ended with status ${code} although no test failed`);
  }
}

async function runCheck(totals: Totals): Promise<void> {
  const child = spawn(process.execPath, [join(ROOT, 'test/tools/check.ts'), '--fast'], { cwd: ROOT, stdio: 'inherit' });
  const code = await new Promise<number>((resolve) => child.on('exit', (status) => resolve(status ?? 1)));
  if (code === 0) totals.passed += 1;
  else {
    totals.failed += 1;
    totals.failedNames.push('check: types, lint, format, tidy or generated files (see above)');
  }
}

async function main(words: readonly string[]): Promise<number> {
  const totals: Totals = { passed: 0, failed: 0, skipped: 0, failedNames: [], skippedNames: [] };
  const layers = words.length === 0 ? LAYERS : LAYERS.filter((l) => words.includes(l.name));
  const paths = words.filter((w) => w !== 'check' && !LAYERS.some((l) => l.name === w));
  const missingPackages = installDebianPackages(say);
  if (missingPackages !== null) say(`${missingPackages}. The suites that need them are skipped and say so.`);
  await buildParts(['agent', 'renderer', 'desktop'], true);
  if (words.length === 0 || words.includes('check')) await runCheck(totals);
  for (const layer of layers) {
    if (!existsSync(join(ROOT, layer.path))) continue;
    say(`${layer.name} (load ${loadavg()[0]?.toFixed(2)})`);
    await runVitest(layer.name, [layer.path], layer.serial, totals);
  }
  if (paths.length > 0) await runVitest('chosen', paths, true, totals);
  for (const name of totals.skippedNames) say(`skipped in ${name}`);
  for (const name of totals.failedNames) say(`FAILED ${name}`);
  process.stdout.write(`${totals.passed} passed, ${totals.failed} failed, ${totals.skipped} skipped\n`);
  return totals.failed === 0 && totals.passed > 0 ? 0 : 1;
}

process.exit(await main(process.argv.slice(2)));
