/** The exercise that runs in the rack, and what came of earlier ones. */
import { create } from 'zustand';
import type { ExerciseBoard, ExerciseGrade } from '../../electron/common/contract/exercise.ts';
import { link } from './link.ts';
import { attempt } from './notices.ts';

interface ExercisesState {
  readonly board: ExerciseBoard | null;
  /** What came of the one that ended last in this window. */
  readonly grade: ExerciseGrade | null;
  /** The newest answer was wrong. */
  readonly wrong: boolean;
  readonly busy: boolean;
}

export const useExercises = create<ExercisesState>(() => ({ board: null, grade: null, wrong: false, busy: false }));

/** Asks again; an exercise that somebody else began is seen too. */
export async function loadExercises(): Promise<void> {
  const board = await attempt(() => link.client.exerciseList({}));
  if (board !== undefined) useExercises.setState({ board });
}

/** One request at a time; what it changes is asked for afterwards. */
async function act(work: () => Promise<Partial<ExercisesState>>): Promise<void> {
  if (useExercises.getState().busy) return;
  useExercises.setState({ busy: true });
  const change = await attempt(work);
  useExercises.setState({ busy: false, ...change });
  await loadExercises();
}

export function startExercise(exerciseId: string): void {
  void act(async () => {
    await link.client.exerciseStart({ exerciseId });
    return { grade: null, wrong: false };
  });
}

export function answerExercise(fault: string, place: string): void {
  void act(async () => {
    const { result, grade } = await link.client.exerciseAnswer({ fault, place });
    return { wrong: result === 'wrong', grade };
  });
}

export function giveUpExercise(): void {
  void act(async () => ({ grade: await link.client.exerciseGiveUp({}), wrong: false }));
}
