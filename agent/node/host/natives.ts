/**
 * Finds the native modules, both in the source tree (node_modules) and in the deployed folder
 * (native/ beside the bundled script). koffi's platform module is loaded by itself: the
 * JavaScript around it only searches for it and adds deprecated aliases.
 */
import { existsSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { fail, ok, type Result } from '../../common/base/result.ts';

/** The part of koffi that is used. A declared function takes numbers and buffers. */
export interface Koffi {
  load(path: string | null): { func(declaration: string): (...args: (number | Uint8Array)[]) => number };
  /** Where the bytes are in memory; true until the next turn of the event loop at least, while they are referenced. */
  address(bytes: Uint8Array): bigint | number;
  /** errno of the last call made by this thread. */
  errno(): number;
}

/** This file: the bundle itself when bundled (CommonJS), else this module of the source tree. */
const SELF = typeof __filename === 'string' ? __filename : fileURLToPath(import.meta.url);

/** The script that this program is: what a second thread or a restarted agent is started from. */
export const MAIN_SCRIPT = typeof __filename === 'string' ? __filename : join(dirname(SELF), '..', 'main.ts');

function candidates(): string[] {
  const target = `linux-${process.arch}`;
  const inTree = `node_modules/@koromix/koffi-${target}`;
  const paths = [join(dirname(SELF), 'native', target, 'koffi.node'), join(dirname(SELF), 'native', 'koffi.node')];
  for (let dir = dirname(SELF); dir !== dirname(dir); dir = dirname(dir)) {
    for (const libc of ['linux', 'musl']) paths.push(join(dir, inTree, `${libc}_${process.arch}`, 'koffi.node'));
  }
  return paths;
}

/** Loads koffi, or says why it cannot be used here. Never throws. */
export function loadKoffi(): Result<Koffi, 'not-loadable'> {
  const require = createRequire(SELF);
  let why = 'no koffi.node found beside the agent';
  for (const path of candidates()) {
    if (!existsSync(path)) continue;
    try {
      return ok(require(path) as Koffi);
    } catch (error) {
      why = `${path}: ${error instanceof Error ? error.message : String(error)}`;
    }
  }
  return fail('not-loadable', why);
}
