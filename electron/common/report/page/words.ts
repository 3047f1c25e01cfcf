/** Every word that the pages of a report have of their own, in both languages. */
import type { ReportLanguage } from '../form.ts';
import { EN } from './words.en.ts';
import { ZH } from './words.zh-CN.ts';

export type ReportWords = { readonly [K in keyof typeof EN]: Widened<(typeof EN)[K]> };

type Widened<T> = T extends string
  ? string
  : T extends (...args: infer A) => string
    ? (...args: A) => string
    : { readonly [K in keyof T]: Widened<T[K]> };

export function wordsOf(language: ReportLanguage): ReportWords {
  return language === 'zh-CN' ? ZH : EN;
}
