/** What came of taking everything back: for each server, what was checked, and whether it is proven. */
import { Alert, Button, Modal, Spin } from 'antd';
import { useTranslation } from 'react-i18next';
import type { PanicNode, PanicReport } from '../../../electron/common/contract/panic.ts';
import { closePanic, startPanic, usePanic } from '../../stores/panic.ts';

type Check = PanicNode['checks'][number];

function Checks({ checks }: { readonly checks: readonly Check[] }): React.JSX.Element {
  const { t } = useTranslation();
  return (
    <table className="tb-table tb-panic-checks">
      <tbody>
        {checks.map((check) => (
          <tr key={check.what} data-ok={check.ok}>
            <td>{t(`fault.panic.check.${check.what}`)}</td>
            <td>{check.ok ? '✓' : '✗'}</td>
            <td>{check.detail}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function NodeResult({ result }: { readonly result: PanicNode }): React.JSX.Element {
  const { t } = useTranslation();
  const { node, proven, problem, checks, reverted } = result;
  const state = t(proven ? 'fault.panic.nodeProven' : 'fault.panic.nodeNot');
  return (
    <section className="tb-panic-node" data-proven={proven}>
      <h4>{t('fault.panic.node', { node, state })}</h4>
      {problem !== '' && <p className="tb-panic-problem">{problem}</p>}
      {reverted.length > 0 && <p className="tb-muted">{t('fault.panic.reverted', { count: reverted.length })}</p>}
      <Checks checks={checks} />
    </section>
  );
}

function Report({ report }: { readonly report: PanicReport }): React.JSX.Element {
  const { t } = useTranslation();
  return (
    <>
      <Alert
        type={report.proven ? 'success' : 'error'}
        showIcon
        title={t(report.proven ? 'fault.panic.proven' : 'fault.panic.notProven')}
      />
      {report.nodes.map((result) => (
        <NodeResult key={result.node} result={result} />
      ))}
      {report.rack.length > 0 && (
        <section className="tb-panic-node">
          <h4>{t('fault.panic.rack')}</h4>
          <Checks checks={report.rack} />
        </section>
      )}
    </>
  );
}

export function PanicDialog(): React.JSX.Element | null {
  const { t } = useTranslation();
  const { phase, report } = usePanic();
  if (phase === 'idle') return null;
  return (
    <Modal
      open
      width={640}
      title={t('fault.panic.title')}
      closable={phase === 'done'}
      mask={{ closable: false }}
      onCancel={closePanic}
      footer={[
        <Button key="again" disabled={phase === 'running'} onClick={startPanic}>
          {t('fault.panic.again')}
        </Button>,
        <Button key="close" type="primary" disabled={phase === 'running'} onClick={closePanic}>
          {t('common.close')}
        </Button>,
      ]}
    >
      <div aria-live="polite">
        {phase === 'running' && (
          <p>
            <Spin size="small" /> {t('fault.panic.running')}
          </p>
        )}
        {report !== null && <Report report={report} />}
      </div>
    </Modal>
  );
}

/** Red, without a question: it only mends. */
export function PanicButton({ small = false }: { readonly small?: boolean }): React.JSX.Element {
  const { t } = useTranslation();
  const running = usePanic((s) => s.phase === 'running');
  return (
    <Button
      className="tb-panic"
      type="primary"
      danger
      size={small ? 'small' : 'middle'}
      loading={running}
      title={t('fault.panic.hint')}
      onClick={startPanic}
    >
      {t('fault.panic.button')}
    </Button>
  );
}
