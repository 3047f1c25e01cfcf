/** One stretch of a session as one picture: lanes, phases, verdicts, what it is called, and what speaks against trusting it. */
import type { Text } from '../contract/drill.ts';
import { measureOutage, outageSpans } from '../drill/outage.ts';
import { millis, text } from '../drill/text.ts';
import { inBoth } from '../words/sentence.ts';
import { STALE_GRACE_MS } from '../verdict/stale.ts';
import { verdictMs, verdictSpans } from './band.ts';
import { lanesOf } from './lanes.ts';
import { numbered } from './order.ts';
import { phasesOf, windowsOf } from './phases.ts';
import { nameSituations } from './situations/index.ts';
import { macOf, nodeOfMac, storyOf, type Story } from './story.ts';
import type { Outage, StaleNeighbour, Timeline, TimelineInput, VerdictSpan, WindowSums } from './types.ts';

/** Outages of the client, each in the window in which it began. */
function outagesOf(story: Story, revertMs: number | null): Outage[] {
  const probes = story.batch.probes.filter((p) => p.tMs >= story.fromMs && p.tMs <= story.toMs);
  return outageSpans(probes).map((span) => ({
    window: revertMs !== null && span.fromMs >= revertMs ? 'heal' : 'fault',
    ...span,
  }));
}

function sums(
  story: Story,
  window: Outage['window'],
  fromMs: number,
  toMs: number,
  outages: readonly Outage[],
  verdicts: readonly VerdictSpan[],
): WindowSums {
  const own = outages.filter(
    (outage) => outage.window === window && outage.fromMs >= fromMs - (story.probePeriodMs ?? 0),
  );
  const probed = story.batch.probes.some((p) => p.tMs >= fromMs && p.tMs <= toMs);
  const ended = own.flatMap((outage) => (outage.toMs === null ? [] : [outage.toMs - outage.fromMs]));
  const known = probed && ended.length === own.length;
  return {
    fromMs,
    toMs,
    outageMs: known ? Math.max(0, ...ended) : null,
    outageErrorMs: known ? story.probePeriodMs : null,
    unavailableMs: known ? ended.reduce((sum, ms) => sum + ms, 0) : null,
    dualMs: verdictMs(verdicts, 'dual', fromMs, toMs),
    unknownMs: verdictMs(verdicts, 'unknown', fromMs, toMs),
  };
}

/** Stretches in which the LAN witness's own host sent packets elsewhere than to the only holder, longer than an announcement needs. */
function staleStretches(story: Story, verdicts: readonly VerdictSpan[]): StaleNeighbour[] {
  const found: StaleNeighbour[] = [];
  for (const span of verdicts) {
    const [holder] = span.holders;
    const holderMac = span.verdict === 'one' && holder !== undefined ? macOf(story, holder) : null;
    if (holder === undefined || holderMac === null) continue;
    const looks = story.batch.witness.filter(
      (w) => w.address === story.address && w.kind === 'asked' && w.tMs >= span.fromMs && w.tMs < span.toMs,
    );
    const wrong = looks.find((w) => w.neighbourMac !== null && w.neighbourMac !== holderMac);
    if (wrong?.neighbourMac == null) continue;
    const right = looks.find((w) => w.tMs > wrong.tMs && w.neighbourMac === holderMac);
    const lastMs = right?.tMs ?? looks.at(-1)?.tMs ?? wrong.tMs;
    if (lastMs - wrong.tMs < STALE_GRACE_MS) continue;
    const { neighbourMac } = wrong;
    const neighbourNode = nodeOfMac(story, neighbourMac);
    found.push({ fromMs: wrong.tMs, toMs: right?.tMs ?? null, neighbourMac, neighbourNode, holder, holderMac });
  }
  return found;
}

function clockErrors(story: Story): [number | null, number | null] {
  const largest = (node: string): number | null => {
    const errors = [
      ...story.batch.samples.flatMap((s) => (s.node === node ? [s.errorMs] : [])),
      ...story.told.flatMap((e) => (e.node === node ? [e.errorMs] : [])),
    ];
    return errors.length === 0 ? null : errors.reduce((most, ms) => Math.max(most, ms), 0);
  };
  return [largest(story.nodes[0]), largest(story.nodes[1])];
}

function doubtsOf(story: Story): Text[] {
  const probes = story.batch.probes.filter((p) => p.tMs >= story.fromMs && p.tMs <= story.toMs);
  const stalledMs = story.probePeriodMs === null ? null : measureOutage(probes, story.probePeriodMs).stalledMs;
  const gaps = story.batch.gaps.filter((gap) => gap.source !== story.nodes[0] && gap.source !== story.nodes[1]);
  return [
    ...(story.exercise === true
      ? [
          text(
            'an exercise runs: the fault and the names of situations are hidden until it is answered',
            '练习进行中：故障和情况名称在作答之前隐藏',
          ),
        ]
      : []),
    ...(stalledMs === null
      ? []
      : [
          text(
            `the probe itself stood still for ${millis(stalledMs).en}`,
            `探测本身停顿了 ${millis(stalledMs)['zh-CN']}`,
          ),
        ]),
    ...gaps.map(({ source, reason, said }) => {
      const why = inBoth({ detail: reason, said });
      return text(`${source}: ${why.en}`, `${source}：${why['zh-CN']}`);
    }),
    ...(story.batch.witness.length === 0
      ? [text('no witness on the LAN: who answers there is not known', '局域网上没有证据来源：不知道谁在应答')]
      : []),
  ];
}

/** Puts the stretch together. Pure: the same record gives the same picture. */
export function buildTimeline(input: TimelineInput): Timeline {
  const story = storyOf(input);
  const { fromMs, toMs, nodes, address } = story;
  const verdicts = verdictSpans(story);
  const { startMs, revertMs } = windowsOf(story);
  const outages = outagesOf(story, revertMs);
  const { phases } = phasesOf(story, verdicts, outages);
  const stale = staleStretches(story, verdicts);
  const faultEndMs = revertMs ?? toMs;
  return {
    fromMs,
    toMs,
    nodes,
    address,
    lanes: numbered(lanesOf(story, verdicts)),
    phases,
    verdicts,
    outages,
    faultWindow: startMs === null ? null : sums(story, 'fault', startMs, faultEndMs, outages, verdicts),
    healWindow: revertMs === null ? null : sums(story, 'heal', revertMs, toMs, outages, verdicts),
    situations: story.exercise === true ? [] : nameSituations({ story, verdicts, nowMs: toMs }, stale),
    stale,
    clockErrorMs: clockErrors(story),
    doubts: doubtsOf(story),
  };
}

/** Only the names, for the running console: everything recorded so far, up to `input.toMs`. */
export function situationsOf(input: TimelineInput): Timeline['situations'] {
  const story = storyOf(input);
  const verdicts = verdictSpans(story);
  return nameSituations({ story, verdicts, nowMs: story.toMs }, staleStretches(story, verdicts));
}
