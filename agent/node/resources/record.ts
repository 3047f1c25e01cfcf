/**
 * Which groups this node has begun to start and not finished stopping, on disk: what a killed daemon leaves
 * behind is released by the next one from here. Not synced: a kill keeps the page cache, and a power cut, which
 * does not, leaves nothing running that would have to be stopped. Two places, because one disk may be full.
 */
import { readFileSync, writeFileSync } from 'node:fs';

export interface HeldRecord {
  /** Keys on record, from any place that can be read. */
  load(): readonly string[];
  /** Replaces the record. False: no place took it. */
  save(keys: readonly string[]): boolean;
}

/** A record kept in each of these files. */
export function fileRecord(files: readonly string[]): HeldRecord {
  return {
    load: () => {
      const keys = new Set<string>();
      for (const file of files) {
        try {
          for (const line of readFileSync(file, 'utf8').split('\n')) if (line !== '') keys.add(line);
        } catch {
          // Not there: nothing was recorded in this place.
        }
      }
      return [...keys];
    },
    save: (keys) => {
      let saved = 0;
      for (const file of files) {
        try {
          writeFileSync(file, keys.map((key) => `${key}\n`).join(''), { mode: 0o600 });
          saved += 1;
        } catch {
          // The other place may still work.
        }
      }
      return saved > 0;
    },
  };
}
