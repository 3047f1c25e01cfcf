/** The drill `power-loss` run once in the rack, with its steps and its result in the short form of `drill power-off`. */
import { cpus } from 'node:os';
import { RpcError } from '../../../agent/common/rpc/messages.ts';
import type { DrillProgress, DrillResult } from '../../common/contract/deploy.ts';
import type { DrillItem, DrillRun } from '../../common/contract/drill.ts';
import type { Drills } from './drills.ts';
import type { DrillStage } from './stage.ts';

/** Id of the script that this is. */
const POWER_LOSS = 'power-loss';

function resultOf(run: DrillRun): DrillResult {
  const { verdict } = run;
  return {
    drill: 'power-off',
    verdict: verdict === 'skipped' ? 'void' : verdict === 'remark' ? 'pass' : verdict,
    outageMs: run.outageMs,
    detectMs: run.detectMs,
    takeoverMs: run.takeoverMs,
    dualMs: run.dualMs,
    holderBefore: run.from,
    holderAfter: run.holderAfter,
    servedBy: run.servedBy,
    probePeriodMs: run.probePeriodMs ?? 0,
    deadtimeMs: run.timing.deadtimeMs,
    load: run.loadPerCore.map((perCore) => perCore * cpus().length),
    notes: run.notes.map((note) => note.en),
  };
}

function progressOf(item: DrillItem): DrillProgress | null {
  if (item.kind === 'step') return { kind: 'step', text: item.text.en };
  return item.kind === 'run' ? { kind: 'result', result: resultOf(item.run) } : null;
}

/**
 * Runs the drill and yields its steps, then its result. Throws `unsupported` where there is no
 * rack or no probe. Leaving early turns the power on again.
 */
export async function* drillPowerOff(
  drills: Drills,
  stage: DrillStage,
  signal: AbortSignal,
): AsyncGenerator<DrillProgress, void, undefined> {
  if (stage.rack === null)
    throw new RpcError('unsupported', 'only the rack can cut the power; on real servers use "drill run power-loss"');
  if (stage.probe === null) throw new RpcError('unsupported', 'this pair has no probe: add one to the pair file');
  const order = {
    drills: [POWER_LOSS],
    suite: false,
    repeat: 1,
    both: false,
    limits: { failoverMs: null, healMs: null },
    soakMs: null,
    waivers: [],
    resume: null,
  };
  for await (const item of drills.run(stage, order, signal)) {
    const progress = progressOf(item);
    if (progress !== null) yield progress;
  }
}
