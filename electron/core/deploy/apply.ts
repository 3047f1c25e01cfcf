/**
 * Carries a plan out. First every node gets its change prepared, side by side, with nothing
 * changed anywhere; only when all are ready the changes happen. New pair configuration goes to
 * both at the same time, so that the nodes are never long out of each other's hearing; a new
 * agent alone goes to one node after the other, the holder of an address last.
 */
import type { CancelSignal } from '../../../agent/common/rpc/cancel.ts';
import { CancelSource } from '../../../agent/common/rpc/cancel.ts';
import type { DeployProgress, PlanStep } from '../../common/contract/deploy.ts';
import { AsyncQueue } from '../base/asyncQueue.ts';
import { attachAgent } from '../session/agentLink.ts';
import type { NodePlan } from './nodePlan.ts';
import { stepOfLine, uploadTexts } from './nodePlan.ts';
import { AGENT_BASE } from './layout.ts';
import { StageSession } from './stageSession.ts';
import { buildUpload } from './upload.ts';
import type { Upload } from './upload.ts';

/** How long a freshly started agent may take to answer, milliseconds. */
const VERIFY_MS_MAX = 30_000;
const VERIFY_PAUSE_MS = 300;

/** Progress of an upload is told at most this often, milliseconds. */
const UPLOAD_PROGRESS_MS = 100;

type Phase = DeployProgress['phase'];
type Tell = (
  step: PlanStep,
  phase: Phase,
  detail: string,
  doneBytes?: number | null,
  totalBytes?: number | null,
) => void;

interface Staged {
  readonly plan: NodePlan;
  readonly session: StageSession;
}

/** Applies to all nodes of `plans`, which are in the order in which they should change. Ends when everything is settled. */
export function applyPlans(
  plans: readonly NodePlan[],
  cacheDir: string,
  signal: CancelSignal,
): AsyncIterable<DeployProgress> {
  const stop = new CancelSource();
  if (signal.aborted) stop.cancel();
  else signal.addEventListener('abort', () => stop.cancel(), { once: true });
  // Cancelling still has news (what was rolled back), so only the consumer's leaving ends the queue.
  const queue = new AsyncQueue<DeployProgress>(new CancelSource().signal, () => stop.cancel());
  const tell: Tell = (step, phase, detail, doneBytes = null, totalBytes = null) =>
    queue.push({ stepId: step.id, node: step.node, phase, detail, doneBytes, totalBytes });
  run(plans, cacheDir, stop.signal, tell).then(
    () => queue.end(),
    (error: Error) => queue.end(error),
  );
  return queue;
}

async function run(plans: readonly NodePlan[], cacheDir: string, signal: CancelSignal, tell: Tell): Promise<void> {
  for (const plan of plans) {
    for (const step of plan.steps) {
      if (step.kind !== 'verify')
        tell(step, step.unchanged ? 'skipped' : 'waiting', step.unchanged ? 'already as it should be' : '');
    }
  }
  const changing = plans.filter((plan) => !plan.unchanged);
  const results = await Promise.all(changing.map((plan) => stage(plan, cacheDir, signal, tell)));
  const staged = results.filter((result) => result !== null);
  if (staged.length < changing.length || signal.aborted) {
    await Promise.all(staged.map((one) => unstage(one, tell, 'cancelled: nothing was changed here')));
    return;
  }
  if (changing.some((plan) => plan.changesPair)) {
    const committed = await Promise.all(staged.map((one) => commit(one, tell)));
    await Promise.all(
      plans
        .filter((plan) => plan.unchanged || committed[changing.indexOf(plan)] === true)
        .map((plan) => verify(plan, tell)),
    );
    return;
  }
  for (const [index, one] of staged.entries()) {
    const fine = !signal.aborted && (await commit(one, tell)) && (await verify(one.plan, tell));
    if (fine) continue;
    const rest = signal.aborted ? staged.slice(index) : staged.slice(index + 1);
    await Promise.all(rest.map((later) => unstage(later, tell, 'not begun: nothing was changed here')));
    return;
  }
  await Promise.all(plans.filter((plan) => plan.unchanged).map((plan) => verify(plan, tell)));
}

const pending = (plan: NodePlan): PlanStep[] => plan.steps.filter((step) => !step.unchanged);

/** The first thing to do, which the upload is told under: there may be no version to send, only files. */
function uploadStep(plan: NodePlan): PlanStep | undefined {
  return plan.steps.find((step) => step.kind === 'upload' && !step.unchanged) ?? pending(plan)[0];
}

