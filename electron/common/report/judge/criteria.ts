/** What a report is accepted by: each criterion met, not met or unknown. Nothing that was not measured is met. */
import { marginCriterion } from '../../advice/margin.ts';
import { numberText } from '../../advice/words.ts';
import type { CriterionResult, Text } from '../../contract/drill.ts';
import { text } from '../../drill/text.ts';
import type { ReportBody, ReportDrill, ReportFacts } from '../model.ts';

export const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

/** Criteria that a finding or a waiver can name. */
export type CriterionCode = 'drills' | 'failover-limit' | 'heal-limit' | 'margin-limit' | 'left-behind';

const criterion = (
  check: CriterionCode,
  words: Text,
  result: CriterionResult['result'],
  measured: Text | null,
): CriterionResult => ({ check, text: words, result, measured });

/** The longest of what runs that prove something have measured; null: none has. */
export function worstOf(
  facts: Pick<ReportFacts, 'runs'>,
  read: (run: ReportFacts['runs'][number]['run']) => number | null,
) {
  const proved = facts.runs.filter(({ run }) => run.verdict !== 'void' && run.verdict !== 'skipped');
  const known = proved.map(({ run }) => read(run)).filter((ms) => ms !== null);
  return known.length === 0 ? null : Math.max(...known);
}

function drillsCriterion(drills: readonly ReportDrill[]): CriterionResult {
  const agreed = drills.filter((d) => d.isAgreed);
  const of = (...states: ReportDrill['state'][]): number => agreed.filter((d) => states.includes(d.state)).length;
  const open = agreed.filter((d) => d.waiver === null);
  const isFailed = open.some((d) => d.state === 'fail');
  const isOpen = agreed.length === 0 || open.some((d) => !['pass', 'remark', 'fail'].includes(d.state));
  const parts: readonly [number, string, string][] = [
    [of('pass', 'remark'), 'passed', '通过'],
    [of('fail'), 'failed', '未通过'],
    [of('void'), 'void', '无效'],
    [of('skipped'), 'not possible here', '此处无法进行'],
    [of('not-tried'), 'not tried', '未做'],
  ];
  const shown = parts.filter(([n]) => n > 0);
  const waived = agreed.length - open.length;
  return criterion(
    'drills',
    text('every drill that was agreed on was run and passed', '约定的每项演练都已进行并通过'),
    isFailed ? 'fail' : isOpen ? 'unknown' : 'pass',
    text(
      `of ${agreed.length}: ${shown.map(([n, en]) => `${n} ${en}`).join(', ')}${waived > 0 ? `; ${waived} waived` : ''}`,
      `共 ${agreed.length} 项：${shown.map(([n, , zh]) => `${zh} ${n}`).join('，')}${waived > 0 ? `；豁免 ${waived}` : ''}`,
    ),
  );
}

function limitCriterion(
  code: 'failover-limit' | 'heal-limit',
  words: Text,
  limitMs: number | null,
  worstMs: number | null,
): CriterionResult {
  const longest =
    worstMs === null
      ? text('not measured', '没有测得')
      : text(`longest ${seconds(worstMs)}`, `最长 ${seconds(worstMs)}`);
  if (limitMs === null)
    return criterion(
      code,
      words,
      'not-applicable',
      text(`${longest.en}; no limit was declared`, `${longest['zh-CN']}；未声明限值`),
    );
  const result = worstMs === null ? 'unknown' : worstMs > limitMs ? 'fail' : 'pass';
  return criterion(
    code,
    words,
    result,
    text(`${longest.en}, allowed ${seconds(limitMs)}`, `${longest['zh-CN']}，允许 ${seconds(limitMs)}`),
  );
}

/** By the declared least margin, else by half of deadtime. */
function marginOf({ form, marginStreams: streams }: ReportFacts): CriterionResult {
  const { marginMinMs } = form.requirements;
  const byShare = marginCriterion(streams);
  if (marginMinMs === null) return { ...byShare, check: 'margin-limit' };
  const known = streams.filter((s) => s.link === null && s.count > 0 && s.smallestMarginMs !== null);
  const least = known.length === 0 ? null : Math.min(...known.map((s) => s.smallestMarginMs ?? Infinity));
  const isBothWays = new Set(known.map((s) => s.to)).size === 2;
  const result = least !== null && least < marginMinMs ? 'fail' : least === null || !isBothWays ? 'unknown' : 'pass';
  const limit = numberText(marginMinMs);
  return criterion(
    'margin-limit',
    text(
      `the smallest margin in both directions is at least ${limit} ms, as declared`,
      `两个方向的最小余量都不少于声明的 ${limit} ms`,
    ),
    result,
    byShare.measured,
  );
}

const LEFT: Readonly<Record<ReportBody['after']['result'], readonly [CriterionResult['result'], string, string]>> = {
  clean: ['pass', 'both nodes were read back', '已从两个节点读回'],
  left: ['fail', 'something was found', '发现残留'],
  unknown: ['unknown', 'not every node could be read back', '未能从每个节点读回'],
};

/** The criteria of the whole report, in the order in which they are read. */
export function reportCriteria(
  facts: ReportFacts,
  drills: readonly ReportDrill[],
  after: ReportBody['after']['result'],
): CriterionResult[] {
  const { failoverLimitMs, healLimitMs } = facts.form.requirements;
  const [result, en, zh] = LEFT[after];
  return [
    drillsCriterion(drills),
    limitCriterion(
      'failover-limit',
      text('no outage after a fault is longer than Tf', '故障后的中断都不超过 Tf'),
      failoverLimitMs,
      worstOf(facts, (run) => run.outageMs),
    ),
    limitCriterion(
      'heal-limit',
      text('no outage while a fault heals is longer than Th', '恢复过程的中断都不超过 Th'),
      healLimitMs,
      worstOf(facts, (run) => run.healOutageMs),
    ),
    marginOf(facts),
    criterion(
      'left-behind',
      text('nothing of any drill is left on the nodes', '节点上没有任何演练残留'),
      result,
      text(en, zh),
    ),
  ];
}
