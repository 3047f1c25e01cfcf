/** The picture with its keys: marks by arrow keys, zoom by wheel and keys, a stretch by dragging. */
import { useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { timelineSvg } from '../../../electron/common/whathappened/svg.ts';
import type { Mark, Timeline } from '../../../electron/common/whathappened/types.ts';
import type { TimelineWords } from '../../../electron/common/whathappened/words.ts';
import { useSize } from '../../ui/useSize.ts';
import { marksInOrder, nextMark, showing, zoomed, type View } from './view.ts';

/** Narrower than this the picture scrolls instead of shrinking, pixels. */
const WIDTH_PX_MIN = 640;

export interface PictureProps {
  readonly timeline: Timeline;
  readonly words: TimelineWords;
  readonly view: View;
  readonly onView: (view: View) => void;
}

/** A mark in a sentence, with everybody with whom its order is not known. */
function MarkDetail(props: {
  readonly mark: Mark;
  readonly laneTitle: string;
  readonly marks: readonly Mark[];
  readonly words: TimelineWords;
}): React.JSX.Element {
  const { mark, laneTitle, marks, words } = props;
  const others = marks
    .filter(({ id }) => mark.unorderedWith.includes(id))
    .map((other) => `${words.source(other.source)} ${words.of(other.short)}`);
  return (
    <>
      <b>{words.source(mark.source)}</b> {laneTitle} {words.of(mark.text)}{' '}
      <span className="tb-mono">(± {words.time(mark.errorMs)})</span>
      {others.length > 0 && (
        <em>
          {' '}
          ≈ {words.unordered}: {others.join(', ')}
        </em>
      )}
    </>
  );
}

export function TimelinePicture({ timeline, words, view, onView }: PictureProps): React.JSX.Element {
  const { t } = useTranslation();
  const [host, size] = useSize<HTMLDivElement>();
  const [focus, setFocus] = useState<string | null>(null);
  const widthPx = Math.max(WIDTH_PX_MIN, Math.floor(size.width));
  const svg = useMemo(
    () => timelineSvg(timeline, words, { widthPx, view, focus }),
    [timeline, words, widthPx, view, focus],
  );
  const marks = useMemo(() => marksInOrder(timeline), [timeline]);
  const mark = marks.find(({ id }) => id === focus);
  const lane = timeline.lanes.find((one) => one.marks.some(({ id }) => id === focus));
  // Two links of one direction have the same words for their marks: which one it is stands in the lane's name.
  const laneTitle = lane?.kind === 'heard' ? `${words.of(lane.title)}:` : '';
  const onKeyDown = (event: React.KeyboardEvent): void => {
    const step = event.key === 'ArrowRight' ? 1 : event.key === 'ArrowLeft' ? -1 : null;
    const zoom = event.key === '+' || event.key === '=' ? 1 : event.key === '-' ? -1 : null;
    if (step !== null) {
      const next = nextMark(marks, focus, step);
      setFocus(next?.id ?? null);
      if (next !== null) onView(showing(view, timeline, next.tMs));
    } else if (zoom !== null) onView(zoomed(view, timeline, zoom, mark?.tMs));
    else if (event.key === '0') onView(timeline);
    else return;
    event.preventDefault();
  };
  const wheel = useRef<(event: WheelEvent) => void>(() => undefined);
  wheel.current = (event) => {
    if (!event.ctrlKey) return;
    event.preventDefault();
    onView(zoomed(view, timeline, event.deltaY < 0 ? 1 : -1));
  };
  useEffect(() => {
    const element = host.current;
    const onWheel = (event: WheelEvent): void => wheel.current(event);
    // React listens passively, and then the page would zoom as well.
    element?.addEventListener('wheel', onWheel, { passive: false });
    return () => element?.removeEventListener('wheel', onWheel);
  }, [host]);
  return (
    <>
      <div
        className="tb-timeline-picture"
        ref={host}
        role="application"
        tabIndex={0}
        aria-label={t('timeline.picture')}
        onKeyDown={onKeyDown}
        onPointerOver={(event) => {
          const id = (event.target as Element).closest('[data-mark]')?.getAttribute('data-mark');
          if (id != null) setFocus(id);
        }}
        dangerouslySetInnerHTML={{ __html: svg }}
      />
      <p className="tb-timeline-detail" role="status">
        {mark === undefined ? (
          t('timeline.markHint')
        ) : (
          <MarkDetail mark={mark} laneTitle={laneTitle} marks={marks} words={words} />
        )}
      </p>
    </>
  );
}
