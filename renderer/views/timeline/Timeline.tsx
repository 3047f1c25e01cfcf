/** What happened: one stretch as a picture, and in words and numbers below it. */
import { Button, Select } from 'antd';
import { useEffect, useMemo, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { timelineSvg } from '../../../electron/common/whathappened/svg.ts';
import { buildTimeline } from '../../../electron/common/whathappened/timeline.ts';
import type { Timeline as TimelineData } from '../../../electron/common/whathappened/types.ts';
import { timelineWords, type TimelineWords } from '../../../electron/common/whathappened/words.ts';
import { usePairs } from '../../stores/pairs.ts';
import { chooseStretch, readTimeline, STRETCHES, useTimeline } from '../../stores/timeline.ts';
import { Doubts, Named, Phases, Sums } from './Findings.tsx';
import { TimelinePicture } from './TimelinePicture.tsx';
import { type View, within, zoomed } from './view.ts';

/** What goes on is read again this often, milliseconds. */
const REFRESH_MS = 3000;
const SAVED_WIDTH_PX = 1400;

/** Hands the picture over as a file. */
function saveSvg(timeline: TimelineData, words: TimelineWords): void {
  const blob = new Blob([timelineSvg(timeline, words, { widthPx: SAVED_WIDTH_PX })], { type: 'image/svg+xml' });
  const anchor = document.createElement('a');
  anchor.href = URL.createObjectURL(blob);
  anchor.download = 'timeline.svg';
  anchor.click();
  URL.revokeObjectURL(anchor.href);
}

interface ToolsProps {
  readonly timeline: TimelineData | null;
  readonly words: TimelineWords;
  readonly onZoom: (steps: number | null) => void;
}

function Tools({ timeline, words, onZoom }: ToolsProps): React.JSX.Element {
  const { t } = useTranslation();
  const choice = useTimeline((s) => s.choice);
  const disabled = timeline === null;
  return (
    <div className="tb-tools">
      <Select
        size="small"
        style={{ minWidth: 170 }}
        aria-label={t('timeline.choose')}
        value={choice}
        options={STRETCHES.map((value) => ({ value, label: t(`timeline.chosen.${value}`) }))}
        onChange={chooseStretch}
      />
      <Button size="small" onClick={() => void readTimeline()}>
        {t('timeline.refresh')}
      </Button>
      <Button size="small" disabled={disabled} aria-label={t('timeline.zoomIn')} onClick={() => onZoom(1)}>
        +
      </Button>
      <Button size="small" disabled={disabled} aria-label={t('timeline.zoomOut')} onClick={() => onZoom(-1)}>
        −
      </Button>
      <Button size="small" disabled={disabled} onClick={() => onZoom(null)}>
        {t('timeline.fit')}
      </Button>
      <Button size="small" disabled={disabled} onClick={() => timeline !== null && saveSvg(timeline, words)}>
        {t('timeline.save')}
      </Button>
    </div>
  );
}

/** Reads the stretch now and then while the pane is there. */
function useStretch(): void {
  const selected = usePairs((s) => s.selectedId);
  const sessionId = usePairs((s) => s.state?.session?.id);
  useEffect(() => {
    void readTimeline();
    const timer = setInterval(() => void readTimeline(), REFRESH_MS);
    return () => clearInterval(timer);
  }, [selected, sessionId]);
}

export function Timeline(): React.JSX.Element {
  const { t, i18n } = useTranslation();
  useStretch();
  const { stretch, problem, choice } = useTimeline();
  const lan = usePairs((s) => s.state?.lan);
  const words = useMemo(() => timelineWords(i18n.language === 'zh-CN' ? 'zh-CN' : 'en'), [i18n.language]);
  const timeline = useMemo(() => (stretch === null ? null : buildTimeline(stretch.input)), [stretch]);
  // A view of one's own stays while the same stretch grows; null: all of it.
  const [own, setOwn] = useState<View | null>(null);
  const key = stretch === null ? '' : `${stretch.sessionId} ${Math.round(stretch.input.fromMs)} ${choice}`;
  useEffect(() => setOwn(null), [key]);
  const view = timeline === null || own === null ? timeline : within(own, timeline);
  const onZoom = (steps: number | null): void => {
    if (timeline === null || view === null) return;
    setOwn(steps === null ? null : zoomed(view, timeline, steps));
  };
  const empty = problem === null ? t('timeline.empty') : choice === 'drill' ? t('timeline.noDrill') : problem;
  return (
    <section className="tb-pane tb-timeline" aria-label={t('timeline.region')}>
      <Tools timeline={timeline} words={words} onZoom={onZoom} />
      {timeline === null || view === null ? (
        <div className="tb-empty">{empty}</div>
      ) : (
        <div className="tb-timeline-body">
          {stretch?.chosen === 'end' && <p className="tb-timeline-note">{t('timeline.end')}</p>}
          {lan?.running === false && lan.detail !== '' && (
            <p className="tb-timeline-note">{t('timeline.lanMissing', { detail: lan.detail })}</p>
          )}
          <TimelinePicture timeline={timeline} words={words} view={view} onView={setOwn} />
          <Phases timeline={timeline} words={words} />
          <Sums timeline={timeline} words={words} />
          <Named timeline={timeline} words={words} />
          <Doubts timeline={timeline} words={words} />
        </div>
      )}
    </section>
  );
}
