/** A recorded session again: picture, charts, events and terminals at one cursor, which plays, stops, and goes where one drags it. */
import { CaretRightOutlined, FolderOpenOutlined, PauseOutlined } from '@ant-design/icons';
import { Button, Select, Slider } from 'antd';
import { useEffect, useMemo, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import type { SessionEvent } from '../../../electron/common/contract/session.ts';
import { lastAt } from '../../../electron/common/recording/stateAt.ts';
import { eventText, isLandmark } from '../../lib/eventText.ts';
import { clock, duration } from '../../lib/format.ts';
import { saidText } from '../../lib/said.ts';
import { shortName } from '../../../electron/common/words/nodeNames.ts';
import {
  type Loaded,
  loadFile,
  loadSession,
  pause,
  play,
  refreshSessions,
  seek,
  setSpeed,
  SPEEDS,
  useReplay,
} from '../../stores/replay.ts';
import { PictureOf } from '../rack/Picture.tsx';
import { ReplayCharts } from './ReplayCharts.tsx';
import { ReplayTerminals } from './ReplayTerminals.tsx';

/** Events shown above the cursor. */
const EVENTS_SHOWN = 200;

/** Goes to the next (1) or the previous (-1) moment worth looking at: a fault, a death, a takeover. */
function toLandmark({ pair }: Loaded, step: 1 | -1): void {
  const { cursorMs } = useReplay.getState();
  const times = pair.recording.batch.events.filter((e) => isLandmark(e.event)).map((e) => e.tMs);
  const next = step > 0 ? times.find((t) => t > cursorMs + 1) : times.findLast((t) => t < cursorMs - 1);
  if (next !== undefined) seek(next);
}

function onKey(event: React.KeyboardEvent, loaded: Loaded): void {
  if (event.target !== event.currentTarget || event.ctrlKey || event.metaKey || event.altKey) return;
  const { cursorMs, isPlaying, speed } = useReplay.getState();
  const { fromMs, toMs } = loaded.pair.recording;
  const stepMs = event.shiftKey ? 10_000 : 1000;
  const speedAt = (SPEEDS as readonly number[]).indexOf(speed);
  const handlers: Record<string, () => void> = {
    ' ': () => (isPlaying ? pause() : play()),
    ArrowLeft: () => seek(cursorMs - stepMs),
    ArrowRight: () => seek(cursorMs + stepMs),
    Home: () => seek(fromMs),
    End: () => seek(toMs),
    n: () => toLandmark(loaded, 1),
    p: () => toLandmark(loaded, -1),
    '+': () => setSpeed(SPEEDS[speedAt + 1] ?? speed),
    '=': () => setSpeed(SPEEDS[speedAt + 1] ?? speed),
    '-': () => setSpeed(SPEEDS[speedAt - 1] ?? speed),
  };
  const handler = handlers[event.key.length === 1 ? event.key.toLowerCase() : event.key];
  if (handler === undefined) return;
  event.preventDefault();
  handler();
}

function Chooser(): React.JSX.Element {
  const { t } = useTranslation();
  const { sessions, source, isLoading } = useReplay();
  const file = useRef<HTMLInputElement>(null);
  const options = sessions.map((s) => ({
    value: s.id,
    label: `${new Date(s.startedWallMs).toLocaleString()} · ${s.pairName} · ${duration(Math.round(s.durationMs / 1000) * 1000)}${
      s.drills.length === 0 ? '' : ` · ${t('replay.drills', { count: s.drills.length })}`
    }`,
  }));
  const isStored = sessions.some((s) => s.id === source);
  return (
    <div className="tb-tools">
      <Select
        size="small"
        showSearch={{ optionFilterProp: 'label' }}
        aria-label={t('replay.session')}
        placeholder={t('replay.choose')}
        style={{ minWidth: 260, flex: 1 }}
        loading={isLoading}
        value={isStored ? source : null}
        options={options}
        notFoundContent={t('replay.noSessions')}
        onFocus={() => void refreshSessions()}
        onChange={(id: string) => void loadSession(id)}
      />
      <Button size="small" icon={<FolderOpenOutlined />} onClick={() => file.current?.click()}>
        {t('replay.openFile')}
      </Button>
      <input
        ref={file}
        type="file"
        hidden
        accept=".gz"
        aria-label={t('replay.openFile')}
        onChange={(event) => {
          const chosen = event.target.files?.[0];
          if (chosen !== undefined) void loadFile(chosen);
          event.target.value = '';
        }}
      />
    </div>
  );
}

function Transport({ loaded }: { readonly loaded: Loaded }): React.JSX.Element {
  const { t } = useTranslation();
  const { cursorMs, isPlaying, speed } = useReplay();
  const { head, fromMs, toMs, batch } = loaded.pair.recording;
  const marks = useMemo(() => {
    const times = batch.events.filter((e) => isLandmark(e.event) && e.tMs >= fromMs).map((e) => e.tMs);
    return Object.fromEntries(times.map((tMs) => [tMs, '']));
  }, [batch, fromMs]);
  const time = clock(head.startedWallMs + cursorMs, 1);
  return (
    <div className="tb-replay-transport">
      <Button
        size="small"
        type="primary"
        icon={isPlaying ? <PauseOutlined /> : <CaretRightOutlined />}
        aria-label={t(isPlaying ? 'replay.pause' : 'replay.play')}
        onClick={() => (isPlaying ? pause() : play())}
      />
      <Select
        size="small"
        aria-label={t('replay.speed')}
        style={{ width: 76 }}
        value={speed}
        options={SPEEDS.map((value) => ({ value, label: `${value}×` }))}
        onChange={setSpeed}
      />
      <Slider
        className="tb-replay-slider"
        min={fromMs}
        max={Math.max(toMs, fromMs + 1)}
        step={100}
        value={cursorMs}
        marks={marks}
        tooltip={{ open: false }}
        ariaLabelForHandle={t('replay.position')}
        onChange={seek}
      />
      <output className="tb-replay-time" aria-label={t('replay.position')}>
        {time} <small>{`${((cursorMs - fromMs) / 1000).toFixed(1)} / ${((toMs - fromMs) / 1000).toFixed(1)} s`}</small>
      </output>
    </div>
  );
}

function ReplayEvents({ loaded }: { readonly loaded: Loaded }): React.JSX.Element {
  const { t } = useTranslation();
  const cursorMs = useReplay((s) => s.cursorMs);
  const { head, batch } = loaded.pair.recording;
  const upTo = lastAt(batch.events, cursorMs, (e) => e.tMs);
  const shown = batch.events.slice(Math.max(0, upTo + 1 - EVENTS_SHOWN), upTo + 1).reverse();
  const row = ({ tMs, index, event }: SessionEvent): React.JSX.Element => (
    <li key={index} data-severity={event.severity}>
      <button type="button" onClick={() => seek(tMs)} title={t('replay.goThere')}>
        {clock(head.startedWallMs + tMs, 3)}
      </button>
      <b data-node={event.node === head.nodes[0] ? 'a' : 'b'}>{shortName(event.node, head.nodes)}</b>
      <span>{eventText(event, t)}</span>
    </li>
  );
  return (
    <ol className="tb-replay-events" aria-label={t('events.region')}>
      {shown.map(row)}
    </ol>
  );
}

function Notes({ loaded }: { readonly loaded: Loaded }): React.JSX.Element {
  const { t } = useTranslation();
  const { head, flaws } = loaded.pair.recording;
  const notes = [
    `${t('replay.recorded')} ${new Date(head.startedWallMs).toLocaleString()} · ${head.pairName}`,
    ...(head.anonymised ? [t('replay.anonymised')] : []),
    ...(head.thinnedTo === null ? [] : [t('replay.thinned')]),
    ...flaws.map((flaw) => saidText(flaw, t)),
  ];
  return <p className="tb-replay-note">{notes.join(' · ')}</p>;
}

function Stage({ loaded }: { readonly loaded: Loaded }): React.JSX.Element {
  const cursorMs = useReplay((s) => s.cursorMs);
  const state = useMemo(() => loaded.pair.at(cursorMs), [loaded, cursorMs]);
  return (
    <div className="tb-replay-stage">
      {/* Switches of the picture act on servers; there are none here. */}
      <div className="tb-replay-picture" inert>
        <PictureOf state={state} rack={null} />
      </div>
      <ReplayCharts loaded={loaded} state={state} />
      <ReplayEvents loaded={loaded} />
      <div className="tb-replay-terminals">
        <ReplayTerminals terminals={loaded.pair.recording.terminals} />
      </div>
    </div>
  );
}

export function Replay(): React.JSX.Element {
  const { t } = useTranslation();
  const { loaded, source, isLoading, error } = useReplay();
  useEffect(() => void refreshSessions(), []);
  return (
    <section
      className="tb-pane tb-replay"
      tabIndex={0}
      aria-label={t('replay.region')}
      onKeyDown={(event) => loaded !== null && onKey(event, loaded)}
    >
      <Chooser />
      {error !== null && (
        <p className="tb-error" role="alert">
          {source === null ? '' : `${source}: `}
          {saidText(error, t)}
        </p>
      )}
      {loaded === null ? (
        <div className="tb-empty">{t(isLoading ? 'replay.loading' : 'replay.nothing')}</div>
      ) : (
        <>
          <Notes loaded={loaded} />
          <Transport loaded={loaded} />
          <Stage loaded={loaded} />
          <p className="tb-hint">{t('replay.help')}</p>
        </>
      )}
    </section>
  );
}
