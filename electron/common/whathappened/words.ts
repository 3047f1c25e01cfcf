/** The timeline's own words in one language; what is in the timeline itself carries both. */
import type { Text } from '../contract/drill.ts';
import { text } from '../drill/text.ts';
import type { PhaseId, Source } from './types.ts';

export type TimelineLanguage = 'en' | 'zh-CN';

export interface TimelineWords {
  readonly language: TimelineLanguage;
  /** Picks this language. */
  of(words: Text): string;
  phase(id: PhaseId): string;
  source(source: Source | null): string;
  /** `12 ms`, `3.42 s`; with the error as `± 5 ms`; null: unknown. */
  time(ms: number | null, errorMs?: number | null): string;
  readonly unordered: string;
  readonly title: string;
  readonly nothing: string;
}

const PHASES: Readonly<Record<PhaseId, Text>> = {
  fault: text('fault', '故障'),
  detected: text('detected', '发现'),
  decided: text('decided', '决定'),
  resources: text('resources', '资源'),
  announced: text('announced', '宣告'),
  served: text('client served', '恢复服务'),
  reverted: text('fault over', '故障结束'),
  stable: text('stable again', '恢复稳定'),
};

/** A duration for people: milliseconds up to ten seconds with what digits mean something, then seconds. */
export function duration(ms: number): string {
  const abs = Math.abs(ms);
  if (abs < 10) return `${ms.toFixed(1)} ms`;
  if (abs < 1000) return `${ms.toFixed(0)} ms`;
  return `${(ms / 1000).toFixed(abs < 100_000 ? 2 : 0)} s`;
}

export function timelineWords(language: TimelineLanguage): TimelineWords {
  const of = (words: Text): string => words[language];
  const sources = {
    console: text('this console', '本控制台'),
    lan: text('LAN witness', '局域网证据'),
    client: text('client probe', '客户端探测'),
  } as const;
  const unknown = of(text('unknown', '未知'));
  return {
    language,
    of,
    phase: (id) => of(PHASES[id]),
    source: (source) => (source === null ? '' : source.kind === 'node' ? source.node : of(sources[source.kind])),
    time: (ms, errorMs = null) =>
      ms === null ? unknown : errorMs === null ? duration(ms) : `${duration(ms)} ± ${duration(errorMs)}`,
    unordered: of(text('order not known: closer than the clocks can tell', '先后未知：间隔小于时钟误差')),
    title: of(text('What happened', '事件经过')),
    nothing: of(text('nothing to show', '没有可显示的内容')),
  };
}
