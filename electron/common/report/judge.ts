/**
 * From facts to findings, and from findings to a verdict. Nothing unknown counts as good: what a report must prove and
 * cannot makes it "cannot tell", however well everything else went.
 */
import { text } from '../drill/text.ts';
import { reportCriteria } from './judge/criteria.ts';
import { coverageOf } from './judge/coverage.ts';
import {
  afterFindings,
  afterResult,
  agreementFindings,
  criterionFindings,
  drillFindings,
  methodFindings,
  preflightFindings,
  safetyFindings,
} from './judge/findings.ts';
import type { Draft } from './judge/findings.ts';
import type { Finding, ReportBody, ReportDrill, ReportFacts } from './model.ts';

/** What decides, the gravest first. */
const SEVERITIES = ['error', 'unknown', 'warning', 'info'] as const;

function verdictOf(findings: readonly Finding[]): ReportBody['verdict'] {
  const open = findings.filter((f) => f.waiver === null);
  if (open.some((f) => f.severity === 'error')) return 'fail';
  if (open.some((f) => f.severity === 'unknown')) return 'incomplete';
  return findings.some((f) => f.severity !== 'info') ? 'remarks' : 'pass';
}

function settled(facts: ReportFacts, drills: readonly ReportDrill[], drafts: readonly Draft[]): Finding[] {
  const { waivers, actions } = facts.form;
  const at = (list: readonly { readonly subject: string }[], code: string): number | null => {
    const index = list.findIndex((one) => one.subject === code);
    return index < 0 ? null : index;
  };
  // A drill that could not be run is also waived by the waiver of everything that was not tried.
  const ofDrill = (code: string): number | null => drills.find((d) => d.drill === code)?.waiver ?? null;
  return drafts.map((f) => ({ ...f, waiver: at(waivers, f.code) ?? ofDrill(f.code), action: at(actions, f.code) }));
}

/** Judges the facts. The verdict's reasons are its findings' words, the ones that decide it first. */
export function judgeReport(facts: ReportFacts): ReportBody {
  const result = afterResult(facts.after);
  const drills = coverageOf(facts);
  const criteria = reportCriteria(facts, drills, result);
  const drafts = [
    ...afterFindings(facts),
    ...drillFindings(facts, drills),
    ...criterionFindings(criteria),
    ...agreementFindings(facts),
    ...safetyFindings(facts),
    ...preflightFindings(facts),
    ...methodFindings(facts),
  ].sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
  const findings = settled(facts, drills, drafts);
  const deciding = findings.filter((f) => f.severity !== 'info' && f.waiver === null).map((f) => f.text);
  const waived = findings.filter((f) => f.severity !== 'info' && f.waiver !== null).length;
  const reasons = [
    ...deciding,
    ...(waived > 0 ? [text(`${waived} findings are waived by signature`, `${waived} 项发现已由签字人豁免`)] : []),
  ];
  const { library: _library, marginStreams: _streams, ...said } = facts;
  return {
    ...said,
    drills,
    criteria,
    after: { ...facts.after, result },
    findings,
    verdict: verdictOf(findings),
    reasons,
  };
}
