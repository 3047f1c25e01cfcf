/**
 * twinbeat.cf: what must be true before a takeover, and what happens when a script does not stop. A file of our own
 * beside heartbeat's three, because the real daemon refuses an ha.cf with a directive that it does not know. Lexical
 * rules are those of ha.cf. A pair without the file has the defaults.
 */
import { type ConfigDocument, hasByteOrderMark, readDocument, type Word, wordsOf } from './document.ts';
import type { ConfigProblem, HaConfig, SafetyConfig, SourcePosition, TakeoverCondition } from './model.ts';
import { Problems } from './problems.ts';

export interface ParsedTwinbeatCf {
  /** null when any problem is an error. */
  readonly safety: SafetyConfig | null;
  readonly problems: readonly ConfigProblem[];
  /** `print(document)` is the text again. */
  readonly document: ConfigDocument;
}

/** What holds without the file. */
export const SAFETY_DEFAULTS: SafetyConfig = { takeoverRequires: [], onStopFailure: 'report' };

const STYLE = { gap: ' \\t,\\r\\f\\v', comments: 'anywhere', continuations: false } as const;

/** Words of `takeover_requires`, in the order in which they are reported. */
const CONDITIONS: readonly (readonly [string, TakeoverCondition])[] = [
  ['reference', 'reference'],
  ['two_links', 'two-links'],
  ['fencing', 'fencing'],
];
const DIRECTIVES = ['takeover_requires', 'on_stop_failure'];
const LINKS_FOR_TWO = 2;

interface Reading {
  readonly ha: HaConfig | null;
  readonly problems: Problems;
  readonly seen: Map<string, SourcePosition>;
  takeoverRequires: TakeoverCondition[];
  onStopFailure: SafetyConfig['onStopFailure'];
}

/**
 * Parses twinbeat.cf. `ha`: the ha.cf beside it, against which every demand is checked, because a demand that can
 * never be met is a pair that never takes over; null: that file is broken, so nothing is checked against it.
 */
export function parseTwinbeatCf(text: string, file: string, ha: HaConfig | null): ParsedTwinbeatCf {
  const document = readDocument(text, file, STYLE);
  const problems = new Problems();
  const reading: Reading = { ha, problems, seen: new Map(), ...SAFETY_DEFAULTS, takeoverRequires: [] };
  if (hasByteOrderMark(text)) {
    const at = { file, line: 1, column: 1 };
    problems.error('byte-order-mark', at, 'The file begins with a byte order mark. Save it as plain text.');
  }
  for (const line of document.lines) {
    const [directive, ...values] = wordsOf(document, line);
    if (directive !== undefined) readDirective(directive, values, reading);
  }
  const { takeoverRequires, onStopFailure } = reading;
  return {
    safety: problems.hasErrors ? null : { takeoverRequires, onStopFailure },
    problems: problems.list(),
    document,
  };
}

function readDirective(directive: Word, values: readonly Word[], reading: Reading): void {
  const { problems, seen } = reading;
  const name = directive.text;
  if (!DIRECTIVES.includes(name)) {
    const shown = name.slice(0, 80);
    problems.error('illegal-directive', directive.at, `"${shown}" is not one of ${DIRECTIVES.join(', ')}.`);
    return;
  }
  const earlier = seen.get(name);
  if (earlier !== undefined) {
    problems.error('duplicate-directive', directive.at, `${name} stands in line ${earlier.line} already.`);
    return;
  }
  seen.set(name, directive.at);
  if (name === 'takeover_requires') readConditions(directive, values, reading);
  else readStopFailure(directive, values, reading);
}

function readConditions(directive: Word, values: readonly Word[], reading: Reading): void {
  const expected = `one or more of: ${CONDITIONS.map(([word]) => word).join(', ')}`;
  if (values.length === 0) {
    reading.problems.error('missing-value', directive.at, `takeover_requires needs a value: ${expected}.`);
    return;
  }
  const wanted = new Set<TakeoverCondition>();
  for (const value of values) {
    const condition = CONDITIONS.find(([word]) => word === value.text)?.[1];
    if (condition === undefined) {
      reading.problems.error('bad-choice', value.at, `"${value.text}" is unknown; expected ${expected}.`);
      continue;
    }
    wanted.add(condition);
    checkCondition(condition, value.at, reading);
  }
  reading.takeoverRequires = CONDITIONS.map(([, condition]) => condition).filter((condition) => wanted.has(condition));
}

function checkCondition(condition: TakeoverCondition, at: SourcePosition, { ha, problems }: Reading): void {
  if (ha === null) return;
  if (condition === 'reference' && ha.pingNodes.length === 0) {
    problems.error('requires-ping-node', at, 'reference needs a ping or ping_group line in ha.cf; there is none.');
  } else if (condition === 'two-links' && ha.links.length < LINKS_FOR_TWO) {
    const message = `two_links needs at least two heartbeat paths in ha.cf; it has ${ha.links.length}.`;
    problems.error('requires-two-links', at, message);
  } else if (condition === 'fencing' && ha.stonith.length === 0) {
    problems.error('requires-stonith', at, 'fencing needs a stonith or stonith_host line in ha.cf; there is none.');
  }
}

function readStopFailure(directive: Word, [value, extra]: readonly Word[], reading: Reading): void {
  const { ha, problems } = reading;
  if (value === undefined) {
    problems.error('missing-value', directive.at, 'on_stop_failure needs a value: report or reboot.');
    return;
  }
  if (extra !== undefined) {
    problems.error('bad-arguments', extra.at, 'Expected on_stop_failure report or on_stop_failure reboot.');
    return;
  }
  if (value.text !== 'report' && value.text !== 'reboot') {
    const message = `on_stop_failure is "${value.text}", expected report or reboot.`;
    problems.error('bad-choice', value.at, message);
    return;
  }
  reading.onStopFailure = value.text;
  if (value.text === 'reboot' && ha !== null && ha.watchdog === null) {
    problems.error('requires-watchdog', value.at, 'reboot needs a watchdog line in ha.cf; there is none.');
  }
}
