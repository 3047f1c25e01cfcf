/** What is said of each part of the facts: a code, how grave it is, and a sentence. */
import type { CriterionResult, Text } from '../../contract/drill.ts';
import { text } from '../../drill/text.ts';
import { inBoth } from '../../words/sentence.ts';
import type { Finding, ReportBody, ReportDrill, ReportFacts, ReportRun } from '../model.ts';
import { NOT_TRIED } from './coverage.ts';

export type Draft = Omit<Finding, 'waiver' | 'action'>;

/** Half width of a clock error above which the order of events of two nodes is not worth telling, milliseconds. */
const CLOCK_ERROR_MS_MAX = 50;
/** Runnable processes a core above which a node's own times are doubtful. */
const NODE_LOAD_MAX = 1;
const DISK_FREE_PERCENT_MIN = 20;

/** A drill that should have been run and of which nothing is known: that can be told neither as good nor as bad. */
function silentDrill({ title, state, reasons }: ReportDrill): Text {
  const why = (language: 'en' | 'zh-CN', between: string): string => reasons.map((r) => r[language]).join(between);
  const [en, zh] =
    state === 'void' ? ['void, nothing was measured', '无效，没有测得结果'] : ['could not be run here', '此处无法进行'];
  return text(
    `${title.en}: ${en}${reasons.length === 0 ? '' : ` (${why('en', '; ')})`}`,
    `${title['zh-CN']}：${zh}${reasons.length === 0 ? '' : `（${why('zh-CN', '；')}）`}`,
  );
}

function drillDrafts(drill: ReportDrill, runs: readonly ReportRun[]): Draft[] {
  const { drill: code, title, state, isAgreed } = drill;
  if (state === 'not-tried') return [];
  const of = (verdict: string): number => runs.filter((r) => r.run.verdict === verdict).length;
  const counted = (verdict: string): string => `${of(verdict)}/${runs.length}`;
  if (state === 'void' || state === 'skipped')
    return [{ code, severity: isAgreed ? 'unknown' : 'info', text: silentDrill(drill) }];
  const drafts: Draft[] = [];
  if (of('fail') > 0)
    drafts.push({
      code,
      severity: 'error',
      text: text(`${title.en}: failed (${counted('fail')} runs)`, `${title['zh-CN']}：未通过（${counted('fail')} 次）`),
    });
  if (of('remark') > 0)
    drafts.push({
      code,
      severity: 'warning',
      text: text(
        `${title.en}: passed with a remark (${counted('remark')} runs)`,
        `${title['zh-CN']}：有附注地通过（${counted('remark')} 次）`,
      ),
    });
  if (of('void') > 0)
    drafts.push({
      code,
      severity: 'info',
      text: text(
        `${title.en}: void, nothing was measured (${counted('void')} runs)`,
        `${title['zh-CN']}：无效，没有测得结果（${counted('void')} 次）`,
      ),
    });
  return drafts;
}

/** Of every drill that says something, and one for all that were not even tried. */
export function drillFindings(facts: ReportFacts, drills: readonly ReportDrill[]): Draft[] {
  const drafts = drills.flatMap((drill) =>
    drillDrafts(
      drill,
      facts.runs.filter(({ run }) => run.drill === drill.drill),
    ),
  );
  // A drill with a waiver of its own is settled; one that is waived with all others is named in the finding that is.
  const missing = drills.filter((d) => {
    const waiver = d.waiver === null ? undefined : facts.form.waivers[d.waiver];
    return d.state === 'not-tried' && d.isAgreed && waiver?.subject !== d.drill;
  });
  if (missing.length > 0) {
    const names = (language: 'en' | 'zh-CN', between: string): string =>
      missing.map(({ title }) => title[language]).join(between);
    drafts.push({
      code: NOT_TRIED,
      severity: 'unknown',
      text: text(
        `not tried (${missing.length}): ${names('en', ', ')}`,
        `未做（${missing.length} 项）：${names('zh-CN', '、')}`,
      ),
    });
  }
  if (!drills.some((d) => ['pass', 'remark', 'fail'].includes(d.state)))
    drafts.push({
      code: 'no-drill',
      severity: 'unknown',
      text: text('no drill has measured anything', '没有任何演练测得结果'),
    });
  return drafts;
}

