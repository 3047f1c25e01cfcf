// Goal: Enter in the palette does what was typed, and never something that only has the same letters somewhere.
import { expect, test } from 'vitest';
import { findActions } from '../../../../renderer/lib/findActions.ts';

const ACTIONS = [
  { id: 'standby-node1', title: 'node1: hand over its own groups (local), standby' },
  { id: 'fault-inject-replay', title: 'Inject… old packets again' },
  { id: 'report-make', title: 'Make the report · Report' },
  { id: 'report-make-zh', title: '生成报告 · 报告' },
  { id: 'pane-replay', title: 'Show Replay', name: 'Replay' },
  { id: 'pane-report', title: 'Show Report', name: 'Report' },
  { id: 'pane-report-zh', title: '显示报告', name: '报告' },
  { id: 'pane-faults', title: '显示故障', name: '故障' },
  { id: 'confirm-dead-node1', title: 'node1: confirm that node2 is off…' },
  { id: 'confirm-dead-node2', title: 'node2: confirm that node1 is off…' },
  { id: 'pane-drills', title: 'Show Drills' },
  { id: 'drills-list', title: 'Show Drills: Drills' },
];
const found = (typed: string): string[] => findActions(ACTIONS, typed).map(({ id }) => id);

test('letters that are only scattered are no match; a word of the title comes before one of the code', () => {
  expect(found('replay')).toEqual(['pane-replay', 'fault-inject-replay']);
  expect(found('Show rep')).toEqual(['pane-replay', 'pane-report']);
});

test('the name of a pane shows it, and begins nothing in it', () => {
  expect(found('report')).toEqual(['pane-report', 'report-make', 'report-make-zh', 'pane-report-zh']);
  expect(found('报告')[0]).toBe('pane-report-zh');
  expect(found('rep').slice(0, 2)).toEqual(['pane-replay', 'pane-report']);
  expect(found('make report')).toEqual(['report-make', 'report-make-zh']);
});

test('of two that have the words the one that has them in this order, whatever stands between', () => {
  expect(found('confirm that node1')[0]).toBe('confirm-dead-node2');
  expect(found('node1 confirm')[0]).toBe('confirm-dead-node1');
  expect(found('show drills drills')[0]).toBe('drills-list');
});

test('words in any order, Chinese, blanks around, nothing typed, nothing found', () => {
  expect(found(' report  show ')).toEqual(['pane-report']);
  expect(found('故障')).toEqual(['pane-faults']);
  expect(found('')).toEqual(ACTIONS.map(({ id }) => id));
  expect(found('xyz')).toEqual([]);
});
