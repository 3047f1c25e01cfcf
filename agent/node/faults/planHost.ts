/** Faults of the server itself. */
import { ok } from '../../common/base/result.ts';
import { CUT_OFF_MS_MAX } from '../../common/rpc/agentContract.ts';
import type { Plan, PlanInput } from './plan.ts';
import { unavailable } from './plan.ts';
import { nicReset, planNetworkFault } from './planNetwork.ts';
import { readOnly } from './planProcess.ts';
import { notStoppedTest, plan, program, quoted, signal } from './shell.ts';

/** Longest processor hog, milliseconds: what a takeover must survive, and no more. */
const HOG_MS_MAX = 30_000;
/** Busy programs for each processor. */
const HOGS = 4;

/** Left free on a disk that is filled, bytes. */
const DISK_LEFT_BYTES = 1 << 20;
/** Most that is filled: of memory less, because it is the memory of everybody. Bytes. */
const FILL_BYTES_MAX = { memory: 512 * 2 ** 20, disk: 256 * 2 ** 30 };

/** Of the free memory, what the hog's own group may take, and what the hog wants. */
const MEMORY_LIMIT_SHARE = 0.8;
const MEMORY_WANTED_SHARE = 1;

function reboot(): Plan {
  return ok(
    plan({
      inject: ['if [ -d /run/systemd/system ]; then systemctl reboot; else PATH=/usr/local/sbin:$PATH reboot; fi'],
      revert: [],
      by: 'guard',
      isOverWhenAgentRuns: true,
      cutsManagement: true,
      detail: 'this server reboots in order; it is over when the agent runs again',
    }),
  );
}

function cpuHog({ at, id, dir }: PlanInput): Plan {
  const spin = "sh -c 'while :; do :; done'";
  const script = `i=0; while [ $i -lt ${HOGS * at.processors} ]; do timeout --foreground -s KILL ${HOG_MS_MAX / 1000} ${spin} & i=$((i + 1)); done; wait`;
  if (!at.tools.has('timeout')) return unavailable('timeout (coreutils) is not installed on this node');
  return ok(
    plan({
      ...program(id, dir, script),
      durationMsMax: HOG_MS_MAX,
      detail: `${HOGS * at.processors} busy programs on ${at.processors} processor(s)`,
    }),
  );
}

function memoryHog({ at, id, dir }: PlanInput): Plan {
  if (at.memoryFreeBytes === null)
    return unavailable('no memory-limited group of its own can be made here (cgroup v2, memory controller, writable)');
  if (!at.tools.has('perl')) return unavailable('perl is not installed on this node, by which memory is taken');
  const group = `/sys/fs/cgroup/twinbeat_${id}`;
  const limit = Math.round(at.memoryFreeBytes * MEMORY_LIMIT_SHARE);
  const wanted = Math.round(at.memoryFreeBytes * MEMORY_WANTED_SHARE);
  const take = `perl -e 'my @a; for (1..${Math.ceil(wanted / 2 ** 20)}) { push @a, "x" x 1048576 } sleep 3600'`;
  const hog = program(id, dir, `while :; do ${take}; sleep 1; done`);
  const [start = ''] = hog.inject;
  return ok(
    plan({
      inject: [
        `mkdir ${group}`,
        `echo ${limit} > ${group}/memory.max`,
        start,
        `cat ${quoted(`${dir}/program.pid`)} > ${group}/cgroup.procs`,
      ],
      revert: [
        ...hog.revert,
        `if [ -d ${group} ]; then for p in $(cat ${group}/cgroup.procs); do kill -KILL "$p"; done; sleep 0.2; rmdir ${group}; fi`,
      ],
      isGone: `${hog.isGone} && [ ! -d ${group} ]`,
      detail: `a group of its own takes up to ${Math.round(limit / 2 ** 20)} MiB of memory`,
    }),
  );
}

