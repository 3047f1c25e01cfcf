/** Saved pairs and settings: one JSON file a pair, without secrets, so that a team can share them. */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { fail, ok } from '../../../agent/common/base/result.ts';
import type { Result } from '../../../agent/common/base/result.ts';
import { RpcError } from '../../../agent/common/rpc/messages.ts';
import { SettingsSchema } from '../../common/contract/console.ts';
import type { Settings } from '../../common/contract/console.ts';
import { PairSpecSchema } from '../../common/contract/pair.ts';
import type { PairSpec } from '../../common/contract/pair.ts';
import { writeFileAtomic } from './files.ts';

const DEFAULT_SETTINGS: Settings = { language: null, theme: 'system', layout: {} };

/** One line a problem: `FILE: nodes[0].name: what was expected`. */
export function schemaProblems(file: string, error: z.ZodError): string {
  const where = (path: readonly PropertyKey[]): string =>
    path
      .map((key) => (typeof key === 'number' ? `[${key}]` : `.${String(key)}`))
      .join('')
      .replace(/^\./, '') || '(whole file)';
  return error.issues.map((issue) => `${file}: ${where(issue.path)}: ${issue.message}`).join('\n');
}

/** Parses a pair file's text; the detail of a failure names file and field. */
export function parsePairFile(file: string, text: string): Result<PairSpec, 'not-json' | 'bad-pair'> {
  let raw: unknown;
  try {
    raw = JSON.parse(text);
  } catch (error) {
    return fail('not-json', `${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const parsed = PairSpecSchema.safeParse(raw);
  return parsed.success ? ok(parsed.data) : fail('bad-pair', schemaProblems(file, parsed.error));
}

/** Reads a pair file from disk. */
export function readPairFile(file: string): Result<PairSpec, 'unreadable' | 'not-json' | 'bad-pair'> {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    return fail('unreadable', `${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  return parsePairFile(file, text);
}

export class Profiles {
  private readonly configDir: string;
  private readonly report: (problem: string) => void;

  /** `report` gets a sentence for each file that cannot be used; the others still load. */
  constructor(configDir: string, report: (problem: string) => void) {
    this.configDir = configDir;
    this.report = report;
  }

  /** The id becomes a file name: anything but a plain one is a caller's mistake or worse. */
  private fileOf(id: string): string {
    const checked = PairSpecSchema.shape.id.safeParse(id);
    if (!checked.success) throw new RpcError('bad-args', `not a pair id: ${id}`);
    return join(this.configDir, 'pairs', `${id}.json`);
  }

  list(): PairSpec[] {
    const dir = join(this.configDir, 'pairs');
    if (!existsSync(dir)) return [];
    const pairs: PairSpec[] = [];
    for (const name of readdirSync(dir).sort()) {
      if (!name.endsWith('.json')) continue;
      const read = readPairFile(join(dir, name));
      if (read.ok) pairs.push(read.value);
      else this.report(read.detail);
    }
    return pairs;
  }

  get(id: string): PairSpec | null {
    return this.list().find((pair) => pair.id === id) ?? null;
  }

  save(pair: PairSpec): void {
    writeFileAtomic(this.fileOf(pair.id), `${JSON.stringify(pair, null, 2)}\n`);
  }

  /** Deleting what is not there is no error. */
  remove(id: string): void {
    rmSync(this.fileOf(id), { force: true });
  }

  settings(): Settings {
    const file = join(this.configDir, 'settings.json');
    if (!existsSync(file)) return DEFAULT_SETTINGS;
    try {
      return SettingsSchema.parse({ ...DEFAULT_SETTINGS, ...(JSON.parse(readFileSync(file, 'utf8')) as object) });
    } catch {
      // Settings are conveniences: a damaged file must not keep the console from opening.
      this.report(`${file} is damaged; the default settings are used`);
      return DEFAULT_SETTINGS;
    }
  }

  saveSettings(settings: Settings): void {
    writeFileAtomic(join(this.configDir, 'settings.json'), `${JSON.stringify(settings, null, 2)}\n`);
  }
}
