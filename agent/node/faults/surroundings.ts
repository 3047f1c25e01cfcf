/** What this node offers to faults, looked up when it is asked for: tools, kernel, lines, services, disks. Changes nothing. */
import { execFile } from 'node:child_process';
import {
  accessSync,
  constants,
  existsSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  realpathSync,
  statfsSync,
  statSync,
} from 'node:fs';
import { isIP } from 'node:net';
import { availableParallelism } from 'node:os';
import { basename, dirname, join } from 'node:path';
import type { HaConfig, ResourceGroup } from '../../common/config/model.ts';
import type { AgentStatus } from '../../common/rpc/agentContract.ts';
import type { NetKernel } from '../host/netKernel.ts';
import { resolveScript, UNIT_DIRS } from '../resources/scripts.ts';
import { startTicksOf, type EnginePlaces, type FaultEngine } from './engine.ts';
import type { FaultSurroundings, RunningService, TtyKind } from './plan.ts';
import { quoted, type ProcessId } from './shell.ts';
import { sshSessions } from './sshSessions.ts';

const TOOL_DIRS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];
const TOOLS = [
  ...(['nft', 'tc', 'perl', 'prlimit', 'mount', 'fallocate', 'fsfreeze', 'timeout', 'unshare', 'ip'] as const),
];
const LOGFILE_DEFAULT = '/var/log/ha-log';
const TRIAL_MS_MAX = 5000;
/** What the kernel can do does not change while it runs. */
let kernelKnown: Promise<FaultSurroundings['kernel']> | null = null;

/** Majors of the kernel's pseudo-terminals (admin-guide/devices.txt). */
const PTY_MAJORS = [136, 143] as const;
/** CAP_SYS_TIME's bit. */
const SYS_TIME = 25n;
/** Magic numbers of file systems in memory: tmpfs, ramfs. */
const MEMORY_FILE_SYSTEMS = new Set([0x01021994, 0x858458f6]);
/** Of the kernel itself (include/linux/proc_ns.h): whoever is in it is in no container. */
const FIRST_PID_NAMESPACE = 'pid:[4026531836]';
const TIME_DAEMONS = new Set(['chronyd', 'ntpd', 'ntpsec', 'systemd-timesyn', 'openntpd']);

export interface SurroundingsHost {
  readonly setup: {
    readonly node: string;
    readonly peer: string;
    readonly ha: HaConfig;
    readonly groups: readonly ResourceGroup[];
  };
  readonly places: EnginePlaces;
  readonly vips: { lanIface(): string | null };
  readonly kernel: NetKernel;
  /** Read back from the kernel; null: none is armed. */
  readonly watchdog?: () => AgentStatus['protection'][number]['state'];
}

function installed(name: string): boolean {
  return TOOL_DIRS.some((dir) => existsSync(join(dir, name)));
}

/** Whether a command works in a network namespace of its own, where it can do no harm. */
function trial(script: string): Promise<boolean> {
  return new Promise((resolve) => {
    execFile('unshare', ['-n', '/bin/sh', '-c', script], { timeout: TRIAL_MS_MAX }, (error) => resolve(error === null));
  });
}

async function kernelOf(): Promise<FaultSurroundings['kernel']> {
  const queue = (kind: string): Promise<boolean> => trial(`tc qdisc add dev lo root ${kind}`);
  const chain = '{ type filter hook egress device "lo" priority 0 ; }';
  const [egress, netem, tbf] = await Promise.all([
    trial(`ip link set lo up; nft 'add table netdev t; add chain netdev t c ${chain}'`),
    queue('netem delay 1ms'),
    queue('tbf rate 64kbit burst 4kb latency 400ms'),
  ]);
  return { egress, netem, tbf };
}

function ttyKind(device: string): TtyKind | null {
  try {
    const file = realpathSync(device);
    const { rdev } = statSync(file);
    if (!statSync(file).isCharacterDevice()) return null;
    const major = Math.floor(rdev / 256) & 0xfff;
    if (major >= PTY_MAJORS[0] && major <= PTY_MAJORS[1]) return { kind: 'pty' };
    const sys = `/sys/class/tty/${basename(file)}/device`;
    const path = existsSync(sys) ? realpathSync(sys) : '';
    const usb = /^(.*\/usb\d+\/.*?)\/[^/]+:[^/]+(\/.*)?$/.exec(path);
    const port = usb?.[1];
    if (port === undefined || !existsSync(join(port, 'authorized'))) return { kind: 'uart' };
    const latency = join(sys, 'latency_timer');
    return { kind: 'usb', port, latency: existsSync(latency) ? latency : null };
  } catch {
    return null;
  }
}

