/** The checks of a script against the record of a run, and the verdict that follows. Unknown is never a pass. */
import { marginCriterion } from '../advice/margin.ts';
import type { CriterionResult, RunVerdict, Text } from '../contract/drill.ts';
import { witnessNames } from '../verdict/witnesses.ts';
import { checkText } from './checkText.ts';
import { quantityMs } from './quantity.ts';
import {
  dualHoldMs,
  eventsOf,
  faultAtMs,
  healAtMs,
  longestOutageMs,
  responders,
  servedAfterMs,
  soleHolder,
  wasHandedOver,
  type RunRecord,
} from './record.ts';
import type { Check, LinkChoice } from './script.ts';
import { millis, text } from './text.ts';
import { chosenLinks, nodesOf, type PairView } from './view.ts';

type Outcome = Pick<CriterionResult, 'result' | 'measured'>;

const said = (isPass: boolean, measured: Text): Outcome => ({ result: isPass ? 'pass' : 'fail', measured });
const unknown = (measured: Text): Outcome => ({ result: 'unknown', measured });

const NO_PROBE = text('there is no probe', '没有探测');

function judgeOutage(check: Extract<Check, { check: 'outage' }>, record: RunRecord): Outcome {
  if (record.probePeriodMs === null) return unknown(NO_PROBE);
  const limitMs = quantityMs(check.max, record.quantities);
  const ms = longestOutageMs(record, check.in);
  if (ms === null) return said(false, text('the client was not served again in time', '客户端未在限时内恢复服务'));
  const [words, limit] = [millis(ms), millis(limitMs)];
  // The truth lies within one period of what the probe saw.
  const isPass = ms <= limitMs + record.probePeriodMs;
  const period = `${record.probePeriodMs} ms`;
  return said(
    isPass,
    text(`${words.en} (+/- ${period}), allowed ${limit.en}`, `${words.en}（±${period}），允许 ${limit.en}`),
  );
}

function judgeDual(check: Extract<Check, { check: 'dual' }>, record: RunRecord): Outcome {
  const ms = dualHoldMs(record);
  if (ms === null)
    return unknown(
      text('an agent was silent and nobody asked the LAN who answers', '有代理没有应答，且局域网上没有见证'),
    );
  const max = check.handover !== undefined && wasHandedOver(record) ? check.handover : check.max;
  const limitMs = quantityMs(max, record.quantities);
  const clash = record.atEnd.vips.some((v) => v.verdict === 'dual');
  const measured = clash
    ? text('both nodes still hold an address at the end', '结束时两台服务器仍同时持有地址')
    : text(`${millis(ms).en}, allowed ${millis(limitMs).en}`, `${millis(ms).en}，允许 ${millis(limitMs).en}`);
  return said(ms <= limitMs && !clash, measured);
}

function judgeOneHolder(check: Extract<Check, { check: 'one-holder' }>, record: RunRecord): Outcome {
  const view = check.at === 'heal' ? record.beforeHeal : record.atEnd;
  if (view === null) return unknown(text('the run did not get that far', '演练没有进行到这一步'));
  if (view.vips.length === 0) return unknown(text('no virtual address is known', '没有已知的虚拟地址'));
  const lost = view.vips.find((v) => v.verdict === 'unknown');
  if (lost !== undefined)
    return unknown(
      text(
        `${lost.address}: cannot tell, missing ${witnessNames(lost.missing).en}`,
        `${lost.address}：无法判断，缺少 ${witnessNames(lost.missing)['zh-CN']}`,
      ),
    );
  const holder = soleHolder(view);
  if (holder === null) {
    const words = view.vips.map((v) => `${v.address} ${v.verdict} ${v.holders.join('+')}`).join(', ');
    return said(false, text(words, words));
  }
  const isAnswered = !view.hasProbe || view.answeredBy === holder;
  const by = view.hasProbe ? (view.answeredBy ?? '-') : holder;
  return said(
    isAnswered,
    text(`${holder} holds, the client is answered by ${by}`, `${holder} 持有，应答客户端的是 ${by}`),
  );
}

function wantedHolder(is: Extract<Check, { check: 'holder' }>['is'], record: RunRecord): string | null {
  if (is === 'declared') return declaredHolder(record);
  return is === 'preferred' ? record.preferredNode : record.roles[is];
}

