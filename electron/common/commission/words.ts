/** What is to be said about a step of the commissioning, in both languages. `{{name}}` stands for a number or a name of the fact. */
import type { ReportVerdict } from '../contract/report.ts';
import type { Text } from '../contract/drill.ts';
import { text } from '../drill/text.ts';
import type { Fact, FactCode } from './items.ts';

const SENTENCES: Readonly<Record<FactCode, Text>> = {
  noPair: text(
    'No pair is in view: choose one above, or add your two servers.',
    '当前没有双机：请在上方选择，或添加您的两台服务器。',
  ),
  notConnected: text('Neither server is connected.', '两台服务器都未连接。'),
  connecting: text('Waiting for {{nodes}}.', '正在等待 {{nodes}}。'),
  gaveUp: text('{{node}} cannot be reached.', '无法连接 {{node}}。'),
  connected: text('Both servers are reached.', '两台服务器均已连接。'),
  notChecked: text('The servers were not checked since this page was opened.', '打开本页面后尚未检查服务器。'),
  checking: text('The servers are being checked…', '正在检查服务器…'),
  checked: text(
    '{{count}} checks, none failed, {{warnings}} to be read.',
    '{{count}} 项检查，无失败，{{warnings}} 项需查看。',
  ),
  checkFailed: text('{{failed}} of {{count}} checks failed.', '{{count}} 项检查中有 {{failed}} 项失败。'),
  notDeployed: text('There is no agent on {{node}} yet.', '{{node}} 上还没有代理。'),
  applying: text('The agent is being deployed…', '正在部署代理…'),
  agentsSilent: text('Not every agent is heard.', '并非所有代理都有应答。'),
  agentStopped: text('The agent on {{node}} does not run.', '{{node}} 上的代理没有运行。'),
  otherVersion: text(
    'The agent on {{node}} is of another version: deploy again.',
    '{{node}} 上的代理版本不同：请重新部署。',
  ),
  deployed: text('Agent {{version}} answers on both servers.', '两台服务器上的代理 {{version}} 均有应答。'),
  linksUnknown: text('No heartbeat link is known yet.', '还不知道任何心跳链路。'),
  linksDown: text('{{up}} of {{total}} directions are up.', '{{total}} 个方向中有 {{up}} 个正常。'),
  linksUp: text('All {{total}} directions of all links are up.', '所有链路的 {{total}} 个方向均正常。'),
  noAdvice: text('The deadtime was not yet held against the measured heartbeats.', '尚未用实测心跳核对 deadtime。'),
  advised: text(
    'Deadtime recommended: {{deadtime}} s, set: {{present}} s.',
    '建议的 deadtime：{{deadtime}} 秒，当前：{{present}} 秒。',
  ),
  noDrills: text('Nothing was proved yet: run some drills.', '还没有任何证明：请执行一些演练。'),
  drillsRunning: text('Drills are running…', '正在执行演练…'),
  drillsFailed: text('{{failed}} failed, {{passed}} passed.', '{{failed}} 项未通过，{{passed}} 项通过。'),
  drillsVoid: text('{{voided}} measured nothing, {{passed}} passed.', '{{voided}} 项没有测得结果，{{passed}} 项通过。'),
  drillsPart: text(
    '{{passed}} passed, {{rest}} more can be run here.',
    '{{passed}} 项通过，此处还可执行 {{rest}} 项。',
  ),
  drillsAll: text('All {{passed}} that can be run here passed.', '此处可执行的 {{passed}} 项全部通过。'),
  noReport: text('No report of this pair yet.', '此双机还没有报告。'),
  reportOld: text('Drills were run since the last report.', '上次报告之后又执行了演练。'),
  reportMade: text('Last report: {{verdict}}.', '上次报告：{{verdict}}。'),
};

const VERDICTS: Readonly<Record<ReportVerdict, Text>> = {
  pass: text('accepted', '通过验收'),
  remarks: text('accepted with remarks', '有附注地通过'),
  fail: text('not accepted', '未通过'),
  incomplete: text('cannot tell', '无法判定'),
};

function isVerdict(word: unknown): word is ReportVerdict {
  return typeof word === 'string' && word in VERDICTS;
}

/** A fact as a sentence. */
export function factText(fact: Fact): Text {
  if (fact.kind === 'said') return fact.text;
  const { code, params } = fact;
  const filled = (language: keyof Text): string =>
    SENTENCES[code][language].replace(/\{\{(\w+)\}\}/g, (_all, name: string) => {
      const value = params[name];
      return name === 'verdict' && isVerdict(value) ? VERDICTS[value][language] : String(value ?? '?');
    });
  return text(filled('en'), filled('zh-CN'));
}
