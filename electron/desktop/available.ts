/** Whether the desktop window can be opened here, decided before Electron is started, and why not when not. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import path from 'node:path';

export interface HostEnvironment {
  readonly platform: NodeJS.Platform;
  readonly environment: Readonly<Record<string, string | undefined>>;
  /** null on Windows. */
  readonly userId: number | null;
  /** Path of the folder that holds node_modules. */
  readonly root: string;
  readonly exists: (file: string) => boolean;
  /** Contents without the line end, or null. */
  readonly read: (file: string) => string | null;
  readonly isSetuidRoot: (file: string) => boolean;
}

export type DesktopChoice =
  | { readonly host: 'desktop'; readonly executable: string; readonly reason: string }
  | { readonly host: 'browser'; readonly reason: string };

/** Electron's executable inside its distribution. */
const EXECUTABLES: Readonly<Partial<Record<NodeJS.Platform, string>>> = {
  linux: 'electron',
  win32: 'electron.exe',
  darwin: 'Electron.app/Contents/MacOS/Electron',
};

/** The machine as it is. */
export function hostEnvironment(root: string): HostEnvironment {
  return {
    platform: process.platform,
    environment: process.env,
    userId: process.getuid?.() ?? null,
    root,
    exists: existsSync,
    read: (file) => {
      try {
        return readFileSync(file, 'utf8').trim();
      } catch {
        return null;
      }
    },
    isSetuidRoot: (file) => {
      try {
        const stat = statSync(file);
        return stat.uid === 0 && (stat.mode & 0o4000) !== 0;
      } catch {
        return false;
      }
    },
  };
}

/** Why Chromium could not put its pages into a sandbox, which it refuses to go without; null: it can. */
function sandboxObstacle(host: HostEnvironment, distribution: string): string | null {
  if (host.platform !== 'linux') return null;
  if (host.userId === 0) return 'Electron does not run for root';
  if (host.isSetuidRoot(path.join(distribution, 'chrome-sandbox'))) return null;
  const isForbidden =
    host.read('/proc/sys/kernel/unprivileged_userns_clone') === '0' ||
    host.read('/proc/sys/user/max_user_namespaces') === '0' ||
    host.read('/proc/sys/kernel/apparmor_restrict_unprivileged_userns') === '1';
  return isForbidden ? 'this kernel forbids the user namespaces that Electron’s sandbox needs' : null;
}

/** Chooses the host. `reason` completes "opening the desktop window: …" or "serving the browser: …". */
export function chooseHost(host: HostEnvironment): DesktopChoice {
  const override = host.environment['ELECTRON_OVERRIDE_DIST_PATH'];
  const distribution = override || path.join(host.root, 'node_modules', 'electron', 'dist');
  const executable = path.join(distribution, EXECUTABLES[host.platform] ?? 'electron');
  if (!host.exists(executable)) {
    return { host: 'browser', reason: 'Electron’s runtime is not installed (npx install-electron gets it)' };
  }
  const hasDisplay = host.environment['DISPLAY'] || host.environment['WAYLAND_DISPLAY'];
  if (host.platform === 'linux' && !hasDisplay) return { host: 'browser', reason: 'there is no display' };
  const obstacle = sandboxObstacle(host, distribution);
  if (obstacle !== null) return { host: 'browser', reason: obstacle };
  return { host: 'desktop', executable, reason: 'Electron and a display are here' };
}
