/** Is the pair in order? A drill on a pair that is not measures the disorder. */
import type { GateName, Text } from '../contract/drill.ts';
import { witnessNames } from '../verdict/witnesses.ts';
import { text } from './text.ts';
import type { NodeView, PairView } from './view.ts';

/** Gates that are judged by the view of the pair alone. */
export type PairGate = Extract<GateName, 'agents' | 'links' | 'holder' | 'client' | 'faults'>;

function agentProblems({ status, node, attached, detail }: NodeView): Text[] {
  if (!attached || status === null)
    return [text(`${node}: the agent is not attached (${detail})`, `${node}：代理未连接（${detail}）`)];
  const problems: Text[] = [];
  if (status.status !== 'active')
    problems.push(
      text(`${node}: its status is ${status.status}, not active`, `${node}：自身状态为 ${status.status}，不是 active`),
    );
  if (status.peer.status !== 'active')
    problems.push(
      text(
        `${node}: it sees its peer as ${status.peer.status}, not active`,
        `${node}：它看到的对端状态为 ${status.peer.status}，不是 active`,
      ),
    );
  if (!status.stable) problems.push(text(`${node}: its resources are not stable`, `${node}：资源尚未稳定`));
  return problems;
}

function linkProblems({ status, node, attached }: NodeView): Text[] {
  if (!attached || status === null) return [];
  return status.links.flatMap((link) => {
    const problems: Text[] = [];
    if (link.problem !== null)
      problems.push(text(`${node}: link ${link.id}: ${link.problem}`, `${node}：链路 ${link.id}：${link.problem}`));
    if (link.fromPeer.state !== 'up')
      problems.push(
        text(
          `${node}: link ${link.id} hears nothing from the peer (${link.fromPeer.state})`,
          `${node}：链路 ${link.id} 收不到对端心跳（${link.fromPeer.state}）`,
        ),
      );
    return problems;
  });
}

function holderProblems(view: PairView): Text[] {
  const problems: Text[] = [];
  if (view.vips.length === 0) problems.push(text('no virtual address is configured', '没有配置虚拟地址'));
  for (const vip of view.vips) {
    if (vip.verdict === 'one') continue;
    const silent = witnessNames(vip.missing);
    const [en, zh] =
      vip.missing.length > 0 ? [`, missing witness: ${silent.en}`, `，缺少见证：${silent['zh-CN']}`] : ['', ''];
    problems.push(
      text(`${vip.address}: holders: ${vip.verdict}${en}`, `${vip.address}：持有情况为 ${vip.verdict}${zh}`),
    );
  }
  const holders = new Set(view.vips.map((v) => v.holder));
  if (view.vips.length > 0 && holders.size > 1)
    problems.push(text('the virtual addresses are not all on one node', '虚拟地址不在同一台服务器上'));
  return problems;
}

function clientProblems({ vips, hasProbe, answeredBy }: PairView): Text[] {
  const holder = vips[0]?.holder ?? null;
  if (!hasProbe || holder === null || answeredBy === holder) return [];
  return [
    text(
      `the client is answered by ${answeredBy ?? 'nobody'}, not by the holder ${holder}`,
      `应答客户端的是 ${answeredBy ?? '（无）'}，而不是持有者 ${holder}`,
    ),
  ];
}

function faultProblems({ faults }: PairView): Text[] {
  const active = faults.find((f) => f.phase === 'armed' || f.phase === 'injected');
  if (active === undefined) return [];
  return [
    text(`fault ${active.name} on ${active.node} is still on`, `${active.node} 上的故障 ${active.name} 仍然有效`),
  ];
}

/** What is not in order, gate by gate. */
export function problemsByGate(view: PairView): Record<PairGate, Text[]> {
  return {
    agents: view.nodes.flatMap(agentProblems),
    links: view.nodes.flatMap(linkProblems),
    holder: holderProblems(view),
    client: clientProblems(view),
    faults: faultProblems(view),
  };
}

/** What speaks against starting, besides what somebody waived; empty when all is in order. */
export function baselineProblems(view: PairView): Text[] {
  const { agents, links, holder, client, faults } = problemsByGate(view);
  const ifNot = (gate: PairGate, problems: Text[]): Text[] => (view.waived.includes(gate) ? [] : problems);
  return [...agents, ...ifNot('links', links), ...holder, ...ifNot('client', client), ...ifNot('faults', faults)];
}
