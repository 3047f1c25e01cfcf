/** Why the last start was refused, kept where `attach` finds it: to whoever asks from outside, a daemon that refuses its files only is not there. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** Characters kept; a file with everything wrong fills a screen, not a disk. */
const TEXT_MAX = 4000;

/** How `attach` begins to say it. */
export const REFUSED = 'configuration refused: ';

const fileIn = (runDir: string): string => join(runDir, 'refused');

/** Best effort: what cannot be written is on standard error all the same. */
export function keepRefusal(runDir: string, text: string): void {
  try {
    mkdirSync(runDir, { recursive: true });
    writeFileSync(fileIn(runDir), text.slice(0, TEXT_MAX), { mode: 0o600 });
  } catch {
    // No right to write there: then nobody may ask there either.
  }
}

export function forgetRefusal(runDir: string): void {
  rmSync(fileIn(runDir), { force: true });
}

/** null: the last start was not refused, as far as known. */
export function lastRefusal(runDir: string): string | null {
  try {
    return readFileSync(fileIn(runDir), 'utf8').trim();
  } catch {
    return null;
  }
}
