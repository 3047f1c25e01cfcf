/** Holds one respawned program until it is killed: prints nothing, starts the command line of its first argument. */
import { userInfo } from 'node:os';
import { Respawn } from '../../agent/node/daemon/respawn.ts';
import { monotonicNow } from '../../agent/node/host/clock.ts';
import { realTimers } from '../../agent/node/host/timers.ts';

const line = { user: userInfo().username, command: process.argv[2] ?? '', failfast: false };
const respawn = new Respawn([line], {
  timers: realTimers,
  environment: {},
  now: monotonicNow,
  publish: () => undefined,
  resetNode: () => false,
});
void respawn.start();
setInterval(() => undefined, 1000);