async function stage(plan: NodePlan, cacheDir: string, signal: CancelSignal, tell: Tell): Promise<Staged | null> {
  const step = uploadStep(plan);
  if (step === undefined) return null;
  const isUpload = step.kind === 'upload';
  let upload: Upload;
  try {
    if (isUpload) tell(step, 'running', 'packing');
    upload = await buildUpload(plan.version, plan.runtimeFrom === null, uploadTexts(plan), cacheDir);
  } catch (error) {
    tell(step, 'failed', `cannot be packed: ${(error as Error).message}`);
    return null;
  }
  let toldAtMs = 0;
  const onSent = (bytes: number): void => {
    const now = performance.now();
    if (!isUpload || (now - toldAtMs < UPLOAD_PROGRESS_MS && bytes < upload.bytes)) return;
    toldAtMs = now;
    tell(step, 'running', bytes < upload.bytes ? 'uploading' : 'unpacking', bytes, upload.bytes);
  };
  const opened = await StageSession.open(plan.host, upload, plan.runtimeFrom, onSent, signal);
  if (opened.ok) {
    tell(step, isUpload ? 'running' : 'waiting', 'ready to be switched', upload.bytes, upload.bytes);
    return { plan, session: opened.value };
  }
  tell(step, signal.aborted ? 'rolled-back' : 'failed', `${opened.detail}; nothing was changed here`);
  return null;
}

async function unstage({ plan, session }: Staged, tell: Tell, why: string): Promise<void> {
  await session.cancelled();
  for (const step of pending(plan)) tell(step, 'rolled-back', why);
}

/** True when the change has happened. */
async function commit({ plan, session }: Staged, tell: Tell): Promise<boolean> {
  let running: PlanStep | null = null;
  const doneIds = new Set<string>();
  const done = (step: PlanStep): void => {
    doneIds.add(step.id);
    tell(step, 'done', '');
  };
  const result = await session.commit((words) => {
    const step = stepOfLine(plan, words);
    if (running !== null) done(running);
    running = step;
    if (step !== null) tell(step, 'running', '');
  });
  const remaining = pending(plan).filter((step) => step.kind !== 'verify' && !doneIds.has(step.id));
  if (result.ok) {
    remaining.forEach(done);
    return true;
  }
  const first = running ?? remaining[0];
  for (const step of remaining) {
    if (step === first) tell(step, result.reason === 'refused' ? 'rolled-back' : 'failed', result.detail);
    else if (result.reason !== 'lost') tell(step, 'rolled-back', '');
  }
  if (result.reason === 'rolled-back') {
    for (const step of plan.steps) if (doneIds.has(step.id)) tell(step, 'rolled-back', 'back to what it was');
  }
  return false;
}

/** True when the node is as the plan wants it. */
async function verify(plan: NodePlan, tell: Tell): Promise<boolean> {
  const step = plan.steps.find((one) => one.kind === 'verify');
  if (step === undefined) return true;
  tell(step, 'running', '');
  const problem =
    plan.expectedVersion === null ? await stillThere(plan) : await notAnswering(plan, plan.expectedVersion);
  if (problem === null)
    tell(step, 'done', plan.expectedVersion === null ? 'gone' : `version ${plan.expectedVersion} answers`);
  else tell(step, 'failed', problem);
  return problem === null;
}

async function stillThere(plan: NodePlan): Promise<string | null> {
  // In words: an exit status could be that of whatever ran the command.
  const ran = await plan.host.run(`if [ -e ${AGENT_BASE} ]; then echo there; else echo gone; fi`);
  if (!ran.ok) return ran.detail;
  const { code, stdout, stderr } = ran.value;
  if (stdout.trim() === 'gone') return null;
  if (stdout.trim() === 'there') return `${AGENT_BASE} is still there`;
  return `cannot tell whether ${AGENT_BASE} is gone (exit status ${code ?? 'none'}${stderr.trim() === '' ? '' : `: ${stderr.trim()}`})`;
}

async function notAnswering(plan: NodePlan, version: string): Promise<string | null> {
  const deadlineMs = performance.now() + VERIFY_MS_MAX;
  for (;;) {
    const attached = await attachAgent(plan.host);
    if (attached.ok) {
      attached.channel.close();
      return attached.version === version ? null : `version ${attached.version} answers instead of ${version}`;
    }
    if (performance.now() >= deadlineMs) return attached.agent.detail;
    await new Promise((resolve) => setTimeout(resolve, VERIFY_PAUSE_MS));
  }
}
