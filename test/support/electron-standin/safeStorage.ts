/** safeStorage with a fixed key: what it returns is not the plain text, and can be read back by a later run. */
import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import type { SafeStorage } from 'electron';
import type { Runtime } from './runtime.ts';
import { strict, type MembersOf } from './strict.ts';

const PREFIX = Buffer.from('v11');
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export function createSafeStorage(runtime: Runtime): object {
  const backend = process.env['STANDIN_SAFE_STORAGE'] ?? 'gnome_libsecret';
  const key = createHash('sha256').update('electron stand-in').digest();
  const needReady = (): void => {
    if (!runtime.isReady) throw new Error('safeStorage cannot be used before app is ready');
    if (backend === 'unavailable') throw new Error('Encryption is not available.');
  };
  // Only the asynchronous calls: Electron declares the others deprecated.
  const members: MembersOf<SafeStorage> = {
    isAsyncEncryptionAvailable: () => Promise.resolve(runtime.isReady && backend !== 'unavailable'),
    getSelectedStorageBackend: () => (runtime.isReady ? backend : 'unknown'),
    encryptStringAsync: async (plainText: string): Promise<Buffer> => {
      needReady();
      const nonce = randomBytes(NONCE_BYTES);
      const cipher = createCipheriv('aes-256-gcm', key, nonce);
      return Buffer.concat([PREFIX, nonce, cipher.update(plainText, 'utf8'), cipher.final(), cipher.getAuthTag()]);
    },
    decryptStringAsync: async (encrypted: Buffer): Promise<{ result: string; shouldReEncrypt: boolean }> => {
      needReady();
      try {
        const nonceEnd = PREFIX.length + NONCE_BYTES;
        const decipher = createDecipheriv('aes-256-gcm', key, encrypted.subarray(PREFIX.length, nonceEnd));
        decipher.setAuthTag(encrypted.subarray(-TAG_BYTES));
        const plain = Buffer.concat([decipher.update(encrypted.subarray(nonceEnd, -TAG_BYTES)), decipher.final()]);
        return { result: plain.toString('utf8'), shouldReEncrypt: false };
      } catch {
        throw new Error('Error while decrypting the ciphertext provided to safeStorage.decryptStringAsync.');
      }
    },
  };
  return strict('safeStorage', members);
}
