import { expect, test } from 'vitest';
import { LAYOUT_VERSION, readRemembered } from '../../../../renderer/app/dockLayout.ts';
import { contrast, DARK, LIGHT, type Palette } from '../../../../renderer/app/palette.ts';
import { visibleRows } from '../../../../renderer/views/events/window.ts';
import { FAULT_ORDER, livingFaults, offersOf } from '../../../../renderer/views/faults/faultModel.ts';
import { needsGuard, pastedLineCount } from '../../../../renderer/views/terminals/paste.ts';
import { FakeConsole } from '../../../support/fakeConsole.ts';
import { ConsoleFaultNameSchema } from '../../../../electron/common/contract/state.ts';

test('paste: one line goes through; several are asked about, and so is one that would run at once', () => {
  expect(needsGuard('ls -l')).toBe(false);
  expect(needsGuard('ls -l\n')).toBe(true);
  expect(['a', 'a\n', 'a\nb', 'a\r\nb\r\n', '\n'].map(pastedLineCount)).toEqual([1, 1, 2, 2, 1]);
});

test('events: only the visible rows and some around them are drawn', () => {
  expect(visibleRows(0, 220, 22, 1000)).toEqual({ first: 0, last: 16 });
  expect(visibleRows(2200, 220, 22, 1000)).toEqual({ first: 94, last: 116 });
  expect(visibleRows(99_999, 220, 22, 3)).toEqual({ first: 0, last: 3 });
  expect(visibleRows(0, 220, 22, 0)).toEqual({ first: 0, last: 0 });
});

test.each([
  ['light', LIGHT],
  ['dark', DARK],
] as const)('palette: every text of the %s theme is readable on its ground', (_name, palette: Palette) => {
  const texts = [
    palette.text,
    palette.muted,
    palette.accent,
    palette.ok,
    palette.warn,
    palette.bad,
    palette.unknown,
    ...palette.series,
  ];
  for (const text of texts) expect(contrast(text, palette.panel)).toBeGreaterThanOrEqual(4.5);
  for (const text of [palette.text, palette.muted]) expect(contrast(text, palette.canvas)).toBeGreaterThanOrEqual(4.5);
  for (const text of [palette.text, palette.muted]) expect(contrast(text, palette.raised)).toBeGreaterThanOrEqual(4.5);
  const pairs = [
    [palette.ok, palette.okSoft],
    [palette.warn, palette.warnSoft],
    [palette.bad, palette.badSoft],
    [palette.unknown, palette.unknownSoft],
    [palette.onAlarm, palette.alarm],
    [palette.onAccent, palette.accent],
    [palette.panel, palette.nodeA],
    [palette.panel, palette.nodeB],
    [palette.terminalText, palette.terminal],
  ] as const;
  for (const [ink, ground] of pairs) expect(contrast(ink, ground)).toBeGreaterThanOrEqual(4.5);
});

test('layout: another version, unknown panes and rubbish are not restored', () => {
  const panel = { id: 'monitor', contentComponent: 'monitor' };
  const layout = { panels: { monitor: panel } };
  expect(readRemembered({ version: LAYOUT_VERSION, layout })).toBe(layout);
  expect(readRemembered({ version: LAYOUT_VERSION + 1, layout })).toBeNull();
  expect(
    readRemembered({ version: LAYOUT_VERSION, layout: { panels: { x: { ...panel, contentComponent: 'gone' } } } }),
  ).toBeNull();
  expect(readRemembered({ version: LAYOUT_VERSION, layout: { panels: {} } })).toBeNull();
  expect(readRemembered(undefined)).toBeNull();
  const terminal = { id: 't', contentComponent: 'terminal', params: { nodeIndex: 0, kind: 'unheard-of' } };
  expect(readRemembered({ version: LAYOUT_VERSION, layout: { panels: { t: terminal } } })).toBeNull();
});

test('faults: every fault of the contract has its place in the list', () => {
  expect([...FAULT_ORDER].sort()).toEqual([...ConsoleFaultNameSchema.options].sort());
  const fake = new FakeConsole();
  fake.warmUp(5000);
  const offers = fake.implementation.faultOffers({ pairId: 'rack' }, null, AbortSignal.timeout(1000));
  fake.close();
  expect(offersOf([...(offers as Awaited<typeof offers>)].reverse(), 'node2').map((o) => o.name)).toEqual(FAULT_ORDER);
});

test('faults: what is over is not active', () => {
  const fault = { faultId: 'f', name: 'pull-lan', node: 'node1', link: null, revertsInMs: null, detail: '' } as const;
  const phases = (['armed', 'injected', 'reverted', 'failed'] as const).map((phase) => ({
    ...fault,
    phase,
    handwork: null,
  }));
  expect(livingFaults(phases).map((f) => f.phase)).toEqual(['armed', 'injected']);
});
