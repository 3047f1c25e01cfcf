/** Faults of a node: what each does, with which commands, whether it can be done here, and how it ends. */
import { Checkbox, Segmented, Select } from 'antd';
import { useEffect, useState } from 'react';
import { useTranslation } from 'react-i18next';
import type { FaultOffer, PairState } from '../../../electron/common/contract/state.ts';
import { duration } from '../../lib/format.ts';
import { link } from '../../stores/link.ts';
import { attempt, notify } from '../../stores/notices.ts';
import { usePairs } from '../../stores/pairs.ts';
import { useUi } from '../../stores/ui.ts';
import { ActiveFaults } from './ActiveFaults.tsx';
import { Drill } from './Drill.tsx';
import { CATEGORY_CHOICES, chosenOffers, DURATION_MS_DEFAULT, DURATIONS_MS, offersOf } from './faultModel.ts';
import type { CategoryChoice } from './faultModel.ts';
import { InjectDialog } from './InjectDialog.tsx';
import { OfferLine, offerText } from './OfferLine.tsx';
import { PanicButton } from './PanicDialog.tsx';
import { shortName } from '../../../electron/common/words/nodeNames.ts';

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

/** A pane of the catalogue for one node. */
function OfferList({
  offers,
  onInject,
}: {
  readonly offers: readonly FaultOffer[];
  readonly onInject: (offer: FaultOffer) => void;
}): React.JSX.Element {
  const { t } = useTranslation();
  const [category, setCategory] = useState<CategoryChoice>('all');
  const [onlyAvailable, setOnlyAvailable] = useState(false);
  const list = chosenOffers(offers, category, onlyAvailable);
  return (
    <>
      {offers.length > 0 && (
        <div className="tb-fault-filter">
          <Select
            size="small"
            style={{ width: 130 }}
            aria-label={t('fault.categoryLabel')}
            value={category}
            options={CATEGORY_CHOICES.map((value) => ({ value, label: t(`fault.category.${value}`) }))}
            onChange={(value: CategoryChoice) => setCategory(value)}
          />
          <Checkbox checked={onlyAvailable} onChange={(event) => setOnlyAvailable(event.target.checked)}>
            {t('fault.onlyAvailable')}
          </Checkbox>
        </div>
      )}
      {offers.length === 0 && <p className="tb-muted">{t('fault.noOffers')}</p>}
      {offers.length > 0 && list.length === 0 && <p className="tb-muted">{t('fault.noneHere')}</p>}
      <ul className="tb-fault-list">
        {list.map((offer) => (
          <OfferLine key={offer.name} offer={offer} onInject={() => onInject(offer)} />
        ))}
      </ul>
    </>
  );
}

export function Faults(): React.JSX.Element {
  const { t } = useTranslation();
  const state = usePairs((s) => s.state);
  const wanted = useUi((s) => s.faultNode);
  const [durationMs, setDurationMs] = useState<number>(DURATION_MS_DEFAULT);
  const [chosen, setChosen] = useState<FaultOffer | null>(null);
  const offers = useOffers(state);
  const wish = useUi((s) => s.faultWish);
  useEffect(() => {
    if (wish === null || offers.length === 0) return;
    useUi.setState({ faultWish: null });
    const offer = offers.find((o) => o.name === wish && o.node === wanted);
    if (offer?.available === true) setChosen(offer);
    else if (offer !== undefined) notify('info', offerText(offer, t));
  }, [wish, wanted, offers, t]);
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
      <div className="tb-panic-line">
        <PanicButton />
      </div>
      <ActiveFaults state={state} />
      <div className="tb-scroll">
        <OfferList key={node} offers={list} onInject={setChosen} />
        <Drill pairId={state.pairId} disabled={!offers.some((o) => o.name === 'power-off' && o.available)} />
      </div>
      {chosen !== null && (
        <InjectDialog state={state} offer={chosen} durationMs={durationMs} onClose={() => setChosen(null)} />
      )}
    </section>
  );
}
