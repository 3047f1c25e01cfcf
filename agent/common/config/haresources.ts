/** haresources: which groups of resources there are and which node should have each (reference, section 8.1). */
import { type ConfigDocument, hasByteOrderMark, readDocument, type Word, wordsOf } from './document.ts';
import type { ConfigProblem, ResourceGroup, ResourceSpec } from './model.ts';
import { Problems } from './problems.ts';
import { parseVip } from './vip.ts';

export interface ParsedHaresources {
  /** Groups that could be read, also when others could not: check `problems` for errors before using them. */
  readonly groups: readonly ResourceGroup[];
  readonly problems: readonly ConfigProblem[];
  /** `print(document)` is the text again. */
  readonly document: ConfigDocument;
}

const STYLE = { gap: ' \\t\\r', comments: 'anywhere', continuations: true } as const;

/** What the real script takes for an address where a script name is expected. */
const BARE_ADDRESS = /^[0-9]+\.[0-9]+\.[0-9]+\.[0-9]+/;

/** Scripts whose argument is an address that the daemon owns itself. */
const ADDRESS_SCRIPTS = ['IPaddr', 'IPaddr2', 'IPv6addr'];

/**
 * Parses haresources. `nodes`: the lower-cased names that ha.cf lists; empty when they are not
 * known, then preferred nodes are not checked.
 */
export function parseHaresources(text: string, file: string, nodes: readonly string[]): ParsedHaresources {
  const document = readDocument(text, file, STYLE);
  const problems = new Problems();
  if (hasByteOrderMark(text)) {
    const at = { file, line: 1, column: 1 };
    problems.error('byte-order-mark', at, 'The file begins with a byte order mark. Save it as plain text.');
  }
  const returned = document.lines.find((line) => line.ending === '\r\n');
  if (returned !== undefined) {
    const message = 'The file has Windows line ends, which the real daemon takes for part of the last resource.';
    problems.warning('windows-line-ends', { file, line: returned.number, column: 1 }, message);
  }
  const groups: ResourceGroup[] = [];
  for (const words of logicalLines(document, problems)) {
    const group = readGroup(words, nodes, problems);
    if (group !== null) groups.push(group);
  }
  checkKeys(groups, file, problems);
  return { groups, problems: problems.list(), document };
}

/** Words of each group, continued lines joined, empty ones left out. */
function logicalLines(document: ConfigDocument, problems: Problems): Word[][] {
  const all: Word[][] = [];
  let open: Word[] = [];
  let continued = false;
  for (const line of document.lines) {
    open.push(...wordsOf(document, line));
    const last = open.at(-1);
    continued = line.pieces.at(-1)?.kind === 'continuation';
    if (continued) continue;
    if (last?.text.endsWith('\\') && last.at.line === line.number) {
      const message = 'A backslash joins the next line only as the very last character of its line.';
      problems.error('stray-backslash', last.at, message);
    }
    if (open.length > 0) all.push(open);
    open = [];
  }
  if (open.length > 0) all.push(open);
  if (continued) {
    const at = { file: document.file, line: document.lines.length, column: 1 };
    problems.warning('dangling-continuation', at, 'The last line ends in a backslash, but nothing follows.');
  }
  return all;
}

function readGroup(words: readonly Word[], nodes: readonly string[], problems: Problems): ResourceGroup | null {
  const [first, ...rest] = words;
  if (first === undefined) return null;
  const node = first.text.toLowerCase();
  if (nodes.length > 0 && !nodes.includes(node)) {
    const message = `"${first.text}" is not a node of ha.cf; expected ${nodes.join(' or ')} as the first word of a group.`;
    problems.error('bad-node-name', first.at, message);
  }
  const resources = rest.map((word) => readResource(word, problems)).filter((resource) => resource !== null);
  const key = resources[0]?.spec;
  if (rest.length === 0) {
    problems.error('empty-group', first.at, `The group of ${first.text} has no resource; expected at least one.`);
  }
  if (key === undefined || resources.length < rest.length) return null;
  return { key, node, resources, line: first.at.line };
}

function readResource(word: Word, problems: Problems): ResourceSpec | null {
  const spec = BARE_ADDRESS.test(word.text) ? `IPaddr::${word.text}` : word.text;
  const [script = '', ...args] = spec.split('::');
  if (!/^[^/:]+$/.test(script) || script === '.' || script === '..') {
    const expected = 'a script name, script::argument, or an IPv4 address (IPv6 is written IPaddr2::address)';
    problems.error('bad-resource', word.at, `"${word.text}" is not a resource; expected ${expected}.`);
    return null;
  }
  if (!ADDRESS_SCRIPTS.includes(script)) return { script, args, vip: null, spec };
  // An IPv6 address contains the separator itself, so the argument is what is behind the first one.
  const argument = args.join('::');
  const vip = parseVip(argument);
  if (!vip.ok) {
    const column = word.at.column + word.text.length - argument.length + vip.offset;
    problems.error(vip.reason, { ...word.at, column }, vip.detail);
    return null;
  }
  if (script === 'IPaddr' && vip.value.family === 'ipv6') {
    const message = `IPaddr takes IPv4 addresses only; write IPaddr2::${argument}.`;
    problems.error('bad-address', word.at, message);
    return null;
  }
  if (script === 'IPv6addr' && vip.value.family === 'ipv4') {
    problems.error('bad-address', word.at, `IPv6addr takes IPv6 addresses only; write IPaddr2::${argument}.`);
    return null;
  }
  return { script, args: [argument], vip: vip.value, spec };
}

/** Keys name groups on the wire and in scripts, so each must stand in the file only once, in any column. */
function checkKeys(groups: readonly ResourceGroup[], file: string, problems: Problems): void {
  for (const [i, group] of groups.entries()) {
    const at = { file, line: group.line, column: 1 };
    const twin = groups.slice(0, i).find((earlier) => earlier.key === group.key);
    if (twin !== undefined) {
      const message = `The first resource ${group.key} is that of line ${twin.line} too; expected a different one.`;
      problems.error('duplicate-key', at, message);
      continue;
    }
    const user = groups.find((other) => other !== group && other.resources.slice(1).some((r) => r.spec === group.key));
    if (user !== undefined) {
      const why = 'the real daemon finds a group by it and may take the wrong one';
      const message = `The first resource ${group.key} also stands in line ${user.line}: ${why}.`;
      problems.warning('key-not-unique', at, message);
    }
  }
  checkAddresses(groups, file, problems);
}

function checkAddresses(groups: readonly ResourceGroup[], file: string, problems: Problems): void {
  const seen = new Map<string, number>();
  for (const group of groups) {
    for (const resource of group.resources) {
      if (resource.vip === null) continue;
      const earlier = seen.get(resource.vip.address);
      if (earlier !== undefined && earlier !== group.line) {
        const at = { file, line: group.line, column: 1 };
        const message = `The address ${resource.vip.address} stands in line ${earlier} too: both nodes could hold it.`;
        problems.error('duplicate-address', at, message);
      }
      seen.set(resource.vip.address, group.line);
    }
  }
}
