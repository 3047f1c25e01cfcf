/** The advice as tables: streams, gaps with their story, methods, terms, budgets. */
import { useTranslation } from 'react-i18next';
import type { Advice, AdviceGap } from '../../../electron/common/contract/advice.ts';
import { clock, millis, UNKNOWN_TEXT } from '../../lib/format.ts';
import { availabilityText, downtimeText, inLanguage, streamKey } from './adviceModel.ts';

interface Props {
  readonly advice: Advice;
}

export function Streams({
  advice,
  chosen,
  onChoose,
}: Props & { readonly chosen: string; readonly onChoose: (key: string) => void }): React.JSX.Element {
  const { t } = useTranslation();
  const heads = ['count', 'median', 'p99', 'p999', 'longest', 'lost', 'marginShort'] as const;
  return (
    <table className="tb-table tb-advice-numbers">
      <thead>
        <tr>
          <th>{t('advice.stream')}</th>
          {heads.map((head) => (
            <th key={head}>{t(`advice.${head}`)}</th>
          ))}
        </tr>
      </thead>
      <tbody>
        {advice.streams.map((s) => (
          <tr key={streamKey(s)} data-chosen={streamKey(s) === chosen}>
            <td>
              <button type="button" aria-pressed={streamKey(s) === chosen} onClick={() => onChoose(streamKey(s))}>
                {s.from} → {s.to} · {s.link ?? t('advice.merged')}
              </button>
            </td>
            <td>{s.count}</td>
            <td>{millis(s.medianMs)}</td>
            <td>{millis(s.p99Ms)}</td>
            <td>{millis(s.p999Ms)}</td>
            <td>{millis(s.maxMs)}</td>
            <td>{s.lost ?? UNKNOWN_TEXT}</td>
            <td data-bad={s.smallestMarginMs !== null && s.smallestMarginMs < 0}>{millis(s.smallestMarginMs)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function GapRow({ gap }: { readonly gap: AdviceGap }): React.JSX.Element {
  const { t, i18n } = useTranslation();
  return (
    <tr data-muted={!gap.counts}>
      <td>{millis(gap.gapMs)}</td>
      <td>{clock(gap.wallMs, 1)}</td>
      <td>
        {gap.from} → {gap.to}
        <em>{gap.link ?? t('advice.merged')}</em>
      </td>
      <td>
        {!gap.counts && <strong>{t('advice.notCounted')}</strong>}
        {gap.context.length === 0 && <em>{t('advice.nothingNear')}</em>}
        {gap.context.map((c, i) => (
          <div key={i}>{inLanguage(c.text, i18n.language)}</div>
        ))}
      </td>
    </tr>
  );
}

export function Gaps({ advice }: Props): React.JSX.Element {
  const { t } = useTranslation();
  return (
    <section>
      <h3>{t('advice.gaps')}</h3>
      <table className="tb-table tb-advice-text">
        <thead>
          <tr>
            <th>{t('advice.gap')}</th>
            <th>{t('advice.when')}</th>
            <th>{t('advice.direction')}</th>
            <th>{t('advice.context')}</th>
          </tr>
        </thead>
        <tbody>
          {advice.gaps.map((gap) => (
            <GapRow key={`${gap.to} ${gap.link ?? ''} ${gap.atMs}`} gap={gap} />
          ))}
        </tbody>
      </table>
    </section>
  );
}

/** The terms of the algorithm with the one that decides, and below them what each published method would say. */
export function Methods({ advice }: Props): React.JSX.Element {
  const { t, i18n } = useTranslation();
  return (
    <section>
      <h3>{t('advice.terms')}</h3>
      <table className="tb-table tb-advice-text">
        <tbody>
          {advice.terms.map((term) => (
            <tr key={term.id} data-won={term.won} data-muted={term.ms === null}>
              <th scope="row">{t(`advice.term.${term.id}`)}</th>
              <td>{millis(term.ms)}</td>
              <td>{term.won && <strong>{t('advice.won')}</strong>}</td>
              <td>{inLanguage(term.text, i18n.language)}</td>
            </tr>
          ))}
        </tbody>
      </table>
      <h3>{t('advice.methods')}</h3>
      <table className="tb-table tb-advice-text">
        <thead>
          <tr>
            <th>{t('advice.method')}</th>
            <th>{t('advice.sets')}</th>
            <th />
            <th>{t('advice.how')}</th>
          </tr>
        </thead>
        <tbody>
          {advice.methods.map((m) => (
            <tr key={m.id} data-muted={m.outcome === 'refused'}>
              <th scope="row">{t(`advice.name.${m.id}`)}</th>
              <td>{millis(m.deadtimeMs)}</td>
              <td>{t(`advice.outcome.${m.outcome}`)}</td>
              <td>{inLanguage(m.text, i18n.language)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

export function Budgets({ advice }: Props): React.JSX.Element {
  const { t, i18n } = useTranslation();
  const { budgets, budgetOutage } = advice;
  return (
    <section>
      <h3>{t('advice.budgets')}</h3>
      <p className="tb-muted">
        {budgetOutage === null ? t('advice.noOutage') : inLanguage(budgetOutage.text, i18n.language)}
      </p>
      <table className="tb-table tb-advice-numbers">
        <thead>
          <tr>
            <th>{t('advice.availability')}</th>
            <th>{t('advice.downtime')}</th>
            <th>{t('advice.failovers')}</th>
          </tr>
        </thead>
        <tbody>
          {budgets.map((b) => (
            <tr key={b.availability}>
              <td>{availabilityText(b.availability)}</td>
              <td>{downtimeText(b.downtimeMsPerYear)}</td>
              <td>{b.failoversPerYear ?? UNKNOWN_TEXT}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}
