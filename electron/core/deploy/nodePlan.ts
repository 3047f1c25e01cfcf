/** What is to be done on one node, as people read it and as the node carries it out. */
import type { PlanStep } from '../../common/contract/deploy.ts';
import type { DesiredFile, DesiredNode } from './desired.ts';
import type { DeployHost } from './host.ts';
import type { Inspection } from './inspection.ts';
import { isSameFile, isSameLink } from './inspection.ts';
import { AGENT_BASE, AGENT_CURRENT, HA_DIR } from './layout.ts';
import type { PayloadVersion } from './payload.ts';
import type { UploadText } from './upload.ts';
import { TRANSACTION_SH } from './scripts/transaction.ts';

/** One line of the node's `steps` file with the plan step that it belongs to; null: housekeeping that nobody needs to see. */
interface ScriptLine {
  readonly words: readonly string[];
  readonly step: PlanStep | null;
}

export interface NodePlan {
  readonly host: DeployHost;
  readonly node: string;
  /** In the order in which they happen. */
  readonly steps: readonly PlanStep[];
  /** Nothing is to be changed here: only verified. */
  readonly unchanged: boolean;
  /** The heartbeat's own configuration changes: the two nodes must change together. */
  readonly changesPair: boolean;
  readonly script: readonly ScriptLine[];
  readonly files: readonly DesiredFile[];
  /** null: no version folder is to be sent. */
  readonly version: PayloadVersion | null;
  /** Version on the node whose runtime is taken over; null: none. */
  readonly runtimeFrom: string | null;
  /** The product version that must answer afterwards; null after a removal. */
  readonly expectedVersion: string | null;
}

class StepList {
  readonly steps: PlanStep[] = [];
  readonly script: ScriptLine[] = [];
  private readonly node: string;

  constructor(node: string) {
    this.node = node;
  }

  /** Adds a step for people, and the line that does it unless there is nothing to do. */
  add(
    kind: PlanStep['kind'],
    target: string,
    detail: string,
    unchanged: boolean,
    words: readonly string[] | null,
    bytes: number | null = null,
  ): void {
    const step: PlanStep = {
      id: `${this.node}/${this.steps.length + 1}`,
      node: this.node,
      kind,
      target,
      detail,
      bytes,
      unchanged,
    };
    this.steps.push(step);
    if (words !== null && !unchanged) this.script.push({ words, step });
  }

  hidden(words: readonly string[]): void {
    this.script.push({ words, step: null });
  }
}

function versionBytes(version: PayloadVersion, sendRuntime: boolean): number {
  const files = version.files.reduce((total, file) => total + file.bytes, 0);
  return files + (sendRuntime && version.runtime.kind === 'own' ? version.runtime.bytes : 0);
}

function describeUpload(version: PayloadVersion, present: boolean, reuse: boolean): string {
  if (present) return 'on the node already';
  if (version.runtime.kind === 'system') return `agent, run by the Node at ${version.runtime.path}`;
  return reuse ? 'agent; the runtime on the node is kept' : 'agent and its Node runtime';
}

