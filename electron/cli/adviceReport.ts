/** What `advise` prints for people: the advice in English, worst first. Pure. */
import type { Advice, AdviceGap, AdviceStream } from '../common/contract/advice.ts';
import { numberText, spanText, timeText } from '../common/advice/words.ts';

const orUnknown = (ms: number | null): string => (ms === null ? 'unknown' : timeText(ms));

function streamLine(s: AdviceStream): string {
  const name = `${s.from} -> ${s.to}  ${s.link ?? 'merged'}`;
  const late = s.late === null ? '' : `  late ${s.late}`;
  const lost = s.lost === null ? '' : `  lost ${s.lost}`;
  const rest = `median ${orUnknown(s.medianMs)}  p99 ${orUnknown(s.p99Ms)}  p99.9 ${orUnknown(s.p999Ms)}  longest ${orUnknown(s.maxMs)}`;
  return `heard    ${name}  ${s.count} in ${spanText(s.observedMs)}  ${rest}  margin ${orUnknown(s.smallestMarginMs)}${late}${lost}`;
}

function gapLines(gap: AdviceGap): string[] {
  const when = new Date(gap.wallMs).toISOString();
  const counts = gap.counts ? '' : '  (not counted)';
  const head = `gap      ${timeText(gap.gapMs)}  ${gap.from} -> ${gap.to}  ${gap.link ?? 'merged'}  ended ${when}${counts}`;
  return [head, ...gap.context.map((c) => `           ${c.text.en}`)];
}

function recommendationLines(advice: Advice): string[] {
  const { recommendation, refusal } = advice;
  if (recommendation === null) return [`advice   none: ${refusal?.en ?? ''}`];
  const { detectionMs, outageMs } = recommendation;
  const outage =
    outageMs === null
      ? 'outage unknown: no takeover was seen'
      : `outage ${timeText(outageMs[0])} to ${timeText(outageMs[1])}`;
  return [
    ...recommendation.haCf.map((line) => `ha.cf    ${line}`),
    ...recommendation.reasons.map((reason) => `because  ${reason.en}`),
    `expect   detection ${timeText(detectionMs[0])} to ${timeText(detectionMs[1])}, ${outage}`,
    `risk     ${advice.risk.text.en}`,
  ];
}

function budgetLines({ budgets, budgetOutage }: Advice): string[] {
  const lines = budgets.map(({ availability, downtimeMsPerYear, failoversPerYear }) => {
    const share = `${(availability * 100).toFixed(3).replace(/\.?0+$/, '')} %`;
    const fit = failoversPerYear === null ? 'failovers unknown' : `${failoversPerYear} failovers`;
    return `budget   ${share.padEnd(9)} ${spanText(downtimeMsPerYear)} a year  ${fit}`;
  });
  return [`budget   ${budgetOutage?.text.en ?? 'no outage was measured'}`, ...lines];
}

/** The advice as lines. */
export function adviceText(advice: Advice): string {
  const { margin, observed, confidence } = advice;
  const shape = (value: number | null): string => (value === null ? '-' : timeText(value));
  const load = observed.load.map((l) => `${l.node} median ${numberText(l.median)} max ${numberText(l.max)}`).join(', ');
  const left = advice.observed.excluded.length;
  return [
    margin === null ? 'margin   unknown' : `margin   ${margin.text.en}`,
    `observed ${observed.text.en}${left === 0 ? '' : `; ${left} stretches left out`}`,
    `load     ${load === '' ? 'unknown' : load}`,
    ...advice.streams.map(streamLine),
    ...advice.gaps.flatMap(gapLines),
    ...advice.methods.map(
      (m) => `method   ${m.id.padEnd(16)} ${shape(m.deadtimeMs).padEnd(9)} ${m.outcome}: ${m.text.en}`,
    ),
    ...advice.terms.map(
      (t) => `${t.won ? 'WINNER ' : 'term   '}  ${t.id.padEnd(16)} ${shape(t.ms).padEnd(9)} ${t.text.en}`,
    ),
    ...recommendationLines(advice),
    `trust    ${confidence.grade}: ${confidence.reasons.map((r) => r.en).join('; ')}`,
    ...advice.unknowns.map((u) => `unknown  ${u.en}`),
    ...budgetLines(advice),
    '',
  ].join('\n');
}
