/** What the core says of itself, in the person's language. */
import type { Sentence, SentenceParam } from '../../electron/common/words/sentence.ts';
import type { T } from '../locales/index.ts';

/** A statement as contracts carry it: always in English, mostly for other languages as well. */
export interface Statement {
  readonly detail: string;
  readonly said?: Sentence | undefined;
}

function sentenceText({ code, params }: Sentence, t: T): string {
  const text = (value: SentenceParam): string | number => (typeof value === 'object' ? sentenceText(value, t) : value);
  const words = Object.entries(params).map(([name, value]) => [name, text(value)] as const);
  return t(`said.${code as 'inItsWords'}`, { ...(Object.fromEntries(words) as { text: string }), defaultValue: '' });
}

/** In the person's language; in English where the core has no other words, or ones that are not known here. */
export function saidText({ detail, said }: Statement, t: T): string {
  const text = said === undefined ? '' : sentenceText(said, t);
  return text === '' ? detail : text;
}