function ttysOf(ha: HaConfig): Map<string, TtyKind> {
  const found = new Map<string, TtyKind>();
  for (const link of ha.links) {
    const kind = link.medium === 'serial' ? ttyKind(link.device) : null;
    if (link.medium === 'serial' && kind !== null) found.set(link.device, kind);
  }
  return found;
}

function firstPid(files: readonly string[]): number | null {
  for (const file of files) {
    try {
      const pid = Number(readFileSync(file, 'latin1').trim().split(/\s/)[0]);
      if (Number.isInteger(pid) && pid > 1 && startTicksOf(pid) !== '') return pid;
    } catch {
      // Not there.
    }
  }
  return null;
}

function unitPid(unit: string): Promise<number | null> {
  return new Promise((resolve) => {
    execFile('systemctl', ['show', '-p', 'MainPID', '--value', unit], { timeout: TRIAL_MS_MAX }, (error, stdout) => {
      const pid = Number(stdout.trim());
      resolve(error === null && pid > 1 ? pid : null);
    });
  });
}

/** Services of groups whose address is held here, with the process that they named themselves. */
async function servicesOf(host: SurroundingsHost): Promise<RunningService[]> {
  const held = new Set(host.kernel.addresses().map(({ address }) => address));
  const dirs = { ...host.places, initDir: '/etc/init.d', unitDirs: UNIT_DIRS };
  const found: RunningService[] = [];
  for (const { resources } of host.setup.groups) {
    const address = resources.find(({ vip }) => vip !== null && held.has(vip.address))?.vip?.address;
    if (address === undefined) continue;
    for (const { script: name, vip, args } of resources) {
      const script = vip === null ? resolveScript(name, dirs) : null;
      if (script === null) continue;
      const pid = script.isUnit
        ? await unitPid(script.file)
        : firstPid([`/run/${name}.pid`, `/var/run/${name}.pid`, `/run/${name}/${name}.pid`]);
      if (pid === null) continue;
      const words = script.isUnit ? ['systemctl', 'restart', script.file] : [script.file, ...args, 'start'];
      found.push({
        name,
        address,
        process: { pid, startTicks: startTicksOf(pid) },
        start: words.map(quoted).join(' '),
      });
    }
  }
  return found;
}

