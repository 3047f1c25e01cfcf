/** `npm run e2e:desktop`: the desktop's specs on the real Electron where there is one, else on the stand-in; says which. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { missingForDesktop, realElectron, ROOT } from '../support/desktop/app.ts';

const obstacle = missingForDesktop();
if (obstacle !== null) {
  process.stderr.write(`e2e:desktop: cannot run: ${obstacle}\n`);
  process.exit(69);
}
const real = realElectron();
const standIn = 'the stand-in for Electron, on Chromium (no Electron runtime, or no display)';
process.stderr.write(`e2e:desktop: on ${real ?? standIn}\n`);
const args = [
  'run',
  '--config=test/vitest.config.ts',
  '--no-file-parallelism',
  'test/e2e/desktop',
  ...process.argv.slice(2),
];
const child = spawn(process.execPath, [join(ROOT, 'node_modules/vitest/vitest.mjs'), ...args], {
  cwd: ROOT,
  stdio: 'inherit',
});
child.on('exit', (status) => process.exit(status ?? 1));
