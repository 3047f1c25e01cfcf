/** Files that are made from sources: rewritten here, committed, and checked to be up to date. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { haCfPage } from './pages.ts';

/** Relative path and its text as the sources make it. */
const GENERATED: readonly (readonly [string, () => string])[] = [['docs/ha-cf.md', haCfPage]];

/** Rewrites what is stale and returns the names. */
export function regenerate(root: string): string[] {
  return GENERATED.filter(([name, make]) => {
    const path = join(root, name);
    const wanted = make();
    if (existsSync(path) && readFileSync(path, 'utf8') === wanted) return false;
    writeFileSync(path, wanted);
    return true;
  }).map(([name]) => name);
}
