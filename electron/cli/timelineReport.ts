/** What `timeline` prints: a stretch's phases, sums, names and verdicts, as JSON and as text. Pure. */
import type { TimelineStretch } from '../common/contract/timeline.ts';
import { witnessNames } from '../common/verdict/witnesses.ts';
import { unorderedGroups, unorderedPhases } from '../common/whathappened/order.ts';
import type { Timeline, WindowSums } from '../common/whathappened/types.ts';
import type { TimelineWords } from '../common/whathappened/words.ts';

/** The timeline as scripts read it: everything but the picture. Times are milliseconds on the session axis. */
export function timelineReport(stretch: TimelineStretch, timeline: Timeline): object {
  const { sessionId, startedWallMs, chosen } = stretch;
  return { session: sessionId, startedWallMs, chosen, ...timeline };
}

function windowLine(name: string, sums: WindowSums | null, words: TimelineWords): string[] {
  if (sums === null) return [];
  const outage = words.time(sums.outageMs, sums.outageErrorMs);
  const parts = [
    `outage ${outage}`,
    `without service ${words.time(sums.unavailableMs)}`,
    `dual ${words.time(sums.dualMs)}`,
  ];
  if (sums.unknownMs > 0) parts.push(`cannot tell ${words.time(sums.unknownMs)}`);
  return [`${name.padEnd(9)} ${parts.join('  ')}`];
}

/** Marks whose order the clocks cannot tell, a line for each group. Times count from `zeroMs`. */
function orderLines(timeline: Timeline, words: TimelineWords, zeroMs: number): string[] {
  return unorderedGroups(timeline.lanes).map((group) => {
    const parts = group.map(
      ({ tMs, errorMs, source, text }) =>
        `${words.time(tMs - zeroMs, errorMs)} ${words.source(source)}: ${words.of(text)}`,
    );
    return `order     ≈ ${parts.join('  ≈  ')}  (${words.unordered})`;
  });
}

/** The same for people. */
export function timelineText(timeline: Timeline, words: TimelineWords): string {
  const unordered = unorderedPhases(timeline.phases);
  const phases = timeline.phases.map((phase) => {
    const name = `phase   ${unordered.has(phase.id) ? '≈' : ' '} ${words.phase(phase.id).padEnd(14)}`;
    if (phase.atMs === null) return `${name} -  ${words.of(phase.text)}`;
    const since = words.time(phase.sinceStartMs, phase.sinceStartErrorMs);
    return `${name} ${since.padEnd(20)}  ${words.of(phase.text)}  [${words.source(phase.source)}]`;
  });
  const from = timeline.phases.find((p) => p.id === 'fault')?.atMs ?? timeline.fromMs;
  const verdicts = timeline.verdicts.map((v) => {
    const silent = v.missing.length === 0 ? '' : `  (missing witness: ${witnessNames(v.missing).en})`;
    const who = v.holders.join(' + ');
    return `verdict   ${words.time(v.fromMs - from).padStart(9)} .. ${words.time(v.toMs - from).padStart(9)}  ${v.verdict}${who === '' ? '' : `  ${who}`}${silent}`;
  });
  const named = timeline.situations.flatMap((s) => [
    `named     ${words.of(s.name)}${s.untilMs === null ? '' : '  (over)'}`,
    ...s.evidence.map((e) => `          ${e.tMs === null ? '' : `${words.time(e.tMs - from)}: `}${words.of(e.text)}`),
    `          -> ${words.of(s.advice)}`,
  ]);
  const doubts = timeline.doubts.map((doubt) => `doubt     ${words.of(doubt)}`);
  return `${[
    `address   ${timeline.address ?? 'unknown'}`,
    ...phases,
    ...windowLine('fault', timeline.faultWindow, words),
    ...windowLine('heal', timeline.healWindow, words),
    ...verdicts,
    ...orderLines(timeline, words, from),
    ...named,
    ...doubts,
  ].join('\n')}\n`;
}
