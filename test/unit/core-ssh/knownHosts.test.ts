import { spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { HostKey } from '../../../electron/core/ssh/hostKey.ts';
import {
  forgetHost,
  lineForKey,
  lookupHost,
  parseKnownHosts,
  printKnownHosts,
} from '../../../electron/core/ssh/knownHosts.ts';
import { knownHostsFile } from '../../../electron/core/ssh/knownHostsFile.ts';

const ED = 'AAAAC3NzaC1lZDI1NTE5AAAAIGJ1dCB0aGlzIGlzIG5vdCBhIGtleSBhdCBhbGwhISEh';
const RSA = 'AAAAB3NzaC1yc2EAAAADAQABAAAAEQC7dGhpcyBpcyBub3QgYSBrZXkh';
const ed: HostKey = { type: 'ssh-ed25519', blob: Buffer.from(ED, 'base64') };
const rsa: HostKey = { type: 'ssh-rsa', blob: Buffer.from(RSA, 'base64') };

const FILE = [
  '# the lab',
  '',
  `node1,192.168.2.1 ssh-ed25519 ${ED} root@node1`,
  `[node1]:2222\tssh-rsa ${RSA}`,
  `*.lab,!bad.lab ssh-ed25519 ${ED}`,
  `10.0.0.? ssh-rsa ${RSA}`,
  `@revoked * ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIHJldm9rZWQ=`,
  `@cert-authority *.corp ssh-rsa ${RSA}`,
  'this is not an entry !!',
  `\tindented ssh-rsa ${RSA} a comment with  spaces\r`,
].join('\n');

const typesOf = (text: string, host: string, port = 22, presented: HostKey | null = null): string[] =>
  lookupHost(parseKnownHosts(text), host, port, presented)
    .keys.filter((key) => !key.revoked)
    .map((key) => key.type);

describe('reading', () => {
  test('every byte is kept, with and without a last line end', () => {
    for (const text of [FILE, `${FILE}\n`, '', '\n', '\n\n# x'])
      expect(printKnownHosts(parseKnownHosts(text))).toBe(text);
  });

  test.each([
    ['node1', 22, ['ssh-ed25519']],
    ['NODE1', 22, ['ssh-ed25519']],
    ['192.168.2.1', 22, ['ssh-ed25519']],
    ['node1', 2222, ['ssh-rsa']],
    ['node1', 2223, []],
    ['a.lab', 22, ['ssh-ed25519']],
    ['bad.lab', 22, []],
    ['10.0.0.7', 22, ['ssh-rsa']],
    ['10.0.0.77', 22, []],
    ['indented', 22, ['ssh-rsa']],
    ['unknown', 22, []],
  ])('%s port %d', (host, port, types) => {
    expect(typesOf(FILE, host, port)).toEqual(types);
  });

  test('a revoked key is found for every host; a certificate authority is a note, never a key', () => {
    expect(lookupHost(parseKnownHosts(FILE), 'unknown', 22, null).keys).toMatchObject([{ revoked: true }]);
    const corp = lookupHost(parseKnownHosts(FILE), 'a.corp', 22, null);
    expect(corp.keys.filter((key) => !key.revoked)).toEqual([]);
    expect(corp.notes[0]).toMatch(/certificate authority/);
  });

  test('on an odd port the bare name can confirm a key, but not raise an alarm', () => {
    expect(typesOf(FILE, 'node1', 2223, ed)).toEqual(['ssh-ed25519']);
    expect(typesOf(FILE, 'node1', 2223, { ...ed, blob: Buffer.from('another') })).toEqual([]);
  });

  test('a pattern made to be slow is not', () => {
    const pattern = `${'*a'.repeat(2000)}b`;
    expect(typesOf(`${pattern} ssh-rsa ${RSA}\n`, 'a'.repeat(4000))).toEqual([]);
  });

  test('a hashed name written by ssh-keygen is found', () => {
    const dir = mkdtempSync(join(tmpdir(), 'twinbeat-known-'));
    const file = join(dir, 'known_hosts');
    writeFileSync(file, `[node1]:2222 ssh-rsa ${RSA}\n`);
    const hashed = spawnSync('ssh-keygen', ['-H', '-f', file]);
    const text = readFileSync(file, 'latin1');
    rmSync(dir, { recursive: true });
    if (hashed.error !== undefined) return;
    expect(text).toMatch(/^\|1\|/);
    expect(typesOf(text, 'node1', 2222)).toEqual(['ssh-rsa']);
    expect(typesOf(text, 'node1', 22)).toEqual([]);
  });
});

describe('changing', () => {
  test('a new line is plain in a plain file, hashed in a hashed one, and never glued to the last line', () => {
    const salt = Buffer.alloc(20, 7);
    expect(lineForKey(parseKnownHosts(`${FILE}\n`), 'Node3', 22, ed, salt)).toBe(`node3 ssh-ed25519 ${ED}\n`);
    expect(lineForKey(parseKnownHosts(FILE), 'node3', 2200, ed, salt)).toBe(`\n[node3]:2200 ssh-ed25519 ${ED}\n`);
    const hashed = lineForKey(parseKnownHosts(`|1|AAAA|BBBB ssh-rsa ${RSA}\n`), 'node3', 22, ed, salt);
    expect(hashed).toMatch(/^\|1\|/);
    expect(typesOf(hashed, 'node3')).toEqual(['ssh-ed25519']);
  });

  test('forgetting a host keeps shared lines for the others, wildcards, marks and comments', () => {
    const after = printKnownHosts(forgetHost(parseKnownHosts(FILE), 'node1', 22));
    expect(after).toBe(FILE.replace('node1,192.168.2.1 ', '192.168.2.1 '));
    expect(printKnownHosts(forgetHost(parseKnownHosts(FILE), 'node1', 2222))).toBe(
      FILE.replace(`[node1]:2222\tssh-rsa ${RSA}\n`, ''),
    );
    expect(printKnownHosts(forgetHost(parseKnownHosts(FILE), 'a.lab', 22))).not.toBe('');
  });
});

describe('on disk', () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), 'twinbeat-known-'));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  test('a missing file is empty; the first key makes it with mode 600 in a folder of mode 700', async () => {
    const file = join(dir, '.ssh', 'known_hosts');
    const store = knownHostsFile(file);
    expect((await store.lookup('node1', 22, ed)).keys).toEqual([]);
    await store.remember('node1', 22, ed);
    expect(statSync(file).mode & 0o777).toBe(0o600);
    expect(statSync(join(dir, '.ssh')).mode & 0o777).toBe(0o700);
    expect((await store.lookup('node1', 22, ed)).keys).toHaveLength(1);
  });

  test('keys remembered at the same time are all there', async () => {
    const store = knownHostsFile(join(dir, 'known_hosts'));
    await Promise.all(
      Array.from({ length: 20 }, (_, index) =>
        index % 3 === 0 ? store.replace(`n${index}`, 22, ed) : store.remember(`n${index}`, 22, ed),
      ),
    );
    for (let index = 0; index < 20; index++)
      expect((await store.lookup(`n${index}`, 22, ed)).keys, `n${index}`).toHaveLength(1);
  });

  test('replacing keeps mode, link and everything else', async () => {
    const real = join(dir, 'real');
    writeFileSync(real, FILE);
    chmodSync(real, 0o644);
    symlinkSync(real, join(dir, 'known_hosts'));
    await knownHostsFile(join(dir, 'known_hosts')).replace('node1', 2222, ed);
    expect(statSync(real).mode & 0o777).toBe(0o644);
    expect(readFileSync(real, 'latin1')).toBe(
      `${FILE.replace(`[node1]:2222\tssh-rsa ${RSA}\n`, '')}\n[node1]:2222 ssh-ed25519 ${ED}\n`,
    );
    expect(spawnSync('ls', ['-A', dir]).stdout.toString().split('\n').filter(Boolean).sort()).toEqual([
      'known_hosts',
      'real',
    ]);
  });

  test('files of the system are read too, never written', async () => {
    const system = join(dir, 'system');
    writeFileSync(system, `node1 ssh-rsa ${RSA}\n`);
    const store = knownHostsFile(join(dir, 'user'), [system]);
    await store.remember('node1', 22, ed);
    expect((await store.lookup('node1', 22, rsa)).keys.map((key) => key.type).sort()).toEqual([
      'ssh-ed25519',
      'ssh-rsa',
    ]);
    expect(readFileSync(system, 'latin1')).toBe(`node1 ssh-rsa ${RSA}\n`);
  });
});
