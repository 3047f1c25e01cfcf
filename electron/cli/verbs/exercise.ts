/** `exercise list`, `exercise start NAME`, `exercise answer`, `exercise give-up`: find what is broken in the rack. */
import type { ExerciseBoard, ExerciseGrade, ExerciseView } from '../../common/contract/exercise.ts';
import { connectPair } from '../connectPair.ts';
import { CliError } from '../exitStatus.ts';
import type { CliIo } from '../io.ts';
import type { CliConsole } from '../open.ts';
import type { Parsed } from '../usage.ts';

function boardText({ exercises, current, grades }: ExerciseBoard): string {
  const lines = exercises.map((e) => {
    const state = e.available ? 'ready' : `not here: ${e.reasons.map((r) => r.en).join('; ')}`;
    return `${e.id}  ${'*'.repeat(e.difficulty).padEnd(3)}  ${e.title.en}  [${state}]`;
  });
  const done = grades.map((g) => `done  ${g.exerciseId}  ${g.outcome}  ${g.points} points`);
  return [...lines, ...(current === null ? [] : ['', viewText(current).trimEnd()]), ...done, ''].join('\n');
}

function viewText(view: ExerciseView): string {
  const choice = ({ id, text }: ExerciseView['faults'][number]): string => `  ${id.padEnd(22)}  ${text.en}`;
  const left = view.endsInMs === null ? 0 : Math.round(view.endsInMs / 1000);
  return [
    `exercise running: ${view.title.en}`,
    view.story.en,
    `everything is put right by itself in ${left} s; wrong answers so far: ${view.wrongAnswers}`,
    'what is it? --fault',
    ...view.faults.map(choice),
    'where is it? --place',
    ...view.places.map(choice),
    '',
  ].join('\n');
}

function gradeText(grade: ExerciseGrade): string {
  const sign =
    grade.firstSignMs === null
      ? 'the record shows no sign of it'
      : `first sign in the record after ${(grade.firstSignMs / 1000).toFixed(1)} s`;
  return [
    `${grade.outcome}: ${grade.points} points`,
    ...grade.reasons.map((r) => `  ${r.en}`),
    `solution: ${grade.solution.en}`,
    grade.explanation.en,
    `time used ${(grade.usedMs / 1000).toFixed(0)} s, ${sign}`,
    '',
  ].join('\n');
}

function say(parsed: Parsed, io: CliIo, value: unknown, words: string): void {
  io.out(parsed.flag('json') ? `${JSON.stringify(value)}\n` : words);
}

async function answer(parsed: Parsed, opened: CliConsole, io: CliIo): Promise<void> {
  const [fault, place] = [parsed.text('fault'), parsed.text('place')];
  if (fault === null || place === null)
    throw new CliError('usage', 'what is it and where? --fault ID --place ID (see "exercise list")');
  const { current } = await opened.client.exerciseList({});
  if (current === null) throw new CliError('usage', 'no exercise is running');
  for (const [option, id, choices] of [
    ['fault', fault, current.faults],
    ['place', place, current.places],
  ] as const)
    if (!choices.some((c) => c.id === id))
      throw new CliError('usage', `--${option} ${id}: expected one of ${choices.map((c) => c.id).join(', ')}`);
  const said = await opened.client.exerciseAnswer({ fault, place });
  say(parsed, io, said, said.grade === null ? 'wrong: go on looking\n' : gradeText(said.grade));
  if (said.result !== 'right')
    throw new CliError('failed', said.result === 'wrong' ? 'wrong answer' : 'the exercise is over');
}

/** Exercises are done in the running rack. */
export async function runExercise(parsed: Parsed, opened: CliConsole, io: CliIo): Promise<void> {
  const [action, name] = parsed.words;
  if ((action === 'start') !== (name !== undefined))
    throw new CliError(
      'usage',
      action === 'start' ? 'which one? exercise start NAME' : `"${name}" is one word too many`,
    );
  await connectPair(parsed, opened, io, action === 'start' ? 'agents' : 'anything');
  switch (action) {
    case 'start': {
      const view = await opened.client.exerciseStart({ exerciseId: name ?? '' });
      return say(parsed, io, view, viewText(view));
    }
    case 'answer':
      return answer(parsed, opened, io);
    case 'give-up': {
      const grade = await opened.client.exerciseGiveUp({});
      return say(parsed, io, grade, gradeText(grade));
    }
    default: {
      const board = await opened.client.exerciseList({});
      return say(parsed, io, board, boardText(board));
    }
  }
}
