/** Says that an exercise runs, wherever one looks, and nothing about what it is. */
import { Button } from 'antd';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import { openDrills } from './openDrills.ts';
import { loadExercises, useExercises } from '../../stores/exercises.ts';
import { usePairs } from '../../stores/pairs.ts';

/** An exercise begun elsewhere is shown this late at most, milliseconds. */
const LOOK_PERIOD_MS = 4000;

export function ExerciseBanner(): React.JSX.Element | null {
  const { t } = useTranslation();
  const isRack = usePairs((s) => s.state?.isRack === true && s.state.session !== null);
  const current = useExercises((s) => s.board?.current ?? null);
  useEffect(() => {
    if (!isRack) return undefined;
    void loadExercises();
    const timer = setInterval(() => void loadExercises(), LOOK_PERIOD_MS);
    return () => clearInterval(timer);
  }, [isRack]);
  if (!isRack || current === null) return null;
  return (
    <div className="tb-exercise-banner" role="status">
      <strong>{t('exercise.running')}</strong>
      <span>{t('exercise.runningText')}</span>
      <span className="tb-spacer" />
      <Button size="small" onClick={() => openDrills('training')}>
        {t('exercise.toAnswer')}
      </Button>
    </div>
  );
}
