/** The question before a takeover goes ahead on a person's word. The name must be typed: a habitual click is not an answer. */
import { Alert, Input, Modal } from 'antd';
import { useId, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { PairState } from '../../../electron/common/contract/state.ts';
import { confirmDead } from '../../app/actions.ts';
import { holdReasons } from '../../lib/eventText.ts';
import { freshStatus } from '../../../electron/common/verdict/links.ts';
import { usePairs } from '../../stores/pairs.ts';
import { useUi } from '../../stores/ui.ts';

const close = (): void => useUi.setState({ confirmDeadBy: null });

function Question({ state, index }: { readonly state: PairState; readonly index: 0 | 1 }): React.JSX.Element {
  const { t } = useTranslation();
  const id = useId();
  const [typed, setTyped] = useState('');
  const [busy, setBusy] = useState(false);
  const connection = state.nodes[index];
  const { node } = connection;
  const peer = state.nodes[index === 0 ? 1 : 0].node;
  const hold = freshStatus(connection)?.hold ?? null;
  const isNamed = typed.trim() === peer;
  const go = async (): Promise<void> => {
    if (!isNamed || busy) return;
    setBusy(true);
    const accepted = await confirmDead(state.pairId, node, peer);
    setBusy(false);
    if (accepted) close();
  };
  return (
    <Modal
      open
      width={560}
      title={t('confirmDead.title', { peer })}
      okText={t('confirmDead.ok')}
      okButtonProps={{ danger: true, type: 'primary', disabled: !isNamed, loading: busy }}
      cancelText={t('common.cancel')}
      onOk={() => void go()}
      onCancel={close}
      // A palette that closes at the same time gives the focus back to the page: ours is the last word.
      afterOpenChange={(isOpen) => {
        if (isOpen) document.getElementById(id)?.focus();
      }}
    >
      <p>{t('confirmDead.what', { node, peer })}</p>
      {hold !== null && (
        <p className="tb-muted">{t('confirmDead.waits', { node, reasons: holdReasons(hold.reasons, t) })}</p>
      )}
      <Alert type="error" showIcon title={t('confirmDead.wrong', { peer })} />
      <p>{t('confirmDead.advice')}</p>
      <div className="tb-field tb-confirm-field" data-wide="true">
        <label htmlFor={id}>{t('confirmDead.type', { peer })}</label>
        <Input
          id={id}
          autoFocus
          autoComplete="off"
          spellCheck={false}
          value={typed}
          onChange={(event) => setTyped(event.target.value)}
          onPressEnter={() => void go()}
        />
      </div>
    </Modal>
  );
}

export function ConfirmDeadDialog(): React.JSX.Element | null {
  const node = useUi((s) => s.confirmDeadBy);
  const state = usePairs((s) => s.state);
  const index = state === null ? -1 : state.nodes.findIndex((n) => n.node === node);
  if (state === null || index < 0) return null;
  return <Question key={node} state={state} index={index === 0 ? 0 : 1} />;
}
