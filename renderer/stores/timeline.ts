/** The stretch that the timeline shows, read from the core; the picture is made from it in the page. */
import { create } from 'zustand';
import type { TimelineStretch } from '../../electron/common/contract/timeline.ts';
import { errorText } from '../rpc/link.ts';
import { link } from './link.ts';
import { usePairs } from './pairs.ts';

/** `minute`, `five`: the newest so many minutes. */
export const STRETCHES = ['last', 'drill', 'minute', 'five'] as const;
export type StretchChoice = (typeof STRETCHES)[number];

const MINUTES: Partial<Record<StretchChoice, number>> = { minute: 1, five: 5 };

interface TimelineState {
  readonly choice: StretchChoice;
  readonly stretch: TimelineStretch | null;
  /** Why there is none; null: there is, or it was not asked for yet. */
  readonly problem: string | null;
}

export const useTimeline = create<TimelineState>(() => ({ choice: 'last', stretch: null, problem: null }));

let reading = false;

/** Asks for the chosen stretch again. One question at a time; a failure is shown in the pane, not over everything. */
export async function readTimeline(): Promise<void> {
  const { selectedId, state } = usePairs.getState();
  const nowMs = state?.session?.nowMs;
  if (reading) return;
  if (selectedId === null || nowMs === undefined) return useTimeline.setState({ stretch: null, problem: null });
  const { choice } = useTimeline.getState();
  const minutes = MINUTES[choice];
  const wish =
    minutes === undefined
      ? { choose: choice === 'drill' ? choice : ('last' as const) }
      : { choose: 'range' as const, fromMs: Math.max(0, nowMs - minutes * 60_000), toMs: nowMs };
  reading = true;
  try {
    const stretch = await link.client.timelineStretch({ pairId: selectedId, ...wish });
    // The person may have chosen something else meanwhile.
    if (useTimeline.getState().choice === choice) useTimeline.setState({ stretch, problem: null });
  } catch (error) {
    useTimeline.setState({ stretch: null, problem: errorText(error) });
  } finally {
    reading = false;
  }
}

export function chooseStretch(choice: StretchChoice): void {
  useTimeline.setState({ choice, stretch: null, problem: null });
  void readTimeline();
}
