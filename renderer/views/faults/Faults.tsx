/** Faults of a node: what each does, with which commands, whether it can be done here, and how it ends. */
import { Button, Segmented, Select } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { FaultOffer, PairState } from '../../../electron/common/contract/state.ts';
import { duration } from '../../lib/format.ts';
import type { T } from '../../locales/index.ts';
import { link } from '../../stores/link.ts';
import { attempt } from '../../stores/notices.ts';
import { usePairs } from '../../stores/pairs.ts';
import { useUi } from '../../stores/ui.ts';
import { ActiveFaults } from './ActiveFaults.tsx';
import { Drill } from './Drill.tsx';
import { DURATION_MS_DEFAULT, DURATIONS_MS, offersOf } from './faultModel.ts';
import { InjectDialog } from './InjectDialog.tsx';
import { shortName } from '../../lib/names.ts';

/** Offers depend on what runs on the nodes: asked again whenever that changes. */
function useOffers(state: PairState | null): readonly FaultOffer[] {
  const [offers, setOffers] = useState<readonly FaultOffer[]>([]);
  const pairId = state?.pairId ?? null;
  const situation =
    state === null
      ? ''
      : JSON.stringify([
          state.nodes.map((n) => [n.phase, n.agent.phase]),
          state.faults.map((f) => [f.faultId, f.phase]),
        ]);
  useEffect(() => {
    if (pairId === null) return setOffers([]);
    let current = true;
    void attempt(() => link.client.faultOffers({ pairId })).then((list) => {
      if (current && list !== undefined) setOffers(list);
    });
    return () => {
      current = false;
    };
  }, [pairId, situation]);
  return offers;
}

/** What it does, or why it cannot be done: a reason of the node's own in the agent's words, which say more than its code. */
function offerText({ name, reasonCode, reason }: FaultOffer, t: T): string {
  if (reasonCode === null) return t(`fault.what.${name}`);
  return t(`fault.reason.${reasonCode}`, { reason });
}

function OfferLine({
  offer,
  onInject,
}: {
  readonly offer: FaultOffer;
  readonly onInject: () => void;
}): React.JSX.Element {
  const { t } = useTranslation();
  const [open, setOpen] = useState(false);
  return (
    <li className="tb-fault" data-available={offer.available}>
      <div className="tb-fault-line">
        <div>
          <strong>{t(`fault.name.${offer.name}`)}</strong>{' '}
          <span className="tb-level">{t(`fault.level.${offer.level}`)}</span>
          <p title={offer.reason ?? undefined}>{offerText(offer, t)}</p>
        </div>
        <button type="button" className="tb-mini" aria-expanded={open} onClick={() => setOpen(!open)}>
          {t('fault.showCommands')}
        </button>
        <Button size="small" danger disabled={!offer.available} onClick={onInject}>
          {t('fault.inject')}
        </Button>
      </div>
      {open && (
        <pre className="tb-code">
          {[
            `# ${t('fault.commands')}`,
            ...offer.commands,
            `# ${t('fault.revertCommands')}`,
            ...offer.revertCommands,
          ].join('\n')}
        </pre>
      )}
    </li>
  );
}

export function Faults(): React.JSX.Element {
  const { t } = useTranslation();
  const state = usePairs((s) => s.state);
  const wanted = useUi((s) => s.faultNode);
  const [durationMs, setDurationMs] = useState<number>(DURATION_MS_DEFAULT);
  const [chosen, setChosen] = useState<FaultOffer | null>(null);
  const offers = useOffers(state);
  if (state === null) return <section className="tb-pane tb-empty">{t('fault.noOffers')}</section>;
  const names = state.nodes.map((n) => n.node);
  const node = wanted !== null && names.includes(wanted) ? wanted : (names[0] ?? '');
  const list = offersOf(offers, node);
  return (
    <section className="tb-pane tb-faults" aria-label={t('fault.region')}>
      <div className="tb-tools">
        <Segmented
          size="small"
          aria-label={t('fault.node')}
          value={node}
          options={names.map((name) => ({ value: name, label: shortName(name, names), title: name }))}
          onChange={(name) => useUi.setState({ faultNode: name })}
        />
        <span className="tb-spacer" />
        <label className="tb-inline" title={t('fault.durationHint')}>
          <span>{t('fault.duration')}</span>
          <Select
            size="small"
            style={{ width: 84 }}
            value={durationMs}
            options={DURATIONS_MS.map((ms) => ({ value: ms, label: duration(ms) }))}
            onChange={(ms: number) => setDurationMs(ms)}
          />
        </label>
      </div>
      <ActiveFaults state={state} />
      <div className="tb-scroll">
        {list.length === 0 && <p className="tb-muted">{t('fault.noOffers')}</p>}
        <ul className="tb-fault-list">
          {list.map((offer) => (
            <OfferLine key={offer.name} offer={offer} onInject={() => setChosen(offer)} />
          ))}
        </ul>
        <Drill pairId={state.pairId} disabled={!offers.some((o) => o.name === 'power-off' && o.available)} />
      </div>
      {chosen !== null && (
        <InjectDialog state={state} offer={chosen} durationMs={durationMs} onClose={() => setChosen(null)} />
      )}
    </section>
  );
}
