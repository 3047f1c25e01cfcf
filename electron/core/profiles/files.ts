import { closeSync, fsyncSync, mkdirSync, openSync, renameSync, writeSync } from 'node:fs';
import { homedir } from 'node:os';
import { dirname, join } from 'node:path';

export interface UserDirs {
  readonly configDir: string;
  readonly dataDir: string;
  /** May be emptied at any time. */
  readonly cacheDir: string;
}

/** Where this user's files of Twinbeat live, by the platform's own convention. */
export function userDirs(env: NodeJS.ProcessEnv, platform: NodeJS.Platform): UserDirs {
  const home = env['HOME'] ?? homedir();
  if (platform === 'win32') {
    const roaming = env['APPDATA'] ?? join(home, 'AppData', 'Roaming');
    const local = env['LOCALAPPDATA'] ?? join(home, 'AppData', 'Local');
    return {
      configDir: join(roaming, 'Twinbeat'),
      dataDir: join(local, 'Twinbeat'),
      cacheDir: join(local, 'Twinbeat', 'Cache'),
    };
  }
  if (platform === 'darwin') {
    const base = join(home, 'Library', 'Application Support', 'Twinbeat');
    return { configDir: base, dataDir: base, cacheDir: join(home, 'Library', 'Caches', 'Twinbeat') };
  }
  return {
    configDir: join(env['XDG_CONFIG_HOME'] ?? join(home, '.config'), 'twinbeat'),
    dataDir: join(env['XDG_DATA_HOME'] ?? join(home, '.local', 'share'), 'twinbeat'),
    cacheDir: join(env['XDG_CACHE_HOME'] ?? join(home, '.cache'), 'twinbeat'),
  };
}

/** Writes the whole file or leaves the old one: a new file beside it, synced, then renamed over it. */
export function writeFileAtomic(file: string, text: string): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 });
  const beside = `${file}.${process.pid}.new`;
  const fd = openSync(beside, 'w', 0o600);
  try {
    writeSync(fd, text);
    fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
  renameSync(beside, file);
}
