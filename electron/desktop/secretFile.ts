/** Secrets, encrypted by the operating system's key store, in one small file. Never in plain text. */
import { readFile, rename, writeFile } from 'node:fs/promises';
import { z } from 'zod';

/** The part of Electron.SafeStorage that is used: the asynchronous calls. */
export interface Encryption {
  isAsyncEncryptionAvailable(): Promise<boolean>;
  encryptStringAsync(plainText: string): Promise<Buffer>;
  decryptStringAsync(encrypted: Buffer): Promise<{ readonly result: string; readonly shouldReEncrypt: boolean }>;
  /** Linux only. */
  getSelectedStorageBackend(): string;
}

export interface SecretsState {
  readonly available: boolean;
  /** Where secrets are kept, or why they cannot be; one sentence. */
  readonly reason: string;
}

const FileSchema = z.object({ version: z.literal(1), items: z.record(z.string(), z.base64()) });
type Items = z.infer<typeof FileSchema>['items'];

export class SecretFile {
  private readonly file: string;
  private readonly encryption: Encryption;
  private readonly platform: NodeJS.Platform;
  /** Changes run one after the other: two at once would each write what they had read. */
  private last: Promise<unknown> = Promise.resolve();

  constructor(file: string, encryption: Encryption, platform: NodeJS.Platform) {
    this.file = file;
    this.encryption = encryption;
    this.platform = platform;
  }

  async state(): Promise<SecretsState> {
    if (!(await this.encryption.isAsyncEncryptionAvailable())) {
      return { available: false, reason: 'the operating system offers no key store to this session' };
    }
    if (this.platform !== 'linux') return { available: true, reason: 'kept by the operating system’s key store' };
    const backend = this.encryption.getSelectedStorageBackend();
    // basic_text is a key that everybody knows: as good as plain text.
    if (backend === 'basic_text' || backend === 'unknown') {
      return {
        available: false,
        reason: 'no key store (GNOME Keyring or KWallet) is running; a password would be kept as plain text',
      };
    }
    return { available: true, reason: `kept by ${backend}` };
  }

  /** @returns null when there is none, or it cannot be decrypted any more: the person is asked again. */
  get(key: string): Promise<string | null> {
    return this.inTurn(async () => {
      const items = await this.read();
      const stored = items[key];
      if (stored === undefined || !(await this.state()).available) return null;
      try {
        const { result, shouldReEncrypt } = await this.encryption.decryptStringAsync(Buffer.from(stored, 'base64'));
        if (shouldReEncrypt) await this.write({ ...items, [key]: await this.encrypt(result) });
        return result;
      } catch {
        return null;
      }
    });
  }

  /** @returns false, with nothing written, where only plain text would be possible. */
  set(key: string, value: string): Promise<boolean> {
    return this.inTurn(async () => {
      if (!(await this.state()).available) return false;
      await this.write({ ...(await this.read()), [key]: await this.encrypt(value) });
      return true;
    });
  }

  remove(key: string): Promise<void> {
    return this.inTurn(async () => {
      const { [key]: removed, ...rest } = await this.read();
      if (removed !== undefined) await this.write(rest);
    });
  }

  private async encrypt(value: string): Promise<string> {
    return (await this.encryption.encryptStringAsync(value)).toString('base64');
  }

  private async read(): Promise<Items> {
    try {
      return FileSchema.parse(JSON.parse(await readFile(this.file, 'utf8'))).items;
    } catch {
      return {}; // absent, or damaged: what it held has to be asked for again
    }
  }

  /** Whole or not at all. */
  private async write(items: Items): Promise<void> {
    const next = `${this.file}.next`;
    await writeFile(next, `${JSON.stringify({ version: 1, items })}\n`, { mode: 0o600 });
    await rename(next, this.file);
  }

  private inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.last.then(work, work);
    this.last = result.catch(() => undefined);
    return result;
  }
}
