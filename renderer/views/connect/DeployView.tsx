/** Deployment: check, see the whole plan, apply it with progress, cancel. */
import { Alert, Button, Progress } from 'antd';
import { useEffect } from 'react';
import { useTranslation } from 'react-i18next';
import type { DeployPlan, DeployProgress, PlanStep, PreflightItem } from '../../../electron/common/contract/deploy.ts';
import { bytes } from '../../lib/format.ts';
import { saidText } from '../../lib/said.ts';
import { usePairs } from '../../stores/pairs.ts';
import { applyPlan, cancelDeploy, makePlan, resetDeploy, runPreflight, useDeploy } from '../../stores/deploy.ts';

function Checks({ items }: { readonly items: readonly PreflightItem[] }): React.JSX.Element | null {
  const { t } = useTranslation();
  if (items.length === 0) return null;
  return (
    <table className="tb-table tb-checks" aria-label={t('deploy.checks')}>
      <tbody>
        {items.map((item) => (
          <tr key={`${item.node} ${item.code}`} data-result={item.result}>
            <td>{item.node}</td>
            <td>{t(`deploy.code.${item.code}`)}</td>
            <td>
              <b>{t(`deploy.result.${item.result}`)}</b>
            </td>
            <td>
              {saidText({ detail: item.found, said: item.foundSaid }, t)}
              {item.advice !== '' && <em>{saidText({ detail: item.advice, said: item.adviceSaid }, t)}</em>}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function StepRow({
  step,
  progress,
}: {
  readonly step: PlanStep;
  readonly progress: DeployProgress | undefined;
}): React.JSX.Element {
  const { t } = useTranslation();
  const phase = progress?.phase ?? 'waiting';
  const done = progress?.doneBytes ?? null;
  const size = progress?.totalBytes ?? step.bytes;
  const amount =
    size === null
      ? ''
      : done === null || phase !== 'running'
        ? bytes(size)
        : t('common.of', { done: bytes(done), total: bytes(size) });
  return (
    <tr data-phase={phase}>
      <td>{step.node}</td>
      <td>{t(`deploy.kind.${step.kind}`)}</td>
      <td>
        <code>{step.target}</code>
        {step.detail !== '' && <em>{step.detail}</em>}
      </td>
      <td className="tb-amount">{amount}</td>
      <td title={progress?.detail}>
        {progress === undefined && step.unchanged ? t('deploy.unchanged') : t(`deploy.step.${phase}`)}
      </td>
    </tr>
  );
}

function Steps({
  plan,
  progress,
}: {
  readonly plan: DeployPlan;
  readonly progress: Readonly<Record<string, DeployProgress>>;
}): React.JSX.Element {
  const { t } = useTranslation();
  const finished = plan.steps.filter((s) => ['done', 'skipped'].includes(progress[s.id]?.phase ?? '')).length;
  const share = plan.steps.length === 0 ? 100 : Math.round((100 * finished) / plan.steps.length);
  return (
    <>
      {Object.keys(progress).length > 0 && <Progress percent={share} size="small" aria-label={t('deploy.steps')} />}
      <table className="tb-table tb-steps" aria-label={t('deploy.steps')}>
        <tbody>
          {plan.steps.map((step) => (
            <StepRow key={step.id} step={step} progress={progress[step.id]} />
          ))}
        </tbody>
      </table>
    </>
  );
}

export function DeployView(): React.JSX.Element | null {
  const { t } = useTranslation();
  const selectedId = usePairs((s) => s.selectedId);
  const isReady = usePairs((s) => s.state?.nodes.every((n) => n.phase === 'ready') ?? false);
  const { pairId, phase, preflight, plan, progress, error } = useDeploy();
  useEffect(() => {
    if (pairId !== selectedId) resetDeploy(selectedId);
  }, [pairId, selectedId]);
  if (selectedId === null) return null;
  const busy = phase === 'checking' || phase === 'planning' || phase === 'applying';
  const nothing = plan !== null && plan.steps.every((s) => s.unchanged);
  return (
    <section className="tb-deploy" aria-label={t('deploy.title')}>
      <h3>{t('deploy.title')}</h3>
      <div className="tb-row">
        <Button size="small" disabled={!isReady || busy} onClick={() => void runPreflight(selectedId)}>
          {t('deploy.preflight')}
        </Button>
        <Button
          size="small"
          type={plan === null ? 'primary' : 'default'}
          disabled={!isReady || busy}
          onClick={() => void makePlan(selectedId, 'deploy')}
        >
          {t('deploy.plan')}
        </Button>
        <Button size="small" disabled={!isReady || busy} onClick={() => void makePlan(selectedId, 'remove')}>
          {t('deploy.removePlan')}
        </Button>
        <span className="tb-spacer" />
        {phase === 'planned' && plan !== null && (
          <Button
            size="small"
            type="primary"
            danger={plan.action === 'remove'}
            disabled={plan.blocked}
            onClick={() => void applyPlan()}
          >
            {t(plan.action === 'remove' ? 'deploy.applyRemove' : 'deploy.apply')}
          </Button>
        )}
        {busy && (
          <Button size="small" onClick={cancelDeploy}>
            {phase === 'applying' ? t('deploy.cancel') : t('common.cancel')}
          </Button>
        )}
      </div>
      <p role="status" className="tb-muted">
        {phase === 'planned' && nothing ? t('deploy.nothing') : t(`deploy.phase.${phase}`)}
      </p>
      {error !== '' && <Alert type="error" showIcon title={error} />}
      {plan?.blocked === true && <Alert type="warning" showIcon title={t('deploy.blocked')} />}
      {plan !== null && <Steps plan={plan} progress={progress} />}
      <Checks items={preflight} />
    </section>
  );
}
