/** SSH sessions that are open on this host right now: the management path that a fault must not cut. */
import { readdirSync, readFileSync } from 'node:fs';
import { isIP } from 'node:net';

export interface SshSession {
  readonly clientAddress: string;
  readonly serverAddress: string;
  readonly serverPort: number;
}

/** Parses the value that sshd puts into SSH_CONNECTION; null when it is not one. */
export function parseSshConnection(value: string): SshSession | null {
  const [clientAddress = '', , serverAddress = '', port = ''] = value.split(' ');
  const serverPort = Number(port);
  if (isIP(clientAddress) === 0 || isIP(serverAddress) === 0 || !(Number.isInteger(serverPort) && serverPort > 0))
    return null;
  return { clientAddress, serverAddress, serverPort };
}

/** From the environments of all processes, as sshd gives them to what it starts. One entry for each client and port. */
export function sshSessions(): SshSession[] {
  const found = new Map<string, SshSession>();
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    try {
      const entry = readFileSync(`/proc/${pid}/environ`, 'latin1')
        .split('\0')
        .find((variable) => variable.startsWith('SSH_CONNECTION='));
      const session = entry === undefined ? null : parseSshConnection(entry.slice('SSH_CONNECTION='.length));
      if (session !== null) found.set(JSON.stringify(session), session);
    } catch {
      // Ended meanwhile, or not ours to read.
    }
  }
  return [...found.values()];
}
