/** Can this drill be run on this pair, and with what? Pure; asked before anything is touched. */
import type { DrillInfo, EvidenceLevel, Text } from '../contract/drill.ts';
import type { RackState } from '../contract/rack.ts';
import type { ConsoleFaultName, FaultOffer } from '../contract/state.ts';
import { checkText, stepText } from './checkText.ts';
import { BASELINE_QUIET_MS, longestRunMs, observeMs } from './estimate.ts';
import type { Quantities } from './quantity.ts';
import { cablesOf } from './script.ts';
import type { BreakStep, DrillScript, LinkChoice, Need, Step, Who } from './script.ts';
import { text } from './text.ts';
import { nodesOf, type PairView, type Roles } from './view.ts';

/** What a pair offers. */
export interface Surroundings {
  readonly view: PairView;
  /** null: no rack; then power and cables are for hands. */
  readonly rack: RackState | null;
  readonly offers: readonly FaultOffer[];
  /** Does the pair give its groups to the node that sees the reference hosts? null: unknown. */
  readonly ipfail: boolean | null;
  readonly roles: Roles;
}

/** How a step would be done here. */
export type Means =
  | { readonly by: 'rack'; readonly level: 'physical' }
  | {
      readonly by: 'fault';
      readonly level: EvidenceLevel;
      readonly fault: ConsoleFaultName;
      readonly nodes: readonly string[];
      readonly link: LinkChoice | null;
    }
  | { readonly by: 'hands'; readonly level: 'physical' }
  | { readonly by: 'nothing'; readonly reason: Text };

const RANK: Readonly<Record<EvidenceLevel, number>> = { emulated: 0, driver: 1, physical: 2 };

/** The weakest of them; `physical` of none. */
function weakest(levels: readonly EvidenceLevel[]): EvidenceLevel {
  return levels.reduce((a, b) => (RANK[a] <= RANK[b] ? a : b), 'physical');
}

/** The rack's cable ids that a step cuts; empty: this setup has none of them. */
export function rackCables(step: Extract<Step, { do: 'cable' }>, rack: RackState, roles: Roles): string[] {
  if (step.cable === 'lan') {
    const nodes = nodesOf(step.of, roles);
    return rack.cables.filter((c) => c.kind === 'lan' && c.node !== null && nodes.includes(c.node)).map((c) => c.id);
  }
  const wanted: readonly string[] = cablesOf(step);
  return rack.cables.filter((c) => wanted.includes(c.id)).map((c) => c.id);
}

function offered(at: Surroundings, fault: ConsoleFaultName, on: Who, link: LinkChoice | null): Means {
  const nodes = nodesOf(on, at.roles);
  const offers = nodes.map((node) => at.offers.find((o) => o.name === fault && o.node === node));
  // What a person would do is asked for by the drill itself, in its own words.
  const levels = offers.flatMap((o) => (o?.available === true && !o.byHand ? [o.level] : []));
  if (levels.length < nodes.length) {
    const why = offers.find((o) => o?.available === false)?.reason ?? 'nothing here can do it';
    return { by: 'nothing', reason: text(`${fault}: ${why}`, `${fault}：${why}`) };
  }
  return { by: 'fault', level: weakest(levels), fault, nodes, link };
}

function rackMeans(step: BreakStep, at: Surroundings): Means | null {
  if (at.rack === null || step.do === 'inject') return null;
  if (step.do === 'power') return { by: 'rack', level: 'physical' };
  return rackCables(step, at.rack, at.roles).length > 0 ? { by: 'rack', level: 'physical' } : null;
}

/** The best means for a step: the rack, else a fault of the catalogue, else software in its place, else hands. */
export function meansOf(step: BreakStep, at: Surroundings): Means {
  const rack = rackMeans(step, at);
  if (rack !== null) return rack;
  const direct = step.do === 'inject' ? offered(at, step.fault, step.on, step.link) : null;
  if (direct?.by === 'fault') return direct;
  const { software: instead } = step;
  const software = instead === null ? null : offered(at, instead.fault, instead.on, instead.link);
  if (software?.by === 'fault') return software;
  if (step.hands !== null && at.rack === null) return { by: 'hands', level: 'physical' };
  return direct ?? software ?? { by: 'nothing', reason: noMeans(step, at) };
}

function noMeans(step: BreakStep, at: Surroundings): Text {
  const what = stepText(step);
  return at.rack === null
    ? text(`${what.en}: only the rack can do this`, `${what['zh-CN']}：只有机架能做到`)
    : text(`${what.en}: this setup has no such cable`, `${what['zh-CN']}：此配置没有这样的线缆`);
}

