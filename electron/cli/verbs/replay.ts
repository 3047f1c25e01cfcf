/** `replay` */
import type { Recording } from '../../common/recording/read.ts';
import { sleepMs } from '../../core/base/time.ts';
import { readRecording, readRecordingFile } from '../../core/recorder/recordingFile.ts';
import { CliError } from '../exitStatus.ts';
import type { CliIo } from '../io.ts';
import type { CliConsole } from '../open.ts';
import { axisText, replayLines } from '../replayText.ts';
import type { Parsed } from '../usage.ts';
import { recordingFileNamed, recordingOf, sessionNamed, tellFlaws } from './sessions.ts';

/** How many times faster than it was; Infinity: at once, which is what a pipe wants. */
function speedOf(parsed: Parsed): number {
  const given = parsed.text('speed');
  if (given === null) return process.stdout.isTTY ? 1 : Infinity;
  if (given === 'max') return Infinity;
  const speed = Number(given);
  if (!(speed > 0))
    throw new CliError('usage', `--speed ${given}: expected a number above 0 (10 is ten times as fast), or max`);
  return speed;
}

async function load(word: string | undefined, opened: CliConsole): Promise<Recording> {
  const file = recordingFileNamed(word);
  const read =
    file === null
      ? await readRecording(recordingOf(opened, await sessionNamed(word, opened), false))
      : await readRecordingFile(file);
  if (!read.ok) throw new CliError('usage', `${word ?? ''}: ${read.detail}`);
  return read.value;
}

function summary({
  head,
  batch,
  drills,
  terminals,
  fromMs,
  toMs,
  isWhole,
  skipped,
  flaws,
}: Recording): Record<string, unknown> {
  const { samples, events, probes, gaps, witness, faults } = batch;
  return {
    session: head.id,
    pair: head.pairName,
    nodes: head.nodes,
    startedWallMs: head.startedWallMs,
    anonymised: head.anonymised,
    fromMs,
    toMs,
    isWhole,
    skipped,
    flaws: flaws.map(({ detail }) => detail),
    counts: {
      samples: samples.length,
      events: events.length,
      probes: probes.length,
      gaps: gaps.length,
      witness: witness.length,
      faults: faults.length,
      drills: drills.length,
    },
    terminals: terminals.map(({ head: t, casts }) => ({
      number: t.number,
      node: t.node,
      terminal: t.terminal,
      tMs: t.tMs,
      pieces: casts.length,
    })),
  };
}

/** Shows things at their time: the first at once, each other as long after it as it was, divided by the speed. */
async function atTheirTimes<T>(
  items: readonly T[],
  timeOf: (item: T) => number,
  speed: number,
  show: (item: T) => void,
): Promise<void> {
  const [first] = items;
  if (first === undefined) return;
  const beganMs = performance.now();
  for (const item of items) {
    const dueMs = beganMs + (timeOf(item) - timeOf(first)) / speed;
    const waitMs = dueMs - performance.now();
    if (waitMs > 1) await sleepMs(waitMs);
    show(item);
  }
}

async function playTerminal(recording: Recording, given: string, speed: number, io: CliIo): Promise<void> {
  const terminal = recording.terminals.find(({ head }) => String(head.number) === given);
  const known = recording.terminals.map(({ head }) => `${head.number} (${head.node} ${head.terminal})`).join(', ');
  if (terminal === undefined)
    throw new CliError(
      'usage',
      `--terminal ${given}: expected one of ${known === '' ? 'none: nothing was recorded' : known}`,
    );
  await atTheirTimes(
    terminal.casts,
    ([s]) => s * 1000,
    speed,
    ([, code, data]) => (code === 'o' ? io.out(data) : undefined),
  );
}

/** Text at the pace at which it happened; `--json`: everything at once as one document. */
export async function runReplay(parsed: Parsed, opened: CliConsole, io: CliIo): Promise<void> {
  const speed = speedOf(parsed);
  const recording = await load(parsed.words[0], opened);
  const lines = replayLines(recording);
  if (parsed.flag('json')) return io.out(`${JSON.stringify({ ...summary(recording), lines })}\n`);
  tellFlaws(parsed.words[0], recording, io);
  const terminal = parsed.text('terminal');
  if (terminal !== null) return playTerminal(recording, terminal, speed, io);
  await atTheirTimes(
    lines,
    (line) => line.tMs,
    speed,
    ({ tMs, source, text }) => io.out(`${axisText(tMs)}  ${source}  ${text}\n`),
  );
}
