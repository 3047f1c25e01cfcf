/** The four lines, their price, how far they may be trusted, and what nobody can read from the sample. */
import { Button } from 'antd';
import { useTranslation } from 'react-i18next';
import { RACK_PAIR_ID } from '../../../electron/common/contract/console.ts';
import type { Advice } from '../../../electron/common/contract/advice.ts';
import type { PairSpec } from '../../../electron/common/contract/pair.ts';
import { percentText } from '../../../electron/common/advice/words.ts';
import { millis, seconds } from '../../lib/format.ts';
import { link } from '../../stores/link.ts';
import { attempt, notify } from '../../stores/notices.ts';
import { usePairs } from '../../stores/pairs.ts';
import { copyText } from '../../ui/copyText.ts';
import { inLanguage, withTimes } from './adviceModel.ts';

/** Margins below these shares of deadtime are a warning, and an alarm. */
const MARGIN_WARN = 0.5;
const MARGIN_BAD = 0.2;

export function Margin({ advice }: { readonly advice: Advice }): React.JSX.Element {
  const { t, i18n } = useTranslation();
  const { margin } = advice;
  if (margin === null) {
    return (
      <p className="tb-advice-margin" data-level="unknown">
        <strong>{t('advice.marginUnknown')}</strong>
      </p>
    );
  }
  const level = margin.share < MARGIN_BAD ? 'bad' : margin.share < MARGIN_WARN ? 'warn' : 'ok';
  return (
    <p className="tb-advice-margin" data-level={level}>
      <span>{t('advice.margin')}</span>
      <strong>
        {seconds(margin.smallestMs)} · {percentText(margin.share)}
      </strong>
      <em>{inLanguage(margin.text, i18n.language)}</em>
    </p>
  );
}

/** Why the times cannot be put into the pair's settings here; null: they can. */
function obstacle(spec: PairSpec | undefined): 'advice.applyRack' | 'advice.applyNoHa' | null {
  if (spec?.id === RACK_PAIR_ID) return 'advice.applyRack';
  return spec?.ha == null ? 'advice.applyNoHa' : null;
}

function Lines({ advice }: { readonly advice: Advice }): React.JSX.Element | null {
  const { t } = useTranslation();
  const spec = usePairs((s) => s.list.find((p) => p.id === advice.pairId));
  const { recommendation } = advice;
  if (recommendation === null) return null;
  const text = recommendation.haCf.join('\n');
  const why = obstacle(spec);
  const apply = (): void => {
    const changed = spec === undefined ? null : withTimes(spec, recommendation);
    if (changed === null) return;
    void attempt(async () => {
      await link.client.pairSave({ spec: changed });
      usePairs.setState({ list: await link.client.pairList({}) });
      notify('success', t('advice.applied', { pair: changed.name }));
    });
  };
  return (
    <>
      <pre className="tb-code">{text}</pre>
      <div className="tb-advice-buttons">
        <Button
          size="small"
          type="primary"
          onClick={() => {
            copyText(`${text}\n`);
            notify('success', t('advice.copied'));
          }}
        >
          {t('advice.copy')}
        </Button>
        <Button size="small" disabled={why !== null} onClick={apply}>
          {t('advice.apply')}
        </Button>
        {why !== null && <em>{t(why)}</em>}
      </div>
    </>
  );
}

export function Recommendation({ advice }: { readonly advice: Advice }): React.JSX.Element {
  const { t, i18n } = useTranslation();
  const { recommendation, refusal, risk, confidence, unknowns, observed } = advice;
  const say = (text: NonNullable<Advice['refusal']>): string => inLanguage(text, i18n.language);
  const range = ([from, to]: readonly [number, number]): string =>
    t('advice.range', { from: millis(from), to: millis(to) });
  return (
    <section className="tb-advice-main">
      <h3>{recommendation === null ? t('advice.none') : t('advice.recommended')}</h3>
      {refusal !== null && <p className="tb-advice-refusal">{say(refusal)}</p>}
      <Lines advice={advice} />
      <dl>
        {recommendation !== null && (
          <>
            <dt>{t('advice.detection')}</dt>
            <dd>{range(recommendation.detectionMs)}</dd>
            <dt>{t('advice.outage')}</dt>
            <dd>{recommendation.outageMs === null ? t('advice.outageUnknown') : range(recommendation.outageMs)}</dd>
            <dt>{t('advice.risk')}</dt>
            <dd>{say(risk.text)}</dd>
          </>
        )}
        <dt>{t('advice.confidence')}</dt>
        <dd>
          <strong data-grade={confidence.grade}>{t(`advice.grade.${confidence.grade}`)}</strong>
          {': '}
          {confidence.reasons.map(say).join('; ')}
        </dd>
        <dt>{t('advice.observed')}</dt>
        <dd>
          {say(observed.text)}
          {observed.excluded.length > 0 && (
            <em title={observed.excluded.map((e) => say(e.text)).join('\n')}>
              {t('advice.excluded', { count: observed.excluded.length })}
            </em>
          )}
        </dd>
      </dl>
      {recommendation !== null && (
        <ul className="tb-muted">
          {recommendation.reasons.map((reason) => (
            <li key={reason.en}>{say(reason)}</li>
          ))}
        </ul>
      )}
      {unknowns.length > 0 && (
        <>
          <h3>{t('advice.unknowns')}</h3>
          <ul>
            {unknowns.map((unknown) => (
              <li key={unknown.en}>{say(unknown)}</li>
            ))}
          </ul>
        </>
      )}
    </section>
  );
}
