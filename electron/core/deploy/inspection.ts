/** What is on a node before deploying. An interrupted deployment is finished first. */
import { createHash } from 'node:crypto';
import { ok } from '../../../agent/common/base/result.ts';
import { quote, refuse, say } from '../../common/words/sentence.ts';
import type { Outcome } from '../../common/words/sentence.ts';
import { readAuthkeys } from './authkeysFile.ts';
import { AUTHKEYS } from './layout.ts';
import { MANAGED_PATHS } from './desired.ts';
import type { DesiredFile, DesiredLink, ServiceManager } from './desired.ts';
import { fact, factsOf } from './facts.ts';
import type { DeployHost } from './host.ts';
import { report } from './host.ts';
import { inspectScript } from './scripts/inspect.ts';

const KEYS: ReadonlySet<string> = new Set(
  'recovered current version runtime-sha256 service running file link absent original'.split(' '),
);

/** Finishing an interrupted deployment may have to wait for a service that does not start. */
const INSPECT_MS_MAX = 120_000;

export interface Inspection {
  /** Active version folder; null: not installed. */
  readonly current: string | null;
  readonly versions: readonly string[];
  /** Hash of the runtime that the active version carries; null: it uses the node's own. */
  readonly runtimeSha256: string | null;
  readonly manager: ServiceManager;
  readonly running: boolean;
  /** A deployment that had been interrupted was finished just now. */
  readonly recovered: boolean;
  readonly files: ReadonlyMap<string, { readonly mode: number; readonly sha256: string }>;
  readonly links: ReadonlyMap<string, string>;
  /** Paths that Twinbeat has written or made on this node. */
  readonly touched: readonly string[];
  /** One character a byte; null: the node has none. Held in memory for the plan only. */
  readonly authkeys: string | null;
}

export async function inspect(host: DeployHost): Promise<Outcome<Inspection>> {
  const seen = await report(host, inspectScript(MANAGED_PATHS), 'twinbeat-inspect 1', KEYS, {
    timeoutMs: INSPECT_MS_MAX,
  });
  if (!seen.ok) return seen;
  const facts = seen.value;
  const recovered = fact(facts, 'recovered');
  if (recovered === 'no') return refuse('busy', say('deployBusy'));
  let authkeys: string | null = null;
  const files = new Map(
    factsOf(facts, 'file').map(([path = '', mode = '', sha256 = '']) => [
      path,
      { mode: Number.parseInt(mode, 8), sha256 },
    ]),
  );
  if (files.has(AUTHKEYS)) {
    const read = await readAuthkeys(host);
    if (!read.ok) return refuse(read.reason, quote(read));
    authkeys = read.value;
  }
  return ok({
    current: fact(facts, 'current'),
    versions: factsOf(facts, 'version').map(([name = '']) => name),
    runtimeSha256: fact(facts, 'runtime-sha256'),
    manager: fact(facts, 'service') === 'systemd' ? 'systemd' : 'init',
    running: fact(facts, 'running') === 'yes',
    recovered: recovered === 'yes',
    files,
    links: new Map(factsOf(facts, 'link').map(([path = '', target = '']) => [path, target])),
    touched: factsOf(facts, 'original').map(([path = '']) => path),
    authkeys,
  });
}

/** Already exactly so: content and mode. */
export function isSameFile(seen: Inspection, wanted: DesiredFile): boolean {
  const present = seen.files.get(wanted.path);
  return present?.mode === wanted.mode && present.sha256 === createHash('sha256').update(wanted.content).digest('hex');
}

/** Already exactly so. */
export function isSameLink(seen: Inspection, wanted: DesiredLink): boolean {
  return seen.links.get(wanted.path) === wanted.target;
}