/** Criteria that are not met, or of which nobody knows; the drills have their own findings, and so has what was left. */
export function criterionFindings(criteria: readonly CriterionResult[]): Draft[] {
  return criteria.flatMap(({ check, text: words, result, measured }): Draft[] => {
    if (check === 'drills' || (check === 'left-behind' && result === 'fail')) return [];
    if (result !== 'fail' && result !== 'unknown') return [];
    const [en, zh] = result === 'fail' ? ['not met', '不满足'] : ['cannot tell', '无法判定'];
    const why = measured ?? text('not measured', '没有测得');
    return [
      {
        code: check,
        severity: result === 'fail' ? 'error' : 'unknown',
        text: text(`${words.en}: ${en} (${why.en})`, `${words['zh-CN']}：${zh}（${why['zh-CN']}）`),
      },
    ];
  });
}

export function safetyFindings(facts: ReportFacts): Draft[] {
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
    const states = [aToB.state, bToA.state];
    if (states.includes('dead') || states.includes('late'))
      drafts.push({
        code: 'link-not-up',
        severity: 'error',
        text: text(`link ${label} did not carry both ways at the end`, `链路 ${label} 在结束时不是双向畅通`),
      });
    else if (states.includes('unknown'))
      drafts.push({
        code: 'link-unknown',
        severity: 'unknown',
        text: text(
          `whether link ${label} carried both ways at the end is not known`,
          `链路 ${label} 在结束时是否双向畅通未知`,
        ),
      });
  }
  for (const node of nodes) {
    if (node.status === null)
      drafts.push({
        code: 'agent-silent',
        severity: 'unknown',
        text: text(`nothing is known from the agent of ${node.name}`, `没有 ${node.name} 代理的任何信息`),
      });
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
export function agreementFindings({ nodes: [a, b] }: ReportFacts): Draft[] {
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

export function methodFindings(facts: ReportFacts): Draft[] {
  const { method, nodes, runs } = facts;
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
    const name = nodes[i]?.name ?? '';
    if (errorMs === null)
      drafts.push({
        code: 'clock-unknown',
        severity: 'warning',
        text: text(`how far the times of ${name} can be wrong is not known`, `${name} 的时间误差未知`),
      });
    if (errorMs === null || errorMs <= CLOCK_ERROR_MS_MAX) return;
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

export function preflightFindings({ preflight }: ReportFacts): Draft[] {
  if (preflight === null)
    return [
      {
        code: 'no-preflight',
        severity: 'unknown',
        text: text('no preflight was made: the pair was not connected', '没有预检：双机未连接'),
      },
    ];
  return preflight.flatMap(({ node, code, result, found, foundSaid }): Draft[] => {
    if (result === 'ok') return [];
    const severity = result === 'failed' ? 'error' : 'warning';
    const said = inBoth({ detail: found, said: foundSaid });
    const words = text(`preflight, ${node}: ${said.en}`, `预检，${node}：${said['zh-CN']}`);
    return [{ code: `preflight-${code}`, severity, text: words }];
  });
}

export function afterResult(after: ReportFacts['after']): ReportBody['after']['result'] {
  if (after.nodes.some((n) => (n.leftovers?.length ?? 0) > 0 || (n.changedFiles?.length ?? 0) > 0)) return 'left';
  const isProven = after.nodes.length > 0 && after.nodes.every((n) => n.leftovers !== null && n.changedFiles !== null);
  return isProven ? 'clean' : 'unknown';
}

export function afterFindings({ after }: ReportFacts): Draft[] {
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
