/** `preflight`, `deploy` and `remove` */
import type { DeployPlan, DeployProgress, PreflightItem } from '../../common/contract/deploy.ts';
import { connectPair } from '../connectPair.ts';
import { CliError } from '../exitStatus.ts';
import type { CliIo } from '../io.ts';
import type { CliConsole } from '../open.ts';
import type { Parsed } from '../usage.ts';

/** Every step of every node as it ended. */
export interface DeployOutcome {
  readonly plan: DeployPlan;
  readonly done: readonly DeployProgress[];
}

function checkText(p: PreflightItem): string {
  return `check ${p.node}  ${p.code}  ${p.result}  ${p.found}${p.advice === '' ? '' : `  -> ${p.advice}`}`;
}

function planText(plan: DeployPlan): string {
  const checks = plan.preflight.map(checkText);
  const steps = plan.steps.map((s) => `step  ${s.node}  ${s.kind}  ${s.target}${s.unchanged ? '  (unchanged)' : ''}`);
  return `${[...checks, ...steps].join('\n')}\n`;
}

/** Plans and applies. Throws `deployFailed` naming what is in the way or what failed. */
export async function deployPair(
  pairId: string,
  action: 'deploy' | 'remove',
  opened: CliConsole,
  io: CliIo,
): Promise<DeployOutcome> {
  io.progress('looking at both nodes');
  const plan = await opened.client.deployPlan({ pairId, action });
  refuseBlocked(plan);
  const ends: DeployProgress[] = [];
  for await (const item of opened.client.deployApply({ pairId, planId: plan.planId })) {
    if (item.phase === 'waiting' || item.phase === 'running') continue;
    const step = plan.steps.find((s) => s.id === item.stepId);
    io.progress(
      `${item.node}: ${step?.target ?? item.stepId}: ${item.phase}${item.detail === '' ? '' : ` (${item.detail})`}`,
    );
    ends.push(item);
  }
  const failed = ends.find((e) => e.phase === 'failed');
  if (failed !== undefined) {
    const step = plan.steps.find((s) => s.id === failed.stepId);
    throw new CliError('deployFailed', `${failed.node}: ${step?.target ?? failed.stepId}: ${failed.detail}`);
  }
  return { plan, done: ends };
}

function refuseBlocked({ preflight }: Pick<DeployPlan, 'preflight'>): void {
  const failed = preflight.filter((p) => p.result === 'failed');
  if (failed.length === 0) return;
  throw new CliError('deployFailed', failed.map((p) => `${p.node}: ${p.code}: ${p.found} -> ${p.advice}`).join('\n'));
}

export async function runPreflight(parsed: Parsed, opened: CliConsole, io: CliIo): Promise<void> {
  const { spec } = await connectPair(parsed, opened, io, 'connections');
  const preflight: PreflightItem[] = [];
  for await (const item of opened.client.preflight({ pairId: spec.id })) preflight.push(item);
  const text = preflight.map((item) => `${checkText(item)}\n`).join('');
  io.out(parsed.flag('json') ? `${JSON.stringify(preflight)}\n` : text);
  refuseBlocked({ preflight });
}

export async function runDeploy(
  parsed: Parsed,
  opened: CliConsole,
  io: CliIo,
  action: 'deploy' | 'remove',
): Promise<void> {
  const { spec } = await connectPair(parsed, opened, io, 'connections');
  if (parsed.flag('plan')) {
    const plan = await opened.client.deployPlan({ pairId: spec.id, action });
    io.out(parsed.flag('json') ? `${JSON.stringify(plan)}\n` : planText(plan));
    return refuseBlocked(plan);
  }
  const outcome = await deployPair(spec.id, action, opened, io);
  const changed = outcome.plan.steps.filter((s) => !s.unchanged && s.kind !== 'verify').length;
  const json = {
    action,
    version: outcome.plan.version,
    steps: outcome.plan.steps.length,
    changed,
    preflight: outcome.plan.preflight,
  };
  io.out(
    parsed.flag('json')
      ? `${JSON.stringify(json)}\n`
      : `${action}: ${changed} of ${outcome.plan.steps.length} steps changed something\n`,
  );
}
