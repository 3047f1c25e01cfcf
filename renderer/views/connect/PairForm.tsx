/** Edits one pair. Problems are shown at their fields from the first attempt to save on. */
import { Alert, Button, Segmented } from 'antd';
import { useRef, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PairSpec } from '../../../electron/common/contract/pair.ts';
import type { NodeDraft, PairDraft } from './draft.ts';
import { problemsOf, WHOLE_FORM } from './draftProblems.ts';
import { specOf } from './draftSpec.ts';
import { ChoiceField, ProblemsContext, TextField, useProblem } from './fields.tsx';
import { HaFields } from './HaFields.tsx';
import { SafetyFields } from './SafetyFields.tsx';

interface Props {
  readonly initial: PairDraft;
  /** Ids in use, for a new one. */
  readonly taken: readonly string[];
  readonly onSave: (spec: PairSpec, connect: boolean) => void;
  readonly onCancel: () => void;
}

function NodeFields({
  node,
  index,
  onChange,
}: {
  readonly node: NodeDraft;
  readonly index: 0 | 1;
  readonly onChange: (patch: Partial<NodeDraft>) => void;
}): React.JSX.Element {
  const { t } = useTranslation();
  const methods = (['password', 'key', 'agent'] as const).map((value) => ({
    value,
    label: t(`connect.authMethod.${value}`),
  }));
  const modes = (['none', 'sudo', 'sudo-password'] as const).map((value) => ({
    value,
    label: t(`connect.sudoMode.${value}`),
  }));
  const text = (name: 'name' | 'host' | 'port' | 'user' | 'keyFile', label: string): React.JSX.Element => (
    <TextField
      field={`nodes.${index}.${name}`}
      label={label}
      value={node[name]}
      onChange={(value) => onChange({ [name]: value })}
    />
  );
  return (
    <fieldset>
      <legend>{t('connect.server', { n: index + 1 })}</legend>
      <div className="tb-fields">
        {text('name', t('connect.nodeName'))}
        {text('host', t('connect.host'))}
        {text('port', t('connect.port'))}
        {text('user', t('connect.user'))}
        <ChoiceField
          label={t('connect.auth')}
          value={node.auth}
          options={methods}
          onChange={(auth) => onChange({ auth })}
        />
        {node.auth === 'key' && text('keyFile', t('connect.keyFile'))}
        <ChoiceField
          label={t('connect.sudo')}
          value={node.sudo}
          options={modes}
          onChange={(sudo) => onChange({ sudo })}
        />
      </div>
    </fieldset>
  );
}

function ProbeFields({
  draft,
  onChange,
}: {
  readonly draft: PairDraft;
  readonly onChange: (patch: Partial<PairDraft>) => void;
}): React.JSX.Element {
  const { t } = useTranslation();
  const kinds = [
    { value: 'off' as const, label: t('connect.probeOff') },
    { value: 'http' as const, label: 'HTTP' },
    { value: 'tcp' as const, label: 'TCP' },
  ];
  return (
    <fieldset>
      <legend>{t('connect.probe')}</legend>
      <div className="tb-fields">
        <ChoiceField
          label={t('connect.probeKind')}
          value={draft.probe}
          options={kinds}
          onChange={(probe) => onChange({ probe })}
        />
        {draft.probe !== 'off' && (
          <>
            <TextField
              field="probeAddress"
              label={t('connect.probeAddress')}
              value={draft.probeAddress}
              onChange={(probeAddress) => onChange({ probeAddress })}
            />
            <TextField
              field="probePort"
              label={t('connect.probePort')}
              value={draft.probePort}
              onChange={(probePort) => onChange({ probePort })}
            />
            {draft.probe === 'http' && (
              <TextField
                field="probePath"
                label={t('connect.probePath')}
                value={draft.probePath}
                onChange={(probePath) => onChange({ probePath })}
              />
            )}
            <TextField
              field="probePeriod"
              label={t('connect.probePeriod')}
              value={draft.probePeriod}
              onChange={(probePeriod) => onChange({ probePeriod })}
            />
          </>
        )}
      </div>
    </fieldset>
  );
}

/** What belongs to no field, above the buttons. */
function FormProblem(): React.JSX.Element | null {
  const problem = useProblem(WHOLE_FORM);
  return problem === null ? null : <Alert type="error" showIcon role="alert" title={problem} />;
}

export function PairForm({ initial, taken, onSave, onCancel }: Props): React.JSX.Element {
  const { t } = useTranslation();
  const [draft, setDraft] = useState(initial);
  const [tried, setTried] = useState(false);
  const form = useRef<HTMLFormElement>(null);
  const problems = problemsOf(draft);
  const change = (patch: Partial<PairDraft>): void => setDraft((old) => ({ ...old, ...patch }));
  const changeNode = (index: 0 | 1, patch: Partial<NodeDraft>): void => {
    const [a, b] = draft.nodes;
    change({ nodes: index === 0 ? [{ ...a, ...patch }, b] : [a, { ...b, ...patch }] });
  };
  const save = (connect: boolean): void => {
    setTried(true);
    if (problems.size === 0) return onSave(specOf(draft, taken), connect);
    // With the next picture the problems are on the screen; the first one gets the focus.
    requestAnimationFrame(() => form.current?.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus());
  };
  return (
    <ProblemsContext value={tried ? problems : null}>
      <form
        className="tb-form"
        ref={form}
        noValidate
        aria-label={t(initial.id === '' ? 'connect.newTitle' : 'connect.editTitle')}
        onSubmit={(event) => {
          event.preventDefault();
          save(true);
        }}
      >
        <TextField
          field="name"
          label={t('connect.pairName')}
          value={draft.name}
          onChange={(name) => change({ name })}
        />
        <div className="tb-two">
          <NodeFields node={draft.nodes[0]} index={0} onChange={(patch) => changeNode(0, patch)} />
          <NodeFields node={draft.nodes[1]} index={1} onChange={(patch) => changeNode(1, patch)} />
        </div>
        <fieldset>
          <legend>{t('connect.ha')}</legend>
          <Segmented
            size="small"
            value={draft.observes ? 'observe' : draft.writeHa ? 'write' : 'keep'}
            options={[
              { value: 'keep', label: t('connect.haKeep') },
              { value: 'write', label: t('connect.haWrite') },
              { value: 'observe', label: t('observe.keeps'), title: t('observe.keepsHint') },
            ]}
            onChange={(what) => change({ writeHa: what === 'write', observes: what === 'observe' })}
          />
          {draft.observes && <p className="tb-muted">{t('observe.keepsHint')}</p>}
          {draft.writeHa && <HaFields draft={draft} onChange={change} />}
        </fieldset>
        {draft.writeHa && <SafetyFields draft={draft} onChange={change} />}
        <ProbeFields draft={draft} onChange={change} />
        <FormProblem />
        <div className="tb-row tb-form-end">
          <Button type="primary" htmlType="submit">
            {t('connect.connect')}
          </Button>
          <Button onClick={() => save(false)}>{t('common.save')}</Button>
          <Button type="text" onClick={onCancel}>
            {t('common.cancel')}
          </Button>
        </div>
      </form>
    </ProblemsContext>
  );
}
