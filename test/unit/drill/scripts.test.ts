// The scripts as files: all twenty are there and fit, what is wrong is named, and every sentence can be said in both languages.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { checkText, stepText } from '../../../electron/common/drill/checkText.ts';
import { parseQuantity, quantityMs } from '../../../electron/common/drill/quantity.ts';
import { DrillScriptSchema } from '../../../electron/common/drill/script.ts';
import { faultChoices, placeChoices, placeId } from '../../../electron/common/exercise/choices.ts';
import { ExerciseScriptSchema } from '../../../electron/common/exercise/script.ts';
import { readDrills, readScriptFile, readScripts } from '../../../electron/core/drill/scripts.ts';
import { QUANTITIES, ROLES } from '../../support/drillRecord.ts';

const RESOURCES = join(import.meta.dirname, '../../../resources');
const dir = mkdtempSync(join(tmpdir(), 'twinbeat-drills-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

const problems: string[] = [];
const drills = readDrills(join(RESOURCES, 'drills'), (problem) => problems.push(problem));

describe('the drills', () => {
  test('all twenty rows are there, each once, and nothing is wrong with a file', () => {
    expect(problems).toEqual([]);
    expect(drills.map((d) => d.row)).toEqual(Array.from({ length: 20 }, (_, i) => i + 1));
    expect(new Set(drills.map((d) => d.id)).size).toBe(20);
  });

  test.each(drills.map((d) => [d.id, d] as const))(
    '%s: what it breaks it heals, and it can be read in both languages',
    (_id, drill) => {
      const isBreak = (step: (typeof drill.steps)[number]): boolean =>
        step.do === 'inject' || step.do === 'cable' || (step.do === 'power' && step.to === 'off');
      const lastBreak = drill.steps.findLastIndex(isBreak);
      if (lastBreak >= 0) expect(drill.steps.slice(lastBreak).some((s) => s.do === 'heal')).toBe(true);
      for (const words of [...drill.steps.map((s) => stepText(s, ROLES)), ...drill.pass.map((c) => checkText(c))]) {
        expect(words.en).not.toMatch(/(^|[^\d\s]\s*)%|undefined|\{/);
        expect(words['zh-CN']).not.toMatch(/(^|[^\d\s]\s*)%|undefined|\{/);
        expect(words['zh-CN']).toMatch(/[\u4e00-\u9fff]/);
      }
    },
  );

  test('a wrong file is named with the field and what is expected there', () => {
    const file = join(dir, '01-wrong.json');
    const good = drills[3];
    const wrong = { ...good, steps: [{ do: 'wait', until: { is: 'stable' }, within: 'deadtime + 3 weeks' }] };
    writeFileSync(file, JSON.stringify(wrong));
    const read = readScriptFile(file, DrillScriptSchema);
    expect(read).toMatchObject({ ok: false, reason: 'bad-field' });
    expect(read.ok ? '' : read.detail).toContain(`${file}: steps[0].within: "3 weeks" is no time`);
    writeFileSync(file, '{');
    expect(readScriptFile(file, DrillScriptSchema)).toMatchObject({ ok: false, reason: 'not-json' });
    const said: string[] = [];
    expect(readDrills(dir, (problem) => said.push(problem))).toEqual([]);
    expect(said).toHaveLength(1);
  });
});

describe('times in scripts', () => {
  test.each([
    ['500ms', 500],
    ['2*deadtime + 1.5s', 5500],
    ['initdead + 2min', 124_000],
    ['Tf', 4000],
    ['0.5*deadtime', 1000],
  ])('%s is %d ms', (words, ms) => {
    expect(quantityMs(words, QUANTITIES)).toBe(ms);
  });

  test('what was agreed on takes the place of the formula', () => {
    expect(quantityMs('Tf', { ...QUANTITIES, failoverMs: 1234 })).toBe(1234);
    expect(quantityMs('Th', { ...QUANTITIES, healMs: 777 })).toBe(777);
  });

  test('what is no time is said', () => {
    expect(parseQuantity('deadtime - 2s').ok).toBe(false);
    expect(parseQuantity('').ok).toBe(false);
  });
});

describe('the exercises', () => {
  const exercises = readScripts(join(RESOURCES, 'exercises'), ExerciseScriptSchema, (problem) =>
    problems.push(problem),
  );

  test('at least ten, some for each setup, and nothing is wrong with a file', () => {
    expect(problems).toEqual([]);
    expect(exercises.length).toBeGreaterThanOrEqual(10);
    expect(new Set(exercises.map((e) => e.setup))).toEqual(new Set(['s1', 's4', 's5']));
  });

  test('every answer is among the choices of its setup, whoever holds the address', () => {
    for (const exercise of exercises)
      for (const holder of ['n1', 'n2']) {
        const nodes = { a: 'n1', b: 'n2', holder };
        expect(faultChoices().map((c) => c.id)).toContain(exercise.answer.fault);
        expect(placeChoices(exercise.setup, nodes).map((c) => c.id)).toContain(placeId(exercise.answer.place, nodes));
      }
  });
});
