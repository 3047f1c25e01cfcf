// Goal: every row of the catalogue is there once, can be named, and says everything in both languages.
import { describe, expect, test } from 'vitest';
import {
  FAULTS,
  FAULT_CATEGORIES,
  faultNamed,
  findFault,
  parseTakeBack,
  takeBackScript,
} from '../../../agent/common/faults/index.ts';
import { FaultNameSchema } from '../../../agent/common/rpc/agentContract.ts';
import { ConsoleFaultNameSchema } from '../../../electron/common/contract/state.ts';
import { en } from '../../../renderer/locales/en.ts';
import { zhCN } from '../../../renderer/locales/zh-CN.ts';

/** Rows of the reference's catalogue: how many each group has. */
const ROWS = { S: 15, P: 13, H: 16, N: 21, C: 19, X: 6 } as const;

describe('the catalogue', () => {
  test('has every row of the reference, once, in its category', () => {
    const ids = FAULTS.map((fault) => fault.id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const [letter, count] of Object.entries(ROWS))
      for (let row = 1; row <= count; row += 1) expect(ids).toContain(`${letter}${row}`);
    const letters = { serial: 'S', process: 'P', host: 'H', network: 'N', config: 'C', 'split-brain': 'X' } as const;
    for (const fault of FAULTS) expect([fault.name, fault.id[0]]).toEqual([fault.name, letters[fault.category]]);
    expect([...new Set(FAULTS.map((fault) => fault.category))].sort()).toEqual([...FAULT_CATEGORIES].sort());
  });

  test('names are unique, the wire has them all, and the first eight kept theirs', () => {
    const names = FAULTS.map((fault) => fault.name);
    expect(new Set(names).size).toBe(names.length);
    for (const name of names) expect(name).toMatch(/^[a-z0-9]+(-[a-z0-9]+)*$/);
    expect(ConsoleFaultNameSchema.options).toEqual(names);
    expect(FaultNameSchema.options).toEqual(names.filter((name) => name !== 'power-off'));
    for (const name of ['pull-lan', 'pull-crossover', 'pull-serial', 'stop-agent', 'kill-agent', 'freeze-agent'])
      expect(names).toContain(name);
  });

  test('a person may type the name or the row', () => {
    expect(findFault('n2')?.name).toBe('drop-heartbeats-in');
    expect(findFault('X2')?.name).toBe('split');
    expect(findFault('power-off')?.id).toBe('H2');
    expect(findFault('pull-plug')).toBeNull();
  });

  test('what nobody can do says why, what a person does can be seen', () => {
    for (const { name, doer, why, sign } of FAULTS) {
      if (doer === 'nobody') expect([name, why === null]).toEqual([name, false]);
      if (doer === 'hands') expect([name, sign === null]).toEqual([name, false]);
      if (why !== null) expect([name, ['nobody', 'rack'].includes(doer)]).toEqual([name, true]);
    }
  });

  test('measures have a standard inside their range', () => {
    for (const { name, amount } of FAULTS) {
      if (amount === null) continue;
      expect([name, amount.min <= amount.standard && amount.standard <= amount.max]).toEqual([name, true]);
    }
  });

  test('everything is said in both languages', () => {
    for (const table of [en.fault, zhCN.fault]) {
      for (const { name, why } of FAULTS) {
        for (const column of ['name', 'what', 'healthy', 'wrong'] as const)
          expect([name, column, (table[column][name] ?? '').length > 1]).toEqual([name, column, true]);
        expect([name, table.why[name] !== undefined]).toEqual([name, why !== null]);
      }
      expect(Object.keys(table.name).sort()).toEqual(FAULTS.map((fault) => fault.name).sort());
    }
    expect(faultNamed('split').title).toBe(en.fault.name.split);
  });
});

describe('taking everything back', () => {
  test('what the script says is read, and half of it is not the whole', () => {
    const output =
      'noise\nreverted\tab12\ncheck\ttables\tok\tno packet filter of ours\ncheck\tagent\tbad\tit is frozen\nend\n';
    expect(parseTakeBack(output)).toEqual({
      reverted: ['ab12'],
      checks: [
        { what: 'tables', ok: true, detail: 'no packet filter of ours' },
        { what: 'agent', ok: false, detail: 'it is frozen' },
      ],
      isWhole: true,
    });
    expect(parseTakeBack('check\ttables\tok\tx\n').isWhole).toBe(false);
  });

  test('the script never finds itself, whatever the folders are called', () => {
    const command = takeBackScript("/var/lib/it's", '/run/x');
    // What it looks for in the command lines of others must not stand in its own.
    expect(command).not.toContain('twinbeat-fault-');
    expect(command).not.toContain('guard.sh');
    expect(command).toContain(`'/var/lib/it'\\''s/faults'`);
  });
});
