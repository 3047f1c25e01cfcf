import type { VipVerdict } from '../../common/contract/state.ts';
import { staleNeighbour } from '../../common/verdict/stale.ts';
import { judgeVip } from '../../common/verdict/vip.ts';
import type { MoreEvidence, NodeWitness, ProbeWitness } from '../../common/verdict/vip.ts';

/** Judges each address again and again and remembers since when the verdict has been what it is. */
export class VipTracker {
  private readonly since = new Map<string, { key: string; sinceMs: number }>();

  /** `macOf`: the hardware address with which a node answers for the address; null: not known. */
  judge(
    address: string,
    a: NodeWitness,
    b: NodeWitness,
    probe: ProbeWitness | null,
    more: MoreEvidence,
    macOf: (node: string) => string | null,
    nowMs: number,
  ): VipVerdict {
    const judged = judgeVip(a, b, probe, nowMs, more);
    const key = `${judged.verdict} ${judged.holders.join()}`;
    const known = this.since.get(address);
    const sinceMs = known?.key === key ? known.sinceMs : nowMs;
    this.since.set(address, { key, sinceMs });
    return {
      address,
      ...judged,
      holders: [...judged.holders],
      missing: [...judged.missing],
      sinceMs,
      lan: more.lan === null ? null : more.lan.holders.map((holder) => ({ ...holder })),
      stale: staleNeighbour(judged, sinceMs, more.lan, [a.node, b.node], macOf, nowMs),
    };
  }
}
