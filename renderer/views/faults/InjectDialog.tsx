/** The last look before something is broken: what runs, what takes it back, and when. */
import { Alert, Modal, Select } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { FaultOffer, PairState } from '../../../electron/common/contract/state.ts';
import { duration } from '../../lib/format.ts';
import { roleOf } from '../../lib/roles.ts';
import { link } from '../../stores/link.ts';
import { attempt } from '../../stores/notices.ts';
import { FELT_FAULTS, LINK_FAULTS } from './faultModel.ts';

interface Props {
  readonly state: PairState;
  readonly offer: FaultOffer;
  readonly durationMs: number;
  readonly onClose: () => void;
}

const ALL = '';

export function InjectDialog({ state, offer, durationMs, onClose }: Props): React.JSX.Element {
  const { t } = useTranslation();
  const [linkId, setLinkId] = useState(ALL);
  const [busy, setBusy] = useState(false);
  const links = state.nodes.find((n) => n.node === offer.node)?.status?.links ?? [];
  const isFelt = FELT_FAULTS.has(offer.name) && roleOf(state, offer.node) === 'holder';
  const inject = async (): Promise<void> => {
    setBusy(true);
    const { node, name } = offer;
    const done = await attempt(() =>
      link.client.faultInject({ pairId: state.pairId, node, name, link: linkId === ALL ? null : linkId, durationMs }),
    );
    setBusy(false);
    if (done !== undefined) onClose();
  };
  return (
    <Modal
      open
      title={t('fault.confirmTitle', { name: t(`fault.name.${offer.name}`), node: offer.node })}
      okText={t('fault.confirm')}
      okButtonProps={{ danger: true, loading: busy }}
      cancelText={t('common.cancel')}
      onOk={() => void inject()}
      onCancel={onClose}
      width={560}
    >
      <p>{t(`fault.what.${offer.name}`)}</p>
      {isFelt && <Alert type="warning" showIcon title={t('fault.holderWarning', { node: offer.node })} />}
      {LINK_FAULTS.has(offer.name) && (
        <label className="tb-field">
          <span>{t('fault.link')}</span>
          <Select
            value={linkId}
            style={{ width: 260 }}
            options={[
              { value: ALL, label: t('fault.allLinks') },
              ...links.map((l) => ({ value: l.id, label: `${l.medium} ${l.name}` })),
            ]}
            onChange={setLinkId}
          />
        </label>
      )}
      <h4>{t('fault.commands')}</h4>
      <pre className="tb-code">{offer.commands.join('\n')}</pre>
      <h4>{t('fault.revertCommands')}</h4>
      <pre className="tb-code">{offer.revertCommands.join('\n')}</pre>
      <p className="tb-muted">
        {t('fault.duration')}: <b>{duration(durationMs)}</b>.{' '}
        {t(offer.level === 'physical' ? 'fault.durationHintRack' : 'fault.durationHint')}
      </p>
    </Modal>
  );
}
