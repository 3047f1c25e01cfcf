// Goal: what a console broke in the rack and stays for ends with its connection, and nobody else's does. Method: a doer that writes down.
import { expect, test } from 'vitest';
import { Attended } from '../../../electron/lab/host/attended.ts';

function made(): { attended: Attended; done: unknown[] } {
  const done: unknown[] = [];
  const note = (command: unknown): Promise<unknown> => Promise.resolve(done.push(command));
  return { attended: new Attended({ power: note, cable: note, impostor: note }), done };
}

const CUT = { id: 'serial', aToB: false, bToA: false, noisePpm: 0, revertAfterMs: 60_000 } as const;
const OFF = { node: 'a', action: 'off', revertAfterMs: 60_000 } as const;
const [ONE, OTHER] = [{}, {}];

test('a console that is gone leaves a whole cable, power and no stranger on the LAN', async () => {
  const { attended, done } = made();
  attended.cable({ ...CUT, attended: true }, ONE);
  attended.power({ ...OFF, attended: true }, ONE);
  attended.impostor({ address: '10.0.0.9', revertAfterMs: 60_000, attended: true }, ONE);
  await attended.leave(OTHER);
  expect(done).toEqual([]);
  await attended.leave(ONE);
  expect(done).toEqual([
    { id: 'serial', aToB: true, bToA: true, noisePpm: 0, revertAfterMs: null, attended: false },
    { node: 'a', action: 'on', revertAfterMs: null, attended: false },
    { address: null, revertAfterMs: null, attended: false },
  ]);
  await attended.leave(ONE);
  expect(done).toHaveLength(3);
});

test('what was undone, or done again by somebody else, is not touched', async () => {
  const { attended, done } = made();
  attended.cable({ ...CUT, attended: true }, ONE);
  attended.cable({ ...CUT, aToB: true, bToA: true, revertAfterMs: null, attended: false }, ONE);
  attended.power({ ...OFF, attended: true }, ONE);
  attended.power({ ...OFF, attended: false }, OTHER);
  await attended.leave(ONE);
  await attended.leave(OTHER);
  expect(done).toEqual([]);
});
