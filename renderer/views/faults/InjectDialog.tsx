/** The last look before something is broken: what runs, what takes it back, when, and what must be typed for it. */
import { Alert, Checkbox, Input, InputNumber, Modal, Select } from 'antd';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import { faultNamed } from '../../../agent/common/faults/index.ts';
import { CUT_OFF_MS_MAX } from '../../../agent/common/rpc/agentContract.ts';
import { RpcError } from '../../../agent/common/rpc/messages.ts';
import { UNSERVED_MS_STANDARD } from '../../../electron/common/contract/state.ts';
import type { FaultOffer, PairState } from '../../../electron/common/contract/state.ts';
import { duration } from '../../lib/format.ts';
import { linkTitle, ownName } from '../../lib/linkName.ts';
import { roleOf } from '../../lib/roles.ts';
import { errorText } from '../../rpc/link.ts';
import { link } from '../../stores/link.ts';
import { FELT_FAULTS, LINK_FAULTS } from './faultModel.ts';

interface Props {
  readonly state: PairState;
  readonly offer: FaultOffer;
  readonly durationMs: number;
  readonly onClose: () => void;
}

const ALL = '';
/** What a fault of this console outlives it by at most, milliseconds (core/faults: the lease). */
const LEASE_MS = 12_000;

interface Wish {
  readonly linkId: string;
  readonly amount: number | null;
  /** Longest time without service, seconds; null: the fault's standard. */
  readonly budgetS: number | null;
  readonly cutManagement: boolean;
  readonly typed: string;
  readonly force: boolean;
}

/** Everything that a person can choose about it, and the request that comes of it. */
function useInjection({ state, offer, durationMs, onClose }: Props) {
  const { node, name } = offer;
  const [wish, setWish] = useState<Wish>({
    linkId: ALL,
    amount: null,
    budgetS: null,
    cutManagement: false,
    typed: '',
    force: false,
  });
  const [busy, setBusy] = useState(false);
  const [refusal, setRefusal] = useState<{ readonly text: string; readonly isBaseline: boolean } | null>(null);
  const cuts = offer.cutsManagement || wish.cutManagement;
  const isReady = (!cuts || wish.typed.trim() === node) && !busy;
  const inject = async (): Promise<void> => {
    if (!isReady) return;
    setBusy(true);
    setRefusal(null);
    try {
      await link.client.faultInject({
        pairId: state.pairId,
        node,
        name,
        link: wish.linkId === ALL ? null : wish.linkId,
        durationMs: cuts ? Math.min(durationMs, CUT_OFF_MS_MAX) : durationMs,
        amount: wish.amount,
        unservedMsMax: wish.budgetS === null ? null : wish.budgetS * 1000,
        cutManagement: wish.cutManagement,
        confirm: cuts ? wish.typed.trim() : null,
        force: wish.force,
      });
      onClose();
    } catch (error) {
      setRefusal({ text: errorText(error), isBaseline: error instanceof RpcError && error.code === 'baseline' });
    }
    setBusy(false);
  };
  return { wish, change: (part: Partial<Wish>) => setWish({ ...wish, ...part }), busy, refusal, cuts, isReady, inject };
}

function LinkChoice({
  state,
  offer,
  value,
  onChange,
}: Pick<Props, 'state' | 'offer'> & {
  readonly value: string;
  readonly onChange: (id: string) => void;
}): React.JSX.Element {
  const { t } = useTranslation();
  const links = state.nodes.find((n) => n.node === offer.node)?.status?.links ?? [];
  return (
    <label className="tb-field">
      <span>{t('fault.link')}</span>
      <Select
        value={value}
        style={{ width: 260 }}
        options={[
          { value: ALL, label: t('fault.allLinks') },
          ...links
            .filter((l) => l.medium !== 'serial')
            .map((l) => ({ value: l.id, label: linkTitle(l.medium, ownName(l), t) })),
        ]}
        onChange={onChange}
      />
    </label>
  );
}

function AmountField({
  offer,
  value,
  onChange,
}: {
  readonly offer: FaultOffer;
  readonly value: number | null;
  readonly onChange: (amount: number | null) => void;
}): React.JSX.Element | null {
  const { t } = useTranslation();
  const { amount } = faultNamed(offer.name);
  if (amount === null) return null;
  return (
    <label className="tb-field">
      <span>{t('fault.amount')}</span>
      <InputNumber
        min={amount.min}
        max={amount.max}
        value={value ?? amount.standard}
        suffix={t(`fault.unit.${amount.unit}`)}
        onChange={onChange}
      />
    </label>
  );
}

