/** What came of a suite of drills, as lines. */
import type { DrillRun, DrillStatistics, DrillSummary } from '../common/contract/drill.ts';

const ms = (value: number | null): string => (value === null ? '-' : `${value.toFixed(0)} ms`);

function runLines(run: DrillRun): string[] {
  const direction = run.from === null || run.to === null ? '' : ` ${run.from} -> ${run.to}`;
  const head = `${run.verdict.padEnd(7)} ${run.drill}${direction}  outage ${ms(run.outageMs)}, heal ${ms(run.healOutageMs)}, dual ${ms(run.dualMs)}${run.level === null ? '' : `  (${run.level})`}`;
  return [head, ...run.notes.map((note) => `        ${note.en}`)];
}

function statisticsLines(s: DrillStatistics): string[] {
  const of = s.from === null ? s.drill : `${s.drill} from ${s.from}`;
  const range = `n ${s.n}, min ${ms(s.minMs)}, median ${ms(s.medianMs)}, max ${ms(s.maxMs)}`;
  const rest = `${s.failed} failed, ${s.voided} void, ${s.skipped} skipped`;
  return [`${of}: ${range}; ${rest}`, ...s.claims.map((claim) => `  ${claim.en}`)];
}

/** Every run, then what they say together. */
export function summaryText({ suite, statistics, verdict }: DrillSummary): string {
  const counted = statistics.filter((s) => s.n > 0);
  return [
    ...suite.runs.flatMap(runLines),
    '',
    ...counted.flatMap(statisticsLines),
    `verdict ${verdict} (${suite.state}, suite ${suite.suiteId})`,
    '',
  ].join('\n');
}