/** Where the address is to be when the policy is left to auto_failback. */
function declaredHolder(record: RunRecord): string | null {
  if (record.autoFailback) return record.preferredNode;
  return record.beforeHeal === null ? null : soleHolder(record.beforeHeal);
}

function judgeHolder(check: Extract<Check, { check: 'holder' }>, record: RunRecord): Outcome {
  const view: PairView | null = check.at === 'end' ? record.atEnd : record.beforeHeal;
  const wanted = wantedHolder(check.is, record);
  if (view === null) return unknown(text('the run did not get that far', '演练没有进行到这一步'));
  const holder = soleHolder(view);
  if (wanted === null) return unknown(text('what was declared is not known', '约定的归属未知'));
  if (holder === null && view.vips.some((v) => v.verdict === 'unknown'))
    return unknown(text('who holds it cannot be told', '无法判断由谁持有'));
  return said(
    holder === wanted,
    text(`${holder ?? 'nobody or both'}, wanted ${wanted}`, `${holder ?? '无人或两者'}，应为 ${wanted}`),
  );
}

function judgeNoRoleChange(record: RunRecord): Outcome {
  const fromMs = faultAtMs(record) ?? record.beganAtMs;
  const moves = [record.roles.holder, record.roles.standby].flatMap((node) =>
    eventsOf(
      record,
      node,
      fromMs,
      (b) =>
        (b.kind === 'vip' && (b['change'] === 'added' || b['change'] === 'removed')) ||
        (b.kind === 'takeover' && b['phase'] === 'begin'),
    ),
  );
  const [first] = moves;
  if (first !== undefined) {
    const what = `${first.event.node}: ${first.event.body.kind} ${String(first.event.body['change'] ?? first.event.body['phase'])}`;
    return said(false, text(`${moves.length} changes, the first: ${what}`, `${moves.length} 次变化，第一次：${what}`));
  }
  const holder = soleHolder(record.atEnd);
  if (holder === null && record.atEnd.vips.some((v) => v.verdict === 'unknown'))
    return unknown(text('who holds it at the end cannot be told', '结束时无法判断由谁持有'));
  return said(
    holder === record.roles.holder,
    text(`still ${holder ?? 'nobody or both'}`, `仍为 ${holder ?? '无人或两者'}`),
  );
}

function judgeNoFalseDeath(record: RunRecord): Outcome {
  const dead = [record.roles.holder, record.roles.standby].flatMap((node) =>
    eventsOf(record, node, record.beganAtMs, (b) => b.kind === 'peer-status' && b['status'] === 'dead'),
  );
  const nodes = dead.map((e) => e.event.node).join(', ');
  if (dead.length > 0) return said(false, text(`declared by ${nodes}`, `由 ${nodes} 判定`));
  return said(true, text('none', '没有'));
}

function judgeServedBy(check: Extract<Check, { check: 'served-by' }>, record: RunRecord): Outcome {
  if (record.probePeriodMs === null) return unknown(NO_PROBE);
  const { servedBy, wrongAnswers } = responders(record);
  if (servedBy === null) return unknown(text('the answers do not say who gave them', '应答没有说明来自哪台服务器'));
  const isPass = servedBy === record.roles[check.is] && wrongAnswers === 0;
  return said(
    isPass,
    text(`${servedBy}, ${wrongAnswers} answers from another`, `${servedBy}，另有 ${wrongAnswers} 个应答来自别处`),
  );
}

function judgeLinksUp(record: RunRecord): Outcome {
  const [words, missing]: [string[], string[]] = [[], []];
  for (const { node, status, attached } of record.atEnd.nodes) {
    if (status === null || !attached) missing.push(node);
    else
      for (const l of status.links) if (l.fromPeer.state !== 'up') words.push(`${node}: ${l.id} ${l.fromPeer.state}`);
  }
  if (words.length > 0) return said(false, text(words.join(', '), words.join('，')));
  if (missing.length > 0) return unknown(text(`no word of ${missing.join(', ')}`, `没有 ${missing.join('、')} 的报告`));
  return said(true, text('all up, both directions', '全部正常，两个方向'));
}

