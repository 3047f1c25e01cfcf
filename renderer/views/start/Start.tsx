/** The first screen: one button that does everything, and its progress step by step. */
import { Alert, Button, Checkbox, Progress, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { launchRack } from '../../app/launch.ts';
import { saidText } from '../../lib/said.ts';
import {
  cancelRackFlow,
  FLOW_STEPS,
  type FlowProgress,
  type FlowStep,
  type RackChoice,
  forgetRackFlow,
  useRackFlow,
} from '../../stores/rackFlow.ts';
import { useSettings } from '../../stores/settings.ts';
import { showPane, useUi } from '../../stores/ui.ts';

type StepState = 'waiting' | 'running' | 'done' | 'failed' | 'cancelled';

function stateOf(step: FlowStep, progress: FlowProgress): StepState {
  const at = FLOW_STEPS.indexOf(progress.step);
  const mine = FLOW_STEPS.indexOf(step);
  if (progress.phase === 'done' || mine < at) return 'done';
  if (mine > at || progress.phase === 'idle') return 'waiting';
  return progress.phase === 'running' ? 'running' : progress.phase;
}

function FlowView({
  progress,
  choice,
}: {
  readonly progress: FlowProgress;
  readonly choice: RackChoice;
}): React.JSX.Element {
  const { t } = useTranslation();
  return (
    <section className="tb-flow" aria-label={t('start.progress')}>
      <ol>
        {FLOW_STEPS.map((step) => {
          const state = stateOf(step, progress);
          return (
            <li key={step} data-state={state} aria-current={state === 'running' ? 'step' : undefined}>
              <span className="tb-flow-dot" aria-hidden="true" />
              <span className="tb-flow-name">{t(`start.steps.${step}`)}</span>
              <span className="tb-flow-state">{t(`start.states.${state}`)}</span>
            </li>
          );
        })}
      </ol>
      <Progress
        percent={Math.round((progress.share ?? 0) * 100)}
        showInfo={false}
        size="small"
        status={progress.share === null ? 'active' : 'normal'}
      />
      <p className="tb-flow-detail" role="status">
        {progress.phase === 'running' ? saidText(progress, t) || t(`commission.flow.${progress.step}`) : ''}
      </p>
      {progress.phase === 'failed' && (
        <Alert type="error" showIcon title={t('start.failed')} description={saidText(progress, t)} />
      )}
      {progress.phase === 'cancelled' && <Alert type="info" showIcon title={t('start.cancelled')} />}
      <div className="tb-row">
        {progress.phase === 'running' ? (
          <Button onClick={cancelRackFlow}>{t('common.cancel')}</Button>
        ) : (
          <>
            <Button type="primary" onClick={() => launchRack(choice)}>
              {t('common.retry')}
            </Button>
            <Button
              onClick={() => {
                forgetRackFlow();
                useUi.setState({ entered: true });
              }}
            >
              {t('start.open')}
            </Button>
          </>
        )}
      </div>
    </section>
  );
}

/** Two nodes and a beat between them: what this program is about, without words. */
function Emblem(): React.JSX.Element {
  return (
    <svg className="tb-emblem" viewBox="0 0 320 96" aria-hidden="true">
      <rect x="8" y="16" width="64" height="64" rx="6" className="tb-emblem-a" />
      <rect x="248" y="16" width="64" height="64" rx="6" className="tb-emblem-b" />
      <path d="M72 38h58l8-16 12 30 8-14h90" className="tb-emblem-beat" />
      <path d="M72 62h82l8-14 12 28 8-14h66" className="tb-emblem-beat" />
      {[28, 40, 52].map((y) => (
        <g key={y}>
          <path d={`M20 ${y}h40`} className="tb-emblem-slot" />
          <path d={`M260 ${y}h40`} className="tb-emblem-slot" />
        </g>
      ))}
    </svg>
  );
}

const DEMANDS = ['reference', 'twoLinks', 'fencing', 'ipfail'] as const;

const isForbidden = (name: (typeof DEMANDS)[number], { setup, engine }: RackChoice): boolean =>
  (name === 'twoLinks' && setup !== 's5') || (engine === 'heartbeat' && (name === 'twoLinks' || name === 'reference'));

/** The rack's setup and what its pair shall demand; each box says in its title what it does. */
function SetupFields({
  choice,
  onChange,
}: {
  readonly choice: RackChoice;
  readonly onChange: (choice: RackChoice) => void;
}): React.JSX.Element {
  const { t } = useTranslation();
  const setups = (['s5', 's1', 's4'] as const).map((id) => ({ value: id, label: t(`start.setups.${id}`) }));
  return (
    <>
      <label className="tb-start-setup">
        <span>{t('start.setup')}</span>
        <Select
          value={choice.setup}
          options={setups}
          // Only one setup has two links to demand.
          onChange={(setup) => onChange({ ...choice, setup, twoLinks: choice.twoLinks === true && setup === 's5' })}
          style={{ width: 260 }}
          aria-label={t('start.setup')}
        />
      </label>
      <label className="tb-start-setup" title={t('observe.engineHint')}>
        <span>{t('observe.engine')}</span>
        <Select
          value={choice.engine ?? 'twinbeat'}
          options={(['twinbeat', 'heartbeat'] as const).map((id) => ({ value: id, label: t(`observe.engines.${id}`) }))}
          // The real daemon knows no conditions for a takeover.
          onChange={(engine) => onChange({ ...choice, engine, reference: false, twoLinks: false })}
          style={{ width: 260 }}
          aria-label={t('observe.engine')}
        />
      </label>
      <div className="tb-start-demands" role="group" aria-label={t('start.demands')}>
        <span>{t('start.demands')}</span>
        {DEMANDS.map((name) => (
          <Checkbox
            key={name}
            checked={choice[name] === true}
            disabled={isForbidden(name, choice)}
            title={t(`start.demandHelp.${name}`)}
            onChange={(event) => onChange({ ...choice, [name]: event.target.checked })}
          >
            {t(`start.demand.${name}`)}
          </Checkbox>
        ))}
      </div>
    </>
  );
}

export function Start(): React.JSX.Element {
  const { t } = useTranslation();
  const progress = useRackFlow();
  const rack = useSettings((s) => s.info?.rack ?? null);
  const version = useSettings((s) => s.info?.version ?? '');
  const [choice, setChoice] = useState<RackChoice>({ setup: 's5' });
  return (
    <div className="tb-start">
      <Emblem />
      <h2>{t('start.title')}</h2>
      {progress.phase !== 'idle' && progress.phase !== 'done' ? (
        <FlowView progress={progress} choice={choice} />
      ) : (
        <>
          <p className="tb-start-text">{t('start.text')}</p>
          <div className="tb-start-buttons">
            <Button
              type="primary"
              size="large"
              disabled={rack === null || !rack.available}
              onClick={() => launchRack(choice)}
            >
              {t('start.rack')}
            </Button>
            <Button size="large" onClick={() => showPane('connect')}>
              {t('start.servers')}
            </Button>
          </div>
          <p className="tb-start-hint">{t('start.rackHint')}</p>
          {rack !== null && !rack.available ? (
            <Alert type="warning" showIcon title={t('start.unavailable', { reason: rack.reason })} />
          ) : (
            <SetupFields choice={choice} onChange={setChoice} />
          )}
        </>
      )}
      <p className="tb-version">{t('app.version', { version })}</p>
    </div>
  );
}
