/** From the HTML file to a PDF. Electron prints it itself; everywhere else a Chromium of this computer does. */
import { spawn } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { fail, ok } from '../../../agent/common/base/result.ts';
import type { Result } from '../../../agent/common/base/result.ts';

/** What prints. */
export interface PdfPrinter {
  /** Whether there is one, and which, or why not, in a sentence. */
  readonly state: { readonly available: boolean; readonly detail: string };
  /** Prints a file to a file. Fails with a sentence. */
  print(htmlFile: string, pdfFile: string): Promise<Result<void>>;
}

/** A cold start on a slow disk, and a report of hundreds of pages. Milliseconds. */
const PRINT_MS_MAX = 180_000;

const NAMES: readonly string[] = [
  'chromium',
  'chromium-browser',
  'google-chrome-stable',
  'google-chrome',
  'microsoft-edge-stable',
  'microsoft-edge',
  'chrome',
  'msedge',
];

/** Where the installers of the other systems put them. */
function fixedPlaces(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string[] {
  if (platform === 'darwin') {
    const app = (name: string): string => `/Applications/${name}.app/Contents/MacOS/${name}`;
    return ['Google Chrome', 'Chromium', 'Microsoft Edge'].map(app);
  }
  if (platform !== 'win32') return [];
  const roots = [env['ProgramFiles'], env['ProgramFiles(x86)'], env['LOCALAPPDATA']].filter((r) => r !== undefined);
  const tails = ['Google\\Chrome\\Application\\chrome.exe', 'Microsoft\\Edge\\Application\\msedge.exe'];
  return roots.flatMap((root) => tails.map((tail) => join(root, tail)));
}

function isProgram(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return statSync(file).isFile();
  } catch {
    return false;
  }
}

/** The browser that prints: the one that TWINBEAT_CHROMIUM names, else the first one found; null: there is none. */
export function findChromium(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): string | null {
  const named = env['TWINBEAT_CHROMIUM'];
  if (named !== undefined && named !== '') return isProgram(named) ? named : null;
  const suffix = platform === 'win32' ? '.exe' : '';
  const path = (env['PATH'] ?? '').split(delimiter).filter((dir) => dir !== '');
  const candidates = NAMES.flatMap((name) => path.map((dir) => join(dir, `${name}${suffix}`)));
  return [...candidates, ...fixedPlaces(env, platform)].find(isProgram) ?? null;
}

function chromiumArgs(profile: string, htmlFile: string, pdfFile: string): string[] {
  const isRoot = process.getuid?.() === 0;
  return [
    '--headless',
    // Chromium refuses to run as root with its sandbox. What it opens is a file of ours, without scripts.
    ...(isRoot ? ['--no-sandbox'] : []),
    '--disable-gpu',
    '--disable-quic',
    '--disable-sync',
    '--disable-extensions',
    '--disable-component-update',
    '--disable-background-networking',
    '--no-first-run',
    '--no-default-browser-check',
    `--user-data-dir=${profile}`,
    '--no-pdf-header-footer',
    `--print-to-pdf=${pdfFile}`,
    pathToFileURL(htmlFile).href,
  ];
}

/** Ends a browser with everything that it started. */
function endGroup(pid: number | undefined): void {
  if (pid === undefined) return;
  try {
    process.kill(process.platform === 'win32' ? pid : -pid, 'SIGKILL');
  } catch {
    // It is gone already.
  }
}

async function runChromium(program: string, htmlFile: string, pdfFile: string): Promise<Result<void>> {
  const profile = mkdtempSync(join(tmpdir(), 'twinbeat-print-'));
  // A group of its own, so that its helpers end with it.
  const child = spawn(program, chromiumArgs(profile, htmlFile, pdfFile), {
    stdio: ['ignore', 'ignore', 'pipe'],
    detached: process.platform !== 'win32',
  });
  let said = '';
  child.stderr.on('data', (bytes: Buffer) => (said = (said + bytes.toString()).slice(-2000)));
  let isLate = false;
  const timer = setTimeout(() => {
    isLate = true;
    endGroup(child.pid);
  }, PRINT_MS_MAX);
  try {
    const status = await new Promise<number | string | null>((resolve) => {
      child.once('error', (error) => resolve(error.message));
      child.once('exit', (code, signal) => resolve(code ?? signal));
    });
    if (status === 0 && sizeOf(pdfFile) > 0) return ok(undefined);
    if (isLate) return fail('not-printed', `${program} did not print it within ${PRINT_MS_MAX / 1000} s`);
    const last = said.trim().split('\n').at(-1) ?? '';
    return fail('not-printed', `${program} did not print it (${status ?? 'unknown'}) ${last}`.trim());
  } finally {
    clearTimeout(timer);
    endGroup(child.pid);
    rmSync(profile, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** Looked for at every print: a browser may be installed while the console runs. */
export function chromiumPrinter(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): PdfPrinter {
  const NONE =
    'no Chromium, Chrome or Edge was found on this computer (TWINBEAT_CHROMIUM can name one); open report.html in any browser and print it from there';
  return {
    get state() {
      const found = findChromium(env, platform);
      return found === null ? { available: false, detail: NONE } : { available: true, detail: found };
    },
    print: async (htmlFile, pdfFile) => {
      const found = findChromium(env, platform);
      return found === null ? fail('no-browser', NONE) : runChromium(found, htmlFile, pdfFile);
    },
  };
}
