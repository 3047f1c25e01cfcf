/** A node's disk as it leaves the factory: a copy of the machine's /etc, everything else empty. */
import { existsSync } from 'node:fs';
import { chmod, copyFile, mkdir, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { addressOf } from '../setup.ts';
import type { NodePlan, WorldPlan } from '../protocol.ts';
import { run } from './command.ts';

/** Files of /etc that say which machine this is, or that would start the machine's own services. */
const NOT_COPIED = ['hostname', 'hosts', 'resolv.conf', 'machine-id', 'mtab', 'fstab', 'crypttab'];

/** Heartbeat's own configuration; the rest of ha.d (harc, rc.d, resource.d, shellfuncs) belongs to its package. */
const HA_CONFIGURATION = ['ha.cf', 'haresources', 'authkeys'];

const VAR_DIRECTORIES = ['backups', 'cache', 'lib', 'lib/misc', 'local', 'log', 'mail', 'opt', 'spool', 'tmp'];
const LOCAL_DIRECTORIES = ['bin', 'etc', 'include', 'lib/rack', 'sbin', 'share', 'src'];

/** Where cluster-glue keeps its external plugins; covered in the node (node-init.sh), because /usr is the machine's own. */
const GLUE_PLUGINS = '/usr/lib/stonith/plugins/external';

/** Tools that a person types at a server and that would otherwise ask the machine's own init. */
const POWER_COMMANDS: Readonly<Record<string, string>> = {
  reboot: 'kill -TERM 1',
  poweroff: 'kill -USR1 1',
  halt: 'kill -USR1 1',
  shutdown: 'case " $* " in *" -r "*) kill -TERM 1 ;; *) kill -USR1 1 ;; esac',
};

async function makeEtc(etc: string, node: NodePlan, plan: WorldPlan): Promise<void> {
  // Copied, not overlaid: an overlay in a user namespace needs a newer kernel and cannot replace directories on
  // tmpfs. A file that this user may not read is left out, so the status says nothing.
  await run('sh', ['-c', 'cp -a /etc/. "$1" 2>/dev/null || true', 'sh', etc]);
  for (const name of NOT_COPIED) await rm(join(etc, name), { force: true, recursive: true });
  for (const entry of await readdir(etc)) {
    if (!/^rc[0-9S]\.d$/.test(entry)) continue;
    for (const link of await readdir(join(etc, entry)))
      await rm(join(etc, entry, link), { force: true, recursive: true });
  }
  for (const level of ['0', '1', '2', '3', '4', '5', '6', 'S'])
    await mkdir(join(etc, `rc${level}.d`), { recursive: true });
  await mkdir(join(etc, 'init.d'), { recursive: true });
  await mkdir(join(etc, 'ha.d'), { recursive: true });
  for (const name of HA_CONFIGURATION) await rm(join(etc, 'ha.d', name), { force: true });

  const hosts = plan.nodes.map(({ name, lan }) => {
    const short = name.split('.')[0] ?? name;
    return `${addressOf(lan)}\t${short === name ? name : `${name} ${short}`}`;
  });
  await writeFile(join(etc, 'hostname'), `${node.name}\n`);
  await writeFile(join(etc, 'hosts'), `127.0.0.1\tlocalhost\n::1\tlocalhost\n${hosts.join('\n')}\n`);
  await writeFile(join(etc, 'resolv.conf'), '# The rack has no name server.\n');
  await writeFile(join(etc, 'fstab'), '');
  const machineId = Buffer.from(node.name.padEnd(16, '.')).toString('hex').slice(0, 32);
  await writeFile(join(etc, 'machine-id'), `${machineId}\n`);
  await symlink('/proc/self/mounts', join(etc, 'mtab'));
}

async function installService(disk: string, plan: WorldPlan): Promise<void> {
  const from = join(plan.appDir, 'resources', 'rack');
  const script = (await readFile(join(from, 'web-service.sh'), 'utf8'))
    .replaceAll('@SERVICE@', plan.service)
    .replaceAll('@NODE@', plan.nodePath);
  const target = join(disk, 'etc', 'init.d', plan.service);
  await rm(target, { force: true });
  await writeFile(target, script);
  await chmod(target, 0o755);
  const library = join(disk, 'usr-local', 'lib', 'rack');
  for (const name of ['web.pl', 'web.mjs']) await copyFile(join(from, name), join(library, name));
}

/**
 * The rack's power switch as a plugin: where Twinbeat's agent looks for its own, and among those of cluster-glue, where
 * heartbeat looks, on a machine that has them.
 */
async function installPowerSwitch(disk: string, plan: WorldPlan): Promise<void> {
  const from = join(plan.appDir, 'resources', 'rack');
  const script = (await readFile(join(from, 'power-switch.sh'), 'utf8')).replaceAll('@NODE@', plan.nodePath);
  const glue = join(disk, GLUE_PLUGINS.slice(1).replaceAll('/', '-'));
  const own = join(disk, 'etc', 'ha.d', 'stonith.d', 'external');
  for (const dir of [glue, own]) await mkdir(dir, { recursive: true });
  // Not their owner, who does not exist in an ordinary user's namespace.
  if (existsSync(GLUE_PLUGINS)) await run('cp', ['-r', '--preserve=mode,timestamps', `${GLUE_PLUGINS}/.`, glue]);
  for (const dir of [glue, own]) {
    await writeFile(join(dir, 'twinbeat-rack'), script);
    await chmod(join(dir, 'twinbeat-rack'), 0o755);
  }
  await copyFile(join(from, 'power-switch.mjs'), join(disk, 'usr-local', 'lib', 'rack', 'power-switch.mjs'));
}

/** Debian's heartbeat, configured and started at boot: a server as somebody set it up before we came. */
async function installHeartbeat(disk: string, node: NodePlan, plan: WorldPlan): Promise<void> {
  const files = plan.heartbeat?.[node.name];
  if (files === undefined) return;
  const etc = join(disk, 'etc');
  await writeFile(join(etc, 'ha.d', 'ha.cf'), files.haCf);
  await writeFile(join(etc, 'ha.d', 'haresources'), files.haresources);
  await writeFile(join(etc, 'ha.d', 'authkeys'), files.authkeys, { mode: 0o600 });
  const script = join(etc, 'init.d', 'heartbeat');
  await rm(script, { force: true });
  await copyFile(join(plan.appDir, 'resources', 'rack', 'heartbeat-service.sh'), script);
  await chmod(script, 0o755);
  for (const level of ['2', '3', '4', '5'])
    await symlink('../init.d/heartbeat', join(etc, `rc${level}.d`, 'S10heartbeat'));
  for (const level of ['0', '6']) await symlink('../init.d/heartbeat', join(etc, `rc${level}.d`, 'K10heartbeat'));
}

async function makeHome(root: string): Promise<void> {
  await chmod(root, 0o700);
  for (const name of ['.bashrc', '.profile']) {
    if (existsSync(join('/etc/skel', name))) await copyFile(join('/etc/skel', name), join(root, name));
  }
}

/** Makes `<nodeDir>/disk`. Directories are named as in `/`, with `-` for `/`. */
export async function makeDisk(nodeDir: string, node: NodePlan, plan: WorldPlan): Promise<void> {
  const disk = join(nodeDir, 'disk');
  for (const name of ['etc', 'opt', 'root', 'home', 'srv', 'mnt', 'media'])
    await mkdir(join(disk, name), { recursive: true });
  for (const name of VAR_DIRECTORIES) await mkdir(join(disk, 'var', name), { recursive: true });
  for (const name of LOCAL_DIRECTORIES) await mkdir(join(disk, 'usr-local', name), { recursive: true });
  await chmod(join(disk, 'var', 'tmp'), 0o1777);
  await symlink('/run', join(disk, 'var', 'run'));
  await symlink('/run/lock', join(disk, 'var', 'lock'));
  await makeEtc(join(disk, 'etc'), node, plan);
  await installService(disk, plan);
  await installPowerSwitch(disk, plan);
  await installHeartbeat(disk, node, plan);
  await makeHome(join(disk, 'root'));
  for (const [name, command] of Object.entries(POWER_COMMANDS)) {
    const path = join(disk, 'usr-local', 'sbin', name);
    await writeFile(
      path,
      `#!/bin/sh\n# This server's init is the rack's: TERM is an orderly reboot, USR1 an orderly halt.\n${command}\n`,
    );
    await chmod(path, 0o755);
  }
}
