/**
 * What the environment offers to the suites that need more than Node. A suite asks once and
 * skips with the reason; nothing passes silently because something was missing.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

export type Need = 'linux' | 'root' | 'namespaces' | 'chromium' | 'heartbeat' | 'nft' | 'sshd' | 'iproute';

function runs(command: string, args: readonly string[]): boolean {
  return spawnSync(command, args, { stdio: 'ignore' }).status === 0;
}

function namespacesReason(): string | null {
  if (!runs('unshare', ['--version'])) return 'unshare (util-linux) is not installed';
  const flags = ['--net', '--mount', '--uts', '--pid', '--fork', '--kill-child'];
  const asUser = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user'];
  return runs('unshare', [...asUser, ...flags, 'true']) ? null : 'the kernel does not let this user make namespaces';
}

const CHECKS: Readonly<Record<Need, () => string | null>> = {
  linux: () => (process.platform === 'linux' ? null : `this is ${process.platform}, not Linux`),
  root: () => (process.getuid?.() === 0 ? null : 'not root'),
  namespaces: namespacesReason,
  chromium: () => (existsSync('/usr/bin/chromium') ? null : '/usr/bin/chromium is not installed'),
  heartbeat: () => (existsSync('/usr/libexec/heartbeat/heartbeat') ? null : "Debian's heartbeat is not installed"),
  nft: () => (runs('nft', ['--version']) ? null : 'nft (nftables) is not installed'),
  sshd: () => (existsSync('/usr/sbin/sshd') ? null : 'sshd (openssh-server) is not installed'),
  iproute: () => (runs('ip', ['-V']) ? null : 'ip (iproute2) is not installed'),
};

/** The first reason why these needs are not met, or null. Printed, so that a skipped suite says why. */
export function missing(...needs: readonly Need[]): string | null {
  for (const need of needs) {
    const reason = CHECKS[need]();
    if (reason !== null) {
      process.stderr.write(`skipped: needs ${need}: ${reason}\n`);
      return reason;
    }
  }
  return null;
}
