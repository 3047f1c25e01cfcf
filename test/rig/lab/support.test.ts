import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { missing } from '../../support/needs.ts';

const SUPPORT = join(import.meta.dirname, '..', '..', '..', 'electron', 'lab', 'support.ts');
const ASK = `const { rackSupport } = await import(${JSON.stringify(SUPPORT)}); console.log(JSON.stringify(await rackSupport()));`;

let directory: string | null = null;

afterEach(() => {
  if (directory !== null) rmSync(directory, { recursive: true });
  directory = null;
});

function ask(
  before: readonly string[] = [],
  path = process.env['PATH'],
): { available: boolean; mode: string | null; reason: string } {
  const [file = '', ...args] = [...before, process.execPath, '--input-type=module', '-e', ASK];
  const { stdout, stderr } = spawnSync(file, args, { encoding: 'utf8', env: { PATH: path } });
  if (stdout === '') throw new Error(stderr);
  return JSON.parse(stdout) as ReturnType<typeof ask>;
}

describe.skipIf(missing('linux', 'namespaces', 'iproute') !== null)('what the rack says about this machine', () => {
  test('it can', () => {
    expect(ask()).toEqual({ available: true, mode: process.getuid?.() === 0 ? 'root' : 'rootless', reason: '' });
  });

  test('a missing tool is named with its package', () => {
    directory = mkdtempSync(join(tmpdir(), 'twinbeat-path-'));
    for (const tool of ['unshare', 'nsenter', 'setpriv', 'mount', 'sh', 'hostname']) {
      symlinkSync(
        spawnSync('sh', ['-c', `command -v ${tool}`], { encoding: 'utf8' }).stdout.trim(),
        join(directory, tool),
      );
    }
    expect(ask([], directory)).toMatchObject({
      available: false,
      reason: 'The rack needs the command ip: install the package iproute2.',
    });
  });

  // Goal: root without rights (a plain container) and a kernel that forbids user namespaces. The limit below is
  // that of the new user namespace only; the machine's own is not touched.
  test.skipIf(missing('root') !== null)('no right to make namespaces: one sentence and what to do', () => {
    const limit = 'echo 0 >/proc/sys/user/max_user_namespaces; exec setpriv --bounding-set=-all "$@"';
    const { available, reason } = ask(['unshare', '--user', '--map-root-user', 'sh', '-c', limit, 'sh']);
    expect(available).toBe(false);
    expect(reason).toMatch(/^The kernel does not let this user make the namespaces .*start the console as root/);
  });
});
