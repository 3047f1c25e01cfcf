/** The twenty drills: what each is for, what it does and demands, and why it cannot be run where it cannot. */
import { Checkbox } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { DrillInfo } from '../../../electron/common/contract/drill.ts';
import { inLanguage } from './drillModel.ts';

function Details({ drill }: { readonly drill: DrillInfo }): React.JSX.Element {
  const { t, i18n } = useTranslation();
  const say = (text: DrillInfo['title']): string => inLanguage(text, i18n.language);
  return (
    <div className="tb-drill-details">
      <p>{say(drill.purpose)}</p>
      <h4>{t('drills.steps')}</h4>
      <ol>
        {drill.steps.map((step, i) => (
          <li key={i}>{say(step)}</li>
        ))}
      </ol>
      <h4>{t('drills.criteria')}</h4>
      <ul>
        {drill.criteria.map((criterion, i) => (
          <li key={i}>{say(criterion)}</li>
        ))}
      </ul>
    </div>
  );
}

function Line({
  drill,
  isChosen,
  onChoose,
}: {
  readonly drill: DrillInfo;
  readonly isChosen: boolean;
  readonly onChoose: (chosen: boolean) => void;
}): React.JSX.Element {
  const { t, i18n } = useTranslation();
  const [open, setOpen] = useState(false);
  const title = inLanguage(drill.title, i18n.language);
  return (
    <li className="tb-drill-row" data-available={drill.available} data-drill={drill.id}>
      <div className="tb-drill-line">
        <Checkbox
          checked={isChosen}
          disabled={!drill.available}
          aria-label={t('drills.choose', { title })}
          onChange={(event) => onChoose(event.target.checked)}
        />
        <span className="tb-drill-number">{drill.row}</span>
        <div className="tb-drill-name">
          <strong>{title}</strong>
          {drill.level !== null && <span className="tb-level">{t(`drills.level.${drill.level}`)}</span>}
          {drill.hands > 0 && <span className="tb-level">{t('drills.hands', { count: drill.hands })}</span>}
          {drill.isLong && <span className="tb-level">{t('drills.long')}</span>}
          {!drill.available && (
            <p className="tb-muted">{drill.reasons.map((r) => inLanguage(r, i18n.language)).join(' · ')}</p>
          )}
        </div>
        <button type="button" className="tb-mini" aria-expanded={open} onClick={() => setOpen(!open)}>
          {t('drills.details')}
        </button>
      </div>
      {open && <Details drill={drill} />}
    </li>
  );
}

export function DrillList({
  drills,
  chosen,
  onChoose,
}: {
  readonly drills: readonly DrillInfo[];
  readonly chosen: ReadonlySet<string>;
  readonly onChoose: (id: string, isChosen: boolean) => void;
}): React.JSX.Element {
  const { t } = useTranslation();
  return (
    <ul className="tb-drill-list" aria-label={t('drills.list')}>
      {drills.map((drill) => (
        <Line
          key={drill.id}
          drill={drill}
          isChosen={chosen.has(drill.id)}
          onChoose={(isChosen) => onChoose(drill.id, isChosen)}
        />
      ))}
    </ul>
  );
}
