/** Margins and lanes of a recording, ending at the cursor. */
import { useEffect, useMemo, useRef } from 'react';
import type { PairState } from '../../../electron/common/contract/state.ts';
import { paletteOf } from '../../app/palette.ts';
import { type Loaded, useReplay } from '../../stores/replay.ts';
import { themeOf, useSettings } from '../../stores/settings.ts';
import { GAP_MS, linesOf, timingOf } from '../monitor/frame.ts';
import { LanesView } from '../monitor/LanesView.tsx';
import { StripView } from '../monitor/StripView.tsx';
import { type FrameSource, FrameSourceContext } from '../monitor/useFrames.ts';
import { Viewport } from '../monitor/viewport.ts';

const HIDDEN: ReadonlySet<string> = new Set();
const ignore = (): void => undefined;

/** Points of a thinned recording stand further apart than those of a live one. */
function gapOf({ pair }: Loaded): number {
  const { head, fromMs, toMs } = pair.recording;
  return head.thinnedTo === null ? GAP_MS : Math.max(GAP_MS, (8 * (toMs - fromMs)) / head.thinnedTo);
}

export function ReplayCharts({
  loaded,
  state,
}: {
  readonly loaded: Loaded;
  readonly state: PairState;
}): React.JSX.Element {
  const viewport = useMemo(() => new Viewport(), []);
  const latest = useRef(state);
  useEffect(() => {
    latest.current = state;
  });
  const source = useMemo((): FrameSource => {
    const gapMs = gapOf(loaded);
    const { head } = loaded.pair.recording;
    return {
      data: loaded.data,
      frame: (view) => {
        const nowMs = useReplay.getState().cursorMs;
        return {
          data: loaded.data,
          range: view.range(nowMs),
          nowMs,
          wallStartMs: head.startedWallMs,
          nodes: head.nodes,
          timing: timingOf(latest.current),
          palette: paletteOf(themeOf(useSettings.getState())),
          gapMs,
        };
      },
    };
  }, [loaded]);
  return (
    <FrameSourceContext value={source}>
      <div className="tb-charts">
        <StripView
          kind="margin"
          hasProbe={false}
          lines={linesOf(loaded.data, state)}
          hidden={HIDDEN}
          viewport={viewport}
          onValues={ignore}
        />
        <LanesView viewport={viewport} addressCount={loaded.data.addresses.length} />
      </div>
    </FrameSourceContext>
  );
}