/** Ids of the links of a node that a choice means, as known at the start. */
function linkIds(record: RunRecord, node: string, choice: LinkChoice): string[] {
  const status = record.atStart.nodes.find((n) => n.node === node)?.status;
  return chosenLinks(status?.links ?? [], choice).map((l) => l.id);
}

/** When a node reported a link dead in a fault window, milliseconds after the beginning of that window; 0 where hands did it; null: never. */
function alarmAfterMs(record: RunRecord, node: string, link: string): number | null {
  for (const window of record.windows.filter((w) => w.kind === 'fault')) {
    const [dead] = eventsOf(
      record,
      node,
      window.fromMs,
      (b) => b.kind === 'link' && b['link'] === link && b['direction'] === 'from-peer' && b['state'] === 'dead',
    );
    if (dead !== undefined && dead.tMs <= window.toMs) return window.isTimed ? dead.tMs - window.fromMs : 0;
  }
  return null;
}

function judgeLinkAlarm(check: Extract<Check, { check: 'link-alarm' }>, record: RunRecord): Outcome {
  const limitMs = quantityMs(check.within, record.quantities);
  const wanted = nodesOf(check.seenBy, record.roles);
  const silent = [record.roles.holder, record.roles.standby].filter((n) => !wanted.includes(n));
  const alarms = wanted.flatMap((node) =>
    linkIds(record, node, check.links).map((link) => ({ node, link, afterMs: alarmAfterMs(record, node, link) })),
  );
  const [first] = alarms;
  if (first === undefined) return unknown(text('there is no such link', '没有这样的链路'));
  const late = alarms.find((a) => a.afterMs === null || a.afterMs > limitMs);
  if (late !== undefined) {
    const when = millis(late.afterMs);
    return said(
      false,
      late.afterMs === null
        ? text(`${late.node} never reported ${late.link} dead`, `${late.node} 没有报告 ${late.link} 失效`)
        : text(
            `${late.node} reported ${late.link} after ${when.en}`,
            `${late.node} 在 ${when.en} 后才报告 ${late.link}`,
          ),
    );
  }
  const wrong = check.only
    ? silent.find((n) => linkIds(record, n, check.links).some((l) => alarmAfterMs(record, n, l) !== null))
    : undefined;
  if (wrong !== undefined) return said(false, text(`${wrong} reported it too`, `${wrong} 也报告了失效`));
  const stillDead = record.atEnd.nodes.find(
    ({ node, status }) =>
      wanted.includes(node) &&
      status?.links.some((l) => linkIds(record, node, check.links).includes(l.id) && l.fromPeer.state !== 'up'),
  );
  if (stillDead !== undefined)
    return said(false, text(`not cleared on ${stillDead.node}`, `${stillDead.node} 上的告警没有消除`));
  const worst = millis(Math.max(...alarms.map((a) => a.afterMs ?? 0)));
  return said(true, text(`after ${worst.en} at most, and cleared`, `最迟 ${worst.en} 后报告，之后已消除`));
}

function judgePingAlarm(check: Extract<Check, { check: 'ping-alarm' }>, record: RunRecord): Outcome {
  const limitMs = quantityMs(check.within, record.quantities);
  const fromMs = faultAtMs(record);
  if (fromMs === null) return unknown(text('nothing was broken', '没有注入故障'));
  for (const node of nodesOf(check.seenBy, record.roles)) {
    const [dead] = eventsOf(record, node, fromMs, (b) => b.kind === 'ping-node' && b['status'] === 'dead');
    if (dead === undefined || dead.tMs - fromMs > limitMs)
      return said(false, text(`${node} did not report it in time`, `${node} 未及时报告`));
  }
  return said(true, text('reported in time', '已及时报告'));
}

function judgeMargin(check: Extract<Check, { check: 'margin' }>, record: RunRecord): Outcome {
  const { result, measured } = marginCriterion(record.margins, check.shareMin);
  return { result, measured };
}

