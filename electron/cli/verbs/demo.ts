/** `demo`: everything once, in a rack of its own, with nothing left behind. */
import { RACK_PAIR_ID } from '../../common/contract/console.ts';
import type { DrillResult } from '../../common/contract/deploy.ts';
import { waitForState } from '../connectPair.ts';
import { CliError } from '../exitStatus.ts';
import type { CliIo } from '../io.ts';
import { leftovers, processTree } from '../leftovers.ts';
import type { CliConsole } from '../open.ts';
import type { Parsed } from '../usage.ts';
import { deployPair } from './deploy.ts';
import { drill, drillText } from './drill.ts';
import { followProgress, rackOptions } from './rack.ts';

const CONNECT_MS_MAX = 60_000;

export interface DemoReport {
  readonly ok: boolean;
  readonly vipMoved: boolean;
  /** The client got its answers from the other node again. */
  readonly servedByOther: boolean;
  readonly drill: DrillResult;
  readonly leftBehind: readonly string[];
  readonly tookMs: number;
}

/** Did it do what it shows? A void verdict (an overloaded machine) is not the pair's fault. Pure. */
export function judgeDemo(
  result: DrillResult,
  leftBehind: readonly string[],
): Pick<DemoReport, 'ok' | 'vipMoved' | 'servedByOther'> {
  const vipMoved =
    result.holderBefore !== null && result.holderAfter !== null && result.holderBefore !== result.holderAfter;
  const servedByOther = result.outageMs !== null && result.servedBy != null && result.servedBy === result.holderAfter;
  return { ok: vipMoved && servedByOther && leftBehind.length === 0, vipMoved, servedByOther };
}

async function play(
  parsed: Parsed,
  opened: CliConsole,
  io: CliIo,
): Promise<{ result: DrillResult; pids: readonly string[] }> {
  const follow = new AbortController();
  void followProgress(opened, io, follow.signal);
  const rack = await opened.client.rackUp(rackOptions(parsed));
  follow.abort();
  await opened.client.pairConnect({ pairId: RACK_PAIR_ID });
  io.progress('connecting both nodes');
  await waitForState(
    opened,
    RACK_PAIR_ID,
    CONNECT_MS_MAX,
    (last) => new CliError('unreachable', last?.nodes.map((n) => `${n.node}: ${n.detail}`).join('; ') ?? 'no answer'),
    (state) => state.nodes.every((n) => n.phase === 'ready'),
  );
  await deployPair(RACK_PAIR_ID, 'deploy', opened, io);
  const result = await drill(RACK_PAIR_ID, opened, io);
  return { result, pids: rack.pid === null ? [] : await processTree(rack.pid) };
}

/** `rackName`: the private rack's; what it leaves behind is looked for by this name. */
export async function runDemo(parsed: Parsed, opened: CliConsole, io: CliIo, rackName: string): Promise<void> {
  const startMs = performance.now();
  const { result, pids } = await play(parsed, opened, io);
  io.progress('cleaning up');
  await opened.client.rackDown({});
  await opened.close();
  const leftBehind = await leftovers(rackName, pids);
  const report: DemoReport = {
    ...judgeDemo(result, leftBehind),
    drill: result,
    leftBehind,
    tookMs: performance.now() - startMs,
  };
  const left = leftBehind.length === 0 ? 'nothing' : leftBehind.join(', ');
  io.out(parsed.flag('json') ? `${JSON.stringify(report)}\n` : `${drillText(result)}left      ${left}\n`);
  if (!report.ok) {
    const why = [
      ...(report.vipMoved ? [] : ['the address did not move']),
      ...(report.servedByOther ? [] : ['the client was not served again by the other node']),
      ...(leftBehind.length > 0 ? [`left behind: ${left}`] : []),
      ...result.notes,
    ];
    throw new CliError('failed', why.join('; '));
  }
}
