/** What makes a node highly available, as faults see it: its processes, and how it is stopped and brought back. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { MAIN_SCRIPT } from '../host/natives.ts';
import { daemonState, processesOf } from '../observe/heartbeat/processes.ts';
import { quoted, type ProcessId } from './shell.ts';

export interface EngineProcess extends ProcessId {
  /** `master`: without it there is no engine. `address-guard`: takes addresses off when the master dies. `writer`: sends over one medium. */
  readonly part: 'master' | 'address-guard' | 'writer' | 'other';
}

export interface FaultEngine {
  readonly kind: 'twinbeat' | 'heartbeat';
  /** The agent is the engine: what hits the engine hits the agent, so its guard must do it. */
  readonly isAgent: boolean;
  /** All of them, the master first; empty: it does not run. */
  processes(): readonly EngineProcess[];
  /** Shell commands: a graceful stop, that has ended when they have. */
  readonly stop: readonly string[];
  /** Shell commands: start again after a stop or a death, first giving up what was left behind. */
  readonly recover: readonly string[];
  /** Shell command: read the keys again without interruption; null: it cannot. */
  readonly reload: string | null;
}

export interface EnginePlaces {
  readonly configDir: string;
  readonly stateDir: string;
  readonly runDir: string;
}

/** Field 22 of /proc/PID/stat; empty where there is no such process. */
export function startTicksOf(pid: number): string {
  try {
    return (
      readFileSync(`/proc/${pid}/stat`, 'latin1')
        .replace(/^.*\) /s, '')
        .split(' ')[19] ?? ''
    );
  } catch {
    return '';
  }
}

function pidIn(file: string): number | null {
  try {
    const pid = Number(readFileSync(file, 'latin1').trim());
    return pid > 1 ? pid : null;
  } catch {
    return null;
  }
}

/** By what manages the agent on this node; without one, as it was started itself. */
function commands(places: EnginePlaces, node: string): { stop: string; start: string; reload: string } {
  const { configDir, stateDir, runDir } = places;
  const base = [process.execPath, MAIN_SCRIPT];
  const where = ['--config-dir', configDir, '--state-dir', stateDir, '--run-dir', runDir, '--node', node];
  const line = (verb: string): string => [...base, verb, ...where].map(quoted).join(' ');
  const reload = line('reload');
  if (process.env['INVOCATION_ID'] !== undefined && existsSync('/etc/systemd/system/twinbeat-agent.service')) {
    const unit = 'twinbeat-agent.service';
    return { stop: `systemctl stop ${unit}`, start: `systemctl start ${unit}`, reload };
  }
  const standard = stateDir === '/var/lib/twinbeat-agent' && runDir === '/run/twinbeat-agent';
  if (standard && existsSync('/etc/init.d/twinbeat-agent')) {
    return { stop: '/etc/init.d/twinbeat-agent stop', start: '/etc/init.d/twinbeat-agent start', reload };
  }
  return { stop: line('stop'), start: `setsid ${line('run')} </dev/null >/dev/null 2>&1 &`, reload };
}

/** This agent as the engine. */
export function twinbeatEngine(places: EnginePlaces, node: string): FaultEngine {
  const { stop, start, reload } = commands(places, node);
  return {
    kind: 'twinbeat',
    isAgent: true,
    processes: () => {
      const guard = pidIn(join(places.runDir, 'address-guard.pid'));
      const found: EngineProcess[] = [{ pid: process.pid, startTicks: startTicksOf(process.pid), part: 'master' }];
      if (guard !== null) found.push({ pid: guard, startTicks: startTicksOf(guard), part: 'address-guard' });
      return found.filter(({ startTicks }) => startTicks !== '');
    },
    // The end of its socket is a moment before the end of the process, whose lock the next one needs.
    stop: [`${stop} || :`, 'sleep 0.5'],
    recover: [start],
    reload,
  };
}

/** How the system of this node manages the real daemon; null: it does not, and then it can be stopped but not brought back. */
function heartbeatService(): { stop: string; start: string } | null {
  if (existsSync('/run/systemd/system'))
    return { stop: 'systemctl stop heartbeat', start: 'systemctl start heartbeat' };
  const script = '/etc/init.d/heartbeat';
  return existsSync(script) ? { stop: `${script} stop`, start: `${script} start` } : null;
}

/** What a process of the real daemon calls itself: `heartbeat: write: serial /dev/ttyS0`. */
function isWriter(pid: number): boolean {
  try {
    return /heartbeat: write:/.test(readFileSync(`/proc/${pid}/cmdline`, 'latin1'));
  } catch {
    return false;
  }
}

/**
 * The real daemon as the engine, observed by this agent. After a death its addresses are removed before it starts again:
 * neither it nor its unit does that, and both nodes would go on holding them (docs/what-ours-does.md, M2).
 */
export function heartbeatEngine(addresses: readonly string[]): FaultEngine {
  const service = heartbeatService();
  const release = addresses.map((address) => {
    const bits = address.includes(':') ? 128 : 32;
    return `ip addr flush to ${address}/${bits} 2>/dev/null`;
  });
  return {
    kind: 'heartbeat',
    isAgent: false,
    processes: () => {
      const { master } = daemonState();
      if (master === null || service === null) return [];
      return processesOf(master).map(({ pid, startTicks }): EngineProcess => {
        const part = pid === master.pid ? 'master' : isWriter(pid) ? 'writer' : 'other';
        return { pid, startTicks, part };
      });
    },
    stop: service === null ? [] : [service.stop],
    // What is left of a half dead daemon is ended first, in its own way; where all is well this does nothing.
    recover: service === null ? [] : [`${service.stop} >/dev/null 2>&1`, ...release, service.start],
    reload: null,
  };
}
