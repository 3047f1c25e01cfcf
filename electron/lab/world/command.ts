import { spawn } from 'node:child_process';

/** Longest output kept for an error message, in UTF-16 units: some lines, not a log. */
const OUTPUT_KEPT = 2000;

/**
 * Runs a short system command to its end, feeding it `input`. Resolves with its standard output; throws
 * an Error that names the command and what it printed when it fails.
 */
export function run(file: string, args: readonly string[], input = ''): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(file, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    let out = '';
    let err = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
    child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
    child.stdin.on('error', () => undefined); // It ended without reading all of it: its status says why.
    child.on('error', (error) => reject(new Error(`${file}: ${error.message}`)));
    child.on('close', (status, signal) => {
      if (status === 0) resolve(out);
      else
        reject(
          new Error(`${file} ${args.join(' ')}: ${(err.trim() || `status ${status ?? signal}`).slice(-OUTPUT_KEPT)}`),
        );
    });
    child.stdin.end(input);
  });
}
