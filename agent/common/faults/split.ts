/** Split brain: X1 to X6. On both nodes, put together by the console; never where both could write to one disk without fencing. */
import { entry } from './entry.ts';

const X = {
  category: 'split-brain',
  doer: 'console',
  level: 'emulated',
  scope: 'pair',
  needs: ['nft', 'peer'],
  mayBeDual: true,
} as const;

export const SPLIT_FAULTS = [
  entry({
    ...X,
    id: 'X1',
    name: 'split-short',
    mayBeDual: false,
    title: 'Split shorter than deadtime',
    what: 'All heartbeats are cut both ways for less than deadtime.',
    healthy: 'Late warnings; nothing moves.',
    wrong: 'Anything moves: deadtime is too small.',
  }),
  entry({
    ...X,
    id: 'X2',
    name: 'split',
    title: 'Full split',
    what: 'All heartbeats are cut both ways, for longer than deadtime.',
    healthy: 'With fencing or a tie-breaker one holder throughout. Without: both hold, as declared beforehand.',
    wrong: 'Two holders that nobody declared.',
  }),
  entry({
    ...X,
    id: 'X3',
    name: 'heal-in-steps',
    title: 'Split healed path by path',
    what: 'A full split whose paths come back one after the other: serial first, the network later.',
    healthy: 'One holder soon after the first path is back; the outage of the heal is inside what was promised.',
    wrong: 'Over twenty seconds without anybody: both gave up and started over.',
  }),
  entry({
    ...X,
    id: 'X4',
    name: 'split-one-way',
    title: 'Split in one direction',
    what: 'This server hears nothing on any link; the other one still hears it.',
    healthy: 'One holder, or fencing.',
    wrong: 'The deaf server takes over while the other one is active.',
  }),
  entry({
    ...X,
    id: 'X5',
    name: 'split-in-takeover',
    title: 'Split during a takeover',
    what: 'This server hands over, and the split comes while the other one starts the resources.',
    healthy: 'It ends with one holder.',
    wrong: 'Groups that moved by half.',
  }),
  entry({
    ...X,
    id: 'X6',
    name: 'split-repeated',
    title: 'Split again and again',
    what: 'Five splits, each twice as long as deadtime, with as much time to heal between.',
    healthy: 'Stable; no errors about generations.',
    wrong: 'The servers refuse each other.',
  }),
] as const;
