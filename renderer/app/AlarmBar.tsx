/** Alarms of the pair in view, in words, with what a person can do about them. Its row is always there: nothing moves under the pointer when one comes. */
import { Button } from 'antd';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { type Alarm, type Fencing, pairAlarms } from '../../electron/common/verdict/alarms.ts';
import { freshStatus } from '../../electron/common/verdict/links.ts';
import type { LiveSituation, PairState, SituationCode } from '../../electron/common/contract/state.ts';
import { timelineWords } from '../../electron/common/whathappened/words.ts';
import { holdReasons } from '../lib/eventText.ts';
import { clock, seconds } from '../lib/format.ts';
import type { T } from '../locales/index.ts';
import { usePairs } from '../stores/pairs.ts';
import { showPane } from '../stores/ui.ts';
import { askConfirmDead } from './actions.ts';

type Told = Exclude<Alarm, { code: 'dual' }>;

/** Two holders are the verdict bar's, right above. */
const toldHere = (alarm: Alarm): alarm is Told => alarm.code !== 'dual';

function fencingDetail({ device, state, detail }: Fencing, t: T): string {
  const text = t('alarm.fencingDetail', { device, state: t(`safety.fencingState.${state}`) });
  return detail === '' ? text : `${text} · ${detail}`;
}

function title(alarm: Told, t: T): string {
  const { node } = alarm;
  switch (alarm.code) {
    case 'takeover-waits':
      return t('alarm.hold', { node, peer: alarm.peer });
    case 'second-holder':
      return t('alarm.conflict', { address: alarm.address });
    case 'different-keys':
      return t('alarm.keys');
    case 'wrong-key':
      return t('alarm.wrongKey', { node, peer: alarm.peer });
    case 'fencing': {
      const key = alarm.fencing.state === 'failed' ? 'alarm.fencingFailed' : 'alarm.fencingWaits';
      return t(key, { node, peer: alarm.peer });
    }
    case 'problem':
      return t('alarm.stray', {
        node,
        text: t(`problem.${alarm.problem as 'stray-address'}`, { defaultValue: alarm.problem }),
      });
    case 'one-way':
      return t('alarm.oneWay', { to: node, from: alarm.peer });
  }
}

/** What a person does about a problem, where that does not depend. */
const REMEDIES: Readonly<Record<string, 'alarm.acquireFailedRemedy' | 'alarm.stopFailedRemedy'>> = {
  'acquire-failed': 'alarm.acquireFailedRemedy',
  'stop-failed': 'alarm.stopFailedRemedy',
};

function words(alarm: Told, t: T): string {
  const { node } = alarm;
  switch (alarm.code) {
    case 'takeover-waits': {
      const waits = t('alarm.holdWaits', { reasons: holdReasons(alarm.reasons, t) });
      const shown = alarm.fencing !== null && alarm.fencing.state !== 'none';
      return shown && alarm.fencing !== null ? `${waits} ${fencingDetail(alarm.fencing, t)}` : waits;
    }
    case 'second-holder':
      return t('alarm.conflictDetail', { mac: alarm.mac, node });
    case 'different-keys':
      return t('alarm.keysDetail', {
        list: alarm.keys.map((key) => `${key.node} ${key.method} ${key.fingerprint}`).join(' ≠ '),
      });
    case 'wrong-key':
      return t('alarm.wrongKeyDetail');
    case 'fencing':
      return fencingDetail(alarm.fencing, t);
    case 'problem': {
      const remedy = REMEDIES[alarm.problem];
      return remedy === undefined ? alarm.detail : `${alarm.detail} · ${t(remedy, { node, peer: alarm.peer })}`;
    }
    case 'one-way':
      return t('alarm.oneWayDetail', { from: alarm.peer, to: node, links: alarm.links.join(', ') });
  }
}

/** Far above what two clocks of one node differ by within a report, far below what a person would miss. */
const SINCE_JITTER_MS = 1000;

function Since({ alarm }: { readonly alarm: Extract<Alarm, { code: 'takeover-waits' }> }): React.JSX.Element {
  const { t } = useTranslation();
  // Each report computes the beginning anew; what it is off by must not make the shown second jump.
  const shown = useRef(alarm.sinceWallMs);
  if (Math.abs(shown.current - alarm.sinceWallMs) > SINCE_JITTER_MS) shown.current = alarm.sinceWallMs;
  return (
    <span className="tb-alarm-since" role="timer">
      {t('alarm.since', { time: clock(shown.current) })} ({seconds(alarm.heldMs, 0)})
    </span>
  );
}

