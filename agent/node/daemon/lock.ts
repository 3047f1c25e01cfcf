/** One daemon for each state directory. */
import { createServer, type Server } from 'node:net';
import { realpathSync } from 'node:fs';
import { fail, ok, type Result } from '../../common/base/result.ts';

/**
 * Takes the lock: an abstract socket name, which the kernel gives back at the instant the process dies, however it
 * dies. A pid file could be stale, and a lock file needs a call that Node does not have.
 */
export function takeLock(stateDir: string): Promise<Result<Server, 'already-running'>> {
  const server = createServer((socket) => socket.destroy());
  return new Promise((resolve) => {
    server.once('error', (error) =>
      resolve(fail('already-running', `another twinbeat-agent uses ${stateDir} (${error.message})`)),
    );
    server.listen(`\0twinbeat-agent:${realpathSync(stateDir)}`, () => {
      server.unref();
      resolve(ok(server));
    });
  });
}
