/** From ha.cf's lines to the one device of this node. */
import type { HaConfig, StonithLine } from '../../common/config/model.ts';
import type { Timers } from '../host/timers.ts';
import { FenceAgentDevice, ScriptDevice } from './agents.ts';
import type { PersonDevice, StonithDevice } from './device.ts';
import { ExternalDevice, StonithCommandDevice } from './glue.ts';
import { MEATWARE_DIR, MeatwareDevice } from './meatware.ts';
import { findProgram, isProgram, type DeviceRunner } from './run.ts';

const GLUE_PLUGINS = '/usr/lib/stonith/plugins/external';
const PROGRAM_DIRS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin', '/sbin', '/bin'];

/** The line that counts on `node`: the last one that names it or everybody. Null: no device. */
export function stonithLineFor(ha: HaConfig, node: string): StonithLine | null {
  return ha.stonith.findLast(({ host }) => host === '*' || host === node) ?? null;
}

export interface ChooseHost {
  readonly configDir: string;
  readonly timers: Timers;
  readonly runner: DeviceRunner;
}

/** Whether this node has the program that a line's device is. A person needs none, and a binary plugin shows only when it is asked. */
export function isDeviceHere({ type }: StonithLine, configDir: string): boolean {
  const ownDir = `${configDir}/stonith.d`;
  if (type === 'meatware') return true;
  if (type.startsWith('external/')) {
    return findProgram(type.slice('external/'.length), [GLUE_PLUGINS, `${ownDir}/external`]) !== null;
  }
  if (findProgram(type, [ownDir]) !== null) return true;
  return findProgram(type.startsWith('fence_') ? type : 'stonith', PROGRAM_DIRS) !== null;
}

/** The device of a line. What it needs is looked for at every use, so that a plugin installed later works. */
export function deviceOf(line: StonithLine, host: ChooseHost): StonithDevice | PersonDevice {
  const { configDir, runner, timers } = host;
  const ownDir = `${configDir}/stonith.d`;
  if (line.type === 'meatware') return new MeatwareDevice(line, MEATWARE_DIR, timers);
  if (line.type.startsWith('external/')) return new ExternalDevice(line, [GLUE_PLUGINS, `${ownDir}/external`], runner);
  const script = `${ownDir}/${line.type}`;
  if (/^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(line.type) && isProgram(script))
    return new ScriptDevice(line, script, runner);
  if (/^fence_[A-Za-z0-9_-]+$/.test(line.type)) return new FenceAgentDevice(line, PROGRAM_DIRS, runner);
  return new StonithCommandDevice(line, PROGRAM_DIRS, runner);
}
