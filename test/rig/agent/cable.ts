/**
 * A null-modem cable as a process of its own, so that nothing that a test does can hold its bytes up: two ptys, joined.
 * Prints their two paths, one line. Words on standard input, one a line; it ends when standard input ends, and as that
 * means that the test's process is gone, it first ends what still runs in the namespaces named on its command line, and
 * removes them and the folder named before them.
 *
 * - `cut` and `join`: both ways; `cut a`: what end a sends is lost, the other way goes on
 * - `unplug a`: the far side of a's pty is closed, which its node sees as a hang-up; `plug a`: a new pty, its path is printed
 * - `tap`: from now on every piece that an end sends is printed, as `a <base64>`, also when the cable is cut
 */
import { spawnSync } from 'node:child_process';
import { rmSync, writeSync } from 'node:fs';
import { createRequire } from 'node:module';
import { ReadStream } from 'node:tty';

interface PtyBinary {
  open(cols: number, rows: number): { readonly master: number; readonly slave: number; readonly pty: string };
}

type Name = 'a' | 'b';

interface End {
  /** -1: unplugged. */
  master: number;
  stream: ReadStream | null;
  /** What this end sends is lost. */
  cut: boolean;
}

const require = createRequire(import.meta.url);
const { requireBinary } = require('@lydell/node-pty/requireBinary.js') as { requireBinary(file: string): PtyBinary };
const binary = requireBinary('pty.node');
const ends: Readonly<Record<Name, End>> = {
  a: { master: -1, stream: null, cut: false },
  b: { master: -1, stream: null, cut: false },
};
let tapped = false;

/** Returns the path that the node opens. The slave stays open here, as a wire that nobody listens to is no hang-up. */
function plug(name: Name): string {
  const { master, pty } = binary.open(80, 25);
  spawnSync('stty', ['-F', pty, 'raw', '-echo']);
  const far = ends[name === 'a' ? 'b' : 'a'];
  const stream = new ReadStream(master);
  stream.on('data', (bytes: Buffer) => {
    if (tapped) process.stdout.write(`${name} ${bytes.toString('base64')}\n`);
    try {
      if (!ends[name].cut && far.master >= 0) writeSync(far.master, bytes);
    } catch {
      // Nobody reads at the far end and its buffer is full: lost, as on a wire.
    }
  });
  stream.on('error', () => undefined);
  ends[name].master = master;
  ends[name].stream = stream;
  return pty;
}

function obey(word: string, which: string | undefined): void {
  const names: readonly Name[] = which === 'a' || which === 'b' ? [which] : ['a', 'b'];
  if (word === 'tap') tapped = true;
  for (const name of names) {
    if (word === 'cut' || word === 'join') ends[name].cut = word === 'cut';
    if (word === 'plug') process.stdout.write(`${plug(name)}\n`);
    if (word === 'unplug') {
      ends[name].master = -1;
      ends[name].stream?.destroy();
    }
  }
}

process.stdin.on('data', (text: Buffer) => {
  for (const line of text.toString().split('\n')) {
    const [word = '', which] = line.split(' ');
    obey(word, which);
  }
});
/** What a rig leaves behind whose test was ended from outside, and so never took it down. */
function sweep(): void {
  const [folder, ...namespaces] = process.argv.slice(2);
  for (const namespace of namespaces) {
    const { stdout } = spawnSync('ip', ['netns', 'pids', namespace], { encoding: 'utf8' });
    // All at once: one that ended by itself in between must not keep the others alive.
    spawnSync('kill', ['-KILL', ...stdout.split('\n').filter((pid) => pid !== '')]);
    spawnSync('ip', ['netns', 'del', namespace]);
  }
  if (folder !== undefined) rmSync(folder, { recursive: true, force: true });
}

process.stdin.on('end', () => {
  sweep();
  process.exit(0);
});
process.stdout.write(`${plug('a')} ${plug('b')}\n`);
