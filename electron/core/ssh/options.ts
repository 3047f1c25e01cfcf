/** How one connection behaves; its times are chosen for a lab that pulls plugs for a living. */
import type { BackoffOptions } from './backoff.ts';
import type { HostKeyStore } from './knownHostsFile.ts';
import type { Timers } from './timers.ts';
import type { Dial, OpenTransport } from './transport.ts';

export interface SshConnectionOptions {
  readonly hostKeys: HostKeyStore;
  /** Private key in memory instead of the entry's key file (the rack's own). */
  readonly privateKeyPem?: string;
  /** Default: SSH_AUTH_SOCK of this process. */
  readonly agentSocket?: string;
  /**
   * Between pings while nothing is heard, milliseconds. Default 2000: with three misses a dead
   * server is noticed in 6 to 8 s.
   */
  readonly keepaliveMs?: number;
  /** Silent keepalive periods in a row that mean dead. Default 3. */
  readonly keepaliveMisses?: number;
  /** Time for TCP and key exchange, milliseconds. Default 10000. */
  readonly connectTimeoutMs?: number;
  /** Time from the accepted host key to being let in, milliseconds. Default 20000: PAM asks slow directories. */
  readonly authenticateTimeoutMs?: number;
  readonly backoff?: Partial<BackoffOptions>;
  readonly timers?: Timers;
  /** Uniform in [0, 1). */
  readonly random?: () => number;
  readonly dial?: Dial;
  readonly openTransport?: OpenTransport;
}
