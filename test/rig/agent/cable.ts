/**
 * A null-modem cable as a process of its own, so that nothing that a test does can hold its bytes up: two ptys, joined.
 * Prints their two paths, one line. `cut` and `join` on standard input; ends when standard input ends.
 */
import { spawnSync } from 'node:child_process';
import { writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { ReadStream } from 'node:tty';

interface PtyBinary {
  open(cols: number, rows: number): { readonly master: number; readonly slave: number; readonly pty: string };
}

const require = createRequire(import.meta.url);
const { requireBinary } = require('@lydell/node-pty/requireBinary.js') as { requireBinary(file: string): PtyBinary };
const binary = requireBinary('pty.node');
const ends = [binary.open(80, 25), binary.open(80, 25)] as const;
let cut = false;

for (const { pty } of ends) spawnSync('stty', ['-F', pty, 'raw', '-echo']);
ends.forEach(({ master }, i) => {
  const stream = new ReadStream(master);
  stream.on('data', (bytes: Buffer) => {
    try {
      if (!cut) writeSync(ends[i === 0 ? 1 : 0].master, bytes);
    } catch {
      // Nobody reads at the far end and its buffer is full: lost, as on a wire.
    }
  });
  stream.on('error', () => undefined);
});
process.stdin.on('data', (text: Buffer) => {
  for (const word of text.toString().split('\n')) {
    if (word === 'cut') cut = true;
    if (word === 'join') cut = false;
  }
});
process.stdin.on('end', () => process.exit(0));
process.stdout.write(`${ends[0].pty} ${ends[1].pty}\n`);
