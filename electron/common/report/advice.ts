/** What a report's pages say of the deadtime advice. */
import type { Advice } from '../contract/advice.ts';
import type { ReportAdvice } from './model.ts';

/** Without histograms, tails and gaps: they go to the attachments. */
export function withoutCurves(advice: Advice): ReportAdvice {
  const { sessionId, present, observed, margin, methods, terms, recommendation, refusal, risk } = advice;
  const { confidence, unknowns } = advice;
  const streams = advice.streams.map(({ histogram: _histogram, tail: _tail, ...stream }) => stream);
  const said = { sessionId, present, observed, margin, methods, terms, recommendation, refusal, risk };
  return { ...said, confidence, unknowns, streams };
}
