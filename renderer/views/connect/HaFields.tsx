/** The heartbeat configuration that deployment may write: timing, links, groups. */
import { DeleteOutlined, PlusOutlined } from '@ant-design/icons';
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { emptyLink, type LinkDraft, type PairDraft } from './draft.ts';
import { serialBudgetOf } from './draftSpec.ts';
import { ChoiceField, TextField, useProblem } from './fields.tsx';

interface Props {
  readonly draft: PairDraft;
  readonly onChange: (patch: Partial<PairDraft>) => void;
}

interface LinkProps {
  readonly link: LinkDraft;
  readonly index: number;
  readonly names: readonly [string, string];
  readonly onChange: (patch: Partial<LinkDraft>) => void;
}

/** What only this medium has. */
function MediumFields({ link, index, names, onChange }: LinkProps): React.JSX.Element | null {
  const { t } = useTranslation();
  const text = (
    name: 'baud' | 'group' | 'port' | 'ttl' | 'addressA' | 'addressB',
    label: string,
  ): React.JSX.Element => (
    <TextField
      key={name}
      field={`links.${index}.${name}`}
      label={label}
      value={link[name]}
      onChange={(value) => onChange({ [name]: value })}
    />
  );
  switch (link.medium) {
    case 'bcast':
      return null;
    case 'serial':
      return text('baud', t('connect.baud'));
    case 'ucast':
      return (
        <>
          {text('addressA', t('connect.linkAddress', { node: names[0] }))}
          {text('addressB', t('connect.linkAddress', { node: names[1] }))}
        </>
      );
    case 'mcast':
      return <>{(['group', 'port', 'ttl'] as const).map((name) => text(name, t(`connect.mcast.${name}`)))}</>;
  }
}

function LinkFields({
  link,
  index,
  names,
  onChange,
  onRemove,
}: LinkProps & { readonly onRemove: () => void }): React.JSX.Element {
  const { t } = useTranslation();
  const media = (['serial', 'bcast', 'ucast', 'mcast'] as const).map((value) => ({
    value,
    label: t(`picture.link.${value}`),
  }));
  const end = link.medium === 'serial' ? 'connect.device' : 'connect.iface';
  return (
    <div className="tb-fields tb-link-fields">
      <ChoiceField
        label={t('connect.medium')}
        value={link.medium}
        options={media}
        onChange={(medium) => onChange(emptyLink(medium))}
      />
      <TextField
        field={`links.${index}.a`}
        label={t(end, { node: names[0] })}
        value={link.a}
        onChange={(a) => onChange({ a })}
      />
      <TextField
        field={`links.${index}.b`}
        label={t(end, { node: names[1] })}
        value={link.b}
        onChange={(b) => onChange({ b })}
      />
      <MediumFields link={link} index={index} names={names} onChange={onChange} />
      <Button
        type="text"
        icon={<DeleteOutlined />}
        aria-label={t('connect.removeLink')}
        title={t('connect.removeLink')}
        onClick={onRemove}
      />
    </div>
  );
}

/** Timing, failback and port. */
function TimingFields({ draft, onChange }: Props): React.JSX.Element {
  const { t } = useTranslation();
  return (
    <div className="tb-fields">
      {(['keepalive', 'warntime', 'deadtime', 'initdead'] as const).map((field) => (
        <TextField
          key={field}
          field={field}
          label={t(`connect.${field}`)}
          value={draft[field]}
          onChange={(value) => onChange({ [field]: value })}
        />
      ))}
      <ChoiceField
        label={t('connect.failback')}
        value={draft.failback}
        options={[
          { value: 'off', label: 'off' },
          { value: 'on', label: 'on' },
          { value: 'legacy', label: 'legacy' },
        ]}
        {...(draft.failback === 'legacy' ? { help: t('connect.legacyHelp') } : {})}
        onChange={(failback) => onChange({ failback })}
      />
      <TextField
        field="udpPort"
        label={t('connect.udpPort')}
        value={draft.udpPort}
        onChange={(udpPort) => onChange({ udpPort })}
      />
    </div>
  );
}

/** How much of the serial line is taken; said while one types, because keepalive, baud rate and names all count. */
function SerialLine({ draft }: { readonly draft: PairDraft }): React.JSX.Element | null {
  const { t } = useTranslation();
  const budget = serialBudgetOf(draft);
  if (budget === null) return null;
  const { beatBytes, keepaliveMs, baud, share, keepaliveMinMs, verdict } = budget;
  const numbers = { bytes: Math.ceil(beatBytes), keepaliveMs, baud, percent: Math.round(share * 100) };
  return (
    <p className="tb-serial-line" role="status" data-verdict={verdict}>
      {t('connect.serialLine', numbers)}{' '}
      {verdict !== 'fits' && t(`connect.serialAdvice.${verdict}`, { keepaliveMinMs })}
    </p>
  );
}

export function HaFields({ draft, onChange }: Props): React.JSX.Element {
  const { t } = useTranslation();
  const linksProblem = useProblem('links');
  const names = [
    draft.nodes[0].name || t('connect.server', { n: 1 }),
    draft.nodes[1].name || t('connect.server', { n: 2 }),
  ] as const;
  const setLink = (index: number, patch: Partial<LinkDraft>): void =>
    onChange({ links: draft.links.map((l, i) => (i === index ? { ...l, ...patch } : l)) });
  return (
    <>
      <TimingFields draft={draft} onChange={onChange} />
      <h4>{t('connect.links')}</h4>
      {draft.links.map((link, i) => (
        <LinkFields
          key={i}
          link={link}
          index={i}
          names={names}
          onChange={(patch) => setLink(i, patch)}
          onRemove={() => onChange({ links: draft.links.filter((_, other) => other !== i) })}
        />
      ))}
      <SerialLine draft={draft} />
      {linksProblem !== null && (
        <span className="tb-problem" role="alert">
          {linksProblem}
        </span>
      )}
      <Button
        size="small"
        icon={<PlusOutlined />}
        onClick={() => onChange({ links: [...draft.links, emptyLink('bcast')] })}
      >
        {t('connect.addLink')}
      </Button>
      <TextField
        wide
        field="haresources"
        label={t('connect.haresources')}
        value={draft.haresources}
        rows={2}
        placeholder={`${names[0]} 192.168.2.3 httpd`}
        onChange={(haresources) => onChange({ haresources })}
      />
    </>
  );
}
