/** The lanes' canvas and what the pointer finds on it. */
import { useContext, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { clock } from '../../lib/format.ts';
import { eventText } from '../../lib/eventText.ts';
import { useSize } from '../../ui/useSize.ts';
import type { Frame } from './frame.ts';
import { AXIS_HEIGHT_PX, drawLanes, LANE_HEIGHT_PX, type LaneTexts, timeScale } from './lanesCanvas.ts';
import { FrameSourceContext, useFrames } from './useFrames.ts';
import type { Viewport } from './viewport.ts';

/** How near the pointer must be to an event, pixels. */
const NEAR_PX = 6;
/** Two nodes, client, events; and one lane an address. */
const FIXED_LANES = 4;

interface Tip {
  readonly x: number;
  readonly text: string;
}

interface Props {
  readonly viewport: Viewport;
  readonly addressCount: number;
}

function useLaneTexts(): LaneTexts {
  const { t } = useTranslation();
  const { data } = useContext(FrameSourceContext);
  return useMemo(
    () => ({
      status: {
        init: t('node.status.init'),
        up: t('node.status.up'),
        active: t('node.status.active'),
        dead: t('node.status.dead'),
      },
      vip: (address) => (data.addresses.length === 1 ? t('picture.vip') : address),
      client: t('monitor.client'),
      events: t('monitor.events'),
      nobody: t('monitor.nobody'),
      dual: t('monitor.dual'),
      noAnswer: t('monitor.noAnswer'),
      unnamed: t('monitor.unnamed'),
    }),
    [t, data],
  );
}

export function LanesView({ viewport, addressCount }: Props): React.JSX.Element {
  const { t } = useTranslation();
  const [host, size] = useSize<HTMLDivElement>();
  const canvas = useRef<HTMLCanvasElement>(null);
  const shown = useRef<Frame | null>(null);
  const [tip, setTip] = useState<Tip | null>(null);
  const texts = useLaneTexts();
  const height = (FIXED_LANES + Math.max(1, addressCount)) * LANE_HEIGHT_PX + AXIS_HEIGHT_PX;

  useFrames(host, viewport, (frame) => {
    shown.current = frame;
    const element = canvas.current;
    const ctx = element?.getContext('2d') ?? null;
    if (element === null || ctx === null || size.width === 0) return;
    const ratio = window.devicePixelRatio || 1;
    const [width, tall] = [Math.round(size.width * ratio), Math.round(height * ratio)];
    if (element.width !== width || element.height !== tall) Object.assign(element, { width, height: tall });
    ctx.setTransform(ratio, 0, 0, ratio, 0, 0);
    drawLanes(ctx, frame, texts, size.width);
  });

  const onMove = (event: React.PointerEvent<HTMLDivElement>): void => {
    const frame = shown.current;
    if (frame === null) return setTip(null);
    const x = event.clientX - event.currentTarget.getBoundingClientRect().left;
    const { toX, toMs } = timeScale(frame, size.width);
    const near = frame.data.events.filter((e) => Math.abs(toX(e.tMs) - x) <= NEAR_PX).slice(-4);
    const lines = near.map(
      (e) => `${clock((frame.wallStartMs ?? 0) + e.tMs, 3)} ${e.event.node} ${eventText(e.event, t)}`,
    );
    setTip({ x, text: lines.length > 0 ? lines.join('\n') : clock((frame.wallStartMs ?? 0) + toMs(x), 2) });
  };

  return (
    <div className="tb-lanes" ref={host} style={{ height }} onPointerMove={onMove} onPointerLeave={() => setTip(null)}>
      <canvas ref={canvas} role="img" aria-label={t('monitor.events')} style={{ width: '100%', height }} />
      {tip !== null && (
        <div className="tb-tip" style={{ left: Math.min(tip.x + 10, Math.max(0, size.width - 300)) }}>
          {tip.text}
        </div>
      )}
    </div>
  );
}
