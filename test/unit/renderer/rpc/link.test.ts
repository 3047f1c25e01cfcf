import { expect, test } from 'vitest';
import type { Channel } from '../../../../agent/common/rpc/channel.ts';
import { memoryChannelPair } from '../../../../agent/common/rpc/memory.ts';
import { serve } from '../../../../agent/common/rpc/server.ts';
import { consoleContract } from '../../../../electron/common/contract/console.ts';
import { ConsoleLink, type LinkPhase } from '../../../../renderer/rpc/link.ts';
import { FakeConsole } from '../../../support/fakeConsole.ts';

/** Resolves once `test` holds; the test's own time limit ends it otherwise. */
async function until(check: () => boolean): Promise<void> {
  while (!check()) await new Promise((resolve) => setTimeout(resolve, 10));
}

test('link: a lost core is found again, and what was followed goes on by itself', async () => {
  const fake = new FakeConsole({ pace: 0 });
  const ends: Channel[] = [];
  const open = (): Promise<Channel> => {
    const [near, far] = memoryChannelPair();
    serve(far, consoleContract, fake.implementation, null);
    ends.push(far);
    return Promise.resolve(near);
  };
  const phases: LinkPhase[] = [];
  const link = new ConsoleLink(open, (phase) => phases.push(phase));
  let starts = 0;
  let items = 0;
  const stop = link.follow(
    'rackState',
    {},
    () => (items += 1),
    () => (starts += 1),
  );
  await until(() => items > 0);
  const before = items;
  ends[0]?.close();
  await until(() => starts === 2 && items > before);
  expect(phases.slice(0, 5)).toEqual(['connecting', 'open', 'lost', 'connecting', 'open']);
  // Stopped: a further item is not delivered.
  stop();
  const atStop = items;
  await link.client.rackUp({});
  expect(items).toBe(atStop);
  fake.close();
});

test('link: without a connection a request fails at once instead of hanging', () => {
  const link = new ConsoleLink(
    () => new Promise(() => undefined),
    () => undefined,
  );
  expect(() => link.client).toThrow('no connection');
});
