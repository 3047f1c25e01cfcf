/** The saved pairs: show, edit, delete. */
import { DeleteOutlined, EditOutlined, PlusOutlined } from '@ant-design/icons';
import { Button, Popconfirm } from 'antd';
import { useTranslation } from 'react-i18next';
import { RACK_PAIR_ID } from '../../../electron/common/contract/console.ts';
import type { PairSpec } from '../../../electron/common/contract/pair.ts';
import { link } from '../../stores/link.ts';
import { attempt } from '../../stores/notices.ts';
import { refreshPairs, selectPair, usePairs } from '../../stores/pairs.ts';

interface Props {
  readonly onEdit: (spec: PairSpec) => void;
  readonly onNew: () => void;
}

async function remove(pairId: string): Promise<void> {
  await attempt(() => link.client.pairDelete({ pairId }));
  await refreshPairs();
}

export function PairList({ onEdit, onNew }: Props): React.JSX.Element {
  const { t } = useTranslation();
  const list = usePairs((s) => s.list);
  const selectedId = usePairs((s) => s.selectedId);
  return (
    <section className="tb-pairs" aria-label={t('connect.pairs')}>
      <header className="tb-row">
        <h3>{t('connect.pairs')}</h3>
        <span className="tb-spacer" />
        <Button size="small" icon={<PlusOutlined />} onClick={onNew}>
          {t('connect.newPair')}
        </Button>
      </header>
      {list.length === 0 && <p className="tb-muted">{t('connect.noPairs')}</p>}
      <ul>
        {list.map((spec) => {
          const isRack = spec.id === RACK_PAIR_ID;
          const name = isRack ? t('connect.rackPair') : spec.name;
          return (
            <li key={spec.id} aria-current={spec.id === selectedId}>
              <button type="button" className="tb-pair-name" onClick={() => selectPair(spec.id)}>
                <strong>{name}</strong>
                <small>{spec.nodes.map((n) => `${n.name} ${n.host}:${n.port}`).join(' · ')}</small>
              </button>
              {!isRack && (
                <>
                  <Button
                    size="small"
                    type="text"
                    icon={<EditOutlined />}
                    aria-label={`${t('common.edit')}: ${name}`}
                    onClick={() => onEdit(spec)}
                  />
                  <Popconfirm
                    title={t('connect.deleteAsk', { name })}
                    okText={t('common.delete')}
                    cancelText={t('common.cancel')}
                    onConfirm={() => void remove(spec.id)}
                  >
                    <Button
                      size="small"
                      type="text"
                      icon={<DeleteOutlined />}
                      aria-label={`${t('common.delete')}: ${name}`}
                    />
                  </Popconfirm>
                </>
              )}
            </li>
          );
        })}
      </ul>
    </section>
  );
}
