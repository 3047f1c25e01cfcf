/** Rotation of the keys: what will happen, the steps on both nodes as they are done, and how it ended. */
import { Alert, Button, Modal, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { ROTATION_STEPS, rotationText, stepState } from '../../lib/rotation.ts';
import { usePairs } from '../../stores/pairs.ts';
import {
  forgetRotation,
  KEY_METHODS,
  type KeyMethod,
  startRotation,
  stopRotation,
  useRotate,
} from '../../stores/rotate.ts';
import { useUi } from '../../stores/ui.ts';

function close(): void {
  useUi.setState({ rotateOpen: false });
  forgetRotation();
}

function Steps(): React.JSX.Element {
  const { t } = useTranslation();
  const progress = useRotate();
  return (
    <ol className="tb-rotation">
      {ROTATION_STEPS.map((step) => {
        const state = stepState(step, progress);
        const said = progress.items.filter((item) => item.step === step && item.detail !== '');
        return (
          <li key={step} data-state={state} aria-current={state === 'running' ? 'step' : undefined}>
            <span className="tb-flow-dot" aria-hidden="true" />
            <span className="tb-flow-name">{t(`rotate.steps.${step}`)}</span>
            <span className="tb-flow-state">{t(`start.states.${state}`)}</span>
            <small>{said.map((item) => rotationText(item, t)).join(' · ')}</small>
          </li>
        );
      })}
    </ol>
  );
}

function Rotation({ pairId }: { readonly pairId: string }): React.JSX.Element {
  const { t } = useTranslation();
  const { phase, failure, error } = useRotate();
  const present = usePairs((s) => s.state?.nodes[0].status?.keys.method);
  const [method, setMethod] = useState<KeyMethod>(KEY_METHODS.find((m) => m === present) ?? 'sha1');
  const running = phase === 'running';
  return (
    <Modal
      open
      width={560}
      title={t('rotate.title')}
      mask={{ closable: false }}
      onCancel={close}
      footer={
        <div className="tb-row">
          <span className="tb-spacer" />
          {running ? (
            <Button onClick={stopRotation}>{t('rotate.stop')}</Button>
          ) : (
            <Button onClick={close}>{t('common.close')}</Button>
          )}
          {phase !== 'done' && (
            <Button type="primary" loading={running} onClick={() => void startRotation(pairId, method)}>
              {t(phase === 'idle' || running ? 'rotate.start' : 'common.retry')}
            </Button>
          )}
        </div>
      }
    >
      <p>{t('rotate.text')}</p>
      <label className="tb-field tb-rotate-method">
        <span>{t('rotate.method')}</span>
        <Select
          value={method}
          disabled={running}
          style={{ width: 300 }}
          aria-label={t('rotate.method')}
          options={KEY_METHODS.map((value) => ({ value, label: t(`rotate.methods.${value}`) }))}
          onChange={(value: KeyMethod) => setMethod(value)}
        />
      </label>
      <Steps />
      <p role="status" className="tb-rotate-phase" data-phase={phase}>
        {failure === null ? t(`rotate.phase.${phase}`) : t(`rotate.failure.${failure}`)}
      </p>
      {error !== null && <Alert type="error" showIcon title={rotationText(error, t)} />}
    </Modal>
  );
}

export function RotateDialog(): React.JSX.Element | null {
  const open = useUi((s) => s.rotateOpen);
  const pairId = usePairs((s) => s.selectedId);
  return open && pairId !== null ? <Rotation pairId={pairId} /> : null;
}
