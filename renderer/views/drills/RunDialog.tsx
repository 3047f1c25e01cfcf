/** How the chosen drills are to be run: how often, from both servers, and against which limits. */
import { Checkbox, InputNumber, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DrillInfo } from '../../../electron/common/contract/drill.ts';
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

export function RunDialog({
  pairId,
  drills,
  onClose,
}: {
  readonly pairId: string;
  readonly drills: readonly DrillInfo[];
  readonly onClose: () => void;
}): React.JSX.Element {
  const { t, i18n } = useTranslation();
  const [wish, setWish] = useState(FIRST_WISH);
  const change = (part: Partial<typeof FIRST_WISH>): void => setWish({ ...wish, ...part });
  const isOwn = t('drills.own');
  const run = (): void => {
    void runDrills(pairId, orderOf({ drills: drills.map((d) => d.id), ...wish }));
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
      <WaiverFields value={wish.waiver} onChange={(waiver) => change({ waiver })} />
    </Modal>
  );
}
