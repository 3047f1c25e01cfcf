/**
 * Everything that can be checked without running the product, in one command: types, lint,
 * format, tidiness, and that generated files are as their sources say (clean tree at the end).
 * `check.ts [--fast]`: fast leaves out the clean-tree requirement, for work in progress.
 */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { regenerate } from './regenerate.ts';
import { tidyProblems } from './tidy.ts';

const ROOT = join(import.meta.dirname, '..', '..');

function step(name: string, run: () => string | null): boolean {
  const startedAt = process.hrtime.bigint();
  const problem = run();
  const tookS = Number(process.hrtime.bigint() - startedAt) / 1e9;
  process.stdout.write(`check: ${name} ${problem === null ? 'ok' : 'FAILED'} (${tookS.toFixed(1)} s)\n`);
  if (problem !== null && problem !== '') process.stdout.write(`${problem.trimEnd()}\n`);
  return problem === null;
}

function tool(script: string, args: readonly string[]): string | null {
  const result = spawnSync(process.execPath, [join(ROOT, 'node_modules', script), ...args], {
    cwd: ROOT,
    encoding: 'utf8',
    maxBuffer: 1 << 26,
  });
  return result.status === 0 ? null : `${result.stdout}${result.stderr}`;
}

function gitStatus(): string {
  return spawnSync('git', ['status', '--porcelain'], { cwd: ROOT, encoding: 'utf8' }).stdout;
}

const fast = process.argv.includes('--fast');
const results = [
  step('types', () => tool('typescript/bin/tsc', ['-b'])),
  step('lint', () =>
    tool('eslint/bin/eslint.js', [
      '-c',
      'test/tools/eslint.config.mjs',
      '--cache',
      '--cache-location',
      'build/.eslintcache',
      '.',
    ]),
  ),
  step('format', () => tool('prettier/bin/prettier.cjs', ['--check', '--log-level', 'warn', '**/*.{ts,tsx,mjs,json}'])),
  step('tidy', () => {
    const problems = tidyProblems(ROOT);
    return problems.length === 0 ? null : problems.join('\n');
  }),
  step('generated files', () => {
    const stale = regenerate(ROOT);
    return stale.length === 0 ? null : `regenerated, commit them: ${stale.join(', ')}`;
  }),
];
if (!fast) {
  results.push(
    step('clean tree', () => {
      const status = gitStatus();
      return status === '' ? null : `uncommitted changes after regeneration:\n${status}`;
    }),
  );
}
process.exit(results.every(Boolean) ? 0 : 1);
