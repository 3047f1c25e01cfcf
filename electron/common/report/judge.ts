/**
 * From facts to findings, and from findings to a verdict. Nothing unknown counts as good: what a report must prove and
 * cannot makes it incomplete, however well everything else went.
 */
import type { Text } from '../contract/drill.ts';
import type { Finding, ReportBody, ReportFacts, ReportRun } from './model.ts';

type Draft = Omit<Finding, 'waiver' | 'action'>;

/** Half width of a clock error above which the order of events of two nodes is not worth telling, milliseconds. */
const CLOCK_ERROR_MS_MAX = 50;
/** Runnable processes a core above which a node's own times are doubtful. */
const NODE_LOAD_MAX = 1;
const DISK_FREE_PERCENT_MIN = 20;
/** A margin below this share of deadtime has no room for a bad day. */
const MARGIN_SHARE_MIN = 0.5;

const text = (en: string, zh: string): Text => ({ en, 'zh-CN': zh });

const seconds = (ms: number): string => `${(ms / 1000).toFixed(2)} s`;

function runFindings(facts: ReportFacts): Draft[] {
  const byDrill = new Map<string, ReportRun[]>();
  for (const run of facts.runs) byDrill.set(run.run.drill, [...(byDrill.get(run.run.drill) ?? []), run]);
  return [...byDrill].flatMap(([drill, runs]): Draft[] => {
    const title = runs[0]?.run.title ?? text(drill, drill);
    const of = (verdict: string): number => runs.filter((r) => r.run.verdict === verdict).length;
    const counted = (n: number): string => `${n}/${runs.length}`;
    const drafts: Draft[] = [];
    if (of('fail') > 0)
      drafts.push({
        code: drill,
        severity: 'error',
        text: text(
          `${title.en}: failed (${counted(of('fail'))} runs)`,
          `${title['zh-CN']}：未通过（${counted(of('fail'))} 次）`,
        ),
      });
    if (of('remark') > 0)
      drafts.push({
        code: drill,
        severity: 'warning',
        text: text(
          `${title.en}: passed with a remark (${counted(of('remark'))} runs)`,
          `${title['zh-CN']}：有附注地通过（${counted(of('remark'))} 次）`,
        ),
      });
    if (of('void') > 0)
      drafts.push({
        code: drill,
        severity: of('void') === runs.length ? 'warning' : 'info',
        text: text(
          `${title.en}: void, nothing was measured (${counted(of('void'))} runs)`,
          `${title['zh-CN']}：无效，没有测得结果（${counted(of('void'))} 次）`,
        ),
      });
    if (of('skipped') === runs.length)
      drafts.push({
        code: drill,
        severity: 'info',
        text: text(`${title.en}: could not be run here`, `${title['zh-CN']}：此处无法进行`),
      });
    return drafts;
  });
}

/** Limits that the customer was promised, against the worst run. */
function limitFindings({ form, runs: all, margin }: ReportFacts): Draft[] {
  const runs = all.filter((r) => r.run.verdict !== 'void');
  const { failoverLimitMs, healLimitMs, marginMinMs } = form.requirements;
  const worst = (values: readonly (number | null)[]): number =>
    Math.max(-Infinity, ...values.filter((v) => v !== null));
  const outage = worst(runs.map((r) => r.run.outageMs));
  const heal = worst(runs.map((r) => r.run.healOutageMs));
  const drafts: Draft[] = [];
  if (failoverLimitMs !== null && outage > failoverLimitMs)
    drafts.push({
      code: 'failover-limit',
      severity: 'error',
      text: text(
        `the longest outage was ${seconds(outage)}; T_f allows ${seconds(failoverLimitMs)}`,
        `最长中断为 ${seconds(outage)}；T_f 允许 ${seconds(failoverLimitMs)}`,
      ),
    });
  if (healLimitMs !== null && heal > healLimitMs)
    drafts.push({
      code: 'heal-limit',
      severity: 'error',
      text: text(
        `the longest outage of a heal was ${seconds(heal)}; T_h allows ${seconds(healLimitMs)}`,
        `恢复过程的最长中断为 ${seconds(heal)}；T_h 允许 ${seconds(healLimitMs)}`,
      ),
    });
  if (marginMinMs !== null && margin !== null && margin.ms < marginMinMs)
    drafts.push({
      code: 'margin-limit',
      severity: 'error',
      text: text(
        `the smallest margin was ${seconds(margin.ms)}; ${seconds(marginMinMs)} are required`,
        `最小余量为 ${seconds(margin.ms)}；要求 ${seconds(marginMinMs)}`,
      ),
    });
  return drafts;
}

