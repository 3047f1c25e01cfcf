import { spawn } from 'node:child_process';
import type { RackPlaces } from '../places.ts';

/**
 * Starts a shell that outlives this process by a moment: when its standard input ends, however we
 * died, it removes the rack's files. Everything else of a rack goes with its namespaces by the kernel's hand.
 */
export function hireJanitor(places: RackPlaces): void {
  const script = 'cat >/dev/null; rm -f -- "$1" "$2"; rmdir -- "$3" "$4" "$5" 2>/dev/null; :';
  const base = places.dir.slice(0, places.dir.lastIndexOf('/'));
  const files = [places.controlSocket, places.keyFile, places.worldDir, places.dir, base];
  const janitor = spawn('sh', ['-c', script, 'rack-janitor', ...files], {
    // Not in our directory and not in our session: it must not hold or follow either.
    cwd: '/',
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  janitor.unref();
}