/** Plans the deployment to one node. `wanted` names the version's folder through its link. */
export function planNode(
  host: DeployHost,
  seen: Inspection,
  version: PayloadVersion,
  wanted: DesiredNode,
  productVersion: string,
): NodePlan {
  const list = new StepList(host.spec.name);
  const present = seen.versions.includes(version.name);
  const reuse =
    version.runtime.kind === 'own' && seen.runtimeSha256 === version.runtime.sha256 && seen.current !== null;
  const folder = `${AGENT_BASE}/versions/${version.name}`;
  list.add(
    'upload',
    folder,
    describeUpload(version, present, reuse),
    present,
    ['version', version.name],
    versionBytes(version, !reuse),
  );
  const changed = wanted.files.filter((file) => !isSameFile(seen, file));
  for (const file of wanted.files) {
    const words = ['file', file.mode.toString(8), String(changed.indexOf(file)), file.path];
    list.add(
      'write',
      file.path,
      `${file.what}, mode ${file.mode.toString(8)}`,
      !changed.includes(file),
      words,
      file.content.length,
    );
  }
  const gone = wanted.absences.filter((one) => seen.files.has(one.path) || seen.links.has(one.path));
  for (const { path, what } of gone) list.add('remove', path, what, false, ['unlink', path]);
  for (const link of wanted.links) {
    list.add('link', link.path, `${link.what} -> ${link.target}`, isSameLink(seen, link), [
      'link',
      link.target,
      link.path,
    ]);
  }
  const same = list.script.length === 0;
  for (const trace of wanted.traces) if (!same) list.hidden(['trace', trace]);
  const systemd = seen.manager === 'systemd';
  if (systemd) list.add('command', 'systemctl daemon-reload', 'make the service known', same, ['reload']);
  const restart = systemd ? 'systemctl restart twinbeat-agent.service' : '/etc/init.d/twinbeat-agent restart';
  const unchanged = same && seen.running;
  list.add('command', restart, seen.running ? 'restart the agent' : 'start the agent', unchanged, ['start']);
  const old = seen.versions.filter((name) => name !== version.name);
  if (old.length > 0) {
    list.add('remove', old.map((name) => `${AGENT_BASE}/versions/${name}`).join(' '), 'older versions', false, [
      'prune',
      version.name,
    ]);
  }
  list.add('verify', 'twinbeat-agent attach', `version ${productVersion} answers`, false, null);
  return {
    host,
    node: host.spec.name,
    steps: list.steps,
    unchanged: unchanged && old.length === 0,
    changesPair: [...changed, ...gone].some((one) => one.path.startsWith(`${HA_DIR}/`)),
    script: list.script,
    files: changed,
    version: present ? null : version,
    runtimeFrom: !present && reuse ? seen.current : null,
    expectedVersion: productVersion,
  };
}

/** Plans the removal from one node: everything goes back to what `original` remembers. `observes`: it holds nothing. */
export function planRemoval(host: DeployHost, seen: Inspection, observes: boolean): NodePlan {
  const list = new StepList(host.spec.name);
  const absent = seen.current === null && seen.versions.length === 0;
  const stop = seen.manager === 'systemd' ? 'systemctl stop twinbeat-agent.service' : '/etc/init.d/twinbeat-agent stop';
  const what = observes ? 'stop the agent; heartbeat goes on' : 'stop the agent; its resources are released';
  list.add('command', stop, what, absent, null);
  for (const path of seen.touched.filter((one) => one !== AGENT_CURRENT)) {
    list.add('remove', path, 'back to what stood there before Twinbeat, or gone', absent, null);
  }
  list.add('remove', AGENT_BASE, 'the agent, its runtime and its backups', absent, ['uninstall']);
  list.add('verify', AGENT_BASE, 'is gone', false, null);
  return {
    host,
    node: host.spec.name,
    steps: list.steps,
    unchanged: absent,
    changesPair: false,
    script: list.script,
    files: [],
    version: null,
    runtimeFrom: null,
    expectedVersion: null,
  };
}

/** The files that travel besides the version folder. The key of the pair is among them: mode 600, in a folder of mode 700. */
export function uploadTexts(plan: NodePlan): UploadText[] {
  const steps = plan.script.map((line) => `${line.words.join('\t')}\n`).join('');
  return [
    { path: 'run.sh', mode: 0o700, content: Buffer.from(TRANSACTION_SH) },
    { path: 'steps', mode: 0o600, content: Buffer.from(steps) },
    ...plan.files.map((file, index) => ({ path: `files/${index}`, mode: 0o600, content: file.content })),
  ];
}

/** The plan step that the node's script speaks of in its line `step …`; null: housekeeping. */
export function stepOfLine(plan: NodePlan, words: string): PlanStep | null {
  return plan.script.find((line) => line.words.join(' ') === words.trim())?.step ?? null;
}
