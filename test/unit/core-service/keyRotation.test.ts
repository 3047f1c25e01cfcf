// Rotations as the console keeps them: one at a time for each pair, and who leaves, or closes the console, leaves no step half done.
// Method: nodes whose agents answer when the test says so; what rotating itself does is rotateKeys.test.ts's.
import { beforeEach, expect, test } from 'vitest';
import { fail } from '../../../agent/common/base/result.ts';
import { CancelSource } from '../../../agent/common/rpc/cancel.ts';
import { KeyRotations } from '../../../electron/core/service/keyRotation.ts';
import type { RotationNode } from '../../../electron/core/deploy/rotateKeys.ts';

const PAIR = {};
const NEVER = new CancelSource().signal;

let rotations: KeyRotations;
/** Lets the node that is asked now answer: that its agent is stopped, which ends a rotation at its check. */
let answer: () => void;
let asked: number;

function node(name: string): RotationNode {
  const unused = () => Promise.reject(new Error('not in this test'));
  const status: RotationNode['status'] = () => {
    asked += 1;
    return new Promise((resolve) => (answer = () => resolve(fail('not-attached', 'the agent is stopped'))));
  };
  return { name, readKeys: unused, writeKeys: unused, status, reload: unused };
}

const start = (pair = PAIR, signal = NEVER) => rotations.start(pair, [node('a'), node('b')], 'sha1', signal);

beforeEach(() => {
  rotations = new KeyRotations();
  asked = 0;
});

async function stepsOf(stream: ReturnType<typeof start>): Promise<string[]> {
  const steps: string[] = [];
  for await (const { step } of stream) steps.push(step);
  return steps;
}

test('one at a time for each pair; another pair is not kept waiting', async () => {
  const first = stepsOf(start());
  const release = answer;
  expect(() => start()).toThrow(expect.objectContaining({ code: 'busy' }));
  const other = stepsOf(start({}));
  answer();
  expect(await other).toEqual(['check', 'failed']);
  release();
  expect(await first).toEqual(['check', 'failed']);
  const again = stepsOf(start());
  answer();
  expect(await again).toEqual(['check', 'failed']);
});

test('a consumer that leaves does not end the step in work: the pair stays busy until it is over', async () => {
  for await (const { step } of start()) {
    expect(step).toBe('check');
    break;
  }
  expect(() => start()).toThrow(expect.objectContaining({ code: 'busy' }));
  answer();
  await rotations.end();
  expect(asked).toBe(1);
  const again = stepsOf(start());
  answer();
  expect(await again).toEqual(['check', 'failed']);
});

test('closing waits for the step in work', async () => {
  const said = stepsOf(start());
  let closed = false;
  const closing = rotations.end().then(() => (closed = true));
  await new Promise(setImmediate);
  expect(closed).toBe(false);
  answer();
  await closing;
  expect(await said).toEqual(['check', 'failed']);
});
