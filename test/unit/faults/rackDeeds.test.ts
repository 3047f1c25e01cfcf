// Goal: a third host with the pair's address is a deed of the rack like any other: with its end in the request, seen, adopted, undone.
import { expect, test } from 'vitest';
import { deedCommands, faultsOn, isDeed, isUndone, rackDeed } from '../../../electron/core/faults/rackDeeds.ts';
import { rackChecks } from '../../../electron/core/faults/panic.ts';
import { RackFault } from '../../../electron/core/faults/rackFaults.ts';
import { MemoryRack } from '../../support/memoryRack.ts';

test('the spare computer takes the address, is seen by every console, and is gone at the end', async () => {
  const rack = new MemoryRack();
  const deed = rackDeed(rack.state(), 'a', 'duplicate-address', 0);
  if (!isDeed(deed)) throw new Error(deed.reason);
  expect(deedCommands(deed)).toEqual({
    commands: ['rack: a spare computer on the LAN takes 10.0.0.9'],
    revertCommands: ['rack: the spare computer leaves the LAN'],
  });
  const fault = new RackFault(rack, 'a', 'duplicate-address', deed, 5000);
  await fault.inject(5000, true);
  expect(rack.state().impostor).toEqual({ address: '10.0.0.9', revertsInMs: 5000 });
  expect(isUndone(deed, rack.state())).toBe(false);
  // Another console finds it, and the panic button would not call this clean.
  expect(faultsOn(rack.state())).toMatchObject([{ name: 'duplicate-address', revertsInMs: 5000 }]);
  expect(rackChecks(rack.state()).find(({ what }) => what === 'cables')).toMatchObject({
    ok: false,
    detail: expect.stringContaining('a spare computer has 10.0.0.9') as string,
  });
  await fault.revert();
  expect(rack.state().impostor).toBeNull();
  expect(fault.toState().phase).toBe('reverted');
  expect(faultsOn(rack.state())).toEqual([]);
});
