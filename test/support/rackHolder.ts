/** A console that does nothing but hold a rack: prints one JSON line when it is up, then waits to be killed. */
import { startRack } from '../../electron/lab/index.ts';

const rack = await startRack({ name: process.argv[2] ?? 'held', detached: process.argv[3] === 'detached' });
process.stdout.write(`${JSON.stringify({ hostPid: rack.state().pid, keyFile: rack.credentials().privateKeyFile })}\n`);
setInterval(() => undefined, 1000);
