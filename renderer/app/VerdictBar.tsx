/** The one line that says who holds the address. Always there, so that nothing moves when it changes. */
import { useTranslation } from 'react-i18next';
import type { Text } from '../../electron/common/contract/drill.ts';
import type { PairState } from '../../electron/common/contract/state.ts';
import { witnessNames } from '../../electron/common/verdict/witnesses.ts';
import { shortName } from '../../electron/common/words/nodeNames.ts';
import { worstVip } from '../lib/roles.ts';
import type { T } from '../locales/index.ts';
import { usePairs } from '../stores/pairs.ts';
import { PanicButton } from '../views/faults/PanicDialog.tsx';

type Vip = PairState['vips'][number];

function headline(vip: Vip, t: T): string {
  const { address } = vip;
  if (vip.verdict === 'dual') return t('verdict.dual', { address, holders: vip.holders.join(' + ') });
  if (vip.verdict === 'none') return t('verdict.none', { address });
  if (vip.verdict === 'moving') return t('verdict.moving', { address });
  if (vip.verdict === 'unknown') return t('verdict.unknown', { address });
  return t('verdict.one', { address, holder: vip.holder ?? t('common.unknown') });
}

function detail(vip: Vip, state: PairState, language: keyof Text, t: T): string {
  const parts: string[] = [];
  if (vip.verdict === 'dual') parts.push(t('verdict.dualAdvice'));
  if (vip.verdict === 'none') parts.push(t('verdict.noneAdvice'));
  if (vip.verdict === 'moving') parts.push(t('verdict.movingAdvice'));
  if (vip.missing.length > 0) {
    const nodes = state.nodes.map((n) => n.node);
    const list = witnessNames(vip.missing, (node) => shortName(node, nodes))[language];
    parts.push(t('verdict.missing', { list }));
  }
  if (vip.verdict === 'unknown') parts.push(t('verdict.unknownAdvice'));
  if (vip.verdict === 'one') {
    if (state.probe.running)
      parts.push(vip.answeredBy === null ? t('verdict.notAnswered') : t('verdict.answered', { node: vip.answeredBy }));
  }
  if (vip.stale != null) {
    const { node, neighbourMac: mac } = vip.stale;
    parts.push(node === null ? t('verdict.staleStranger', { mac }) : t('verdict.stale', { to: node, mac }));
  }
  return parts.join(' ');
}

/** What there is to say before there is a verdict. */
function quiet(state: PairState | null, t: T): string {
  if (state === null) return t('verdict.noPair');
  if (state.nodes.every((n) => n.phase === 'idle')) return t('verdict.idle');
  return t(state.nodes.some((n) => n.phase === 'ready') ? 'verdict.noVip' : 'verdict.connecting');
}

export function VerdictBar(): React.JSX.Element {
  const { t, i18n } = useTranslation();
  const language = i18n.language === 'zh-CN' ? 'zh-CN' : 'en';
  const state = usePairs((s) => s.state);
  const vip = state === null ? null : worstVip(state);
  const isIdle = state === null || state.nodes.every((n) => n.phase === 'idle');
  const kind = isIdle || vip === null ? 'idle' : vip.verdict;
  const active = state?.faults.filter((f) => f.phase === 'injected' || f.phase === 'armed').length ?? 0;
  const title = vip === null || isIdle ? quiet(state, t) : headline(vip, t);
  return (
    <section className="tb-verdict" data-verdict={kind} aria-label={t('verdict.region')}>
      <span className="tb-verdict-glyph" aria-hidden="true" />
      <strong className="tb-verdict-title" role={kind === 'dual' || kind === 'none' ? 'alert' : 'status'}>
        {title}
      </strong>
      <span className="tb-verdict-detail" title={state === null || vip === null ? '' : detail(vip, state, language, t)}>
        {kind === 'idle' || state === null || vip === null ? '' : detail(vip, state, language, t)}
      </span>
      {active > 0 && <span className="tb-verdict-faults">{t('verdict.faults', { count: active })}</span>}
      {active > 0 && <PanicButton small />}
    </section>
  );
}
