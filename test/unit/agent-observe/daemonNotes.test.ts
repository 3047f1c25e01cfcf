// Goal: what the real daemon logs of a start that it refuses, of its emergency end and of its test code is told once and in full, however
// many warnings come with it. Method: its own lines, as Debian's heartbeat 3.0.6 wrote them.
import { describe, expect, test } from 'vitest';
import type { EventBody } from '../../../agent/common/timeline/event.ts';
import { DaemonNotes } from '../../../agent/node/observe/heartbeat/daemonNotes.ts';
import { parseLogLine } from '../../../agent/node/observe/heartbeat/logLines.ts';

const NOW_MS = Date.parse('2026-11-21T12:30:00');

function told(notes: DaemonNotes, pid: number, lines: readonly string[]): EventBody[] {
  return lines.flatMap((text) => {
    const line = parseLogLine(`Nov 21 12:28:29 node2 heartbeat: [${pid}]: ${text}`, NOW_MS);
    return line === null ? [] : notes.take(line).map(({ body }) => body);
  });
}

const REFUSED = [
  'WARN: Core dumps could be lost if multiple dumps occur.',
  'info: Pacemaker support: false',
  'ERROR: Initial dead time [2000] is smaller than deadtime [4000]',
  'WARN: Logging daemon is disabled --enabling logging daemon is recommended',
  'ERROR: Configuration error, heartbeat not started.',
];
const refusal = { kind: 'problem', code: 'config-refused' } as const;

describe('a start that is refused', () => {
  test('is one problem with the reason, until a start succeeds', () => {
    const notes = new DaemonNotes();
    const detail = 'Initial dead time [2000] is smaller than deadtime [4000]';
    expect(told(notes, 1151, REFUSED)).toEqual([{ ...refusal, over: false, detail }]);
    const next = ['ERROR: Dead time [500] is too small compared to keeplive [500]', ...REFUSED.slice(4)];
    expect(told(notes, 1167, next)).toEqual([
      { ...refusal, over: true, detail },
      { ...refusal, over: false, detail: 'Dead time [500] is too small compared to keeplive [500]' },
    ]);
    expect(told(notes, 1200, ['info: Configuration validated. Starting heartbeat 3.0.6'])).toMatchObject([
      { ...refusal, over: true },
    ]);
    expect(told(notes, 1200, ['info: Configuration validated. Starting heartbeat 3.0.6'])).toEqual([]);
  });

  test('has the reason of its own start, not of another process, and no empty words', () => {
    const notes = new DaemonNotes();
    told(notes, 900, ['ERROR: glib: EOF in ttygets [/dev/ttyS0]: Interrupted system call [-1]']);
    const lines = [
      'ERROR: Bad permissions on keyfile [/etc/ha.d//authkeys], 600 recommended.',
      'ERROR: Authentication configuration error.',
      'ERROR: Configuration error, heartbeat not started.',
    ];
    const detail = 'Bad permissions on keyfile [/etc/ha.d//authkeys], 600 recommended.';
    expect(told(notes, 1183, lines)).toEqual([{ ...refusal, over: false, detail }]);
  });

  test('of which nothing more is known quotes the daemon', () => {
    const detail = 'Configuration error, heartbeat not started.';
    expect(told(new DaemonNotes(), 5, [`ERROR: ${detail}`])).toEqual([{ ...refusal, over: false, detail }]);
  });
});

test('the test code is told once, though each process says it', () => {
  const notes = new DaemonNotes();
  const on = ['info: WARNING: Enabling Test Code', 'info: Xmit loss probability = 0.500'];
  const texts = [110, 113, 115].flatMap((pid) => told(notes, pid, on));
  expect(texts).toEqual([{ kind: 'log', text: 'heartbeat: its test code (OnlyForTesting) is enabled' }]);
  const off = [110, 113].flatMap((pid) => told(notes, pid, ['info: Test Code Now disabled.']));
  expect(off).toEqual([{ kind: 'log', text: 'heartbeat: its test code (OnlyForTesting) is disabled' }]);
});

test('a master that was killed: what its children say of it', () => {
  const text = 'CRIT: Emergency Shutdown(MCP dead): Killing ourselves.';
  expect(told(new DaemonNotes(), 113, ['CRIT: Killing pid 110 with SIGTERM', text])).toEqual([
    { kind: 'log', text: 'heartbeat: Emergency Shutdown(MCP dead): Killing ourselves.' },
  ]);
});
