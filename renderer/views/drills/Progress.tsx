/** The suite at work: which run, its steps as they happen, what hands are asked for, and the way to stop it. */
import { Alert, Button, Progress as Bar } from 'antd';
import { useEffect, useRef } from 'react';
import { useTranslation } from 'react-i18next';
import { abortDrills, answerHands, useDrills } from '../../stores/drills.ts';
import { inLanguage } from './drillModel.ts';

function HandsView(): React.JSX.Element | null {
  const { t, i18n } = useTranslation();
  const hands = useDrills((s) => s.hands);
  if (hands === null) return null;
  const watch =
    hands.detects === null
      ? t('drills.handsUnseen')
      : t('drills.handsSeen', { what: inLanguage(hands.detects, i18n.language) });
  return (
    <Alert
      type="warning"
      showIcon
      role="alert"
      className="tb-hands"
      title={inLanguage(hands.text, i18n.language)}
      description={
        <div className="tb-row">
          <span>{watch}</span>
          <span className="tb-spacer" />
          <Button size="small" onClick={() => answerHands('skip')}>
            {t('drills.skip')}
          </Button>
          <Button size="small" type="primary" onClick={() => answerHands('continue')}>
            {t('drills.done')}
          </Button>
        </div>
      }
    />
  );
}

function Steps(): React.JSX.Element {
  const { i18n } = useTranslation();
  const steps = useDrills((s) => s.steps);
  const end = useRef<HTMLLIElement>(null);
  useEffect(() => {
    // Newer browsers return a promise from this; an effect must not.
    end.current?.scrollIntoView({ block: 'nearest' });
  }, [steps.length]);
  return (
    <ol className="tb-drill-steps" aria-live="polite">
      {steps.map((step, i) => (
        <li key={`${step.atMs} ${i}`} ref={i === steps.length - 1 ? end : null} data-now={i === steps.length - 1}>
          {inLanguage(step.text, i18n.language)}
        </li>
      ))}
    </ol>
  );
}

export function Progress(): React.JSX.Element | null {
  const { t, i18n } = useTranslation();
  const { isRunning, isStopping, suite, present } = useDrills();
  if (!isRunning) return null;
  const total = suite?.plan.length ?? 0;
  const index = present?.index ?? 0;
  return (
    <section className="tb-drill-progress" aria-label={t('drills.progress')}>
      <div className="tb-row">
        <strong>
          {present === null ? t('drills.starting') : inLanguage(present.title, i18n.language)}
          {present !== null &&
            present.planned.from !== null &&
            ` · ${t('drills.from', { node: present.planned.from })}`}
        </strong>
        <span className="tb-muted">{total > 0 && t('drills.runOf', { run: index + 1, total })}</span>
        <span className="tb-spacer" />
        <Button danger size="small" loading={isStopping} onClick={abortDrills}>
          {t('drills.abort')}
        </Button>
      </div>
      <Bar percent={total === 0 ? 0 : (100 * index) / total} showInfo={false} size="small" />
      <HandsView />
      <Steps />
    </section>
  );
}
