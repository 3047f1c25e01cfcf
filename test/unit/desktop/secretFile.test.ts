import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { SecretFile, type Encryption } from '../../../electron/desktop/secretFile.ts';

let dir: string;
let file: string;
beforeEach(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'twinbeat-secrets-'));
  file = path.join(dir, 'secrets.json');
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

/** Not encryption, but no plain text either; `broken` as after the key store was emptied. */
class FakeEncryption implements Encryption {
  backend = 'gnome_libsecret';
  available = true;
  broken = false;
  shouldReEncrypt = false;
  encryptions = 0;
  isAsyncEncryptionAvailable(): Promise<boolean> {
    return Promise.resolve(this.available);
  }
  getSelectedStorageBackend(): string {
    return this.backend;
  }
  encryptStringAsync(text: string): Promise<Buffer> {
    this.encryptions += 1;
    return Promise.resolve(Buffer.from([...Buffer.from(text)].map((byte) => byte ^ 0x5a)));
  }
  async decryptStringAsync(bytes: Buffer): Promise<{ result: string; shouldReEncrypt: boolean }> {
    if (this.broken) throw new Error('Error while decrypting');
    return {
      result: Buffer.from([...bytes].map((byte) => byte ^ 0x5a)).toString(),
      shouldReEncrypt: this.shouldReEncrypt,
    };
  }
}

test('what was kept is found by the next start, and the file holds no plain text', async () => {
  const encryption = new FakeEncryption();
  expect(await new SecretFile(file, encryption, 'linux').set('a', 'hunter2')).toBe(true);
  expect(readFileSync(file, 'utf8')).not.toContain('hunter2');
  expect(readFileSync(file, 'utf8')).not.toContain(Buffer.from('hunter2').toString('base64'));
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(await new SecretFile(file, encryption, 'linux').get('a')).toBe('hunter2');
  expect(await new SecretFile(file, encryption, 'linux').get('b')).toBeNull();
});

test.each([
  ['basic_text', true],
  ['unknown', true],
  ['gnome_libsecret', false],
])('back end %s, available %s: nothing is stored', async (backend, available) => {
  const encryption = new FakeEncryption();
  encryption.backend = backend;
  encryption.available = available;
  const secrets = new SecretFile(file, encryption, 'linux');
  expect(await secrets.state()).toMatchObject({ available: false });
  expect(await secrets.set('a', 'hunter2')).toBe(false);
  expect(encryption.encryptions).toBe(0);
  expect(existsSync(file)).toBe(false);
});

test('the back end is asked on Linux only', async () => {
  const encryption = new FakeEncryption();
  encryption.getSelectedStorageBackend = () => {
    throw new Error('not on this platform');
  };
  expect(await new SecretFile(file, encryption, 'darwin').state()).toMatchObject({ available: true });
});

test('a key store that fell back to plain text does not even read what a better one kept', async () => {
  const encryption = new FakeEncryption();
  const secrets = new SecretFile(file, encryption, 'linux');
  await secrets.set('a', 'hunter2');
  encryption.backend = 'basic_text';
  expect(await secrets.get('a')).toBeNull();
});

test('what cannot be decrypted is as if it were not there', async () => {
  const encryption = new FakeEncryption();
  const secrets = new SecretFile(file, encryption, 'linux');
  await secrets.set('a', 'hunter2');
  encryption.broken = true;
  expect(await secrets.get('a')).toBeNull();
});

test('a rotated key encrypts anew what it reads', async () => {
  const encryption = new FakeEncryption();
  const secrets = new SecretFile(file, encryption, 'linux');
  await secrets.set('a', 'hunter2');
  encryption.shouldReEncrypt = true;
  expect(await secrets.get('a')).toBe('hunter2');
  expect(encryption.encryptions).toBe(2);
});

test('changes at the same time lose nothing', async () => {
  const secrets = new SecretFile(file, new FakeEncryption(), 'linux');
  await Promise.all([secrets.set('a', '1'), secrets.set('b', '2'), secrets.set('c', '3'), secrets.remove('b')]);
  expect([await secrets.get('a'), await secrets.get('b'), await secrets.get('c')]).toEqual(['1', null, '3']);
});

test('a damaged file is an empty one', async () => {
  writeFileSync(file, '{"version":1,"items":{"a":');
  const secrets = new SecretFile(file, new FakeEncryption(), 'linux');
  expect(await secrets.get('a')).toBeNull();
  expect(await secrets.set('a', '1')).toBe(true);
  expect(await secrets.get('a')).toBe('1');
});
