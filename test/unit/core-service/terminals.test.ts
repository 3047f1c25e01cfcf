// Terminals: whole characters, bounded memory, one reader, nothing left open.
import { spawnSync } from 'node:child_process';
import { expect, test } from 'vitest';
import { CancelSource } from '../../../agent/common/rpc/cancel.ts';
import { Tapes } from '../../../electron/core/recorder/tapes.ts';
import { say } from '../../../electron/common/words/sentence.ts';
import type { NodeConnector, RemoteProcess } from '../../../electron/core/service/ports.ts';
import { SessionStore } from '../../../electron/core/store/sessionStore.ts';
import { terminalCommand } from '../../../electron/core/terminal/commands.ts';
import { Terminals } from '../../../electron/core/terminal/terminals.ts';

class FakeProcess implements RemoteProcess {
  data: (bytes: Uint8Array) => void = () => undefined;
  exit: (status: number | null) => void = () => undefined;
  paused = 0;
  resumed = 0;
  closed = 0;
  written = '';
  size = '';
  onData(f: (bytes: Uint8Array) => void): void {
    this.data = f;
  }
  onErrorText(): void {}
  onExit(f: (status: number | null) => void): void {
    this.exit = f;
  }
  write(bytes: Uint8Array | string): void {
    this.written += String(bytes);
  }
  pause(): void {
    this.paused += 1;
  }
  resume(): void {
    this.resumed += 1;
  }
  resize(cols: number, rows: number): void {
    this.size = `${cols}x${rows}`;
  }
  close(): void {
    this.closed += 1;
  }
}

async function open(): Promise<{
  terminals: Terminals;
  id: string;
  process: FakeProcess;
  store: SessionStore;
}> {
  const process = new FakeProcess();
  const terminals = new Terminals();
  const spec = { name: 'a' };
  const connector = { spec, exec: () => Promise.resolve(process) } as unknown as NodeConnector;
  const store = new SessionStore(':memory:');
  const tapes = new Tapes(store, 's', () => performance.now());
  return { terminals, id: await terminals.open(connector, 'shell', 80, 24, tapes), process, store };
}

test('a character that arrives in two pieces comes out whole, the exit comes last', async () => {
  const { terminals, id, process } = await open();
  const bytes = new TextEncoder().encode('心跳');
  process.data(bytes.slice(0, 4));
  process.data(bytes.slice(4));
  process.exit(3);
  const items = [];
  for await (const item of terminals.get(id).read(new CancelSource().signal)) items.push(item);
  const text = items.map((i) => (i.kind === 'data' ? i.data : '')).join('');
  expect(text).toBe('心跳');
  expect(items.at(-1)).toEqual({ kind: 'exit', ...say('terminalEnded', { status: 3 }) });
});

test('a reader that does not read holds the far end back, and reading lets it go on', async () => {
  const { terminals, id, process } = await open();
  const reader = terminals.get(id).read(new CancelSource().signal)[Symbol.asyncIterator]();
  for (let i = 0; i < 700; i += 1) process.data(new TextEncoder().encode('x'.repeat(1024)));
  expect(process.paused).toBe(1);
  let read = 0;
  while (process.resumed === 0) {
    const next = await reader.next();
    if (next.done === true || next.value.kind !== 'data') throw new Error('ended');
    read += next.value.data.length;
  }
  expect(read).toBeGreaterThan(500 * 1024);
  await reader.return?.();
});

test('no emoji is cut in two', async () => {
  const { terminals, id, process } = await open();
  process.data(new TextEncoder().encode('a' + '😀'.repeat(20_000)));
  process.exit(0);
  for await (const item of terminals.get(id).read(new CancelSource().signal)) {
    // encodeURI throws on half a pair.
    if (item.kind === 'data') expect(encodeURI(item.data)).not.toBe('');
  }
});

test('input and size reach the process; when the reader leaves, it is closed', async () => {
  const { terminals, id, process } = await open();
  const cancel = new CancelSource();
  const reader = terminals.get(id).read(cancel.signal)[Symbol.asyncIterator]();
  void reader.next();
  terminals.get(id).write('ls\n');
  terminals.get(id).resize(100, 40);
  expect([process.written, process.size]).toEqual(['ls\n', '100x40']);
  expect(() => terminals.get(id).read(cancel.signal)).toThrow(/reader already/);
  cancel.cancel();
  expect(process.closed).toBeGreaterThan(0);
  expect(() => terminals.get(id)).toThrow(/closed/);
  terminals.close(id);
});

test.each(['watch-addresses', 'follow-log'] as const)('the command of %s is one that a plain sh accepts', (kind) => {
  const { command } = terminalCommand(kind);
  // -n: parse only.
  const inner = /^sh -c (.*)$/s.exec(command ?? '')?.[1] ?? '';
  const script = spawnSync('sh', ['-c', `printf %s ${inner}`], { encoding: 'utf8' }).stdout;
  const parsed = spawnSync('sh', ['-n'], { input: script, encoding: 'utf8' });
  expect([parsed.status, parsed.stderr]).toEqual([0, '']);
  expect(script.length).toBeGreaterThan(100);
});

test('what it shows is recorded, what is typed is not', async () => {
  const { terminals, id, process, store } = await open();
  terminals.get(id).write('secret');
  process.data(new TextEncoder().encode('hello'));
  terminals.get(id).resize(100, 30);
  terminals.close(id);
  process.data(new TextEncoder().encode('late'));
  const casts = store.archive.casts('s', 0, Infinity);
  expect(casts.map((c) => [c.terminal, c.code, c.data])).toEqual([
    [1, 'o', 'hello'],
    [1, 'r', '100x30'],
  ]);
  expect(store.archive.terminals('s')).toMatchObject([{ number: 1, node: 'a', kind: 'shell', cols: 80, rows: 24 }]);
  expect(store.archive.terminals('s')[0]?.endedMs).not.toBeNull();
  store.close();
});
