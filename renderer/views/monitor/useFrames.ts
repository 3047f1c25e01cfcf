/** Turns live data into pictures: on the screen's own beat, ten a second at most, and none while nobody looks. */
import { createContext, useContext, useEffect, useRef } from 'react';
import type { SessionData } from '../../lib/sessionData.ts';
import { paletteOf } from '../../app/palette.ts';
import { sessionData, usePairs } from '../../stores/pairs.ts';
import { themeOf, useSettings } from '../../stores/settings.ts';
import { type Frame, GAP_MS, SessionClock, timingOf } from './frame.ts';
import { past } from './past.ts';
import type { Viewport } from './viewport.ts';

const FRAME_PERIOD_MS = 100;

/** The monitor's own idea of "now", shared by its panes. */
export const sessionClock = new SessionClock();

/** Present time of the session; NaN before anything was recorded. */
export function sessionNowMs(): number {
  if (sessionData.revision === 0 || Number.isNaN(sessionData.newestMs)) {
    sessionClock.reset();
    return NaN;
  }
  sessionClock.observe(sessionData.newestMs, performance.now());
  return sessionClock.at(performance.now());
}

function buildFrame(viewport: Viewport): Frame | null {
  const { state } = usePairs.getState();
  const nowMs = sessionNowMs();
  if (state === null || Number.isNaN(nowMs)) return null;
  const range = viewport.range(nowMs);
  const older = viewport.isLive ? null : past.covering(range);
  return {
    data: older?.data ?? sessionData,
    range,
    nowMs,
    wallStartMs: state.session?.startedWallMs ?? null,
    nodes: [state.nodes[0].node, state.nodes[1].node],
    timing: timingOf(state),
    palette: paletteOf(themeOf(useSettings.getState())),
    gapMs: Math.max(GAP_MS, older?.gapMs ?? 0),
  };
}

/** What the charts show: the live session, or a recording at its own time. */
export interface FrameSource {
  readonly data: SessionData;
  /** null: there is nothing to draw yet. */
  frame(viewport: Viewport): Frame | null;
}

export const FrameSourceContext = createContext<FrameSource>({ data: sessionData, frame: buildFrame });

/** Calls `draw` with frames while the host element can be seen. `draw` may change between renders. */
export function useFrames(
  host: React.RefObject<HTMLElement | null>,
  viewport: Viewport,
  draw: (frame: Frame) => void,
): void {
  const source = useContext(FrameSourceContext);
  const latest = useRef(draw);
  useEffect(() => {
    latest.current = draw;
  });
  useEffect(() => {
    let handle = 0;
    let drawnMs = -Infinity;
    let drawnView = -1;
    const onBeat = (pageMs: number): void => {
      handle = requestAnimationFrame(onBeat);
      const viewChanged = drawnView !== viewport.revision;
      if (!viewChanged && pageMs - drawnMs < FRAME_PERIOD_MS - 4) return;
      const element = host.current;
      if (element === null || element.offsetParent === null) return;
      drawnMs = pageMs;
      drawnView = viewport.revision;
      const frame = source.frame(viewport);
      if (frame !== null) latest.current(frame);
    };
    handle = requestAnimationFrame(onBeat);
    return () => cancelAnimationFrame(handle);
  }, [host, viewport, source]);
}
