/** What the pair file demands before one node takes the other's resources, and what keeps each node's agent running. */
import { useTranslation } from 'react-i18next';
import type { PairDraft } from './draft.ts';
import { CheckField, ChoiceField, TextField, useProblem } from './fields.tsx';
import { type Condition, CONDITIONS, EMPTY_SAFETY } from './safetyDraft.ts';

interface Props {
  readonly draft: PairDraft;
  readonly onChange: (patch: Partial<PairDraft>) => void;
}

function References({ draft, onChange }: Props): React.JSX.Element {
  const { t } = useTranslation();
  return (
    <div className="tb-two">
      <TextField
        field="pingNodes"
        label={t('connect.pingNodes')}
        value={draft.pingNodes}
        rows={2}
        placeholder="192.168.2.254"
        help={t('connect.pingNodesHelp')}
        onChange={(pingNodes) => onChange({ pingNodes })}
      />
      <CheckField
        field="ipfail"
        label={t('connect.ipfail')}
        help={t('connect.ipfailHelp')}
        checked={draft.ipfail}
        onChange={(ipfail) => onChange({ ipfail })}
      />
    </div>
  );
}

function Conditions({ draft, onChange }: Props): React.JSX.Element {
  const { t } = useTranslation();
  const problem = useProblem('requires');
  const set = (condition: Condition, wanted: boolean): void =>
    onChange({
      // In the order of the list, so that the same choice is the same file.
      requires: CONDITIONS.filter((c) => (c === condition ? wanted : draft.requires.includes(c))),
    });
  return (
    <>
      <h4>{t('connect.requires')}</h4>
      <div className="tb-conditions" role="group" aria-label={t('connect.requires')}>
        {CONDITIONS.map((condition) => (
          <CheckField
            key={condition}
            field={`requires.${condition}`}
            label={t(`safety.condition.${condition}`)}
            help={t(`connect.condition.${condition}`)}
            checked={draft.requires.includes(condition)}
            onChange={(wanted) => set(condition, wanted)}
          />
        ))}
      </div>
      {problem !== null && (
        <span className="tb-problem" role="alert">
          {problem}
        </span>
      )}
    </>
  );
}

function Fencing({ draft, onChange }: Props): React.JSX.Element {
  const { t } = useTranslation();
  const names = draft.nodes.map((node, i) => node.name || t('connect.server', { n: i + 1 }));
  // The rack's power switch exists in the rack only; a file that names it keeps it.
  const kinds = (['none', 'meatware', 'rack', 'plugin'] as const).filter(
    (k) => k !== 'rack' || draft.fencing === 'rack',
  );
  return (
    <>
      <h4>{t('connect.fencing')}</h4>
      <div className="tb-two">
        <ChoiceField
          field="fencing"
          label={t('connect.fencingBy')}
          value={draft.fencing}
          options={kinds.map((value) => ({ value, label: t(`connect.fencingKind.${value}`) }))}
          help={t(`connect.fencingHelp.${draft.fencing}`)}
          onChange={(fencing) => onChange({ fencing })}
        />
        {draft.fencing === 'plugin' && (
          <TextField
            field="fencingType"
            label={t('connect.fencingType')}
            value={draft.fencingType}
            placeholder={EMPTY_SAFETY.fencingType}
            onChange={(fencingType) => onChange({ fencingType })}
          />
        )}
      </div>
      {draft.fencing === 'plugin' && (
        <div className="tb-two">
          {(['fencingA', 'fencingB'] as const).map((field, i) => (
            <TextField
              key={field}
              field={field}
              label={t('connect.fencingParameters', { node: names[i] })}
              value={draft[field]}
              rows={3}
              onChange={(value) => onChange({ [field]: value })}
            />
          ))}
        </div>
      )}
    </>
  );
}

export function SafetyFields({ draft, onChange }: Props): React.JSX.Element {
  const { t } = useTranslation();
  const methods = (['sha1', 'sha256', 'md5'] as const).map((value) => ({ value, label: t(`rotate.methods.${value}`) }));
  return (
    <fieldset>
      <legend>{t('connect.safety')}</legend>
      <References draft={draft} onChange={onChange} />
      <Conditions draft={draft} onChange={onChange} />
      <Fencing draft={draft} onChange={onChange} />
      <h4>{t('connect.agent')}</h4>
      <div className="tb-two">
        <TextField
          field="watchdog"
          label={t('connect.watchdog')}
          value={draft.watchdog}
          placeholder="/dev/watchdog"
          help={t('connect.watchdogHelp')}
          onChange={(watchdog) => onChange({ watchdog })}
        />
        <ChoiceField
          label={t('connect.keyMethod')}
          value={draft.authMethod}
          options={methods}
          help={t('connect.keyMethodHelp')}
          onChange={(authMethod) => onChange({ authMethod })}
        />
      </div>
    </fieldset>
  );
}
