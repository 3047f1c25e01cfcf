import { spawn, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { missing } from '../../support/needs.ts';
import { footprintOf, leftovers, until } from '../../support/rackTools.ts';
import type { Footprint } from '../../support/rackTools.ts';

vi.setConfig({ testTimeout: 60_000 });

const STORY = join(import.meta.dirname, '..', '..', 'support', 'rootlessStory.ts');

/** Debian's `nobody`: an unprivileged user that exists everywhere. */
const NOBODY = 65534;

let home: string | null = null;

afterEach(() => {
  if (home !== null) rmSync(home, { recursive: true, force: true });
  home = null;
});

/** The words in front of a command that make it an unprivileged user's. */
function asUser(): string[] {
  if (process.getuid?.() !== 0) return [];
  return ['setpriv', '--reuid', `${NOBODY}`, '--regid', `${NOBODY}`, '--clear-groups', '--bounding-set=-all'];
}

function userNamespaceReason(): string | null {
  const [file = 'unshare', ...args] = [...asUser(), 'unshare', '--user', '--map-root-user', '--net', '--mount', 'true'];
  if (spawnSync(file, args, { stdio: 'ignore' }).status === 0) return null;
  process.stderr.write('skipped: the kernel does not let an ordinary user make namespaces\n');
  return 'no user namespaces';
}

describe.skipIf((missing('linux', 'iproute') ?? userNamespaceReason()) !== null)('a rack of an ordinary user', () => {
  // Goal: the same promises without any right: boots, cables, serial line, power, disk, and nothing left.
  test('does what a rack of root does', async () => {
    home = mkdtempSync(join(tmpdir(), 'twinbeat-rootless-'));
    chmodSync(home, 0o777);
    const [file = '', ...args] = [...asUser(), process.execPath, STORY];
    const story = spawn(file, args, {
      stdio: ['pipe', 'pipe', 'inherit'],
      env: { PATH: process.env['PATH'], TMPDIR: home },
    });
    const status = new Promise<number | null>((resolve) => story.on('close', resolve));
    const told: Record<string, unknown> = {};
    const footprints: Footprint[] = [];
    for await (const line of createInterface({ input: story.stdout })) {
      const [what, value] = JSON.parse(line) as [string, unknown];
      told[what] = value;
      if (what !== 'up') continue;
      const { hostPid, keyFile } = value as { hostPid: number; keyFile: string };
      const footprint = footprintOf(hostPid, keyFile);
      footprints.push(footprint);
      expect(leftovers(footprint).length).toBeGreaterThan(10);
      story.stdin.write('go\n');
    }
    expect(await status).toBe(0);
    expect(told).toMatchObject({
      mode: 'rootless',
      who: '0',
      'host file system': 'refused',
      serial: 'through the wire',
      'crossover pulled': '0',
      'power switch': 'ok ha2.bogus.sh.cn is off',
      'after power cut': 'kept',
      'VIP from client': 'ha1.bogus.sh.cn',
    });
    expect(footprints.length).toBe(1);
    const left = () => footprints.flatMap(leftovers);
    await until('nothing of the rack is left', () => left().length === 0).catch(() => undefined);
    expect(left()).toEqual([]);
  });
});
