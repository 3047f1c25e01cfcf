/** Records what is true of a node whenever it changes: whether it speaks, with which times, keys and links. */
import type { AgentStatus } from '../../../agent/common/rpc/agentContract.ts';
import type { NodeFacts, NodeLife } from '../../common/contract/session.ts';
import type { NodeConnection } from '../../common/contract/state.ts';
import type { Session } from './session.ts';

/** An agent that has not answered for longer than this is silent, milliseconds: three status polls, and well below any deadtime in use. */
const ANSWER_AGE_MS_MAX = 1500;

/** A host not heard over SSH for longer than this is not reached, milliseconds: its keepalive asks every two seconds. */
const HOST_AGE_MS_MAX = 3000;

/** What a node's life is judged from. */
export type LifeView = Pick<NodeConnection, 'phase' | 'lastHeardAgoMs' | 'agent' | 'status' | 'statusAgeMs'> & {
  /** The rack says that it has no power. */
  readonly poweredOff: boolean;
  /** What it was before. */
  readonly before: NodeLife;
};

/** How a node speaks now. Pure. */
export function lifeOf(view: LifeView): NodeLife {
  const { agent, before } = view;
  if (view.poweredOff) return 'unreachable';
  if (view.phase !== 'ready') return before === 'unknown' ? 'unknown' : 'unreachable';
  if (agent.phase === 'stopped' || agent.phase === 'absent') return 'gone';
  if (agent.phase !== 'attached') return before === 'answers' ? 'silent' : before;
  if (view.statusAgeMs === null || view.statusAgeMs > ANSWER_AGE_MS_MAX) {
    return (view.lastHeardAgoMs ?? 0) > HOST_AGE_MS_MAX ? 'unreachable' : 'silent';
  }
  const observed = view.status?.observed?.state ?? 'running';
  if (observed === 'frozen') return 'frozen';
  return observed === 'not-running' ? 'gone' : 'answers';
}

function macsOf(status: AgentStatus): Record<string, string> {
  return Object.fromEntries(status.vips.flatMap(({ address, mac }) => (mac == null ? [] : [[address, mac]])));
}

/** What stays from the last status of a node that is silent: its links are still called the same. */
export function factsOf(
  node: string,
  tMs: number,
  life: NodeLife,
  detail: string,
  status: AgentStatus | null,
): NodeFacts {
  const base = { tMs, node, life, detail };
  if (status === null) {
    return { ...base, engine: null, version: null, timing: null, keys: null, links: [], macs: {}, problems: [] };
  }
  const { keepaliveMs, warntimeMs, deadtimeMs, initdeadMs } = status.timing;
  return {
    ...base,
    engine: status.engine,
    version: status.version,
    timing: { keepaliveMs, warntimeMs, deadtimeMs, initdeadMs },
    keys: status.keys,
    links: status.links.map(({ id, label, medium, name, baud }) => ({
      id,
      label: label ?? `${medium} ${name}`,
      medium,
      baud: baud ?? null,
    })),
    macs: macsOf(status),
    problems: status.problems.map(({ code, detail: text }) => ({ code, detail: text })),
  };
}

/** One node's facts. */
export class FactsRecorder {
  private readonly session: Session;
  private lastKey = '';
  private life_: NodeLife = 'unknown';

  constructor(session: Session) {
    this.session = session;
  }

  get life(): NodeLife {
    return this.life_;
  }

  /** Looks, and records when something is different. */
  look(node: NodeConnection, poweredOff: boolean): void {
    this.life_ = lifeOf({ ...node, poweredOff, before: this.life_ });
    const detail = this.life_ === 'answers' ? '' : node.phase === 'ready' ? node.agent.detail : node.detail;
    const facts = factsOf(node.node, this.session.nowMs(), this.life_, detail, node.status);
    const key = JSON.stringify({ ...facts, tMs: 0 });
    if (key === this.lastKey) return;
    this.lastKey = key;
    this.session.addFacts(facts);
  }
}
