/** Faults of the programs: signals to processes that are named for ever, and scripts of the pair with one line more. */
import { ok } from '../../common/base/result.ts';
import type { EngineProcess } from './engine.ts';
import type { Plan, PlanInput, RunningService } from './plan.ts';
import { unavailable } from './plan.ts';
import { keptFile, livesTest, notStoppedTest, plan, putBack, quoted, signal, type ProcessId } from './shell.ts';

const HANG_S = 3600;
const NOT_RUNNING = 'the engine of this node does not run';

/** Signals to parts of the engine. Where the agent is the engine its guard must send them. */
function engineFault(
  { at }: PlanInput,
  name: 'TERM' | 'KILL' | 'STOP',
  targets: readonly EngineProcess[],
  detail: string,
): Plan {
  if (targets.length === 0) return unavailable(NOT_RUNNING);
  const { engine } = at;
  const freezes = name === 'STOP';
  return ok(
    plan({
      inject: targets.map((target) => signal(name, target)),
      revert: freezes ? targets.map((target) => signal('CONT', target)) : [],
      restart: freezes ? [] : engine.recover,
      isGone: freezes ? targets.map(notStoppedTest).join(' && ') : null,
      by: engine.isAgent ? 'guard' : 'agent',
      isOverWhenAgentRuns: engine.isAgent,
      detail,
    }),
  );
}

function stopEngine({ at }: PlanInput): Plan {
  const { engine } = at;
  const [master] = engine.processes();
  if (master === undefined) return unavailable(NOT_RUNNING);
  const inject = engine.isAgent ? [signal('TERM', master)] : engine.stop;
  const detail = 'the agent stops gracefully and is started again at the end';
  const by = engine.isAgent ? 'guard' : 'agent';
  return ok(plan({ inject, revert: [], restart: engine.recover, by, isOverWhenAgentRuns: engine.isAgent, detail }));
}

function killEngine(input: PlanInput, withGuard: boolean): Plan {
  const all = input.at.engine.processes();
  const guards = all.filter(({ part }) => part === 'address-guard');
  const rest = all.filter(({ part }) => part !== 'address-guard');
  if (!withGuard) return engineFault(input, 'KILL', rest, 'the agent is killed (-9) and is started again at the end');
  if (guards.length === 0)
    return unavailable('there is no address guard beside this engine: kill-agent leaves the address behind');
  // The guard first: it would take the address off within milliseconds.
  return engineFault(input, 'KILL', [...guards, ...rest], 'agent and address guard are killed (-9): the address stays');
}

function killPart(input: PlanInput, part: EngineProcess['part'], why: string): Plan {
  const { engine } = input.at;
  if (engine.isAgent) return unavailable(why);
  const target = engine
    .processes()
    .filter((process) => process.part === part)
    .slice(0, 1);
  const what = part === 'master' ? 'the master process' : 'the process of one medium';
  return engineFault(input, 'KILL', target, `${what} of ${engine.kind} is killed (-9)`);
}

function killClient({ at }: PlanInput): Plan {
  const [client] = at.clients;
  if (client === undefined) return unavailable('ha.cf keeps no program running on this node (respawn)');
  return ok(
    plan({
      // With its group: what ha.cf names runs below a shell that keeps it.
      inject: [`if ${livesTest(client)}; then kill -KILL -${client.pid}; fi`],
      revert: [],
      detail: 'a program of ha.cf is killed; starting it again is the engine’s business',
    }),
  );
}

function serviceFault({ at }: PlanInput, work: (service: RunningService) => Plan): Plan {
  const [service] = at.services;
  if (service === undefined)
    return unavailable('no service of the pair runs here whose process is known (by its pid file or unit)');
  return work(service);
}

function killService(service: RunningService): Plan {
  const held = `ip -o addr show to ${service.address} | grep -q .`;
  return ok(
    plan({
      inject: [signal('KILL', service.process)],
      revert: [],
      // Where the group has moved meanwhile, the service runs there.
      restart: [`if ${held}; then ${service.start}; fi`],
      detail: `${service.name} (process ${service.process.pid}) is killed (-9)`,
    }),
  );
}

function freezeService({ name, process }: RunningService): Plan {
  return ok(
    plan({
      inject: [signal('STOP', process)],
      revert: [signal('CONT', process)],
      isGone: notStoppedTest(process),
      detail: `${name} (process ${process.pid}) is frozen`,
    }),
  );
}

