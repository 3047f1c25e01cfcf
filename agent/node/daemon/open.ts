/** Parts of the daemon as this node needs them: groups with their scripts, the fencing device, the tables of routes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EventDraft } from '../../common/timeline/event.ts';
import { deviceOf, stonithLineFor } from '../fencing/choose.ts';
import { Fencing } from '../fencing/fencing.ts';
import { deviceRunner } from '../fencing/run.ts';
import { monotonicNow } from '../host/clock.ts';
import type { Family } from '../host/lan.ts';
import { realTimers } from '../host/timers.ts';
import { Groups, stopTriesOf } from '../resources/groups.ts';
import { fileRecord } from '../resources/record.ts';
import { RealScripts, UNIT_DIRS, type ScriptDirs } from '../resources/scripts.ts';
import type { Vips } from '../resources/vips.ts';
import type { DaemonPlaces } from './daemon.ts';
import type { Setup } from './setup.ts';

/** Text of the kernel's routes; empty where it cannot be read. */
export function routesText(family: Family): string {
  try {
    return readFileSync(family === 'ipv4' ? '/proc/net/route' : '/proc/net/ipv6_route', 'latin1');
  } catch {
    return '';
  }
}

/** Where resource scripts and units are looked for. */
export function scriptDirs({ configDir, runDir }: DaemonPlaces): ScriptDirs {
  return { configDir, initDir: '/etc/init.d', unitDirs: UNIT_DIRS, runDir };
}

export interface GroupSurroundings {
  readonly vips: Vips;
  readonly environment: Readonly<Record<string, string>>;
  readonly publish: (draft: EventDraft) => void;
  /** Has the watchdog reset this node. */
  readonly resetNode: (reason: string) => void;
}

/** The groups of haresources, with what earlier runs wrote down about them. */
export function openGroups(setup: Setup, places: DaemonPlaces, around: GroupSurroundings): Groups {
  const { vips, environment, publish } = around;
  return new Groups(setup.groups, {
    vips,
    scripts: new RealScripts(scriptDirs(places), realTimers, environment),
    record: fileRecord([join(places.stateDir, 'held-groups'), join(places.runDir, 'held-groups')]),
    timers: realTimers,
    stopTriesMax: stopTriesOf(process.env['HA_STOPRETRYMAX'] ?? environment['HA_STOPRETRYMAX']),
    now: monotonicNow,
    publish,
    stopFailed: (detail) => {
      if (setup.safety.onStopFailure === 'reboot') around.resetNode(detail);
    },
  });
}

/** null: ha.cf names no stonith device for this node. */
export function openFencing(setup: Setup, places: DaemonPlaces, publish: (draft: EventDraft) => void): Fencing | null {
  const line = stonithLineFor(setup.ha, setup.node);
  if (line === null) return null;
  const runner = deviceRunner(realTimers);
  const device = deviceOf(line, { configDir: places.configDir, timers: realTimers, runner });
  return new Fencing({ device, peer: setup.peer, timers: realTimers, publish });
}
