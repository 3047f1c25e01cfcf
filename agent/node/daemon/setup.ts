/** Reads ha.cf, haresources, authkeys and twinbeat.cf of a configuration directory into what the daemon runs on. */
import { existsSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Keyring } from '../../common/base/keyring.ts';
import { fail, ok, type Result } from '../../common/base/result.ts';
import {
  checkForNode,
  formatProblem,
  parseAuthkeys,
  parseHaCf,
  parseHaresources,
  parseTwinbeatCf,
  peerOf,
} from '../../common/config/index.ts';
import type { ConfigProblem, HaConfig, ResourceGroup, SafetyConfig } from '../../common/config/model.ts';
import type { EngineConfig } from '../../common/engine/types.ts';
import { stonithLineFor } from '../fencing/choose.ts';
import type { Identity } from '../state/identity.ts';

/** Everything that the files decide. */
export interface Setup {
  readonly node: string;
  readonly peer: string;
  readonly ha: HaConfig;
  readonly groups: readonly ResourceGroup[];
  readonly keyring: Keyring;
  readonly safety: SafetyConfig;
  /** Text of every file that needs a restart to take effect, by its path; null: there is none, and need not be. */
  readonly texts: ReadonlyMap<string, string | null>;
  /** Lines for the operator: what is odd, but no reason not to start. */
  readonly warnings: readonly string[];
}

function read(file: string): Result<string, 'unreadable'> {
  try {
    // Latin-1: a secret and a resource argument are bytes, and no byte may get lost.
    return ok(readFileSync(file, 'latin1'));
  } catch (error) {
    return fail('unreadable', `${file}: ${error instanceof Error ? error.message : String(error)}`);
  }
}

function readIfThere(file: string): Result<string | null, 'unreadable'> {
  return existsSync(file) ? read(file) : ok(null);
}

/** authkeys alone. The detail of a failure is one line for each thing wrong; it never has a secret in it. */
export function readKeys(configDir: string): Result<{ keyring: Keyring; warnings: readonly string[] }, 'config'> {
  const file = join(configDir, 'authkeys');
  const text = read(file);
  if (!text.ok) return fail('config', text.detail);
  const { keyring, problems } = parseAuthkeys(text.value, file, statSync(file).mode & 0o7777);
  if (keyring !== null) return ok({ keyring, warnings: problems.map(formatProblem) });
  const errors = problems.filter((problem) => problem.severity === 'error');
  return fail('config', errors.map(formatProblem).join('\n'));
}

/** What has to be read for a start, besides authkeys. */
function configFiles(configDir: string) {
  return {
    ha: join(configDir, 'ha.cf'),
    res: join(configDir, 'haresources'),
    safety: join(configDir, 'twinbeat.cf'),
  };
}

/** Files that read otherwise than at the start. Their changes wait for a restart. */
export function changedSince(setup: Setup, configDir: string): string[] {
  return Object.values(configFiles(configDir)).filter((file) => {
    const now = readIfThere(file);
    return !now.ok || now.value !== setup.texts.get(file);
  });
}

/**
 * `node`: this host's name, as `uname -n` prints it. The detail of a failure is one line for each thing wrong, with
 * its place.
 */
export function readSetup(configDir: string, node: string): Result<Setup, 'config'> {
  const files = configFiles(configDir);
  const texts = { ha: read(files.ha), res: read(files.res), safety: readIfThere(files.safety) };
  const auth = readKeys(configDir);
  if (!texts.ha.ok || !texts.res.ok || !texts.safety.ok) {
    const failed = [...Object.values(texts), auth].flatMap((result) => (result.ok ? [] : [result.detail]));
    return fail('config', failed.join('\n'));
  }

  const ha = parseHaCf(texts.ha.value, files.ha);
  const resources = parseHaresources(texts.res.value, files.res, ha.config?.nodes ?? []);
  const safety = parseTwinbeatCf(texts.safety.value ?? '', files.safety, ha.config);
  const aboutNode = ha.config === null ? [] : checkForNode(ha.config, node, files.ha);
  const problems: ConfigProblem[] = [...ha.problems, ...aboutNode, ...resources.problems, ...safety.problems];
  const errors = problems.filter((problem) => problem.severity === 'error').map(formatProblem);
  if (!auth.ok) errors.push(auth.detail);
  const peer = ha.config === null ? null : peerOf(ha.config, node);
  if (errors.length > 0 || ha.config === null || !auth.ok || peer === null || safety.safety === null) {
    return fail('config', errors.join('\n'));
  }
  return ok({
    node: node.toLowerCase(),
    peer,
    ha: ha.config,
    groups: resources.groups,
    keyring: auth.value.keyring,
    safety: safety.safety,
    texts: new Map([
      [files.ha, texts.ha.value],
      [files.res, texts.res.value],
      [files.safety, texts.safety.value],
    ]),
    warnings: [...problems.map(formatProblem), ...auth.value.warnings],
  });
}

/** heartbeat's variables for scripts and respawned programs. `env` lines both as they are written and as HA_NAME. */
export function scriptEnvironment(setup: Setup, configDir: string): Record<string, string> {
  const given = setup.ha.environment;
  const prefixed = Object.fromEntries(Object.entries(given).map(([name, value]) => [`HA_${name}`, value]));
  return { HA_CURHOST: setup.node, HA_CF: join(configDir, 'ha.cf'), ...prefixed, ...given };
}

/** A respawn line's command is ipfail, whose work the engine does itself. */
export function isIpfail(command: string): boolean {
  return /(^|\/)ipfail$/.test(command.split(/[ \t]/)[0] ?? '');
}

/** The engine's view of a setup, for one life. `seed` rolls its dice. */
export function engineConfigOf(setup: Setup, identity: Identity, seed: number): EngineConfig {
  const { ha } = setup;
  const keysOf = (node: string): string[] =>
    setup.groups.filter((group) => group.node === node).map((group) => group.key);
  return {
    self: setup.node,
    peer: setup.peer,
    keepaliveMs: ha.keepaliveMs,
    deadtimeMs: ha.deadtimeMs,
    warntimeMs: ha.warntimeMs,
    initdeadMs: ha.initdeadMs,
    autoFailback: ha.autoFailback,
    links: ha.links.map(({ id, name }) => ({ id, name })),
    localGroups: keysOf(setup.node),
    foreignGroups: keysOf(setup.peer),
    generation: identity.generation,
    uuid: identity.uuid,
    hopfudge: ha.hopfudge,
    pingNodes: ha.pingNodes.map(({ name }) => name),
    deadpingMs: ha.deadpingMs,
    ipfail: ha.respawn.some(({ command }) => isIpfail(command)),
    fencingDevice: stonithLineFor(ha, setup.node)?.type ?? null,
    takeoverRequires: setup.safety.takeoverRequires,
    maxRexmitDelayMs: ha.maxRexmitDelayMs,
    seed,
  };
}
