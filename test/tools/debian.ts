/** What the tests need from Debian, installed by the test command itself when it may (root on Debian). */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

/** Package and a file that proves that it is there. */
const PACKAGES: readonly (readonly [string, string])[] = [
  ['chromium', '/usr/bin/chromium'],
  ['fonts-noto-cjk', '/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc'],
  ['heartbeat', '/usr/libexec/heartbeat/heartbeat'],
  ['resource-agents', '/usr/lib/ocf/resource.d/heartbeat/IPaddr2'],
  ['iproute2', '/sbin/ip'],
  ['nftables', '/usr/sbin/nft'],
  ['iputils-ping', '/bin/ping'],
  ['iputils-arping', '/usr/bin/arping'],
  ['openssh-server', '/usr/sbin/sshd'],
  ['openssh-client', '/usr/bin/ssh'],
  ['procps', '/bin/ps'],
  ['sudo', '/usr/bin/sudo'],
  ['tcpdump', '/usr/bin/tcpdump'],
  ['psmisc', '/bin/fuser'],
];

/** Installs what is missing. Returns a sentence about what could not be had, or null. */
export function installDebianPackages(say: (line: string) => void): string | null {
  const wanted = PACKAGES.filter(([, file]) => !existsSync(file)).map(([name]) => name);
  if (wanted.length === 0) return null;
  if (!existsSync('/usr/bin/apt-get')) return `not Debian: ${wanted.join(', ')} not installed`;
  if (process.getuid?.() !== 0)
    return `not root, so not installed: ${wanted.join(', ')} (apt-get install ${wanted.join(' ')})`;
  say(`installing from Debian: ${wanted.join(' ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  const apt = (args: readonly string[]): number | null =>
    spawnSync('apt-get', ['-q', ...args], { stdio: ['ignore', 'ignore', 'inherit'], env }).status;
  apt(['update']);
  const status = apt(['install', '-y', '--no-install-recommends', '-o', 'Dpkg::Use-Pty=0', ...wanted]);
  return status === 0 ? null : `apt-get could not install: ${wanted.filter((n) => !existsSync(fileOf(n))).join(', ')}`;
}

function fileOf(name: string): string {
  return PACKAGES.find(([n]) => n === name)?.[1] ?? '/';
}
