/** `timeline` */
import { writeFileSync } from 'node:fs';
import { timelineSvg } from '../../common/whathappened/svg.ts';
import { buildTimeline } from '../../common/whathappened/timeline.ts';
import { timelineWords } from '../../common/whathappened/words.ts';
import { connectPair } from '../connectPair.ts';
import { CliError } from '../exitStatus.ts';
import type { CliIo } from '../io.ts';
import type { CliConsole } from '../open.ts';
import { timelineReport, timelineText } from '../timelineReport.ts';
import { durationMs } from '../usage.ts';
import type { Parsed } from '../usage.ts';

const SVG_WIDTH_PX = 1200;

/** A stretch from the beginning of the session, as `--from` and `--to` say it; null: neither is given. */
function rangeOf(parsed: Parsed): { fromMs: number; toMs: number } | null {
  const [from, to] = [parsed.text('from'), parsed.text('to')];
  if (from === null && to === null) return null;
  if (from === null || to === null) throw new CliError('usage', '--from and --to belong together');
  return { fromMs: durationMs(from, 'from'), toMs: durationMs(to, 'to') };
}

/** A stored session needs no pair to be there. */
export async function runTimeline(parsed: Parsed, opened: CliConsole, io: CliIo): Promise<void> {
  const range = rangeOf(parsed);
  const sessionId = parsed.text('session');
  if (sessionId !== null && (parsed.flag('rack') || parsed.text('pair') !== null))
    throw new CliError('usage', 'either --session ID, or --rack, or --pair FILE');
  if (parsed.flag('drill') && (range !== null || parsed.flag('last')))
    throw new CliError('usage', 'one of --last, --drill, or --from with --to');
  const pairId = sessionId === null ? (await connectPair(parsed, opened, io, 'anything')).spec.id : null;
  const choose = range !== null ? 'range' : parsed.flag('drill') ? 'drill' : 'last';
  const stretch = await opened.client.timelineStretch({ pairId, sessionId, choose, ...(range ?? {}) });
  const timeline = buildTimeline(stretch.input);
  const words = timelineWords('en');
  const file = parsed.text('svg');
  if (file !== null) {
    try {
      writeFileSync(file, `${timelineSvg(timeline, words, { widthPx: SVG_WIDTH_PX })}\n`);
    } catch (error) {
      throw new CliError('failed', `--svg ${file}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  io.out(
    parsed.flag('json') ? `${JSON.stringify(timelineReport(stretch, timeline))}\n` : timelineText(timeline, words),
  );
}
