/** Faults by hand: the person is told what to do, and the pair shows that it was done, and that it is undone. */
import type { HandsSign } from '../../../agent/common/faults/index.ts';
import type { LinkStatus } from '../../../agent/common/rpc/agentContract.ts';
import { RpcError } from '../../../agent/common/rpc/messages.ts';
import type { ActiveFault, ConsoleFaultName } from '../../common/contract/state.ts';
import type { NodeView, PairView } from '../../common/drill/view.ts';
import { freshStatus } from '../../common/drill/view.ts';
import { monotonicNowMs } from '../base/time.ts';
import type { OpenFault } from './openFault.ts';

const isSerial = (link: LinkStatus): boolean => link.medium === 'serial';

function deadLinks(node: NodeView): LinkStatus[] {
  return freshStatus(node)?.links.filter((link) => link.fromPeer.state === 'dead') ?? [];
}

/** A node whose agent is gone and whom its peer calls dead. */
function isGone(index: 0 | 1, { nodes }: PairView): boolean {
  return !nodes[index].attached && freshStatus(nodes[1 - index] ?? nodes[0])?.peer.status === 'dead';
}

/** What of the sign is seen, and by which nodes. */
export function seenBy(sign: HandsSign, node: string, view: PairView): string[] {
  const { nodes } = view;
  const naming = (holds: (n: NodeView) => boolean): string[] => nodes.filter(holds).map((n) => n.node);
  switch (sign) {
    case 'serial-dead':
      return naming((n) => deadLinks(n).some(isSerial));
    case 'lan-dead':
      return naming(
        (n) =>
          deadLinks(n).some((link) => !isSerial(link)) ||
          (freshStatus(n)?.pingNodes.some((ping) => ping.status === 'dead') ?? false),
      );
    case 'links-dead':
      return naming((n) => deadLinks(n).length > 1);
    case 'node-gone': {
      const index = nodes[0].node === node ? 0 : 1;
      return isGone(index, view) ? [nodes[1 - index]?.node ?? ''] : [];
    }
    case 'both-gone':
      return nodes.every((n) => !n.attached) ? ['this console'] : [];
  }
}

/** The sign is gone, by the word of nodes that answer. */
export function isRestored(sign: HandsSign, view: PairView): boolean {
  if (!view.nodes.every((n) => freshStatus(n) !== null)) return false;
  const statuses = view.nodes.flatMap((n) => freshStatus(n) ?? []);
  if (sign === 'node-gone' || sign === 'both-gone') return statuses.every((s) => s.status === 'active');
  return statuses.every(
    (s) => s.links.every((link) => link.fromPeer.state === 'up') && s.pingNodes.every((ping) => ping.status !== 'dead'),
  );
}

export class HandFault implements OpenFault {
  readonly faultId: string;
  readonly node: string;
  readonly name: ConsoleFaultName;
  private readonly sign: HandsSign;
  private readonly view: () => PairView;
  private readonly endsAtMs: number;
  private phase: ActiveFault['phase'] = 'armed';
  private detail = 'do it now; it is watched for';

  /** `durationMs`: to do it and to undo it; what is still broken then is an alarm, and only hands can end it. */
  constructor(name: ConsoleFaultName, node: string, sign: HandsSign, durationMs: number, view: () => PairView) {
    this.name = name;
    this.node = node;
    this.sign = sign;
    this.view = view;
    this.faultId = `hand-${name}-${node}-${Math.round(monotonicNowMs())}`;
    this.endsAtMs = monotonicNowMs() + durationMs;
  }

  refresh(): void {
    const view = this.view();
    const late = monotonicNowMs() > this.endsAtMs;
    if (this.phase === 'armed') {
      const by = seenBy(this.sign, this.node, view);
      if (by.length > 0) {
        this.phase = 'injected';
        this.detail = `seen by ${by.join(' and ')}; put it back when it was long enough`;
      } else if (late) {
        this.phase = 'failed';
        this.detail = 'nothing was seen of it in its time';
      }
    } else if (this.phase === 'injected') {
      const by = seenBy(this.sign, this.node, view);
      if (by.length === 0 && isRestored(this.sign, view)) {
        this.phase = 'reverted';
        this.detail = 'both nodes see that it is put back';
      } else if (late) this.detail = 'overdue: it is not put back yet';
      else if (by.length > 0) this.detail = `seen by ${by.join(' and ')}; put it back when it was long enough`;
    }
  }

  revert(): Promise<void> {
    this.refresh();
    if (this.phase === 'injected') {
      const what = 'this was done by hand: put it back by hand, and it is seen';
      return Promise.reject(new RpcError('by-hand', what));
    }
    if (this.phase === 'armed') {
      this.phase = 'reverted';
      this.detail = 'called off';
    }
    return Promise.resolve();
  }

  toState(): ActiveFault {
    const { faultId, node, name, phase, detail } = this;
    const handwork = phase === 'armed' ? 'do' : phase === 'injected' ? 'undo' : null;
    const revertsInMs = handwork === null ? null : Math.max(0, this.endsAtMs - monotonicNowMs());
    return { faultId, node, name, phase, link: null, revertsInMs, detail, handwork };
  }
}
