/** Checks that no tool of the shelf does: file length, dead files, words that must not be committed. */
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

const FILE_LINES_MAX = 500;

/** Files over the limit and why they may be. */
const LONG_WITH_REASON: Readonly<Record<string, string>> = {
  'test/support/fakeConsole.ts':
    'one class answers every method of the contract; its data and stories are in files of their own',
};

/** Found by path or by convention, never imported by name. */
const ENTRY = /(\.test\.tsx?|\.config\.m?[tj]s|\.d\.ts|(^|\/)index\.tsx?)$/;

/** Tracked (and new, not ignored) files with this ending. */
function files(root: string, endings: RegExp): string[] {
  const out = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard'], {
    cwd: root,
    encoding: 'utf8',
  });
  return [...new Set(out.split('\n'))].filter((f) => endings.test(f));
}

function read(root: string, file: string): string | null {
  try {
    return readFileSync(join(root, file), 'utf8');
  } catch {
    return null; // deleted in the work tree, not yet in the index
  }
}

/** One line per problem; empty when tidy. */
export function tidyProblems(root: string): string[] {
  const sources = files(root, /\.(ts|tsx|mjs|cjs)$/).flatMap((file) => {
    const text = read(root, file);
    return text === null ? [] : [{ file, text }];
  });
  const others = files(root, /\.(json|md|html|sh|yml)$|\/dist\/electron$/).map((file) => read(root, file) ?? '');
  const problems: string[] = [];
  for (const { file, text } of sources) {
    const lines = text.split('\n').length - 1;
    if (lines > FILE_LINES_MAX && LONG_WITH_REASON[file] === undefined) {
      problems.push(`${file}: ${lines} lines; at most ${FILE_LINES_MAX} without a stated reason`);
    }
    if (ENTRY.test(file)) continue;
    const name = basename(file);
    const stem = name.replace(/\.[a-z]+$/, '');
    const named = (body: string): boolean =>
      body.includes(name) || body.includes(`/${stem}'`) || body.includes(`${stem}.cjs`);
    const alive = sources.some((s) => s.file !== file && named(s.text)) || others.some(named);
    if (!alive) problems.push(`${file}: dead file, nothing names it`);
  }
  return problems;
}
