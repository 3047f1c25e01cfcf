/** The live monitor: charts and lanes on one time axis. */
import { PauseOutlined, StepForwardOutlined, ZoomInOutlined, ZoomOutOutlined } from '@ant-design/icons';
import { Button, Select } from 'antd';
import { useEffect, useRef, useState, useSyncExternalStore } from 'react';
import { useTranslation } from 'react-i18next';
import { duration } from '../../lib/format.ts';
import { sessionData, usePairs } from '../../stores/pairs.ts';
import { GUTTER_PX, linesOf, RIGHT_PX } from './frame.ts';
import { LanesView } from './LanesView.tsx';
import { type CursorValues, Legend } from './Legend.tsx';
import { past } from './past.ts';
import { StripView } from './StripView.tsx';
import { sessionNowMs } from './useFrames.ts';
import { Viewport } from './viewport.ts';

/** One for the page: moving the pane must not lose what one was looking at. */
export const viewport = new Viewport();

const SPANS_MS = [10_000, 30_000, 60_000, 300_000, 900_000, 3_600_000];
const ZOOM_STEP = 1.5;
const LEGEND_PERIOD_MS = 250;

const subscribe = (listener: () => void): (() => void) => viewport.subscribe(listener);

/** Renders now and then, so that numbers in the legend are present without a render a sample. */
function useSlowTick(): void {
  const [, setTick] = useState(0);
  useEffect(() => {
    const timer = setInterval(() => setTick((n) => n + 1), LEGEND_PERIOD_MS);
    return () => clearInterval(timer);
  }, []);
}

function onKey(event: React.KeyboardEvent): void {
  if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
  const nowMs = sessionNowMs();
  const { fromMs, toMs } = viewport.range(nowMs);
  const handlers: Record<string, () => void> = {
    ' ': () => (viewport.isLive ? viewport.pause(nowMs) : viewport.goLive()),
    l: () => viewport.goLive(),
    Home: () => viewport.reset(),
    '+': () => viewport.zoom(1 / ZOOM_STEP, (fromMs + toMs) / 2),
    '=': () => viewport.zoom(1 / ZOOM_STEP, (fromMs + toMs) / 2),
    '-': () => viewport.zoom(ZOOM_STEP, (fromMs + toMs) / 2),
    ArrowLeft: () => viewport.pan(-0.1, nowMs),
    ArrowRight: () => viewport.pan(0.1, nowMs),
  };
  const handler = handlers[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (handler === undefined) return;
  event.preventDefault();
  handler();
}

/** Wheel zooms around the pointer, with Shift it moves. Registered by hand: React's wheel listeners cannot stop the page's own scroll. */
function useWheel(): React.RefObject<HTMLDivElement | null> {
  const ref = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = ref.current;
    if (element === null) return;
    const onWheel = (event: WheelEvent): void => {
      event.preventDefault();
      const nowMs = sessionNowMs();
      const box = element.getBoundingClientRect();
      const { fromMs, toMs } = viewport.range(nowMs);
      const share = (event.clientX - box.left - GUTTER_PX) / Math.max(1, box.width - GUTTER_PX - RIGHT_PX);
      const delta = event.deltaY === 0 ? event.deltaX : event.deltaY;
      if (event.shiftKey || event.deltaY === 0) viewport.pan(Math.sign(delta) * 0.08, nowMs);
      else viewport.zoom(delta > 0 ? 1.2 : 1 / 1.2, fromMs + Math.min(1, Math.max(0, share)) * (toMs - fromMs));
    };
    element.addEventListener('wheel', onWheel, { passive: false });
    return () => element.removeEventListener('wheel', onWheel);
  }, []);
  return ref;
}

function Toolbar(): React.JSX.Element {
  const { t } = useTranslation();
  useSyncExternalStore(subscribe, () => viewport.revision);
  const spans = [...new Set([...SPANS_MS, viewport.spanMs])].sort((a, b) => a - b);
  const middle = (): number => {
    const { fromMs, toMs } = viewport.range(sessionNowMs());
    return (fromMs + toMs) / 2;
  };
  return (
    <div className="tb-tools">
      {viewport.isLive ? (
        <Button
          size="small"
          className="tb-pause"
          icon={<PauseOutlined />}
          onClick={() => viewport.pause(sessionNowMs())}
        >
          {t('monitor.pause')}
        </Button>
      ) : (
        <Button
          size="small"
          className="tb-pause"
          type="primary"
          icon={<StepForwardOutlined />}
          onClick={() => viewport.goLive()}
        >
          {t('monitor.goLive')}
        </Button>
      )}
      <span className="tb-live" data-live={viewport.isLive} role="status">
        {t(viewport.isLive ? 'monitor.live' : 'monitor.paused')}
      </span>
      <span className="tb-spacer" />
      <Button
        size="small"
        icon={<ZoomInOutlined />}
        aria-label={t('monitor.zoomIn')}
        title={t('monitor.zoomIn')}
        onClick={() => viewport.zoom(1 / ZOOM_STEP, middle())}
      />
      <Button
        size="small"
        icon={<ZoomOutOutlined />}
        aria-label={t('monitor.zoomOut')}
        title={t('monitor.zoomOut')}
        onClick={() => viewport.zoom(ZOOM_STEP, middle())}
      />
      <Select
        size="small"
        aria-label={t('monitor.span')}
        style={{ width: 92 }}
        value={viewport.spanMs}
        options={spans.map((ms) => ({ value: ms, label: duration(Math.round(ms)) }))}
        onChange={(ms: number) => viewport.setSpan(ms)}
      />
    </div>
  );
}

export function Monitor(): React.JSX.Element {
  const { t } = useTranslation();
  const state = usePairs((s) => s.state);
  const [hidden, setHidden] = useState<ReadonlySet<string>>(new Set());
  const [cursor, setCursor] = useState<CursorValues>({ margin: null, latency: null });
  const wheel = useWheel();
  useSlowTick();
  useEffect(
    () =>
      viewport.subscribe(() => {
        if (!viewport.isLive) past.want(viewport.range(sessionNowMs()));
      }),
    [],
  );

  const lines = state === null ? [] : linesOf(sessionData, state);
  const toggle = (key: string): void => {
    const next = new Set(hidden);
    if (!next.delete(key)) next.add(key);
    setHidden(next);
  };
  const onValues: React.ComponentProps<typeof StripView>['onValues'] = (kind, values) =>
    setCursor((old) => ({ ...old, [kind]: values }));
  const shared = { lines, hidden, viewport, onValues };
  const isEmpty = sessionData.nodes.size === 0 && sessionData.probes.length === 0;
  return (
    <section className="tb-pane tb-monitor" tabIndex={0} aria-label={t('monitor.region')} onKeyDown={onKey} title="">
      <Toolbar />
      <Legend lines={lines} hidden={hidden} cursor={cursor} nowMs={sessionNowMs()} onToggle={toggle} />
      <div className="tb-charts" ref={wheel}>
        {isEmpty && <div className="tb-empty tb-over">{t('monitor.noData')}</div>}
        <StripView kind="margin" hasProbe={false} {...shared} />
        <StripView kind="latency" hasProbe={sessionData.probes.length > 0} {...shared} />
        <LanesView viewport={viewport} addressCount={sessionData.addresses.length} />
      </div>
      <p className="tb-hint">{past.isLoading ? t('monitor.loadingPast') : t('monitor.help')}</p>
    </section>
  );
}