/** Shell scripts of haresources. Their real files: a link is followed, never replaced. */
function scriptsOf(host: SurroundingsHost): string[] {
  const dirs = { ...host.places, initDir: '/etc/init.d', unitDirs: UNIT_DIRS };
  const found = new Set<string>();
  for (const { script: name, vip } of host.setup.groups.flatMap((group) => group.resources)) {
    const script = vip === null ? resolveScript(name, dirs) : null;
    if (script === null || script.isUnit) continue;
    const file = realpathSync(script.file);
    const first = readFileSync(file, 'latin1').split('\n', 1)[0] ?? '';
    if (/^#! ?\/(usr\/)?bin\/(env )?(ba|da|a)?sh\b/.test(first) && isWritable(file)) found.add(file);
  }
  return [...found];
}

function isWritable(file: string): boolean {
  try {
    accessSync(file, constants.W_OK);
    return true;
  } catch {
    return false;
  }
}

function processes(): { pid: number; name: string; parent: number }[] {
  return readdirSync('/proc')
    .filter((entry) => /^\d+$/.test(entry))
    .flatMap((entry) => {
      try {
        const text = readFileSync(`/proc/${entry}/stat`, 'latin1');
        const name = text.slice(text.indexOf('(') + 1, text.lastIndexOf(')'));
        const parent = Number(text.slice(text.lastIndexOf(')') + 2).split(' ')[1]);
        return [{ pid: Number(entry), name, parent }];
      } catch {
        return [];
      }
    });
}

const identity = (pid: number): ProcessId => ({ pid, startTicks: startTicksOf(pid) });

/** Children of the engine whose command line has what ha.cf keeps running. */
function clientsOf(host: SurroundingsHost, engine: FaultEngine): ProcessId[] {
  const [master] = engine.processes();
  const commands = host.setup.ha.respawn.map(({ command }) => command);
  if (master === undefined || commands.length === 0) return [];
  return processes()
    .filter(({ parent }) => parent === master.pid)
    .filter(({ pid }) => {
      try {
        const line = readFileSync(`/proc/${pid}/cmdline`, 'latin1').replaceAll('\0', ' ');
        return commands.some((command) => line.includes(command));
      } catch {
        return false;
      }
    })
    .map(({ pid }) => identity(pid));
}

function mountPoints(): Set<string> {
  const unescape = (text: string): string =>
    text.replace(/\\(\d{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));
  const lines = readFileSync('/proc/self/mountinfo', 'latin1').split('\n');
  return new Set(lines.flatMap((line) => line.split(' ')[4] ?? []).map(unescape));
}

/** File systems that are resources of the pair (`Filesystem::device::folder::type`). */
function mountsOf(host: SurroundingsHost, points: ReadonlySet<string>): string[] {
  const all = host.setup.groups.flatMap((group) => group.resources).filter(({ script }) => script === 'Filesystem');
  return all.flatMap(({ args }) => args[1] ?? []).filter((folder) => points.has(folder) && folder !== '/');
}

/** Why this process may not set the clock; in a namespace of users it may not, whatever its rights say. */
function clockReason(): string | null {
  const rights = /^CapEff:\s*([0-9a-f]+)/m.exec(readFileSync('/proc/self/status', 'latin1'))?.[1] ?? '0';
  if (((BigInt(`0x${rights}`) >> SYS_TIME) & 1n) === 0n) return 'the agent may not set the clock here (CAP_SYS_TIME)';
  const map = readFileSync('/proc/self/uid_map', 'latin1').trim().split(/\s+/);
  if (map[0] !== '0' || map[1] !== '0') return 'in a user namespace nobody may set the clock';
  return readlinkSync('/proc/self/ns/pid') === FIRST_PID_NAMESPACE
    ? null
    : 'this is a container: its clock is the clock of the whole machine';
}

function memoryFreeBytes(): number | null {
  try {
    const root = '/sys/fs/cgroup';
    if (!readFileSync(join(root, 'cgroup.subtree_control'), 'latin1').includes('memory')) return null;
    accessSync(root, constants.W_OK);
    const kib = /^MemAvailable:\s*(\d+)/m.exec(readFileSync('/proc/meminfo', 'latin1'))?.[1];
    return kib === undefined ? null : Number(kib) * 1024;
  } catch {
    return null;
  }
}

function diskOf(folder: string): FaultSurroundings['stateDisk'] {
  const disk = statfsSync(folder);
  return { freeBytes: disk.bfree * disk.bsize, isMemory: MEMORY_FILE_SYSTEMS.has(disk.type) };
}

function ifaceOfAddress(kernel: NetKernel): Map<string, string> {
  const interfaces = kernel.interfaces();
  const found = new Map<string, string>();
  for (const { address, ifaceIndex } of kernel.addresses()) {
    const iface = interfaces.find((candidate) => candidate.index === ifaceIndex);
    if (iface !== undefined) found.set(address, iface.name);
  }
  return found;
}

/** Everything that plans depend on, as it is now. */
export async function lookAround(host: SurroundingsHost, engine: FaultEngine): Promise<FaultSurroundings> {
  const { setup, places, kernel } = host;
  const { ha, groups } = setup;
  kernelKnown ??= kernelOf();
  const points = mountPoints();
  const noFile = ha.logfile === null && ha.debugfile === null && ha.logfacility === null;
  const logfile = noFile ? LOGFILE_DEFAULT : ha.logfile;
  return {
    node: setup.node,
    peer: setup.peer,
    engine,
    links: ha.links,
    timing: ha,
    pingAddresses: ha.pingNodes.flatMap(({ members }) => members).filter((address) => isIP(address) !== 0),
    vips: groups.flatMap(({ resources }) => resources.flatMap(({ vip }) => vip?.address ?? [])),
    lanIface: host.vips.lanIface(),
    sshSessions: sshSessions(),
    ifaceOfAddress: ifaceOfAddress(kernel),
    tools: new Set(TOOLS.filter(installed)),
    kernel: await kernelKnown,
    ttys: ttysOf(ha),
    services: await servicesOf(host),
    scripts: scriptsOf(host),
    clients: clientsOf(host, engine),
    mounts: mountsOf(host, points),
    configDir: places.configDir,
    stateDir: places.stateDir,
    stateDisk: diskOf(places.stateDir),
    logDir: logfile === null ? null : dirname(logfile),
    clockReason: clockReason(),
    timeDaemons: processes()
      .filter(({ name }) => TIME_DAEMONS.has(name))
      .map(({ pid }) => identity(pid)),
    processors: availableParallelism(),
    memoryFreeBytes: memoryFreeBytes(),
    hasWatchdog: host.watchdog?.() === 'on',
    mountPoints: points,
  };
}
