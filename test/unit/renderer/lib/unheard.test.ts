// Goal: when the console is gone, nothing on the screen goes on saying that the pair is well.
import { expect, test } from 'vitest';
import { unheard } from '../../../../renderer/lib/unheard.ts';
import { FakeConsole } from '../../../support/fakeConsole.ts';

test('names and addresses stay; who holds, who lives and who answers is unknown', () => {
  const fake = new FakeConsole({ pace: 0 });
  fake.warmUp();
  const before = fake.pairState();
  fake.close();
  const after = unheard(before);
  expect(after.nodes.map((n) => n.node)).toEqual(before.nodes.map((n) => n.node));
  expect(after.nodes.map((n) => [n.phase, n.status, n.agent.phase, n.clock])).toEqual([
    ['lost', null, 'unknown', null],
    ['lost', null, 'unknown', null],
  ]);
  expect(before.vips[0]?.verdict).toBe('one');
  expect(after.vips).toMatchObject([{ address: before.vips[0]?.address, verdict: 'unknown', holder: null }]);
  expect(after.probe).toMatchObject({ running: false, answeredBy: null });
  expect(after.faults).toEqual(before.faults);
});
