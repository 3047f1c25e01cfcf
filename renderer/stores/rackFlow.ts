/** One click from nothing to a live pair: rack up, connect, deploy, settle. Every step says what it does. */
import { create } from 'zustand';
import { RACK_PAIR_ID } from '../../electron/common/contract/console.ts';
import type { DeployPlan } from '../../electron/common/contract/deploy.ts';
import type { PairState } from '../../electron/common/contract/state.ts';
import type { RackState, RackUpOptions } from '../../electron/common/contract/rack.ts';
import { join, quote, say } from '../../electron/common/words/sentence.ts';
import type { Said } from '../../electron/common/words/sentence.ts';
import type { Statement } from '../lib/said.ts';
import { type ConsoleClient, errorText } from '../rpc/link.ts';

export const FLOW_STEPS = ['rack', 'connect', 'deploy', 'settle'] as const;
export type FlowStep = (typeof FLOW_STEPS)[number];

/** How the rack is to be: its setup, what its servers run (our agent unless said), and what its pair demands before a takeover. */
export type RackChoice = Pick<RackUpOptions, 'setup' | 'reference' | 'ipfail' | 'fencing' | 'twoLinks'> &
  Partial<Pick<RackUpOptions, 'engine'>>;

/** `detail` and `said`: what the core says it is doing; empty when it says nothing. */
export interface FlowProgress extends Statement {
  readonly phase: 'idle' | 'running' | 'done' | 'failed' | 'cancelled';
  readonly step: FlowStep;
  /** Share of the step that is done, 0..1; null when it cannot be known. */
  readonly share: number | null;
}

export const FLOW_IDLE: FlowProgress = { phase: 'idle', step: 'rack', detail: '', share: null };

/** The rack answers within seconds; a slow machine gets this much before we say that it does not. */
const CONNECT_MS_MAX = 60_000;
/** Longer than any initdead of a rack setup. */
const SETTLE_MS_MAX = 120_000;

/** What others want to know on the way. */
export interface FlowWatch {
  /** The rack is there; its nodes are not reached yet. */
  onUp?(): void;
  /** The servers were checked and this is what will be done. */
  onPlan?(plan: DeployPlan): void;
}

/** A step that cannot be done, with the core's reason. */
export class FlowError extends Error {
  override name = 'FlowError';
  readonly words: Said;

  constructor(words: Said) {
    super(words.detail);
    this.words = words;
  }
}

const SILENT = say('inItsWords', { text: '' });

const ofNode = (node: string, why: Statement): Said => say('ofNode', { node, why: quote(why) });

/** Reads pair states until one satisfies `test`. Fails with what the last state says about the nodes. */
async function waitFor(
  client: ConsoleClient,
  limitMs: number,
  signal: AbortSignal,
  test: (state: PairState) => boolean,
): Promise<void> {
  const stop = new AbortController();
  const onAbort = (): void => stop.abort();
  signal.addEventListener('abort', onAbort, { once: true });
  const timer = setTimeout(onAbort, limitMs);
  let last: PairState | null = null;
  try {
    for await (const state of client.pairState({ pairId: RACK_PAIR_ID }, stop.signal)) {
      last = state;
      if (test(state)) return;
      const refused = state.nodes.find((n) => n.phase === 'gave-up');
      if (refused !== undefined) throw new FlowError(ofNode(refused.node, refused));
    }
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', onAbort);
    stop.abort();
  }
  signal.throwIfAborted();
  const each = (last?.nodes ?? []).map((n) => ofNode(n.node, join([quote(n), quote(n.agent)], 'also')));
  throw new FlowError(join(each, 'lines'));
}

async function followRackStart(
  client: ConsoleClient,
  choice: RackChoice,
  signal: AbortSignal,
  report: (words: Said) => void,
): Promise<void> {
  const stop = new AbortController();
  let last: RackState | null = null;
  const words = (async () => {
    for await (const rack of client.rackState({}, stop.signal)) {
      last = rack;
      report(quote(rack));
    }
  })();
  try {
    const rack = await client.rackUp(choice, signal);
    if (rack.phase !== 'up') throw new FlowError(quote(rack));
  } catch (error) {
    // What was thrown is in English only; the state says the same in any language.
    const state = last as RackState | null;
    if (state?.phase === 'failed' && state.detail === errorText(error)) throw new FlowError(quote(state));
    throw error;
  } finally {
    stop.abort();
    await words;
  }
}

