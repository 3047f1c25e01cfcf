/** The event log: bounded, only the visible rows are in the page. */
import { Input, Select, Switch } from 'antd';
import { useEffect, useMemo, useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { SessionEvent } from '../../../electron/common/contract/session.ts';
import { eventText } from '../../lib/eventText.ts';
import { clock } from '../../lib/format.ts';
import { shortName } from '../../../electron/common/words/nodeNames.ts';
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
  const name = shortName(event.event.node, nodes?.map((n) => n.node) ?? []);
  const side = nodes?.[0].node === event.event.node ? 'a' : 'b';
  const text = eventText(event.event, t);
  return (
    <div className="tb-event" role="row" data-severity={event.event.severity} style={{ top, height: ROW_HEIGHT_PX }}>
      <span role="cell">{clock(wallStartMs + event.tMs, 3)}</span>
      <span role="cell" data-node={side} title={event.event.node}>
        {name}
      </span>
      <span role="cell" title={text}>
        {text}
      </span>
    </div>
  );
}

interface Filter {
  readonly level: Level;
  readonly words: string;
}

interface ToolsProps {
  readonly filter: Filter;
  readonly follow: boolean;
  readonly onFilter: (filter: Filter) => void;
  readonly onFollow: (follow: boolean) => void;
}

function Tools({ filter, follow, onFilter, onFollow }: ToolsProps): React.JSX.Element {
  const { t } = useTranslation();
  return (
    <div className="tb-tools">
      <Input
        size="small"
        allowClear
        value={filter.words}
        placeholder={t('events.filterHint')}
        aria-label={t('events.filter')}
        onChange={(event) => onFilter({ ...filter, words: event.target.value })}
      />
      <Select
        size="small"
        style={{ width: 96 }}
        aria-label={t('events.level')}
        value={filter.level}
        options={LEVELS.map((value) => ({ value, label: t(`events.severity.${value}`) }))}
        onChange={(level: Level) => onFilter({ ...filter, level })}
      />
      <label className="tb-inline">
        <Switch size="small" checked={follow} onChange={onFollow} aria-label={t('events.follow')} />
        <span>{t('events.follow')}</span>
      </label>
    </div>
  );
}

export function Events(): React.JSX.Element {
  const { t } = useTranslation();
  const events = useEvents();
  const wallStartMs = usePairs((s) => s.state?.session?.startedWallMs ?? 0);
  const [filter, setFilter] = useState<Filter>({ level: 'info', words: '' });
  const [follow, setFollow] = useState(true);
  const [scrollTop, setScrollTop] = useState(0);
  const [host, size] = useSize<HTMLDivElement>();
  const list = useRef<HTMLDivElement>(null);

  const shown = useMemo(() => {
    const least = LEVELS.indexOf(filter.level);
    const words = filter.words.trim().toLowerCase();
    return events.filter(({ event }) => {
      if (LEVELS.indexOf(event.severity) < least) return false;
      return words === '' || `${event.node} ${eventText(event, t)}`.toLowerCase().includes(words);
    });
  }, [events, filter, t]);

  useEffect(() => {
    if (follow && list.current !== null) list.current.scrollTop = list.current.scrollHeight;
  }, [follow, shown, size]);

  const { first, last } = visibleRows(scrollTop, size.height, ROW_HEIGHT_PX, shown.length);
  return (
    <section className="tb-pane tb-events" aria-label={t('events.region')}>
      <Tools filter={filter} follow={follow} onFilter={setFilter} onFollow={setFollow} />
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
