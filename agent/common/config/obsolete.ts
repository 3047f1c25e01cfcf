/** Setters of directives that stand for another kind of cluster, or for another time. */
import { type Setter, parseBoolean } from './setters.ts';

export const autoFailback: Setter = ({ name, values: [word], isDefault, draft, problems }) => {
  const on = parseBoolean(word.text);
  const value = on === null ? word.text : on ? 'on' : 'off';
  if (value !== 'on' && value !== 'off' && value !== 'legacy') {
    problems.error('bad-choice', word.at, `${name} is "${word.text}", expected on, off or legacy.`);
    return;
  }
  draft.texts.set(name, { value, at: isDefault ? null : word.at });
};

/** The real daemon complains and then behaves as if `auto_failback legacy` had been written. */
export const niceFailback: Setter = ({ at, draft, problems }) => {
  const message = 'nice_failback is obsolete and works like auto_failback legacy: write auto_failback on or off.';
  problems.warning('deprecated-directive', at, message);
  draft.texts.set('auto_failback', { value: 'legacy', at });
};

export const autojoin: Setter = ({ values: [word], problems }) => {
  if (word.text === 'none') return;
  const message = `autojoin is "${word.text}": with haresources only none is possible.`;
  problems.error('autojoin-conflict', word.at, message);
};

/** Anything but off hands the resources to Pacemaker, and haresources is not read at all. */
export const pacemaker: Setter = ({ name, values: [word], problems }) => {
  if (parseBoolean(word.text) === false) return;
  const message = `${name} is "${word.text}": this is a Pacemaker cluster, which does not use haresources. Expected off.`;
  problems.error('pacemaker-cluster', word.at, message);
};