/** What stops it before its time. */
function BudgetField({
  offer,
  value,
  onChange,
}: {
  readonly offer: FaultOffer;
  readonly value: number | null;
  readonly onChange: (budgetS: number | null) => void;
}): React.JSX.Element {
  const { t } = useTranslation();
  const isFree = faultNamed(offer.name).mayBeUnserved;
  return (
    <>
      <label className="tb-field">
        <span>{t('fault.budget')}</span>
        <InputNumber
          min={1}
          max={3600}
          value={value ?? (isFree ? null : UNSERVED_MS_STANDARD / 1000)}
          placeholder={t('fault.budgetNever')}
          suffix={t('fault.unit.seconds')}
          onChange={onChange}
        />
      </label>
      <p className="tb-muted">{t('fault.stopsNote')}</p>
    </>
  );
}

/** When and by whom it ends. */
function TimeNote({ offer, durationMs }: Pick<Props, 'offer' | 'durationMs'>): React.JSX.Element {
  const { t } = useTranslation();
  const isRacks = offer.commands.some((command) => command.startsWith('rack:'));
  const hint = offer.byHand ? 'fault.durationHintHand' : isRacks ? 'fault.durationHintRack' : 'fault.durationHint';
  const isLeased = !offer.byHand && !isRacks && !offer.cutsManagement;
  return (
    <p className="tb-muted">
      {t('fault.duration')}: <b>{duration(durationMs)}</b>. {t(hint)}{' '}
      {isLeased && t('fault.lease', { time: duration(LEASE_MS) })}
    </p>
  );
}

export function InjectDialog(props: Props): React.JSX.Element {
  const { t } = useTranslation();
  const typeId = useId();
  const { state, offer, durationMs, onClose } = props;
  const { wish, change, busy, refusal, cuts, isReady, inject } = useInjection(props);
  const { node, name, byHand } = offer;
  const isFelt = FELT_FAULTS.has(name) && roleOf(state, node) === 'holder';
  const mayCut = faultNamed(name).management === 'may-be-cut' && !offer.commands.some((c) => c.startsWith('rack:'));
  return (
    <Modal
      open
      title={t('fault.confirmTitle', { name: t(`fault.name.${name}`), node })}
      okText={t(byHand ? 'fault.confirmHand' : 'fault.confirm')}
      okButtonProps={{ danger: true, loading: busy, disabled: !isReady }}
      cancelText={t('common.cancel')}
      onOk={() => void inject()}
      onCancel={onClose}
      width={560}
    >
      <p>{t(`fault.what.${name}`)}</p>
      <p className="tb-muted">
        {t('fault.healthyTitle')}: {t(`fault.healthy.${name}`)}
      </p>
      {isFelt && <Alert type="warning" showIcon title={t('fault.holderWarning', { node })} />}
      {LINK_FAULTS.has(name) && (
        <LinkChoice state={state} offer={offer} value={wish.linkId} onChange={(linkId) => change({ linkId })} />
      )}
      <AmountField offer={offer} value={wish.amount} onChange={(amount) => change({ amount })} />
      {!byHand && <BudgetField offer={offer} value={wish.budgetS} onChange={(budgetS) => change({ budgetS })} />}
      {mayCut && !byHand && (
        <Checkbox checked={wish.cutManagement} onChange={(event) => change({ cutManagement: event.target.checked })}>
          {t('fault.cutManagement')}
        </Checkbox>
      )}
      {cuts && (
        <>
          <Alert
            type="error"
            showIcon
            title={t('fault.cutsWarning', { node, time: duration(Math.min(durationMs, CUT_OFF_MS_MAX)) })}
          />
          <div className="tb-field" data-wide="true">
            <label htmlFor={typeId}>{t('fault.typeNode', { node })}</label>
            <Input
              id={typeId}
              autoComplete="off"
              spellCheck={false}
              value={wish.typed}
              onChange={(event) => change({ typed: event.target.value })}
              onPressEnter={() => void inject()}
            />
          </div>
        </>
      )}
      <h4>{t('fault.commands')}</h4>
      <pre className="tb-code">{offer.commands.join('\n')}</pre>
      <h4>{t('fault.revertCommands')}</h4>
      <pre className="tb-code">{offer.revertCommands.join('\n')}</pre>
      <TimeNote offer={offer} durationMs={durationMs} />
      {refusal !== null && <Alert type="error" showIcon title={t('fault.refused')} description={refusal.text} />}
      {refusal?.isBaseline === true && (
        <Checkbox checked={wish.force} onChange={(event) => change({ force: event.target.checked })}>
          {t('fault.force')}
        </Checkbox>
      )}
    </Modal>
  );
}
