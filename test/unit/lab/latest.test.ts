import { expect, test } from 'vitest';
import { CancelSource } from '../../../agent/common/rpc/cancel.ts';
import { Latest } from '../../../electron/lab/latest.ts';

test('a slow reader gets the present value, then the newest, and the last one before the end', async () => {
  const latest = new Latest(1);
  const cancel = new CancelSource();
  const changes = latest.changes(cancel.signal);
  expect((await changes.next()).value).toBe(1);
  latest.set(2);
  latest.set(3);
  expect((await changes.next()).value).toBe(3);
  const waiting = changes.next();
  latest.set(4);
  expect((await waiting).value).toBe(4);
  const last = changes.next();
  cancel.cancel();
  expect((await last).done).toBe(true);
});

test('a listener that left hears nothing', () => {
  const latest = new Latest('a');
  const heard: string[] = [];
  const unlisten = latest.listen((value) => heard.push(value));
  latest.set('b');
  unlisten();
  latest.set('c');
  expect(heard).toEqual(['b']);
  expect(latest.value).toBe('c');
});
