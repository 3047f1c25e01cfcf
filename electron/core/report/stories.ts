/** The picture and the phases of each run, from the record of its session. */
import { PairSpecSchema } from '../../common/contract/pair.ts';
import type { DrillRun } from '../../common/contract/drill.ts';
import type { ReportLanguage } from '../../common/report/form.ts';
import type { ReportRun } from '../../common/report/model.ts';
import { buildTimeline } from '../../common/whathappened/timeline.ts';
import type { Timeline } from '../../common/whathappened/types.ts';
import { timelineSvg } from '../../common/whathappened/svg.ts';
import { timelineWords } from '../../common/whathappened/words.ts';
import { serialBaudOf } from '../service/timelines.ts';
import type { SessionStore } from '../store/sessionStore.ts';

/** Width of a picture, pixels: that of the page at its own resolution. */
const PICTURE_WIDTH_PX = 900;
/** Shown before the fault, milliseconds. */
const BEFORE_MS = 3000;
/** Shown after the end of a run, milliseconds. */
const AFTER_MS = 1000;
/** Longer runs (a soak) have no picture: nothing could be seen in it. */
const PICTURE_MS_MAX = 30 * 60_000;

/** A run with its story, and the drawing that goes to the attachments. */
export interface ToldRun {
  readonly run: ReportRun;
  readonly svg: string | null;
}

/** Path of the picture of the n-th run, counted from 1. */
const picturePath = (n: number, { drill }: DrillRun): string =>
  `attachments/timeline-${String(n).padStart(3, '0')}-${drill.replace(/[^a-z0-9-]/g, '_')}.svg`;

/** What both names end with, from a dot on: it tells them apart nowhere and takes the room of what does. */
export function commonDomain(a: string, b: string): string {
  const [left, right] = [a.split('.').reverse(), b.split('.').reverse()];
  let same = 0;
  while (same < Math.min(left.length, right.length) - 1 && left[same] === right[same]) same += 1;
  return same === 0 ? '' : `.${left.slice(0, same).reverse().join('.')}`;
}

/** The same story with short names, for a drawing: its lanes have little room. */
function shortened(timeline: Timeline, nodes: readonly [string, string]): Timeline {
  const domain = commonDomain(...nodes);
  if (domain === '') return timeline;
  const short = (words: string): string =>
    nodes.reduce((said, name) => said.replaceAll(name, name.slice(0, -domain.length)), words);
  const walk = (value: unknown): unknown => {
    if (typeof value === 'string') return short(value);
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, one]) => [key, walk(one)]));
  };
  return walk(timeline) as Timeline;
}

export function tellRun(store: SessionStore, run: DrillRun, n: number, language: ReportLanguage): ToldRun {
  const bare: ToldRun = { run: { run, picture: null, phases: [], situations: [] }, svg: null };
  const session = store.archive.find(run.sessionId);
  const spec = session === null ? null : PairSpecSchema.safeParse(JSON.parse(session.pairJson));
  if (run.verdict === 'skipped' || run.faultAtMs === null || spec?.success !== true) return bare;
  const fromMs = Math.max(run.beganAtMs, run.faultAtMs - BEFORE_MS);
  const toMs = run.endedAtMs + AFTER_MS;
  const timeline = buildTimeline({
    batch: store.range(run.sessionId, fromMs - BEFORE_MS, toMs),
    nodes: [spec.data.nodes[0].name, spec.data.nodes[1].name],
    address: spec.data.probe?.address ?? null,
    fromMs,
    toMs,
    probePeriodMs: spec.data.probe?.periodMs ?? null,
    serialBaud: serialBaudOf(spec.data),
  });
  const words = { en: timelineWords('en'), 'zh-CN': timelineWords('zh-CN') };
  const phases = timeline.phases.map((phase) => ({
    text: {
      en: `${words.en.phase(phase.id)}: ${phase.text.en}${phase.id === 'stable' ? ' (counted from the end of the fault)' : ''}`,
      'zh-CN': `${words['zh-CN'].phase(phase.id)}：${phase.text['zh-CN']}${phase.id === 'stable' ? '（自故障结束起）' : ''}`,
    },
    sinceStartMs: phase.sinceStartMs,
    errorMs: phase.sinceStartErrorMs,
  }));
  const isDrawn = toMs - fromMs <= PICTURE_MS_MAX;
  return {
    run: {
      run,
      picture: isDrawn ? picturePath(n, run) : null,
      phases,
      situations: timeline.situations.map((s) => s.name),
    },
    svg: isDrawn
      ? timelineSvg(shortened(timeline, timeline.nodes), words[language], { widthPx: PICTURE_WIDTH_PX })
      : null,
  };
}
