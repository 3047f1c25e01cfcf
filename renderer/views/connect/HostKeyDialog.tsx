/** A host key that a person must judge, before any secret is sent. The safe answer has the focus. */
import { Alert, Button, Checkbox, Modal } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { HostKeyQuestion } from '../../../electron/common/contract/state.ts';
import { link } from '../../stores/link.ts';
import { attempt } from '../../stores/notices.ts';
import { usePairs } from '../../stores/pairs.ts';

type Answer = 'reject' | 'trust-once' | 'trust-and-remember' | 'replace';

const TITLES = {
  new: 'titleNew',
  'new-algorithm': 'titleAlgorithm',
  changed: 'titleChanged',
  revoked: 'titleRevoked',
} as const;
const TEXTS = {
  new: 'textNew',
  'new-algorithm': 'textAlgorithm',
  changed: 'textChanged',
  revoked: 'textRevoked',
} as const;

function Question({ question }: { readonly question: HostKeyQuestion }): React.JSX.Element {
  const { t } = useTranslation();
  const [compared, setCompared] = useState(false);
  const { questionId, verdict } = question;
  const host = `${question.host}:${question.port}`;
  const answer = (value: Answer): void => void attempt(() => link.client.hostKeyAnswer({ questionId, answer: value }));
  const isAlarm = verdict === 'changed' || verdict === 'revoked';
  return (
    <Modal
      open
      width={640}
      title={t(`hostKey.${TITLES[verdict]}`, { host })}
      closable={false}
      mask={{ closable: false }}
      onCancel={() => answer('reject')}
      footer={
        <div className="tb-row">
          <Button type="primary" autoFocus onClick={() => answer('reject')}>
            {t('hostKey.reject')}
          </Button>
          <span className="tb-spacer" />
          {verdict === 'changed' && (
            <Button danger disabled={!compared} onClick={() => answer('replace')}>
              {t('hostKey.replace')}
            </Button>
          )}
          {!isAlarm && (
            <>
              <Button onClick={() => answer('trust-once')}>{t('hostKey.once')}</Button>
              <Button disabled={!compared} onClick={() => answer('trust-and-remember')}>
                {t('hostKey.remember')}
              </Button>
            </>
          )}
        </div>
      }
    >
      <Alert type={isAlarm ? 'error' : 'info'} showIcon title={t(`hostKey.${TEXTS[verdict]}`)} />
      <dl className="tb-keys">
        <dt>{t('hostKey.presented', { algorithm: question.algorithm })}</dt>
        <dd>
          <code>{question.sha256}</code>
        </dd>
        {question.knownSha256.length > 0 && (
          <>
            <dt>{t('hostKey.known')}</dt>
            {question.knownSha256.map((key) => (
              <dd key={key}>
                <code>{key}</code>
              </dd>
            ))}
          </>
        )}
        <dt>{t('hostKey.check')}</dt>
        <dd>
          <code>{question.checkCommand}</code>
        </dd>
      </dl>
      {verdict !== 'revoked' && (
        <Checkbox checked={compared} onChange={(event) => setCompared(event.target.checked)}>
          {t('hostKey.compared')}
        </Checkbox>
      )}
    </Modal>
  );
}

export function HostKeyDialog(): React.JSX.Element | null {
  const question = usePairs((s) => s.state?.nodes.find((n) => n.hostKey !== null)?.hostKey ?? null);
  return question === null ? null : <Question key={question.questionId} question={question} />;
}