async function deploy(
  client: ConsoleClient,
  signal: AbortSignal,
  report: (words: Said, share: number | null) => void,
  watch: FlowWatch,
): Promise<void> {
  const plan = await client.deployPlan({ pairId: RACK_PAIR_ID, action: 'deploy' }, signal);
  watch.onPlan?.(plan);
  if (plan.blocked) {
    const failed = plan.preflight.filter((item) => item.result === 'failed');
    const each = failed.map(({ node, found, foundSaid, advice, adviceSaid }) => {
      const parts = [quote({ detail: found, said: foundSaid }), quote({ detail: advice, said: adviceSaid })];
      return ofNode(node, join(advice === '' ? parts.slice(0, 1) : parts, 'also'));
    });
    throw new FlowError(join(each, 'lines'));
  }
  const finished = new Set<string>();
  for await (const item of client.deployApply({ pairId: RACK_PAIR_ID, planId: plan.planId }, signal)) {
    const step = plan.steps.find((s) => s.id === item.stepId);
    if (item.phase === 'failed')
      throw new FlowError(ofNode(item.node, { detail: `${step?.target ?? ''} ${item.detail}` }));
    if (item.phase === 'done' || item.phase === 'skipped') finished.add(item.stepId);
    const words = ofNode(item.node, { detail: step?.target ?? item.detail });
    report(words, finished.size / Math.max(1, plan.steps.length));
  }
  signal.throwIfAborted();
}

/** Runs the whole flow; rejects with FlowError when a step cannot be done and with AbortError when cancelled. */
export async function runRackFlow(
  client: ConsoleClient,
  choice: RackChoice,
  report: (progress: FlowProgress) => void,
  signal: AbortSignal,
  watch: FlowWatch = {},
): Promise<void> {
  const at =
    (step: FlowStep) =>
    (words: Said, share: number | null = null) =>
      report({ phase: 'running', step, ...words, share });
  at('rack')(SILENT);
  await followRackStart(client, choice, signal, at('rack'));
  watch.onUp?.();
  at('connect')(SILENT);
  await client.pairConnect({ pairId: RACK_PAIR_ID }, signal);
  await waitFor(client, CONNECT_MS_MAX, signal, (state) => {
    at('connect')(
      join(
        state.nodes.map((n) => ofNode(n.node, n)),
        'dots',
      ),
    );
    return state.nodes.every((n) => n.phase === 'ready');
  });
  at('deploy')(SILENT);
  await deploy(client, signal, at('deploy'), watch);
  at('settle')(SILENT);
  await waitFor(client, SETTLE_MS_MAX, signal, (state) => {
    at('settle')(
      join(
        state.nodes.map((n) => ofNode(n.node, n.agent)),
        'dots',
      ),
    );
    return (
      state.nodes.every((n) => n.agent.phase === 'attached') &&
      state.vips.length > 0 &&
      state.vips.every((v) => v.verdict === 'one')
    );
  });
  report({ phase: 'done', step: 'settle', detail: '', share: 1 });
}

export const useRackFlow = create<FlowProgress>(() => FLOW_IDLE);

let running: AbortController | null = null;

/** Starts the flow once. */
export async function startRackFlow(
  ready: () => Promise<ConsoleClient>,
  choice: RackChoice,
  watch: FlowWatch,
): Promise<void> {
  if (running !== null) return;
  const stop = new AbortController();
  running = stop;
  const report = (progress: FlowProgress): void => {
    if (!stop.signal.aborted) useRackFlow.setState(progress, true);
  };
  try {
    await runRackFlow(await ready(), choice, report, stop.signal, watch);
  } catch (error) {
    const last = useRackFlow.getState();
    const phase = stop.signal.aborted ? 'cancelled' : 'failed';
    const why = error instanceof FlowError ? error.words : say('inItsWords', { text: errorText(error) });
    useRackFlow.setState({ ...last, phase, ...(stop.signal.aborted ? SILENT : why) }, true);
  } finally {
    running = null;
  }
}

/** Stops where it is; what was deployed so far is rolled back by the core, the rack stays. */
export function cancelRackFlow(): void {
  running?.abort();
}

export function forgetRackFlow(): void {
  if (running === null) useRackFlow.setState(FLOW_IDLE, true);
}
