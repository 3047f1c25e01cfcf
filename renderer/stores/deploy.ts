/** Preflight, plan and apply for the pair in view. */
import { create } from 'zustand';
import type { DeployPlan, DeployProgress, PreflightItem } from '../../electron/common/contract/deploy.ts';
import { errorText } from '../rpc/link.ts';
import { link } from './link.ts';

export type DeployPhase =
  'idle' | 'checking' | 'checked' | 'planning' | 'planned' | 'applying' | 'done' | 'failed' | 'cancelled';

interface DeployState {
  readonly pairId: string | null;
  readonly phase: DeployPhase;
  readonly preflight: readonly PreflightItem[];
  readonly plan: DeployPlan | null;
  /** Newest progress of each step. */
  readonly progress: Readonly<Record<string, DeployProgress>>;
  readonly error: string;
}

const EMPTY: DeployState = { pairId: null, phase: 'idle', preflight: [], plan: null, progress: {}, error: '' };

export const useDeploy = create<DeployState>(() => EMPTY);

let stop: AbortController | null = null;

async function run(work: (signal: AbortSignal) => Promise<void>): Promise<void> {
  stop?.abort();
  const mine = new AbortController();
  stop = mine;
  try {
    await work(mine.signal);
  } catch (error) {
    // A cancelled one was already marked by whoever cancelled it.
    if (!mine.signal.aborted) useDeploy.setState({ phase: 'failed', error: errorText(error) });
  }
}

export function resetDeploy(pairId: string | null): void {
  stop?.abort();
  useDeploy.setState({ ...EMPTY, pairId });
}

export function runPreflight(pairId: string): Promise<void> {
  useDeploy.setState({ ...EMPTY, pairId, phase: 'checking' });
  return run(async (signal) => {
    for await (const item of link.client.preflight({ pairId }, signal)) {
      useDeploy.setState((s) => ({ preflight: [...s.preflight, item] }));
    }
    if (!signal.aborted) useDeploy.setState({ phase: 'checked' });
  });
}

export function makePlan(pairId: string, action: DeployPlan['action']): Promise<void> {
  useDeploy.setState({ ...EMPTY, pairId, phase: 'planning' });
  return run(async (signal) => {
    const plan = await link.client.deployPlan({ pairId, action }, signal);
    if (!signal.aborted) useDeploy.setState({ phase: 'planned', plan, preflight: plan.preflight });
  });
}

export function applyPlan(): Promise<void> {
  const { plan, pairId } = useDeploy.getState();
  if (plan === null || pairId === null || plan.blocked) return Promise.resolve();
  useDeploy.setState({ phase: 'applying', progress: {}, error: '' });
  return run(async (signal) => {
    let failed: DeployProgress | null = null;
    for await (const item of link.client.deployApply({ pairId, planId: plan.planId }, signal)) {
      if (item.phase === 'failed') failed = item;
      useDeploy.setState((s) => ({ progress: { ...s.progress, [item.stepId]: item } }));
    }
    if (signal.aborted) return;
    useDeploy.setState(
      failed === null ? { phase: 'done' } : { phase: 'failed', error: `${failed.node}: ${failed.detail}` },
    );
  });
}

/** Stops the work; the core rolls the node in work back. */
export function cancelDeploy(): void {
  stop?.abort();
  useDeploy.setState({ phase: 'cancelled' });
}
