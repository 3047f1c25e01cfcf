/** One fault of the list: what it does or why it cannot be done, and behind "details" its commands and what to expect. */
import { Button } from 'antd';
import { useState } from 'react';
import { useTranslation } from 'react-i18next';
import { faultNamed } from '../../../agent/common/faults/index.ts';
import type { FaultOffer } from '../../../electron/common/contract/state.ts';
import type { T } from '../../locales/index.ts';

/** What it does, or why it cannot be done: a reason of the node's own in the agent's words, which say more than its code. */
export function offerText({ name, reasonCode, reason }: FaultOffer, t: T): string {
  if (reasonCode === null) return t(`fault.what.${name}`);
  const isCatalogues = reasonCode === 'nowhere' && reason === faultNamed(name).why;
  return t(`fault.reason.${reasonCode}`, { reason: isCatalogues ? t(`fault.why.${name}`) : reason });
}

function Details({ offer }: { readonly offer: FaultOffer }): React.JSX.Element {
  const { t } = useTranslation();
  const { name, commands, revertCommands, available } = offer;
  return (
    <div className="tb-fault-details">
      {!available && <p>{t(`fault.what.${name}`)}</p>}
      <dl>
        <dt>{t('fault.healthyTitle')}</dt>
        <dd>{t(`fault.healthy.${name}`)}</dd>
        <dt>{t('fault.wrongTitle')}</dt>
        <dd>{t(`fault.wrong.${name}`)}</dd>
      </dl>
      {commands.length > 0 && (
        <pre className="tb-code">
          {[`# ${t('fault.commands')}`, ...commands, `# ${t('fault.revertCommands')}`, ...revertCommands].join('\n')}
        </pre>
      )}
    </div>
  );
}

export function OfferLine({
  offer,
  onInject,
}: {
  readonly offer: FaultOffer;
  readonly onInject: () => void;
}): React.JSX.Element {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  const { name, level, byHand, cutsManagement, available, reason, id } = offer;
  return (
    <li className="tb-fault" data-available={available} data-name={name}>
      <div className="tb-fault-line">
        <div>
          <strong>{t(`fault.name.${name}`)}</strong>{' '}
          <span className="tb-level" title={t(`fault.levelHint.${level}`)}>
            {id} · {byHand ? t('fault.byHand') : t(`fault.level.${level}`)}
          </span>
          {cutsManagement && <span className="tb-cuts">{t('fault.cuts')}</span>}
          <p title={reason ?? undefined}>{offerText(offer, t)}</p>
        </div>
        <button type="button" className="tb-mini" aria-expanded={open} onClick={() => setOpen(!open)}>
          {t('fault.showCommands')}
        </button>
        <Button size="small" danger disabled={!available} onClick={onInject}>
          {t(byHand ? 'fault.instruct' : 'fault.inject')}
        </Button>
      </div>
      {open && <Details offer={offer} />}
    </li>
  );
}
