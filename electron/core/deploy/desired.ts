/** How a node should look after deploying: every file and link with its content. */
import { randomBytes } from 'node:crypto';
import type { HaSpec, PairSpec } from '../../common/contract/pair.ts';
import { renderNodeFiles } from '../../common/setup/render.ts';
import {
  AGENT_COMMAND,
  AGENT_CURRENT,
  AGENT_TRACES,
  AUTHKEYS,
  HA_LOG,
  HARESOURCES,
  HA_CF,
  INIT_LINKS,
  INIT_SCRIPT,
  MEND_LINKS,
  MEND_SCRIPT,
  MEND_UNIT,
  MEND_WANTED,
  SYSTEMD_UNIT,
  SYSTEMD_WANTED,
  TWINBEAT_CF,
} from './layout.ts';
import { initScript, MEND_SCRIPT_SH, MEND_UNIT_TEXT, systemdUnit, WRAPPER_SH } from './scripts/service.ts';

export interface DesiredFile {
  readonly path: string;
  readonly mode: number;
  readonly content: Buffer;
  /** What it is, for the plan. Never its content. */
  readonly what: string;
}

export interface DesiredLink {
  readonly path: string;
  readonly target: string;
  readonly what: string;
}

/** A file that must not be there. */
export interface DesiredAbsence {
  readonly path: string;
  readonly what: string;
}

export interface DesiredNode {
  readonly files: readonly DesiredFile[];
  readonly links: readonly DesiredLink[];
  readonly absences: readonly DesiredAbsence[];
  /** What the agent makes for itself while it runs; removed with it unless it was there before. */
  readonly traces: readonly string[];
}

export type ServiceManager = 'systemd' | 'init';

/** Every path that may be written on any node: what an inspection looks at. */
export const MANAGED_PATHS: readonly string[] = [
  AGENT_CURRENT,
  AGENT_COMMAND,
  SYSTEMD_UNIT,
  SYSTEMD_WANTED,
  INIT_SCRIPT,
  ...INIT_LINKS,
  MEND_UNIT,
  MEND_WANTED,
  MEND_SCRIPT,
  ...MEND_LINKS,
  HA_CF,
  HARESOURCES,
  TWINBEAT_CF,
  AUTHKEYS,
];

/** Random bytes of a new key: as many as the method's digest has. */
export const SECRET_BYTES: Readonly<Record<HaSpec['authMethod'], number>> = { md5: 16, sha1: 20, sha256: 32 };

/** A fresh key that both nodes will share. */
export function newAuthkeys(method: HaSpec['authMethod']): string {
  return `auth 1\n1 ${method} ${randomBytes(SECRET_BYTES[method]).toString('hex')}\n`;
}

/** `authkeys`: one character a byte; null: what is there stays. `ipfailPath`: where the node has ipfail; missing: it has none. Nothing of an observed pair's /etc/ha.d is ever written. */
export function desiredNode(
  pair: PairSpec,
  node: string,
  versionName: string,
  manager: ServiceManager,
  authkeys: string | null,
  ipfailPath?: string,
): DesiredNode {
  const file = (path: string, mode: number, content: string, what: string): DesiredFile => ({
    path,
    mode,
    // Everything is ASCII but a secret that somebody else chose: its bytes come and go as Latin-1.
    content: Buffer.from(content, path === AUTHKEYS ? 'latin1' : 'utf8'),
    what,
  });
  const observes = pair.engine === 'heartbeat';
  const verb = observes ? 'observe' : 'run';
  const service = observes ? 'the service, which only observes' : 'the service';
  const files = [file(AGENT_COMMAND, 0o755, WRAPPER_SH, 'the command')];
  const absences: DesiredAbsence[] = [];
  const links: DesiredLink[] = [{ path: AGENT_CURRENT, target: `versions/${versionName}`, what: 'the active version' }];
  if (manager === 'systemd') {
    files.push(file(SYSTEMD_UNIT, 0o644, systemdUnit(verb), service));
    files.push(file(MEND_UNIT, 0o644, MEND_UNIT_TEXT, 'undoes faults that a power cut left'));
    links.push({ path: SYSTEMD_WANTED, target: '../twinbeat-agent.service', what: 'start at boot' });
    links.push({ path: MEND_WANTED, target: '../twinbeat-mend.service', what: 'at boot, before the daemon' });
  } else {
    files.push(file(INIT_SCRIPT, 0o755, initScript(verb), service));
    files.push(file(MEND_SCRIPT, 0o755, MEND_SCRIPT_SH, 'undoes faults that a power cut left'));
    for (const path of MEND_LINKS)
      links.push({ path, target: '../init.d/twinbeat-mend', what: 'at boot, before the daemon' });
    for (const path of INIT_LINKS)
      links.push({
        path,
        target: '../init.d/twinbeat-agent',
        what: path.includes('/S') ? 'start at boot' : 'stop before halt',
      });
  }
  if (pair.ha !== null) {
    const rendered = renderNodeFiles({ ...pair, ha: pair.ha }, node, ipfailPath);
    files.push(file(HA_CF, 0o644, rendered.haCf, 'links and timing'));
    files.push(file(HARESOURCES, 0o644, rendered.haresources, 'what the pair guards'));
    if (rendered.twinbeatCf === null) absences.push({ path: TWINBEAT_CF, what: 'a takeover needs nothing special' });
    else files.push(file(TWINBEAT_CF, 0o644, rendered.twinbeatCf, 'what a takeover needs'));
  }
  // The log is the daemon's: the agent writes none, and a removal must never take it along.
  if (observes) return { files, links, absences, traces: AGENT_TRACES.filter((path) => path !== HA_LOG) };
  if (authkeys !== null)
    files.push(file(AUTHKEYS, 0o600, authkeys, 'the shared key of both nodes (content never shown)'));
  return { files, links, absences, traces: AGENT_TRACES };
}
