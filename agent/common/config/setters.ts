/** What the rows of the directive table are made of: one maker for each kind of value. */
import type { DirectiveUse } from './draft.ts';
import { parseDurationMs } from './time.ts';

/** Reads a directive's values into the draft, or reports what is wrong with them. */
export type Setter = (use: DirectiveUse) => void;

const BOOLEANS: ReadonlyMap<string, boolean> = new Map([
  ...['true', 'on', 'yes', 'y', '1'].map((word) => [word, true] as const),
  ...['false', 'off', 'no', 'n', '0'].map((word) => [word, false] as const),
]);

const FACILITIES = [
  ...['auth', 'authpriv', 'cron', 'daemon', 'ftp', 'kern', 'lpr', 'mail', 'news', 'syslog', 'user', 'uucp'],
  ...Array.from({ length: 8 }, (_, i) => `local${i}`),
  'none',
];

/** true/on/yes/y/1 or false/off/no/n/0 in any letter case, or null. */
export function parseBoolean(text: string): boolean | null {
  return BOOLEANS.get(text.toLowerCase()) ?? null;
}

/** A duration above zero, kept in milliseconds. */
export const duration: Setter = ({ name, values: [word], isDefault, draft, problems }) => {
  const ms = parseDurationMs(word.text);
  if (ms === null) {
    const expected = 'a number of seconds, or one with the unit ms or us, like 2, 0.5 or 500ms';
    problems.error('bad-time', word.at, `${name} is "${word.text}", expected ${expected}.`);
  } else if (ms <= 0) {
    problems.error('bad-time', word.at, `${name} is ${word.text}, expected more than zero.`);
  } else {
    draft.numbers.set(name, { value: ms, at: isDefault ? null : word.at });
  }
};

/** A whole decimal number, both ends included. */
export function integer(min: number, max: number): Setter {
  return ({ name, values: [word], isDefault, draft, problems }) => {
    const value = /^[0-9]{1,10}$/.test(word.text) ? Number(word.text) : NaN;
    if (!(value >= min && value <= max)) {
      const message = `${name} is "${word.text}", expected a whole number from ${min} to ${max}.`;
      problems.error('bad-number', word.at, message);
      return;
    }
    draft.numbers.set(name, { value, at: isDefault ? null : word.at });
  };
}

export const flag: Setter = ({ name, values: [word], isDefault, draft, problems }) => {
  const value = parseBoolean(word.text);
  if (value === null) {
    problems.error('bad-boolean', word.at, `${name} is "${word.text}", expected on or off (or yes/no, true/false).`);
    return;
  }
  draft.flags.set(name, { value, at: isDefault ? null : word.at });
};

/** One of a few words. */
export function choice(...options: readonly string[]): Setter {
  return oneOf(options, `one of: ${options.join(', ')}`);
}

function oneOf(options: readonly string[], expected: string): Setter {
  return ({ name, values: [word], isDefault, draft, problems }) => {
    if (!options.includes(word.text)) {
      problems.error('bad-choice', word.at, `${name} is "${word.text}", expected ${expected}.`);
      return;
    }
    draft.texts.set(name, { value: word.text, at: isDefault ? null : word.at });
  };
}

export const facility: Setter = oneOf(FACILITIES, 'a facility of syslog, like local0, or none');

/** An absolute path. */
export const path: Setter = ({ name, values: [word], isDefault, draft, problems }) => {
  if (!word.text.startsWith('/')) {
    problems.error('bad-path', word.at, `${name} is "${word.text}", expected an absolute path.`);
    return;
  }
  draft.texts.set(name, { value: word.text, at: isDefault ? null : word.at });
};

/** Any text up to the end of the line. */
export const anything: Setter = ({ name, at, rest, isDefault, draft }) => {
  draft.texts.set(name, { value: rest, at: isDefault ? null : at });
};
