import { EventEmitter } from 'node:events';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { connect } from '../../../agent/common/rpc/client.ts';
import type { Client } from '../../../agent/common/rpc/contract.ts';
import { serve } from '../../../agent/common/rpc/server.ts';
import { consoleContract, type ConsoleContract } from '../../../electron/common/contract/console.ts';
import type { CoreMessage } from '../../../electron/desktop/channels.ts';
import { serveCore, type ServedConsole } from '../../../electron/desktop/coreServer.ts';
import { hostContract } from '../../../electron/desktop/hostContract.ts';
import { portChannel } from '../../../electron/desktop/portChannel.ts';
import { MessageChannelMain, type MessagePortMain } from '../../support/electron-standin/ports.ts';
import { FakeConsole } from '../../support/fakeConsole.ts';

let fake: FakeConsole;
let parentPort: EventEmitter;
let exits: number[];
const told: unknown[] = [];

beforeEach(() => {
  fake = new FakeConsole({ pace: 0, settings: { language: 'zh-CN', theme: 'dark' } });
  parentPort = new EventEmitter();
  exits = [];
  told.length = 0;
});
afterEach(() => fake.close());

function send(message: CoreMessage, ports: MessagePortMain[] = []): void {
  parentPort.emit('message', { data: message, ports });
}

/** As main does it: start, with the host's side of the contract behind the port. */
function start(): void {
  const { port1, port2 } = new MessageChannelMain();
  const implementation = {
    secretsState: () => ({ available: false, reason: 'none' }),
    secretGet: () => ({ value: null }),
    secretSet: () => ({}),
    secretRemove: () => ({}),
    printPdf: () => ({}),
    openFile: () => ({}),
    settings: (settings: unknown) => {
      told.push(settings);
      return {};
    },
  };
  serve(portChannel(port1), hostContract, implementation, null);
  send({ kind: 'start', options: { version: '1', userDir: null, appDir: '/', labEntry: '/' } }, [port2]);
}

function openPage(): Client<ConsoleContract> {
  const { port1, port2 } = new MessageChannelMain();
  send({ kind: 'page' }, [port2]);
  return connect(portChannel(port1), consoleContract);
}

function served(close: () => Promise<void> = () => Promise.resolve()): ServedConsole<null> {
  return { implementation: fake.implementation, newContext: () => null, close };
}

test('a page that comes while the console is being made is served when it is', async () => {
  let finish: (console: ServedConsole<null>) => void = () => undefined;
  serveCore(
    parentPort,
    () => new Promise<ServedConsole<null>>((resolve) => (finish = resolve)),
    (code) => exits.push(code),
  );
  start();
  const info = openPage().info({});
  await new Promise((resolve) => setImmediate(resolve));
  finish(served());
  expect(await info).toMatchObject({ platform: expect.any(String) });
  expect(exits).toEqual([]);
});

test('main is told language and theme at the start and at every change, before the page hears of it', async () => {
  serveCore(
    parentPort,
    () => Promise.resolve(served()),
    (code) => exits.push(code),
  );
  start();
  const page = openPage();
  await page.info({});
  expect(told).toEqual([{ language: 'zh-CN', theme: 'dark' }]);
  await page.settingsSet({ language: 'en' });
  expect(told.at(-1)).toEqual({ language: 'en', theme: 'dark' });
});

test('shutdown closes the console, then the process', async () => {
  const order: string[] = [];
  const close = async (): Promise<void> => {
    await new Promise((resolve) => setImmediate(resolve));
    order.push('closed');
  };
  serveCore(
    parentPort,
    () => Promise.resolve(served(close)),
    (code) => order.push(`exit ${code}`),
  );
  start();
  send({ kind: 'shutdown' });
  await expect.poll(() => order).toEqual(['closed', 'exit 0']);
});

test('a console that cannot be made ends the process with a word on standard error', async () => {
  const stderr = vi.spyOn(process.stderr, 'write').mockReturnValue(true);
  try {
    serveCore(
      parentPort,
      () => Promise.reject(new Error('no store')),
      (code) => exits.push(code),
    );
    start();
    await expect.poll(() => exits).toEqual([70]);
    expect(stderr.mock.calls.join('')).toContain('no store');
  } finally {
    stderr.mockRestore();
  }
});

test('closing a page’s port ends its streams', async () => {
  serveCore(
    parentPort,
    () => Promise.resolve(served()),
    (code) => exits.push(code),
  );
  start();
  const { port1, port2 } = new MessageChannelMain();
  send({ kind: 'page' }, [port2]);
  const page = connect(portChannel(port1), consoleContract);
  const iterator = page.rackState({})[Symbol.asyncIterator]();
  expect((await iterator.next()).done).toBe(false);
  port1.close();
  await expect(iterator.next()).rejects.toMatchObject({ code: 'closed' });
});