const NEED_TEXT: Readonly<Record<Need, Text>> = {
  probe: text('this pair has no probe: add one to the pair file', '此双机没有探测：请在双机文件中添加'),
  'two-links': text('it needs two heartbeat links, this pair has one', '需要两条心跳链路，此双机只有一条'),
  'serial-link': text('this pair has no serial heartbeat link', '此双机没有串口心跳链路'),
  'network-link': text('this pair has no heartbeat link over a network', '此双机没有网络心跳链路'),
  'ping-node': text('this pair has no reference host (ping node)', '此双机没有参考主机（ping 节点）'),
  ipfail: text('ipfail is not on: losing the LAN moves nothing', '未启用 ipfail：失去局域网不会引起切换'),
  'watchdog-or-fencing': text('neither watchdog nor fencing is configured', '既没有配置看门狗也没有配置隔离'),
};

function isMet(need: Need, at: Surroundings): boolean {
  const statuses = at.view.nodes.flatMap((n) => (n.status === null ? [] : [n.status]));
  const links = statuses[0]?.links ?? [];
  switch (need) {
    case 'probe':
      return at.view.hasProbe;
    case 'two-links':
      return links.length >= 2;
    case 'serial-link':
      return links.some((l) => l.medium === 'serial');
    case 'network-link':
      return links.some((l) => l.medium !== 'serial');
    case 'ping-node':
      return statuses.length > 0 && statuses.every((s) => s.pingNodes.length > 0);
    case 'ipfail':
      return at.ipfail === true;
    case 'watchdog-or-fencing':
      return statuses.some(
        (s) => s.fencing !== null || s.protection.some((p) => p.what === 'watchdog' && p.state === 'on'),
      );
  }
}

const isBreak = (step: Step): step is BreakStep => step.do === 'inject' || step.do === 'power' || step.do === 'cable';

/** Why the drill cannot be run here; empty where it can. */
export function reasonsAgainst(script: DrillScript, at: Surroundings): Text[] {
  const known = at.view.nodes.some((n) => n.status !== null);
  if (!known) return [text('no agent of this pair answers', '此双机没有代理应答')];
  const unmet = script.needs.filter((need) => !isMet(need, at)).map((need) => NEED_TEXT[need]);
  const impossible = script.steps.flatMap((step) => {
    const means = isBreak(step) && !step.optional ? meansOf(step, at) : null;
    return means?.by === 'nothing' ? [means.reason] : [];
  });
  const unique = new Map([...unmet, ...impossible].map((reason) => [reason.en, reason]));
  return [...unique.values()];
}

/** The weakest evidence among the script's faults here; null: it breaks nothing, or cannot be run. */
export function levelHere(script: DrillScript, at: Surroundings): EvidenceLevel | null {
  const levels = script.steps.flatMap((step): EvidenceLevel[] => {
    const means = isBreak(step) ? meansOf(step, at) : null;
    return means === null || means.by === 'nothing' ? [] : [means.level];
  });
  return levels.length === 0 ? null : weakest(levels);
}

/** A step in words, with the reason where it would be left out. */
function stepHere(step: Step, at: Surroundings): Text {
  const words = stepText(step);
  const means = isBreak(step) && step.optional ? meansOf(step, at) : null;
  if (means?.by !== 'nothing') return words;
  const { en, 'zh-CN': zh } = means.reason;
  return text(`${words.en} (left out: ${en})`, `${words['zh-CN']}（不执行：${zh}）`);
}

/** A drill as the list shows it. */
export function drillInfo(script: DrillScript, at: Surroundings, quantities: Quantities): DrillInfo {
  const isRack = at.rack !== null;
  const reasons = reasonsAgainst(script, at);
  const byHands = script.steps.filter((s) => s.do === 'hands' || (isBreak(s) && meansOf(s, at).by === 'hands'));
  return {
    id: script.id,
    row: script.row,
    title: script.title,
    purpose: script.purpose,
    directions: script.directions,
    repeatDefault: script.repeat,
    isLong: script.long,
    available: reasons.length === 0,
    reasons,
    hands: byHands.length,
    level: levelHere(script, at),
    mostMs: longestRunMs(script, quantities, isRack),
    observeMs: observeMs(script, quantities),
    quietMs: isRack ? BASELINE_QUIET_MS.rack : BASELINE_QUIET_MS.servers,
    steps: script.steps.map((step) => stepHere(step, at)),
    criteria: script.pass.map((check) => checkText(check)),
  };
}
