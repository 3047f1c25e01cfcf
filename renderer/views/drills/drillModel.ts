/** What the drills pane shows, worked out of what the core says. */
import type {
  DrillInfo,
  DrillOrder,
  DrillStatistics,
  GateName,
  RunVerdict,
  Text,
} from '../../../electron/common/contract/drill.ts';

/** The core's sentences come in both languages. */
export function inLanguage(text: Text, language: string): string {
  return language === 'zh-CN' ? text['zh-CN'] : text.en;
}

export interface RunWish {
  readonly drills: readonly string[];
  /** null: each drill's own number. */
  readonly repeat: number | null;
  readonly both: boolean;
  readonly failoverSeconds: number | null;
  readonly healSeconds: number | null;
  readonly soakMinutes: number | null;
  readonly waiver: WaiverWish;
}

/** Gates that one person waives for one reason. */
export interface WaiverWish {
  readonly gates: readonly GateName[];
  readonly by: string;
  readonly why: string;
}

export const FIRST_WISH: Omit<RunWish, 'drills'> = {
  repeat: 1,
  both: false,
  failoverSeconds: null,
  healSeconds: null,
  soakMinutes: null,
  waiver: { gates: [], by: '', why: '' },
};

/** A waiver names who answers for it, and why. */
export function isWaiverWhole({ gates, by, why }: WaiverWish): boolean {
  return gates.length === 0 || (by.trim() !== '' && why.trim() !== '');
}

const MS = { second: 1000, minute: 60_000 } as const;

/** What a wish means to the core. */
export function orderOf(wish: RunWish): DrillOrder {
  const { waiver } = wish;
  const ms = (value: number | null, unit: number): number | null => (value === null ? null : value * unit);
  return {
    drills: [...wish.drills],
    suite: false,
    repeat: wish.repeat,
    both: wish.both,
    limits: { failoverMs: ms(wish.failoverSeconds, MS.second), healMs: ms(wish.healSeconds, MS.second) },
    soakMs: ms(wish.soakMinutes, MS.minute),
    waivers: waiver.gates.map((gate) => ({ gate, by: waiver.by.trim(), why: waiver.why.trim() })),
    resume: null,
  };
}

/** The order that goes on with a suite. */
export function resumeOrder(suiteId: string): DrillOrder {
  return { ...orderOf({ drills: [], ...FIRST_WISH }), resume: suiteId };
}

/** What "all" means: everything that can be run here and does not take hours. */
export function runnable(drills: readonly DrillInfo[]): string[] {
  return drills.filter((d) => d.available && !d.isLong).map((d) => d.id);
}

/** The drills that prove most in least time: a planned move, an unplanned one, a dead daemon, and one heartbeat path lost. */
const SHORT_SET: readonly string[] = [
  'planned-switchover',
  'power-loss',
  'daemon-killed',
  'serial-pulled',
  'heartbeat-lan-lost',
];

/** What of the short set can be run here. */
export function shortSet(drills: readonly DrillInfo[]): string[] {
  return drills.filter((d) => d.available && SHORT_SET.includes(d.id)).map((d) => d.id);
}

export interface Dot {
  readonly ms: number;
  /** Rows keep equal values apart. */
  readonly row: number;
  readonly verdict: RunVerdict;
}

/** Points of a dot plot: values that lie close together are stacked. `widthMs`: what counts as close. */
export function dotsOf(statistics: DrillStatistics, widthMs: number): Dot[] {
  const stacks = new Map<number, number>();
  return [...statistics.points]
    .sort((a, b) => a.outageMs - b.outageMs)
    .map(({ outageMs, verdict }) => {
      const bin = widthMs > 0 ? Math.round(outageMs / widthMs) : outageMs;
      const row = (stacks.get(bin) ?? 0) + 1;
      stacks.set(bin, row);
      return { ms: outageMs, row, verdict };
    });
}
