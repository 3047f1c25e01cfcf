/** Sentences in both languages, put together from the same facts. */
import type { Text } from '../contract/drill.ts';

/** One sentence in English and Chinese. */
export function text(en: string, zh: string): Text {
  return { en, 'zh-CN': zh };
}

/** A duration in milliseconds as people read it; null: unknown. */
export function millis(ms: number | null): Text {
  if (ms === null) return text('unknown', '未知');
  const words = ms >= 10_000 ? `${(ms / 1000).toFixed(1)} s` : `${ms.toFixed(0)} ms`;
  return text(words, words);
}

/** Puts names into a script's sentence: `{holder}`, `{standby}`. */
export function filled(sentence: Text, names: Readonly<Record<string, string>>): Text {
  const fill = (words: string): string => words.replace(/\{(\w+)\}/g, (all, name: string) => names[name] ?? all);
  return text(fill(sentence.en), fill(sentence['zh-CN']));
}
