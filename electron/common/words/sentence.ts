/** A sentence as code and parameters, so that it can be said in any language; and the same in English. */
import { z } from 'zod';
import type { Text } from '../contract/drill.ts';
import { SENTENCES, type SentenceCode } from './sentences.ts';
import { SENTENCES_ZH } from './sentences.zh-CN.ts';

/** A parameter may be a sentence of its own: the reason inside of "lost (tcp): ...". */
export type SentenceParam = string | number | Sentence;

export interface Sentence {
  /** One of `SENTENCES`, or one of a newer core that this end does not know. */
  readonly code: string;
  readonly params: Readonly<Record<string, SentenceParam>>;
}

export const SentenceSchema: z.ZodType<Sentence> = z.lazy(() =>
  z.object({ code: z.string(), params: z.record(z.string(), z.union([z.string(), z.number(), SentenceSchema])) }),
);

/** Names in double braces of a template. */
type ParamOf<Template extends string> = Template extends `${string}{{${infer Name}}}${infer Rest}`
  ? Name | ParamOf<Rest>
  : never;

type ParamsOf<Code extends SentenceCode> = Readonly<Record<ParamOf<(typeof SENTENCES)[Code]>, SentenceParam | Said>>;

/** Both forms of one statement; contracts carry them side by side. */
export interface Said {
  /** In English. */
  readonly detail: string;
  /** The same, for other languages. */
  readonly said: Sentence;
}

/** Says the sentence under `code`; the compiler knows its parameters. */
export function say<Code extends SentenceCode>(
  code: Code,
  ...[params]: ParamOf<(typeof SENTENCES)[Code]> extends never ? [] : [ParamsOf<Code>]
): Said {
  const given = Object.entries<SentenceParam | Said>(params ?? {});
  const plain = given.map(([name, value]) => [name, typeof value === 'object' && 'said' in value ? value.said : value]);
  const said: Sentence = { code, params: Object.fromEntries(plain) as Sentence['params'] };
  return { detail: english(said), said };
}

/** Puts parameters into a template; one that is missing stays as it is. */
export function fill(template: string, params: Readonly<Record<string, string | number>>): string {
  return template.replaceAll(/\{\{(\w+)\}\}/g, (hole, name: string) => String(params[name] ?? hole));
}

function told({ code, params }: Sentence, table: Readonly<Record<string, string>>): string | null {
  const template = table[code];
  if (template === undefined) return null;
  const text = (value: SentenceParam): string | number =>
    typeof value === 'object' ? (told(value, table) ?? value.code) : value;
  return fill(template, Object.fromEntries(Object.entries(params).map(([name, value]) => [name, text(value)])));
}

/** A sentence in English; its code where this end does not know it. */
export function english(sentence: Sentence): string {
  return told(sentence, SENTENCES) ?? sentence.code;
}

/** A statement in both languages; in English where nobody has other words, or ones that are not known here. */
export function inBoth({ detail, said }: { readonly detail: string; readonly said?: Sentence | undefined }): Text {
  return { en: detail, 'zh-CN': (said === undefined ? null : told(said, SENTENCES_ZH)) ?? detail };
}

/** Several statements in a row: `a; b`, `a and b`, `a, b`, `a · b`, or each on its line. */
export function join(list: readonly Said[], how: 'also' | 'and' | 'list' | 'dots' | 'lines'): Said {
  const [first = say('inItsWords', { text: '' }), ...rest] = list;
  return rest.reduce((before, next) => say(how, { before, next }), first);
}

/** An expected failure that says why; a `Result` like any other. */
export function refuse<R extends string>(reason: R, why: Said) {
  return { ok: false, reason, detail: why.detail, said: why.said } as const;
}

/** A `Result` whose failure can be said in any language. */
export type Outcome<T, R extends string = string> =
  { readonly ok: true; readonly value: T } | ({ readonly ok: false; readonly reason: R } & Said);

/** What somebody else said, whose words we only have in one language; `said` where they have it in any. */
export function quote(words: { readonly detail: string; readonly said?: Sentence | undefined }): Said {
  return words.said === undefined
    ? say('inItsWords', { text: words.detail })
    : { detail: words.detail, said: words.said };
}
