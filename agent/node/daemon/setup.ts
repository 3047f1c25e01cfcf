/** Reads ha.cf, haresources and authkeys of a configuration directory into what the daemon runs on. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Keyring } from '../../common/base/keyring.ts';
import { fail, ok, type Result } from '../../common/base/result.ts';
import {
  checkForNode,
  formatProblem,
  parseAuthkeys,
  parseHaCf,
  parseHaresources,
  peerOf,
} from '../../common/config/index.ts';
import type { ConfigProblem, HaConfig, ResourceGroup, SafetyConfig } from '../../common/config/model.ts';
import type { EngineConfig } from '../../common/engine/types.ts';
import type { Identity } from '../state/identity.ts';

/** Everything that the files decide. */
export interface Setup {
  readonly node: string;
  readonly peer: string;
  readonly ha: HaConfig;
  readonly groups: readonly ResourceGroup[];
  readonly keyring: Keyring;
  readonly safety: SafetyConfig;
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

/**
 * `node`: this host's name, as `uname -n` prints it. The detail of a failure is one line for each thing wrong, with
 * its place.
 */
export function readSetup(configDir: string, node: string): Result<Setup, 'config'> {
  const files = {
    ha: join(configDir, 'ha.cf'),
    res: join(configDir, 'haresources'),
    auth: join(configDir, 'authkeys'),
  };
  const texts = { ha: read(files.ha), res: read(files.res), auth: read(files.auth) };
  const unread = Object.values(texts).flatMap((text) => (text.ok ? [] : [text.detail]));
  if (!texts.ha.ok || !texts.res.ok || !texts.auth.ok) return fail('config', unread.join('\n'));

  const ha = parseHaCf(texts.ha.value, files.ha);
  const resources = parseHaresources(texts.res.value, files.res, ha.config?.nodes ?? []);
  const auth = parseAuthkeys(texts.auth.value, files.auth, statSync(files.auth).mode & 0o7777);
  const aboutNode = ha.config === null ? [] : checkForNode(ha.config, node, files.ha);
  const problems: ConfigProblem[] = [...ha.problems, ...aboutNode, ...resources.problems, ...auth.problems];
  const errors = problems.filter((problem) => problem.severity === 'error');
  const peer = ha.config === null ? null : peerOf(ha.config, node);
  if (errors.length > 0 || ha.config === null || auth.keyring === null || peer === null) {
    return fail('config', errors.map(formatProblem).join('\n'));
  }
  return ok({
    node: node.toLowerCase(),
    peer,
    ha: ha.config,
    groups: resources.groups,
    keyring: auth.keyring,
    safety: { takeoverRequires: [], onStopFailure: 'report' },
    warnings: problems.map(formatProblem),
  });
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
    ipfail: ha.respawn.some(({ command }) => /(^|\/)ipfail$/.test(command.split(' ')[0] ?? '')),
    fencing: ha.stonith.length > 0,
    takeoverRequires: setup.safety.takeoverRequires,
    maxRexmitDelayMs: ha.maxRexmitDelayMs,
    seed,
  };
}