function diskFull({ at, dir }: PlanInput): Plan {
  if (!at.tools.has('fallocate')) return unavailable('fallocate (util-linux) is not installed on this node');
  const { freeBytes, isMemory } = at.stateDisk;
  const most = isMemory ? FILL_BYTES_MAX.memory : FILL_BYTES_MAX.disk;
  const mib = (bytes: number): string => `${Math.round(bytes / 2 ** 20)} MiB`;
  if (freeBytes > most) {
    const where = isMemory ? 'is in memory and ' : '';
    return unavailable(
      `the disk of ${at.stateDir} ${where}has ${mib(freeBytes)} free: more than ${mib(most)} is not filled`,
    );
  }
  if (freeBytes <= 2 * DISK_LEFT_BYTES) return unavailable(`the disk of ${at.stateDir} is full already`);
  const [folder, ballast] = [quoted(dir), quoted(`${dir}/ballast`)];
  return ok(
    plan({
      inject: [`fallocate -l "$(($(stat -f -c '%f * %S' ${folder}) - ${DISK_LEFT_BYTES}))" ${ballast}`],
      revert: [`rm -f ${ballast}`],
      isGone: `[ ! -e ${ballast} ]`,
      detail: `the disk of ${at.stateDir} is filled but for 1 MiB (${mib(freeBytes)} were free)`,
    }),
  );
}

function diskStall({ at }: PlanInput): Plan {
  const [mount] = at.mounts;
  if (mount === undefined) return unavailable('no file system of its own belongs to a resource of the pair here');
  if (!at.tools.has('fsfreeze')) return unavailable('fsfreeze (util-linux) is not installed on this node');
  const folder = quoted(mount);
  return ok(
    plan({
      inject: [`fsfreeze -f ${folder}`],
      // Thawing what is not frozen fails, and says nothing that matters.
      revert: [`fsfreeze -u ${folder} 2>/dev/null`],
      detail: `${mount} stands still: writes wait`,
    }),
  );
}

/** By the time since boot, which no step of the clock moves: undone, the clock is right again to some milliseconds. */
function clockStep({ at, dir, amount }: PlanInput): Plan {
  if (at.clockReason !== null) return unavailable(at.clockReason);
  if (amount === 0) return unavailable('a step of 0 seconds changes nothing');
  const saved = quoted(`${dir}/clock`);
  const now = '$(date +%s.%N) $(cut -d" " -f1 /proc/uptime)';
  const back = `awk '{ getline u < "/proc/uptime"; split(u, f, " "); printf "%.3f", $1 + f[1] - $2 }' ${saved}`;
  return ok(
    plan({
      inject: [
        ...at.timeDaemons.map((daemon) => signal('STOP', daemon)),
        `echo "${now}" > ${saved}`,
        `sync ${saved}`,
        `date -s "@$(awk '{ printf "%.3f", $1 + ${amount} }' ${saved})" >/dev/null`,
      ],
      revert: [
        `if [ -s ${saved} ]; then date -s "@$(${back})" >/dev/null; fi`,
        ...at.timeDaemons.map((daemon) => signal('CONT', daemon)),
      ],
      isGone: `{ [ ! -s ${saved} ] || [ "$(($(date +%s) - $(${back} | cut -d. -f1)))" -le 1 ]; }`,
      detail: `the clock jumps by ${amount} s; what sets it is held meanwhile`,
    }),
  );
}

function watchdogProof({ at }: PlanInput): Plan {
  if (!at.hasWatchdog) return unavailable('no hardware watchdog is armed on this node (watchdog in ha.cf)');
  const masters = at.engine.processes().filter(({ part }) => part === 'master');
  return ok(
    plan({
      inject: masters.map((master) => signal('STOP', master)),
      revert: masters.map((master) => signal('CONT', master)),
      isGone: masters.map(notStoppedTest).join(' && '),
      by: 'guard',
      isOverWhenAgentRuns: true,
      cutsManagement: true,
      durationMsMax: CUT_OFF_MS_MAX,
      detail: 'the agent is frozen with the watchdog armed: the server must reset',
    }),
  );
}

/** Faults of the server. */
export function planHostFault(input: PlanInput): Plan {
  const { fault, at } = input;
  switch (fault.name) {
    case 'reboot':
      return reboot();
    case 'cpu-hog':
      return cpuHog(input);
    case 'memory-hog':
      return memoryHog(input);
    case 'disk-full':
      return diskFull(input);
    case 'disk-stall':
      return diskStall(input);
    case 'state-read-only':
      // The guard itself goes on working in its folder.
      return readOnly(input, at.stateDir, `${at.stateDir}/faults`, `${at.stateDir} is read-only`);
    case 'clock-step':
      return clockStep(input);
    case 'time-sync-lost':
      return planNetworkFault(input);
    case 'nic-reset':
      return nicReset(input);
    case 'watchdog-proof':
      return watchdogProof(input);
    default:
      return unavailable('software on this node cannot do this: it takes hands (or the rack)');
  }
}
