/** Sentences in both languages, and numbers as both write them. */
import type { Text } from '../contract/drill.ts';

export const say = (en: string, zh: string): Text => ({ en, 'zh-CN': zh });

/** Milliseconds below ten seconds, seconds above: two or three figures that can be compared at a glance. */
export function timeText(ms: number): string {
  if (Math.abs(ms) >= 10_000) return `${(ms / 1000).toFixed(1)} s`;
  return `${Math.abs(ms) < 10 ? ms.toFixed(1) : ms.toFixed(0)} ms`;
}

/** A length of observation: minutes, then hours. */
export function spanText(ms: number): string {
  if (ms < 60_000) return `${(ms / 1000).toFixed(0)} s`;
  return ms < 3_600_000 ? `${(ms / 60_000).toFixed(1)} min` : `${(ms / 3_600_000).toFixed(1)} h`;
}

/** Three figures; very small and very large ones with a power of ten. */
export function numberText(value: number): string {
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size < 0.001 || size >= 100_000) return value.toExponential(1);
  return size >= 100 ? value.toFixed(0) : Number(value.toPrecision(3)).toString();
}

export const percentText = (share: number): string => `${numberText(share * 100)} %`;