function safetyFindings(facts: ReportFacts): Draft[] {
  const { nodes, links, form } = facts;
  const drafts: Draft[] = [];
  const known = nodes.flatMap((n) => (n.status === null ? [] : [n.status]));
  const isObserved = known.some((s) => s.engine !== 'twinbeat');
  if (known.length > 0 && known.every((s) => s.fencing === null) && !isObserved) {
    const accepted = form.requirements.splitBrain === 'accepted-dual';
    drafts.push({
      code: 'no-fencing',
      severity: accepted ? 'info' : 'warning',
      text: text(
        'no fencing is configured: when the nodes cannot hear each other, both can hold the address at once',
        '没有配置隔离（fencing）：两个节点互相听不到时，可能同时持有该地址',
      ),
    });
  }
  if (links.length === 1)
    drafts.push({
      code: 'one-link',
      severity: 'warning',
      text: text(
        'there is only one heartbeat link: its loss is taken for the loss of the other node',
        '只有一条心跳链路：链路中断会被当作对方节点失效',
      ),
    });
  for (const { label, aToB, bToA } of links) {
    const isBad = [aToB, bToA].some((d) => d.state === 'dead' || d.state === 'late');
    if (!isBad) continue;
    drafts.push({
      code: 'link-not-up',
      severity: 'error',
      text: text(`link ${label} did not carry both ways at the end`, `链路 ${label} 在结束时不是双向畅通`),
    });
  }
  for (const node of nodes) {
    for (const problem of node.status?.problems ?? [])
      drafts.push({
        code: 'node-problem',
        severity: 'warning',
        text: text(`${node.name}: ${problem}`, `${node.name}：${problem}`),
      });
    const off = (node.status?.protections ?? []).filter((p) => p.state === 'unavailable').map((p) => p.what);
    if (off.length > 0)
      drafts.push({
        code: 'protection',
        severity: 'info',
        text: text(`${node.name} does not allow: ${off.join(', ')}`, `${node.name} 不允许：${off.join('、')}`),
      });
  }
  return drafts;
}

/** Differences between the two nodes that must not be there: times and keys. */
function agreementFindings({ nodes: [a, b] }: ReportFacts): Draft[] {
  if (a.status === null || b.status === null) return [];
  const drafts: Draft[] = [];
  if (JSON.stringify(a.status.timing) !== JSON.stringify(b.status.timing))
    drafts.push({
      code: 'timing-differs',
      severity: 'error',
      text: text('the two nodes run with different times', '两个节点的时间参数不同'),
    });
  if (a.status.key.fingerprint !== b.status.key.fingerprint)
    drafts.push({
      code: 'keys-differ',
      severity: 'error',
      text: text('the two nodes sign with different keys', '两个节点使用不同的签名密钥'),
    });
  const files = (node: typeof a, name: string): string | null =>
    node.after?.config.find((f) => f.path.endsWith(`/${name}`))?.sha256 ?? null;
  if (files(a, 'haresources') !== files(b, 'haresources') && a.after !== null && b.after !== null)
    drafts.push({
      code: 'haresources-differ',
      severity: 'error',
      text: text('haresources is not the same on both nodes', '两个节点的 haresources 不相同'),
    });
  return drafts;
}

function methodFindings(facts: ReportFacts): Draft[] {
  const { method, nodes, runs, margin } = facts;
  const drafts: Draft[] = [];
  if (method.probe === null)
    drafts.push({
      code: 'no-probe',
      severity: 'warning',
      text: text(
        'no client asked the service: what a client felt is not known',
        '没有客户端探测服务：客户端的感受未知',
      ),
    });
  method.clockErrorMs.forEach((errorMs, i) => {
    if (errorMs === null || errorMs <= CLOCK_ERROR_MS_MAX) return;
    const name = nodes[i]?.name ?? '';
    drafts.push({
      code: 'clock-error',
      severity: 'warning',
      text: text(
        `times of ${name} can be wrong by ±${errorMs.toFixed(0)} ms: the order of events of both nodes closer than that is not known`,
        `${name} 的时间误差可达 ±${errorMs.toFixed(0)} ms：两个节点相距更近的事件无法排序`,
      ),
    });
  });
  if (runs.some((r) => r.run.loadPerCore.some((load) => load > r.run.loadPerCoreMax)))
    drafts.push({
      code: 'overloaded',
      severity: 'warning',
      text: text('the console was overloaded during a drill', '某次演练期间控制台计算机过载'),
    });
  const deadtimeMs = nodes.map((n) => n.status?.timing.deadtimeMs ?? null).find((ms) => ms !== null) ?? null;
  if (margin !== null && deadtimeMs !== null && margin.ms < MARGIN_SHARE_MIN * deadtimeMs)
    drafts.push({
      code: 'margin-thin',
      severity: 'warning',
      text: text(
        `the smallest margin was ${seconds(margin.ms)}, less than half of deadtime (${seconds(deadtimeMs)})`,
        `最小余量为 ${seconds(margin.ms)}，不到 deadtime（${seconds(deadtimeMs)}）的一半`,
      ),
    });
  for (const { name, after } of nodes) {
    if (after === null) continue;
    if (after.diskFreePercent !== null && after.diskFreePercent < DISK_FREE_PERCENT_MIN)
      drafts.push({
        code: 'disk-low',
        severity: 'warning',
        text: text(
          `${name}: ${after.diskFreePercent.toFixed(0)} % of the disk are free`,
          `${name}：磁盘剩余 ${after.diskFreePercent.toFixed(0)} %`,
        ),
      });
    if (after.loadPerCore !== null && after.loadPerCore > NODE_LOAD_MAX)
      drafts.push({
        code: 'node-load',
        severity: 'warning',
        text: text(
          `${name}: load of ${after.loadPerCore.toFixed(1)} a core`,
          `${name}：每核负载 ${after.loadPerCore.toFixed(1)}`,
        ),
      });
  }
  return drafts;
}