function judgeCost(check: Extract<Check, { check: 'log-growth' | 'cpu' }>, record: RunRecord): Outcome {
  const values = record.costs.map((c) => ({
    node: c.node,
    value: check.check === 'cpu' ? c.cpuPercent : c.logKilobytesPerMinute,
  }));
  const missing = values.filter((v) => v.value === null).map((v) => v.node);
  const worst = Math.max(0, ...values.map((v) => v.value ?? 0));
  const limit = check.check === 'cpu' ? check.percentMax : check.kilobytesPerMinuteMax;
  const unit = check.check === 'cpu' ? '%' : 'kB/min';
  const measured = text(
    `${worst.toFixed(1)} ${unit}, allowed ${limit} ${unit}`,
    `${worst.toFixed(1)} ${unit}，允许 ${limit} ${unit}`,
  );
  if (worst > limit) return said(false, measured);
  if (values.length === 0 || missing.length > 0)
    return unknown(
      text(
        `not measured on ${missing.join(', ') || 'any node'}`,
        `未能在 ${missing.join('、') || '任何服务器'} 上测量`,
      ),
    );
  return said(true, measured);
}

function servedWithin(check: Extract<Check, { check: 'served-within' }>, record: RunRecord): Outcome {
  if (record.probePeriodMs === null) return unknown(NO_PROBE);
  const fromMs = healAtMs(record);
  if (fromMs === null) return unknown(text('the run did not get that far', '演练没有进行到这一步'));
  const limitMs = quantityMs(check.max, record.quantities);
  const afterMs = servedAfterMs(record, check.after === 'heal' ? fromMs : (faultAtMs(record) ?? fromMs));
  if (afterMs === null) return said(false, text('the client was not served again in time', '客户端未在限时内恢复服务'));
  return said(
    afterMs <= limitMs,
    text(`${millis(afterMs).en}, allowed ${millis(limitMs).en}`, `${millis(afterMs).en}，允许 ${millis(limitMs).en}`),
  );
}

function outcomeOf(check: Check, record: RunRecord): Outcome {
  switch (check.check) {
    case 'outage':
      return judgeOutage(check, record);
    case 'served-within':
      return servedWithin(check, record);
    case 'dual':
      return judgeDual(check, record);
    case 'one-holder':
      return judgeOneHolder(check, record);
    case 'holder':
      return judgeHolder(check, record);
    case 'no-role-change':
      return judgeNoRoleChange(record);
    case 'no-false-death':
      return judgeNoFalseDeath(record);
    case 'served-by':
      return judgeServedBy(check, record);
    case 'links-up':
      return judgeLinksUp(record);
    case 'link-alarm':
      return judgeLinkAlarm(check, record);
    case 'ping-alarm':
      return judgePingAlarm(check, record);
    case 'margin':
      return judgeMargin(check, record);
    case 'log-growth':
    case 'cpu':
      return judgeCost(check, record);
  }
}

/** Every check with what was measured. */
export function judgeChecks(checks: readonly Check[], record: RunRecord): CriterionResult[] {
  return checks.map((check) => ({ check: check.check, text: checkText(check), ...outcomeOf(check, record) }));
}

/** What speaks for and against a run besides its checks. */
export interface RunRemarks {
  /** It measured the circumstances, not the pair: overload, a probe that stood still, a console that ended. */
  readonly voids: readonly Text[];
  /** A step that did not come about, a pair that is not back in order. */
  readonly fails: readonly Text[];
  /** To be read by a person; the run passes. */
  readonly remarks: readonly Text[];
}

/** Verdict and its reasons. Void wins over fail: what cannot be trusted says nothing against the pair either. */
export function verdictOf(
  criteria: readonly CriterionResult[],
  { voids, fails, remarks }: RunRemarks,
): { readonly verdict: RunVerdict; readonly notes: Text[] } {
  const words = (c: CriterionResult): Text =>
    text(`${c.text.en}: ${c.measured?.en ?? c.result}`, `${c.text['zh-CN']}：${c.measured?.['zh-CN'] ?? c.result}`);
  const failed = [...fails, ...criteria.filter((c) => c.result === 'fail').map(words)];
  const unclear = criteria.filter((c) => c.result === 'unknown').map(words);
  if (voids.length > 0) return { verdict: 'void', notes: [...voids, ...failed, ...unclear, ...remarks] };
  if (failed.length > 0) return { verdict: 'fail', notes: [...failed, ...unclear, ...remarks] };
  if (unclear.length > 0) return { verdict: 'void', notes: [...unclear, ...remarks] };
  return { verdict: remarks.length > 0 ? 'remark' : 'pass', notes: [...remarks] };
}
