/** The timeline in words: phases with their errors, what it was for the client, what it is called and why. */
import { useTranslation } from 'react-i18next';
import type { Situation } from '../../../electron/common/contract/state.ts';
import { unorderedPhases } from '../../../electron/common/whathappened/order.ts';
import type { Timeline, WindowSums } from '../../../electron/common/whathappened/types.ts';
import type { TimelineWords } from '../../../electron/common/whathappened/words.ts';

interface Props {
  readonly timeline: Timeline;
  readonly words: TimelineWords;
}

export function Phases({ timeline, words }: Props): React.JSX.Element {
  const { t } = useTranslation();
  const unordered = unorderedPhases(timeline.phases);
  return (
    <table className="tb-timeline-table" aria-label={t('timeline.phases')}>
      <thead>
        <tr>
          <th scope="col">{t('timeline.phase')}</th>
          <th scope="col">{t('timeline.since')}</th>
          <th scope="col">{t('timeline.what')}</th>
          <th scope="col">{t('timeline.source')}</th>
        </tr>
      </thead>
      <tbody>
        {timeline.phases.map((phase) => (
          <tr key={phase.id} data-known={phase.atMs !== null}>
            <th scope="row">{words.phase(phase.id)}</th>
            <td className="tb-mono">
              {unordered.has(phase.id) && <span title={words.unordered}>≈ </span>}
              {phase.atMs === null ? '–' : words.time(phase.sinceStartMs, phase.sinceStartErrorMs)}
              {phase.id === 'stable' && phase.atMs !== null && <em> {t('timeline.sinceRevert')}</em>}
            </td>
            <td>{words.of(phase.text)}</td>
            <td>{words.source(phase.source)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Window({
  name,
  sums,
  words,
}: {
  readonly name: string;
  readonly sums: WindowSums;
  readonly words: TimelineWords;
}): React.JSX.Element {
  return (
    <tr>
      <th scope="row">{name}</th>
      <td className="tb-mono">{words.time(sums.outageMs, sums.outageErrorMs)}</td>
      <td className="tb-mono">{words.time(sums.unavailableMs)}</td>
      <td className="tb-mono" data-bad={sums.dualMs > 0}>
        {words.time(sums.dualMs)}
      </td>
      <td className="tb-mono">{words.time(sums.unknownMs)}</td>
    </tr>
  );
}

export function Sums({ timeline, words }: Props): React.JSX.Element | null {
  const { t } = useTranslation();
  const { faultWindow, healWindow } = timeline;
  if (faultWindow === null && healWindow === null) return null;
  return (
    <table className="tb-timeline-table" aria-label={t('timeline.sums')}>
      <thead>
        <tr>
          <th scope="col">{t('timeline.sums')}</th>
          <th scope="col">{t('timeline.outage')}</th>
          <th scope="col">{t('timeline.unavailable')}</th>
          <th scope="col">{t('timeline.dual')}</th>
          <th scope="col">{t('timeline.unknown')}</th>
        </tr>
      </thead>
      <tbody>
        {faultWindow !== null && <Window name={t('timeline.window.fault')} sums={faultWindow} words={words} />}
        {healWindow !== null && <Window name={t('timeline.window.heal')} sums={healWindow} words={words} />}
      </tbody>
    </table>
  );
}

function SituationView({
  situation,
  fromMs,
  words,
}: {
  readonly situation: Situation;
  readonly fromMs: number;
  readonly words: TimelineWords;
}): React.JSX.Element {
  const { t } = useTranslation();
  return (
    <li data-level={situation.level} data-code={situation.code}>
      <strong>{words.of(situation.name)}</strong>
      {situation.untilMs !== null && <em> ({t('timeline.over')})</em>}
      <ul aria-label={t('timeline.evidence')}>
        {situation.evidence.map((piece, i) => (
          <li key={i}>
            {piece.tMs !== null && <span className="tb-mono">{words.time(piece.tMs - fromMs)} </span>}
            {words.of(piece.text)}
          </li>
        ))}
      </ul>
      <p>
        <b>{t('timeline.advice')}:</b> {words.of(situation.advice)}
      </p>
    </li>
  );
}

export function Named({ timeline, words }: Props): React.JSX.Element | null {
  const { t } = useTranslation();
  const fromMs = timeline.phases.find((phase) => phase.id === 'fault')?.atMs ?? timeline.fromMs;
  if (timeline.situations.length === 0) return null;
  return (
    <section aria-label={t('timeline.named')}>
      <h3>{t('timeline.named')}</h3>
      <ul className="tb-timeline-named">
        {timeline.situations.map((situation) => (
          <SituationView key={situation.key} situation={situation} fromMs={fromMs} words={words} />
        ))}
      </ul>
    </section>
  );
}

export function Doubts({ timeline, words }: Props): React.JSX.Element {
  const { t } = useTranslation();
  const [a, b] = timeline.nodes;
  const [aMs, bMs] = [words.time(timeline.clockErrorMs[0]), words.time(timeline.clockErrorMs[1])];
  return (
    <section className="tb-timeline-doubts">
      {timeline.doubts.length > 0 && (
        <>
          <h3>{t('timeline.doubts')}</h3>
          <ul>
            {timeline.doubts.map((doubt) => (
              <li key={doubt.en}>{words.of(doubt)}</li>
            ))}
          </ul>
        </>
      )}
      <p>{t('timeline.clocks', { a, b, aMs, bMs })}</p>
    </section>
  );
}
