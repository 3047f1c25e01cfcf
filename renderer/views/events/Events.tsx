/** The event log: bounded, only the visible rows are in the page. */
import { Input, Select, Switch } from 'antd';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { SessionEvent } from '../../../electron/common/contract/session.ts';
import { eventText } from '../../lib/eventText.ts';
import { clock } from '../../lib/format.ts';
import { sessionData, usePairs } from '../../stores/pairs.ts';
import { useSize } from '../../ui/useSize.ts';
import { visibleRows } from './window.ts';

export const ROW_HEIGHT_PX = 22;
const REFRESH_MS = 300;
const LEVELS = ['debug', 'info', 'warn', 'error', 'crit'] as const;
type Level = (typeof LEVELS)[number];

/** A copy of the events whenever there are new ones, looked at a few times a second. */
function useEvents(): readonly SessionEvent[] {
  const [events, setEvents] = useState<readonly SessionEvent[]>([]);
  useEffect(() => {
    let shown = '';
    const refresh = (): void => {
      const all = sessionData.events;
      const mark = `${all.length} ${all[0]?.index ?? ''} ${all.at(-1)?.index ?? ''}`;
      if (mark === shown) return;
      shown = mark;
      setEvents([...all]);
    };
    refresh();
    const timer = setInterval(refresh, REFRESH_MS);
    return () => clearInterval(timer);
  }, []);
  return events;
}

function Row({
  event,
  top,
  wallStartMs,
}: {
  readonly event: SessionEvent;
  readonly top: number;
  readonly wallStartMs: number;
}): React.JSX.Element {
  const { t } = useTranslation();
  const nodes = usePairs((s) => s.state?.nodes);
  const side = nodes?.[0].node === event.event.node ? 'a' : 'b';
  const text = eventText(event.event, t);
  return (
    <div className="tb-event" role="row" data-severity={event.event.severity} style={{ top, height: ROW_HEIGHT_PX }}>
      <span role="cell">{clock(wallStartMs + event.tMs, 3)}</span>
      <span role="cell" data-node={side}>
        {event.event.node}
      </span>
      <span role="cell" title={text}>
        {text}
      </span>
    </div>
  );
}

export function Events(): React.JSX.Element {
  const { t } = useTranslation();
  const events = useEvents();
  const wallStartMs = usePairs((s) => s.state?.session?.startedWallMs ?? 0);
  const [level, setLevel] = useState<Level>('info');
  const [filter, setFilter] = useState('');
  const [follow, setFollow] = useState(true);
  const [scrollTop, setScrollTop] = useState(0);
  const [host, size] = useSize<HTMLDivElement>();
  const list = useRef<HTMLDivElement>(null);

  const shown = useMemo(() => {
    const least = LEVELS.indexOf(level);
    const words = filter.trim().toLowerCase();
    return events.filter(({ event }) => {
      if (LEVELS.indexOf(event.severity) < least) return false;
      return words === '' || `${event.node} ${eventText(event, t)}`.toLowerCase().includes(words);
    });
  }, [events, level, filter, t]);

  useEffect(() => {
    if (follow && list.current !== null) list.current.scrollTop = list.current.scrollHeight;
  }, [follow, shown, size]);

  const { first, last } = visibleRows(scrollTop, size.height, ROW_HEIGHT_PX, shown.length);
  return (
    <section className="tb-pane tb-events" aria-label={t('events.region')}>
      <div className="tb-tools">
        <Input
          size="small"
          allowClear
          value={filter}
          placeholder={t('events.filterHint')}
          aria-label={t('events.filter')}
          onChange={(e) => setFilter(e.target.value)}
        />
        <Select
          size="small"
          style={{ width: 96 }}
          aria-label={t('events.level')}
          value={level}
          options={LEVELS.map((value) => ({ value, label: t(`events.severity.${value}`) }))}
          onChange={(value: Level) => setLevel(value)}
        />
        <label className="tb-inline">
          <Switch size="small" checked={follow} onChange={setFollow} aria-label={t('events.follow')} />
          <span>{t('events.follow')}</span>
        </label>
      </div>
      <div className="tb-events-host" ref={host}>
        <div
          className="tb-events-list"
          ref={list}
          role="table"
          tabIndex={0}
          aria-label={t('events.region')}
          aria-rowcount={shown.length}
          onScroll={(event) => {
            const { scrollTop: top, scrollHeight, clientHeight } = event.currentTarget;
            setScrollTop(top);
            setFollow(scrollHeight - top - clientHeight < ROW_HEIGHT_PX);
          }}
        >
          {shown.length === 0 && (
            <div className="tb-empty">{t(events.length === 0 ? 'events.empty' : 'events.emptyFilter')}</div>
          )}
          <div style={{ height: shown.length * ROW_HEIGHT_PX, position: 'relative' }} role="rowgroup">
            {shown.slice(first, last).map((event, i) => (
              <Row key={event.index} event={event} top={(first + i) * ROW_HEIGHT_PX} wallStartMs={wallStartMs} />
            ))}
          </div>
        </div>
      </div>
    </section>
  );
}
