/** Gates that are not to stop the chosen drills, and who answers for it. */
import { Input, Select } from 'antd';
import { useTranslation } from 'react-i18next';
import { GateNameSchema, type GateName } from '../../../electron/common/contract/drill.ts';
import { NEVER_WAIVED } from '../../../electron/common/drill/gates.ts';
import type { WaiverWish } from './drillModel.ts';

const WAIVABLE: readonly GateName[] = GateNameSchema.options.filter((gate) => !NEVER_WAIVED.includes(gate));

export function WaiverFields({
  value,
  onChange,
}: {
  readonly value: WaiverWish;
  readonly onChange: (value: WaiverWish) => void;
}): React.JSX.Element {
  const { t } = useTranslation();
  return (
    <div className="tb-drill-waivers">
      <label className="tb-field">
        <span>{t('drills.waive')}</span>
        <Select
          mode="multiple"
          aria-label={t('drills.waive')}
          placeholder={t('drills.waiveNone')}
          value={[...value.gates]}
          options={WAIVABLE.map((gate) => ({ value: gate, label: t(`drills.gate.${gate}`) }))}
          onChange={(gates: GateName[]) => onChange({ ...value, gates })}
        />
      </label>
      {value.gates.length > 0 && (
        <>
          <label className="tb-field">
            <span>{t('drills.waiveBy')}</span>
            <Input
              aria-label={t('drills.waiveBy')}
              maxLength={200}
              value={value.by}
              onChange={(event) => onChange({ ...value, by: event.target.value })}
            />
          </label>
          <label className="tb-field">
            <span>{t('drills.waiveWhy')}</span>
            <Input
              aria-label={t('drills.waiveWhy')}
              maxLength={2000}
              value={value.why}
              onChange={(event) => onChange({ ...value, why: event.target.value })}
            />
          </label>
        </>
      )}
    </div>
  );
}