function preflightFindings({ preflight }: ReportFacts): Draft[] {
  return (preflight ?? [])
    .filter((item) => item.result === 'failed' || item.result === 'warning')
    .map((item) => ({
      code: `preflight-${item.code}`,
      severity: item.result === 'failed' ? 'error' : 'warning',
      text: text(`preflight, ${item.node}: ${item.found}`, `预检，${item.node}：${item.found}`),
    }));
}

function afterResult(after: ReportFacts['after']): ReportBody['after']['result'] {
  if (after.nodes.some((n) => (n.leftovers?.length ?? 0) > 0 || (n.changedFiles?.length ?? 0) > 0)) return 'left';
  const isProven = after.nodes.length > 0 && after.nodes.every((n) => n.leftovers !== null && n.changedFiles !== null);
  return isProven ? 'clean' : 'unknown';
}

function afterFindings({ after }: ReportFacts): Draft[] {
  return after.nodes.flatMap(({ node, leftovers, changedFiles }): Draft[] => [
    ...(leftovers ?? []).map((left): Draft => ({
      code: 'left-behind',
      severity: 'error',
      text: text(`${node}: left behind: ${left.text}`, `${node}：有残留：${left.text}`),
    })),
    ...(changedFiles ?? []).map((path): Draft => ({
      code: 'config-changed',
      severity: 'error',
      text: text(`${node}: ${path} is not what it was at the beginning`, `${node}：${path} 与开始时不同`),
    })),
  ]);
}

/** What keeps the report from proving what it is for. */
function gapsInProof(facts: ReportFacts, result: ReportBody['after']['result']): Text[] {
  const measured = facts.runs.filter((r) => ['pass', 'remark', 'fail'].includes(r.run.verdict));
  const gaps: Text[] = [];
  if (measured.length === 0) gaps.push(text('no drill has measured anything', '没有任何演练测得结果'));
  if (result === 'unknown')
    gaps.push(text('whether something was left behind on the nodes could not be checked', '无法检查节点上是否有残留'));
  for (const node of facts.nodes)
    if (node.status === null)
      gaps.push(text(`nothing is known from the agent of ${node.name}`, `没有 ${node.name} 代理的任何信息`));
  return gaps;
}

const SEVERITIES = ['error', 'warning', 'info'] as const;

function verdictOf(findings: readonly Finding[], gaps: readonly Text[]): ReportBody['verdict'] {
  if (findings.some((f) => f.severity === 'error' && f.waiver === null)) return 'fail';
  if (gaps.length > 0) return 'incomplete';
  return findings.some((f) => f.severity !== 'info') ? 'remarks' : 'pass';
}

/** Judges the facts. The verdict's reasons are its findings' words, the ones that decide it first. */
export function judgeReport(facts: ReportFacts): ReportBody {
  const result = afterResult(facts.after);
  const drafts = [
    ...afterFindings(facts),
    ...runFindings(facts),
    ...limitFindings(facts),
    ...agreementFindings(facts),
    ...safetyFindings(facts),
    ...preflightFindings(facts),
    ...methodFindings(facts),
  ].sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity));
  const at = (list: readonly { readonly subject: string }[], code: string): number | null => {
    const index = list.findIndex((one) => one.subject === code);
    return index < 0 ? null : index;
  };
  const { waivers, actions } = facts.form;
  const findings = drafts.map((f) => ({ ...f, waiver: at(waivers, f.code), action: at(actions, f.code) }));
  const gaps = gapsInProof(facts, result);
  const verdict = verdictOf(findings, gaps);
  const deciding = findings.filter((f) => f.severity !== 'info' && f.waiver === null).map((f) => f.text);
  const waived = findings.filter((f) => f.severity !== 'info' && f.waiver !== null).length;
  const reasons = [
    ...gaps,
    ...deciding,
    ...(waived > 0 ? [text(`${waived} findings are waived by signature`, `${waived} 项发现已由签字人豁免`)] : []),
  ];
  return { ...facts, after: { ...facts.after, result }, findings, verdict, reasons };
}
