/** Reads the drill scripts of resources/drills. What does not fit the schema is said with file and field. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { fail, ok, type Result } from '../../../agent/common/base/result.ts';
import { DrillScriptSchema, type DrillScript } from '../../common/drill/script.ts';

function fieldOf(path: readonly PropertyKey[]): string {
  return path
    .map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`))
    .join('')
    .replace(/^\./, '');
}

/** Parses one JSON file by a schema. The failure names the file and each field that is wrong. */
export function readScriptFile<T>(
  file: string,
  schema: z.ZodType<T>,
): Result<T, 'unreadable' | 'not-json' | 'bad-field'> {
  let raw: string;
  try {
    raw = readFileSync(file, 'utf8');
  } catch (error) {
    return fail('unreadable', `${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  let value: unknown;
  try {
    value = JSON.parse(raw);
  } catch (error) {
    return fail('not-json', `${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
  const parsed = schema.safeParse(value);
  if (parsed.success) return ok(parsed.data);
  const issues = parsed.error.issues.map((issue) => `${fieldOf(issue.path) || 'the file'}: ${issue.message}`);
  return fail('bad-field', `${file}: ${issues.join('; ')}`);
}

/** Every `.json` of a folder, by name. Files that are wrong are left out and reported. */
export function readScripts<T>(dir: string, schema: z.ZodType<T>, report: (problem: string) => void): T[] {
  let names: string[];
  try {
    names = readdirSync(dir)
      .filter((name) => name.endsWith('.json'))
      .sort();
  } catch (error) {
    report(`${dir}: ${error instanceof Error ? error.message : String(error)}`);
    return [];
  }
  return names.flatMap((name) => {
    const read = readScriptFile(join(dir, name), schema);
    if (read.ok) return [read.value];
    report(read.detail);
    return [];
  });
}

/** The drills in the order of the reference's list. Two of the same id are a broken installation. */
export function readDrills(dir: string, report: (problem: string) => void): DrillScript[] {
  const scripts = readScripts(dir, DrillScriptSchema, report).sort((a, b) => a.row - b.row);
  const known = new Set<string>();
  return scripts.filter(({ id }) => {
    const isNew = !known.has(id);
    if (!isNew) report(`${dir}: two drills have the id ${id}; the second is left out`);
    known.add(id);
    return isNew;
  });
}
