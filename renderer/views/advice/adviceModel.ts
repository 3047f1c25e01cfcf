/** What the advice pane shows, from an advice: series of the charts, words of a language, times for people. Pure. */
import type { AdviceStream } from '../../../electron/common/contract/advice.ts';
import type { Text } from '../../../electron/common/contract/drill.ts';
import type { PairSpec } from '../../../electron/common/contract/pair.ts';
import type { SessionInfo } from '../../../electron/common/contract/report.ts';
import type { SessionTiming } from '../../../electron/common/contract/session.ts';
import { spanText } from '../../../electron/common/advice/words.ts';
import { dateTime } from '../../lib/format.ts';

/** The sentence in the language of the screen. */
export function inLanguage(text: Text, language: string): string {
  return language === 'zh-CN' ? text['zh-CN'] : text.en;
}

/** Key of a stream among the others: receiver and link. */
export const streamKey = (stream: Pick<AdviceStream, 'to' | 'link'>): string => `${stream.to} ${stream.link ?? ''}`;

/** When a former session began, and how long it was. */
export function sessionLabel({ startedWallMs, durationMs }: Pick<SessionInfo, 'startedWallMs' | 'durationMs'>): string {
  return `${dateTime(startedWallMs)} · ${spanText(durationMs)}`;
}

export interface BarRow {
  readonly name: string;
  readonly count: number;
}

/** Bars named by the middle of their bins; empty ones at the far end are left out. */
export function barRows(stream: AdviceStream): BarRow[] {
  const last = stream.histogram.findLastIndex((bin) => bin.count > 0);
  return stream.histogram.slice(0, last + 1).map(({ fromMs, toMs, count }) => {
    const middle = (fromMs + toMs) / 2;
    return { name: middle < 100 ? middle.toFixed(1) : middle.toFixed(0), count };
  });
}

export interface TailPoint {
  readonly gapMs: number;
  readonly share: number;
}

/** Points of a tail that a logarithmic axis can show. */
export function tailPoints(stream: AdviceStream): TailPoint[] {
  return stream.tail.filter(({ gapMs, share }) => gapMs > 0 && share > 0);
}

/** Where the tail's axis begins and ends: the gaps, and the marks that are to be seen beside them. */
export function tailDomain(points: readonly TailPoint[], marksMs: readonly number[]): [number, number] {
  const all = [...points.map((p) => p.gapMs), ...marksMs];
  if (all.length === 0) return [1, 10];
  return [all.reduce((a, b) => Math.min(a, b), Infinity) * 0.95, all.reduce((a, b) => Math.max(a, b), 0) * 1.1];
}

/** Ticks at 1, 2 and 5 times powers of ten within a domain. */
export function logTicks([from, to]: readonly [number, number]): number[] {
  const ticks: number[] = [];
  for (let power = Math.floor(Math.log10(from)); power <= Math.ceil(Math.log10(to)); power += 1) {
    for (const digit of [1, 2, 5]) {
      const tick = digit * 10 ** power;
      if (tick >= from && tick <= to) ticks.push(tick);
    }
  }
  return ticks;
}

/** Hours and minutes of a year's downtime, as people quote them. */
export function downtimeText(ms: number): string {
  const minutes = ms / 60_000;
  if (minutes >= 600) return `${(minutes / 60).toFixed(1)} h`;
  return minutes >= 90 ? `${(minutes / 60).toFixed(2)} h` : `${minutes.toFixed(1)} min`;
}

/** `99.95 %`. */
export function availabilityText(availability: number): string {
  return `${(availability * 100).toFixed(3).replace(/\.?0+$/, '')} %`;
}

/** The pair's file with other times; null: the console does not write its configuration. */
export function withTimes(spec: PairSpec, times: SessionTiming): PairSpec | null {
  const { keepaliveMs, warntimeMs, deadtimeMs, initdeadMs } = times;
  return spec.ha === null ? null : { ...spec, ha: { ...spec.ha, keepaliveMs, warntimeMs, deadtimeMs, initdeadMs } };
}
