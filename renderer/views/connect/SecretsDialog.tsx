/** Asks for what the log-in of a pair needs. What is typed goes to the core and nowhere else. */
import { Checkbox, Input, Modal } from 'antd';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { NodeSecrets, NodeSpec, PairSpec } from '../../../electron/common/contract/pair.ts';
import { connectWith, secretFields, type SecretField } from '../../stores/connect.ts';
import { usePairs } from '../../stores/pairs.ts';
import { useSettings } from '../../stores/settings.ts';
import { useUi } from '../../stores/ui.ts';

type Typed = Readonly<Record<string, Partial<Record<SecretField, string>>>>;

function SecretInput({
  label,
  value,
  autoFocus,
  onChange,
}: {
  readonly label: string;
  readonly value: string;
  readonly autoFocus: boolean;
  readonly onChange: (value: string) => void;
}): React.JSX.Element {
  const id = useId();
  return (
    <div className="tb-field" data-wide="true">
      <label htmlFor={id}>{label}</label>
      <Input.Password
        id={id}
        autoFocus={autoFocus}
        autoComplete="off"
        value={value}
        onChange={(event) => onChange(event.target.value)}
      />
    </div>
  );
}

/** Fields of two nodes are the same when the same person logs in the same way to both. */
const canShare = ([a, b]: PairSpec['nodes']): boolean =>
  a.user === b.user && JSON.stringify(secretFields(a)) === JSON.stringify(secretFields(b));

function secretsOf(spec: PairSpec, typed: Typed, same: boolean, remember: boolean): Record<string, NodeSecrets> {
  const of = (node: NodeSpec): NodeSecrets => {
    const own = typed[same ? spec.nodes[0].name : node.name] ?? {};
    // Empty means: what is stored, or none; an empty secret is never sent.
    return { ...Object.fromEntries(Object.entries(own).filter(([, value]) => value !== '')), remember };
  };
  return Object.fromEntries(spec.nodes.map((node) => [node.name, of(node)]));
}

function Form({ spec }: { readonly spec: PairSpec }): React.JSX.Element {
  const { t } = useTranslation();
  const store = useSettings((s) => s.info?.secretStore ?? null);
  const [typed, setTyped] = useState<Typed>({});
  const [same, setSame] = useState(canShare(spec.nodes));
  const [remember, setRemember] = useState(false);
  const nodes = same ? [spec.nodes[0]] : spec.nodes;
  const go = (): void => {
    void connectWith(spec.id, secretsOf(spec, typed, same, remember));
  };
  const labelOf = (node: NodeSpec, field: SecretField): string => {
    if (field !== 'password') return t(`secrets.${field}`);
    return t('secrets.password', {
      user: node.user,
      host: same ? spec.nodes.map((n) => n.name).join(', ') : node.name,
    });
  };
  return (
    <Modal
      open
      title={t('secrets.title', { pair: spec.name })}
      okText={t('secrets.connect')}
      cancelText={t('common.cancel')}
      onOk={go}
      onCancel={() => useUi.setState({ secretsFor: null })}
      width={440}
    >
      <form
        onSubmit={(event) => {
          event.preventDefault();
          go();
        }}
      >
        {canShare(spec.nodes) && (
          <Checkbox checked={same} onChange={(event) => setSame(event.target.checked)}>
            {t('secrets.same')}
          </Checkbox>
        )}
        {nodes.map((node, i) =>
          secretFields(node).map((field, j) => (
            <SecretInput
              key={`${node.name} ${field}`}
              label={labelOf(node, field)}
              value={typed[node.name]?.[field] ?? ''}
              autoFocus={i === 0 && j === 0}
              onChange={(value) => setTyped((old) => ({ ...old, [node.name]: { ...old[node.name], [field]: value } }))}
            />
          )),
        )}
        <Checkbox
          checked={remember}
          disabled={store?.available !== true}
          onChange={(event) => setRemember(event.target.checked)}
        >
          {t('secrets.remember')}
        </Checkbox>
        <p className="tb-muted">
          {store?.available === true ? t('secrets.storedHint') : t('secrets.noStore', { reason: store?.reason ?? '' })}
        </p>
        <button type="submit" hidden />
      </form>
    </Modal>
  );
}

export function SecretsDialog(): React.JSX.Element | null {
  const pairId = useUi((s) => s.secretsFor);
  const spec = usePairs((s) => s.list.find((p) => p.id === pairId) ?? null);
  return spec === null ? null : <Form key={spec.id} spec={spec} />;
}
