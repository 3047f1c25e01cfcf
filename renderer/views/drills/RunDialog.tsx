/** How the chosen drills are to be run: how often, from both servers, and against which limits. */
import { Checkbox, InputNumber, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DrillInfo, DrillOrder, DrillRun } from '../../../electron/common/contract/drill.ts';
import { estimateOf, estimateText } from '../../../electron/common/drill/estimate.ts';
import { runDrills } from '../../stores/drills.ts';
import { FIRST_WISH, inLanguage, isWaiverWhole, orderOf } from './drillModel.ts';
import { WaiverFields } from './WaiverFields.tsx';

const REPEAT_MAX = 1000;

function NumberField({
  label,
  hint,
  value,
  max,
  onChange,
}: {
  readonly label: string;
  readonly hint: string;
  readonly value: number | null;
  readonly max: number;
  readonly onChange: (value: number | null) => void;
}): React.JSX.Element {
  return (
    <label className="tb-field">
      <span>{label}</span>
      <InputNumber aria-label={label} min={1} max={max} value={value} placeholder={hint} onChange={onChange} />
    </label>
  );
}

/** How long it will take, always in view, so that nothing moves when it changes. */
function Estimate(props: {
  readonly drills: readonly DrillInfo[];
  readonly before: readonly DrillRun[];
  readonly order: DrillOrder;
}): React.JSX.Element {
  const { i18n } = useTranslation();
  const words = estimateText(estimateOf(props.drills, props.before, props.order));
  return (
    <p className="tb-drill-estimate" role="status">
      {inLanguage(words, i18n.language)}
    </p>
  );
}

export interface RunDialogProps {
  readonly pairId: string;
  readonly drills: readonly DrillInfo[];
  /** Runs of this pair, which say how long the drills take here. */
  readonly before: readonly DrillRun[];
  readonly onClose: () => void;
}

export function RunDialog({ pairId, drills, before, onClose }: RunDialogProps): React.JSX.Element {
  const { t, i18n } = useTranslation();
  const [wish, setWish] = useState(FIRST_WISH);
  const change = (part: Partial<typeof FIRST_WISH>): void => setWish({ ...wish, ...part });
  const isOwn = t('drills.own');
  const order = orderOf({ drills: drills.map((d) => d.id), ...wish });
  const run = (): void => {
    void runDrills(pairId, order);
    onClose();
  };
  return (
    <Modal
      open
      title={t('drills.runTitle', { count: drills.length })}
      okText={t('drills.run')}
      cancelText={t('common.cancel')}
      okButtonProps={{ disabled: !isWaiverWhole(wish.waiver) }}
      onOk={run}
      onCancel={onClose}
    >
      <p>{t('drills.runText')}</p>
      <p className="tb-muted">{drills.map((d) => inLanguage(d.title, i18n.language)).join(' · ')}</p>
      <div className="tb-drill-form">
        <NumberField
          label={t('drills.repeat')}
          hint={isOwn}
          value={wish.repeat}
          max={REPEAT_MAX}
          onChange={(repeat) => change({ repeat })}
        />
        <NumberField
          label={t('drills.failoverLimit')}
          hint={isOwn}
          value={wish.failoverSeconds}
          max={3600}
          onChange={(failoverSeconds) => change({ failoverSeconds })}
        />
        <NumberField
          label={t('drills.healLimit')}
          hint={isOwn}
          value={wish.healSeconds}
          max={3600}
          onChange={(healSeconds) => change({ healSeconds })}
        />
        {drills.some((d) => d.isLong) && (
          <NumberField
            label={t('drills.soak')}
            hint={isOwn}
            value={wish.soakMinutes}
            max={10_080}
            onChange={(soakMinutes) => change({ soakMinutes })}
          />
        )}
      </div>
      <Checkbox checked={wish.both} onChange={(event) => change({ both: event.target.checked })}>
        {t('drills.both')}
      </Checkbox>
      <Estimate drills={drills} before={before} order={order} />
      <WaiverFields value={wish.waiver} onChange={(waiver) => change({ waiver })} />
    </Modal>
  );
}
