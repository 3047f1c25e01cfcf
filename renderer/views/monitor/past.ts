/** Fetches recorded stretches at full detail when the person looks at what memory holds only coarsely, or not at all. */
import { SessionData } from '../../lib/sessionData.ts';
import { link } from '../../stores/link.ts';
import { attempt } from '../../stores/notices.ts';
import { sessionData, usePairs } from '../../stores/pairs.ts';
import type { TimeRange } from './viewport.ts';

const POINTS_MAX = 4000;
/** Asking waits until the wheel stands still. */
const SETTLE_MS = 250;

interface Stretch extends TimeRange {
  readonly pairId: string;
  readonly data: SessionData;
  readonly gapMs: number;
}

class Past {
  private held: Stretch | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private wanted = 0;
  isLoading = false;

  /** The fetched stretch, if it covers the range. */
  covering(range: TimeRange): Stretch | null {
    const { held } = this;
    if (held === null || held.pairId !== usePairs.getState().selectedId) return null;
    return held.fromMs <= range.fromMs && held.toMs >= range.toMs ? held : null;
  }

  /** Asks for a stretch unless memory has it in full or it is held already. */
  want(range: TimeRange): void {
    clearTimeout(this.timer);
    const isCoarse = range.fromMs < sessionData.oldestMs || range.fromMs < sessionData.historyUntilMs;
    if (!isCoarse || this.covering(range) !== null) return;
    this.timer = setTimeout(() => void this.fetch(range), SETTLE_MS);
  }

  private async fetch(range: TimeRange): Promise<void> {
    const { selectedId: pairId } = usePairs.getState();
    if (pairId === null) return;
    const mine = ++this.wanted;
    // Some more on both sides, so that small moves need no new request.
    const spanMs = range.toMs - range.fromMs;
    const wide = { fromMs: Math.max(0, range.fromMs - spanMs / 2), toMs: range.toMs + spanMs / 2 };
    this.isLoading = true;
    const batch = await attempt(() => link.client.sessionRange({ pairId, ...wide, pointsMax: POINTS_MAX }));
    if (mine !== this.wanted) return;
    this.isLoading = false;
    if (batch === undefined) return;
    const data = new SessionData(2 * POINTS_MAX);
    data.append(batch);
    this.held = { ...wide, pairId, data, gapMs: (4 * (wide.toMs - wide.fromMs)) / POINTS_MAX };
  }
}

export const past = new Past();
