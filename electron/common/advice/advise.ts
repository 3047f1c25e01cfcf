/** The deadtime advisor: from a record to numbers, each with where it comes from and how far it may be trusted. Pure. */
import type { Advice, AdviceQuestion } from '../contract/advice.ts';
import type { SessionTiming } from '../contract/session.ts';
import { RACK_PAIR_ID } from '../contract/console.ts';
import { downtimeBudgets } from './budget.ts';
import { longestGaps } from './context.ts';
import { confidenceOf, observedOf, refusalOf, unknownsOf } from './limits.ts';
import { smallestMargin } from './margin.ts';
import { directionOf, runMethods, type Direction } from './methods.ts';
import { largest } from './numbers.ts';
import { keepaliveOf, recommend, riskOf } from './recommend.ts';
import { outagesWith, type AdviceRecord } from './record.ts';
import { countStream, type CountedStream } from './streams.ts';
import { algorithmTerms, inducedStallMs } from './terms.ts';
import { excludedWindows, type Window } from './windows.ts';
import { say, timeText } from './words.ts';

/** Streams of a record with what counts of them: the merged ones first. */
export function countRecord(
  record: AdviceRecord,
  windows: readonly Window[] = excludedWindows(record),
): CountedStream[] {
  const counted = record.streams.map((s) => countStream(s, windows, record.timings.get(s.from) ?? null));
  return [...counted.filter((c) => c.view.link === null), ...counted.filter((c) => c.view.link !== null)];
}

/** The times of both nodes; where they differ, the slower of each, because each node enforces what its peer advertises. */
function presentTiming(record: AdviceRecord): SessionTiming | null {
  const all = [...record.timings.values()];
  if (all.length === 0) return null;
  const slower = (read: (t: SessionTiming) => number): number => largest(all.map(read));
  return {
    keepaliveMs: slower((t) => t.keepaliveMs),
    warntimeMs: slower((t) => t.warntimeMs),
    deadtimeMs: slower((t) => t.deadtimeMs),
    initdeadMs: slower((t) => t.initdeadMs),
  };
}

function budgetOutage(
  record: AdviceRecord,
  present: SessionTiming | null,
  recommendation: Advice['recommendation'],
): Advice['budgetOutage'] {
  const outages = outagesWith(record, present?.deadtimeMs);
  if (outages.length > 0) {
    const ms = largest(outages);
    const n = outages.length;
    const time = timeText(ms);
    const text = say(
      `longest outage that a client saw in ${n} drill runs with the present deadtime: ${time}`,
      `以现有 deadtime 的 ${n} 次演练中客户端所见的最长中断：${time}`,
    );
    return { ms, source: 'measured', text };
  }
  const expected = recommendation?.outageMs ?? null;
  if (expected === null) return null;
  const time = timeText(expected[1]);
  const text = say(
    `expected with the recommended deadtime: ${time}; not measured`,
    `按建议的 deadtime 预期：${time}；未实测`,
  );
  return { ms: expected[1], source: 'expected', text };
}

/** Directions that can be judged: heard, and with known times. */
function directionsOf(record: AdviceRecord, merged: readonly CountedStream[], question: AdviceQuestion): Direction[] {
  return merged.flatMap((counted) => {
    const present = record.timings.get(counted.view.from);
    if (present === undefined || counted.view.count === 0) return [];
    return [directionOf(counted, present, question.targetYears)];
  });
}

/**
 * Advises. With too little data `recommendation` is null and `refusal` says what is missing; distribution, gaps and margin are
 * there as far as they go. A recommended deadtime is never below any known floor.
 */
export function advise(record: AdviceRecord, question: AdviceQuestion): Advice {
  const windows = excludedWindows(record);
  const counted = countRecord(record, windows);
  const merged = counted.filter((c) => c.view.link === null);
  const present = presentTiming(record);
  const refusal = refusalOf(record, merged);
  const directions = refusal === null ? directionsOf(record, merged, question) : [];
  const observed = observedOf(record, merged, windows);
  const isRack = record.pairId === RACK_PAIR_ID;
  const terms =
    refusal !== null || present === null
      ? []
      : algorithmTerms({ record, windows, directions, counted, keepaliveMs: keepaliveOf(record, present), question });
  const recommendation =
    terms.length === 0 || present === null ? null : recommend(record, present, directions, terms, isRack);
  const outage = budgetOutage(record, present, recommendation);
  const { pairId, pairName, sessionId, source } = record;
  const hasInduced = inducedStallMs({ record, windows }) !== null;
  return {
    schema: 'twinbeat.advice/1',
    ...{ pairId, pairName, sessionId, source, present },
    nodes: [record.nodes[0], record.nodes[1]],
    observed,
    streams: counted.map((c) => c.view),
    gaps: longestGaps(record, windows),
    margin: smallestMargin(counted.map((c) => c.view)),
    methods: runMethods(directions),
    terms,
    recommendation,
    refusal,
    risk: riskOf(recommendation?.deadtimeMs ?? null, directions, question),
    confidence: confidenceOf(observed, directions, refusal !== null, hasInduced),
    unknowns: unknownsOf(record, windows, observed, directions, question),
    budgets: downtimeBudgets(outage?.ms ?? null),
    budgetOutage: outage,
  };
}
