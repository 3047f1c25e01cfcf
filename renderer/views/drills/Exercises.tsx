/** Training: something is broken in the rack; find it with the tools and say what it is and where. */
import { Alert, Button, Select } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { ExerciseGrade, ExerciseInfo, ExerciseView } from '../../../electron/common/contract/exercise.ts';
import { seconds } from '../../lib/format.ts';
import { answerExercise, giveUpExercise, loadExercises, startExercise, useExercises } from '../../stores/exercises.ts';
import { usePairs } from '../../stores/pairs.ts';
import { inLanguage } from './drillModel.ts';

/** The countdown, and an exercise that another console began or ended. */
const REFRESH_MS = 2000;

function Grade({ grade }: { readonly grade: ExerciseGrade }): React.JSX.Element {
  const { t, i18n } = useTranslation();
  const say = (text: ExerciseGrade['title']): string => inLanguage(text, i18n.language);
  const sign =
    grade.firstSignMs === null ? t('exercise.noSign') : t('exercise.sign', { time: seconds(grade.firstSignMs, 1) });
  return (
    <section className="tb-grade" data-outcome={grade.outcome} aria-live="polite">
      <h4>
        {t(`exercise.outcome.${grade.outcome}`)} · {t('exercise.points', { count: grade.points })}
      </h4>
      <p>
        <b>{say(grade.solution)}</b>
      </p>
      <p>{say(grade.explanation)}</p>
      <p className="tb-muted">{[...grade.reasons.map(say), sign].join(' ')}</p>
    </section>
  );
}

function Present({ view }: { readonly view: ExerciseView }): React.JSX.Element {
  const { t, i18n } = useTranslation();
  const { busy, wrong } = useExercises();
  const [fault, setFault] = useState<string | null>(null);
  const [place, setPlace] = useState<string | null>(null);
  const options = (choices: ExerciseView['faults']): { value: string; label: string }[] =>
    choices.map((c) => ({ value: c.id, label: inLanguage(c.text, i18n.language) }));
  return (
    <section className="tb-exercise" aria-label={t('exercise.present')}>
      <h4>{inLanguage(view.title, i18n.language)}</h4>
      <p>{inLanguage(view.story, i18n.language)}</p>
      <p className="tb-muted">{t('exercise.endsIn', { time: seconds(view.endsInMs, 0), wrong: view.wrongAnswers })}</p>
      <div className="tb-drill-form">
        <label className="tb-field">
          <span>{t('exercise.what')}</span>
          <Select
            aria-label={t('exercise.what')}
            virtual={false}
            value={fault}
            options={options(view.faults)}
            onChange={setFault}
          />
        </label>
        <label className="tb-field">
          <span>{t('exercise.where')}</span>
          <Select
            aria-label={t('exercise.where')}
            virtual={false}
            value={place}
            options={options(view.places)}
            onChange={setPlace}
          />
        </label>
      </div>
      <div className="tb-row">
        <Button
          type="primary"
          size="small"
          disabled={busy || fault === null || place === null}
          onClick={() => answerExercise(fault ?? '', place ?? '')}
        >
          {t('exercise.answer')}
        </Button>
        <Button size="small" disabled={busy} onClick={giveUpExercise}>
          {t('exercise.giveUp')}
        </Button>
      </div>
      {wrong && <Alert type="warning" showIcon title={t('exercise.wrong')} />}
    </section>
  );
}

function Offer({ info, isBusy }: { readonly info: ExerciseInfo; readonly isBusy: boolean }): React.JSX.Element {
  const { t, i18n } = useTranslation();
  return (
    <li className="tb-drill-row" data-available={info.available} data-exercise={info.id}>
      <div className="tb-drill-line">
        <span className="tb-drill-number">{info.setup.toUpperCase()}</span>
        <div className="tb-drill-name">
          <strong>{inLanguage(info.title, i18n.language)}</strong>{' '}
          <span className="tb-level">{t('exercise.difficulty', { stars: '★'.repeat(info.difficulty) })}</span>
          <p className="tb-muted">
            {(info.available ? [info.story] : info.reasons).map((r) => inLanguage(r, i18n.language)).join(' · ')}
          </p>
        </div>
        <Button size="small" disabled={!info.available || isBusy} onClick={() => startExercise(info.id)}>
          {t('exercise.start')}
        </Button>
      </div>
    </li>
  );
}

export function Exercises(): React.JSX.Element {
  const { t, i18n } = useTranslation();
  const { board, grade, busy } = useExercises();
  const isRack = usePairs((s) => s.state?.isRack === true);
  useEffect(() => {
    void loadExercises();
    const timer = setInterval(() => void loadExercises(), REFRESH_MS);
    return () => clearInterval(timer);
  }, []);
  if (board === null) return <p className="tb-muted">{t('drills.loading')}</p>;
  const { current, exercises, grades } = board;
  return (
    <>
      {!isRack && <p className="tb-muted">{t('exercise.rackOnly')}</p>}
      {current !== null && <Present key={current.startedWallMs} view={current} />}
      {grade !== null && <Grade grade={grade} />}
      <ul className="tb-drill-list" aria-label={t('exercise.list')}>
        {exercises.map((info) => (
          <Offer key={info.id} info={info} isBusy={busy || current !== null} />
        ))}
      </ul>
      {grades.length > 0 && (
        <table className="tb-table">
          <tbody>
            {grades.map((g) => (
              <tr key={g.startedWallMs}>
                <td>{inLanguage(g.title, i18n.language)}</td>
                <td>{t(`exercise.outcome.${g.outcome}`)}</td>
                <td>{t('exercise.points', { count: g.points })}</td>
                <td>{seconds(g.usedMs, 0)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      )}
    </>
  );
}