function Action({ alarm }: { readonly alarm: Told }): React.JSX.Element | null {
  const { t } = useTranslation();
  if (alarm.code === 'takeover-waits' || (alarm.code === 'fencing' && alarm.fencing.state === 'waiting-operator')) {
    return (
      <Button size="small" className="tb-alarm-button" onClick={() => askConfirmDead(alarm.node)}>
        {t('alarm.confirm', { peer: alarm.peer })}
      </Button>
    );
  }
  if (alarm.code === 'different-keys' || alarm.code === 'wrong-key') {
    return (
      <Button size="small" className="tb-alarm-button" onClick={() => showPane('safety')}>
        {t('pane.show', { pane: t('pane.safety') })}
      </Button>
    );
  }
  return null;
}

/** Alarms that say of a situation what there is to say, by its code. */
const COVERED_BY: Partial<Record<SituationCode, readonly Alarm['code'][]>> = {
  'keys-differ': ['different-keys', 'wrong-key'],
  'one-way-serial': ['one-way'],
  'one-way-link': ['one-way'],
};

/** What is going on, by name; what is over or only worth knowing is the timeline's. */
function namedHere(state: PairState, alarms: readonly Alarm[]): LiveSituation[] {
  return (state.situations ?? []).filter(({ code, level, untilMs }) => {
    const covered = COVERED_BY[code] ?? [];
    return level !== 'note' && untilMs === null && !alarms.some((alarm) => covered.includes(alarm.code));
  });
}

function SituationItem({ situation }: { readonly situation: LiveSituation }): React.JSX.Element {
  const { t, i18n } = useTranslation();
  const words = timelineWords(i18n.language === 'zh-CN' ? 'zh-CN' : 'en');
  const [name, advice] = [words.of(situation.name), words.of(situation.advice)];
  return (
    <li data-level={situation.level} data-code="situation" data-situation={situation.code}>
      <span className="tb-alarm-glyph" aria-hidden="true" />
      <p title={`${name} ${advice}`}>
        <strong role="alert">{name}</strong> <span>{advice}</span>
      </p>
      <Button size="small" className="tb-alarm-button" onClick={() => showPane('timeline')}>
        {t('situation.show')}
      </Button>
    </li>
  );
}

/** What the row says while there is no alarm. Where neither node is heard that is no good news. */
function Quiet({ state }: { readonly state: PairState }): React.JSX.Element {
  const { t } = useTranslation();
  const isHeard = state.nodes.some((node) => freshStatus(node) !== null);
  return <p className="tb-alarms-quiet tb-muted">{t(isHeard ? 'alarm.none' : 'alarm.unknown')}</p>;
}

/** One row, and more of them when somebody wants to see more: it never grows by itself. */
export function AlarmBar(): React.JSX.Element | null {
  const { t } = useTranslation();
  const state = usePairs((s) => s.state);
  const [isOpen, setOpen] = useState(false);
  if (state === null) return null;
  const alarms = pairAlarms(state).filter(toldHere);
  const situations = namedHere(state, alarms);
  const count = alarms.length + situations.length;
  return (
    <section className="tb-alarms" aria-label={t('alarm.region')} data-count={count} data-open={isOpen}>
      {count === 0 && <Quiet state={state} />}
      <ul tabIndex={count > 1 ? 0 : -1}>
        {alarms.map((alarm) => (
          <li key={alarm.key} data-level={alarm.code === 'one-way' ? 'warn' : 'alarm'} data-code={alarm.code}>
            <span className="tb-alarm-glyph" aria-hidden="true" />
            <p title={`${title(alarm, t)} ${words(alarm, t)}`}>
              <strong role="alert">{title(alarm, t)}</strong>{' '}
              {alarm.code === 'takeover-waits' && <Since alarm={alarm} />} <span>{words(alarm, t)}</span>
            </p>
            <Action alarm={alarm} />
          </li>
        ))}
        {situations.map((situation) => (
          <SituationItem key={situation.key} situation={situation} />
        ))}
      </ul>
      {(count > 1 || isOpen) && (
        <Button size="small" type="text" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {isOpen ? t('alarm.fewer') : t('alarm.all', { count })}
        </Button>
      )}
    </section>
  );
}