/** One line more behind the first of a script. */
function scriptFault({ at, dir, id }: PlanInput, action: 'start' | 'stop', work: string, detail: string): Plan {
  const [script] = at.scripts;
  if (script === undefined) return unavailable('no resource of haresources is a shell script of this node');
  const line = `case "$*" in ${action}|*" ${action}") ${work} ;; esac # twinbeat ${id}`;
  const back = putBack(dir, [script]);
  const hanging = quoted(`${dir}/hanging`);
  return ok(
    plan({
      files: [script],
      inject: [`sed ${quoted(`1a ${line}`)} ${quoted(keptFile(dir, 0))} > ${quoted(script)}`],
      revert: [
        ...back.revert,
        `for p in $(cat ${hanging} 2>/dev/null); do if grep -qa '^sleep' "/proc/$p/cmdline" 2>/dev/null; then kill "$p"; fi; done`,
      ],
      isGone: back.isGone.join(' && '),
      detail: `${detail}: ${script}`,
    }),
  );
}

/** A folder that becomes read-only by a mount of its own over it; `open` stays writable in it. */
export function readOnly({ at }: PlanInput, folder: string, open: string | null, detail: string): Plan {
  if (!at.tools.has('mount')) return unavailable('mount is not installed on this node');
  if (at.mountPoints.has(folder)) return unavailable(`${folder} is a mount of its own already`);
  const dir = quoted(folder);
  const mounted = (path: string): string => `awk -v p=${path} '$5 == p { f = 1 } END { exit !f }' /proc/self/mountinfo`;
  const inner = open === null ? null : quoted(open);
  return ok(
    plan({
      inject: [
        `mount --bind ${dir} ${dir}`,
        `mount -o remount,bind,ro ${dir}`,
        ...(inner === null ? [] : [`mount --bind ${inner} ${inner}`, `mount -o remount,bind,rw ${inner}`]),
      ],
      revert: [...(inner === null ? [] : [inner]), dir].map(
        (path) => `if ${mounted(path)}; then umount -l ${path}; fi`,
      ),
      isGone: `! ${mounted(dir)}`,
      detail,
    }),
  );
}

function filesExhausted({ at, dir }: PlanInput): Plan {
  const [master] = at.engine.processes();
  if (master === undefined) return unavailable(NOT_RUNNING);
  if (!at.tools.has('prlimit')) return unavailable('prlimit (util-linux) is not installed on this node');
  const saved = quoted(`${dir}/nofile`);
  const read = (process: ProcessId): string => `prlimit --pid ${process.pid} --nofile --noheadings -o SOFT`;
  const alive = livesTest(master);
  return ok(
    plan({
      inject: [
        `${read(master)} | tr -d ' ' > ${saved}`,
        `prlimit --pid ${master.pid} --nofile="$(($(ls /proc/${master.pid}/fd | sort -n | tail -n 1) + 1)):"`,
      ],
      revert: [`if [ -s ${saved} ] && ${alive}; then prlimit --pid ${master.pid} --nofile="$(cat ${saved}):"; fi`],
      isGone: `{ [ ! -s ${saved} ] || ! ${alive} || [ "$(${read(master)} | tr -d ' ')" = "$(cat ${saved})" ]; }`,
      detail: `process ${master.pid} can open no file more than it has open now`,
    }),
  );
}

/** Faults of the programs that make the pair. */
export function planProcessFault(input: PlanInput): Plan {
  const { fault, at, dir } = input;
  switch (fault.name) {
    case 'stop-agent':
      return stopEngine(input);
    case 'kill-agent':
      return killEngine(input, false);
    case 'kill-agent-and-guard':
      return killEngine(input, true);
    case 'freeze-agent': {
      const masters = at.engine.processes().filter(({ part }) => part !== 'address-guard');
      return engineFault(input, 'STOP', masters, 'the agent is frozen (SIGSTOP) and goes on at the end');
    }
    case 'kill-master':
      return killPart(input, 'master', 'this engine is one process: use kill-agent');
    case 'kill-medium':
      return killPart(input, 'writer', 'this engine has no process for each medium: use drop-heartbeats on the link');
    case 'kill-client':
      return killClient(input);
    case 'kill-service':
      return serviceFault(input, killService);
    case 'freeze-service':
      return serviceFault(input, freezeService);
    case 'start-fails':
      return scriptFault(input, 'start', 'exit 1', 'the start fails of');
    case 'stop-hangs': {
      const hang = `echo $$ >> ${quoted(`${dir}/hanging`)}; exec sleep ${HANG_S}`;
      return scriptFault(input, 'stop', hang, 'the stop hangs of');
    }
    case 'log-unwritable':
      if (at.logDir === null) return unavailable('this node logs to no file');
      return readOnly(input, at.logDir, null, `${at.logDir} is read-only`);
    case 'files-exhausted':
      return filesExhausted(input);
    default:
      return unavailable('software on this node cannot do this');
  }
}
