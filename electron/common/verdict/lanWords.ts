/** What the witness on the LAN says of each address: the newest look, and since when it has been the same. */
import type { WitnessSample } from '../contract/session.ts';

export interface LanHolder {
  readonly mac: string;
  /** null: neither node's, as far as known. */
  readonly node: string | null;
}

export interface LanWord {
  /** Everybody who answered. */
  readonly holders: readonly LanHolder[];
  /** When it was asked last, and since when the answer has been the same. */
  readonly atMs: number;
  readonly sinceMs: number;
  readonly neighbourMac: string | null;
}

export class LanWords {
  private readonly words = new Map<string, LanWord>();

  take({ kind, address, holders, tMs, neighbourMac }: WitnessSample): void {
    if (kind !== 'asked') return;
    const last = this.words.get(address);
    if (last !== undefined && tMs < last.atMs) return;
    const isSame = last !== undefined && sameMacs(last.holders, holders);
    this.words.set(address, { holders, atMs: tMs, sinceMs: isSame ? last.sinceMs : tMs, neighbourMac });
  }

  get(address: string): LanWord | null {
    return this.words.get(address) ?? null;
  }
}

function sameMacs(a: readonly LanHolder[], b: readonly LanHolder[]): boolean {
  return a.length === b.length && a.every((holder, i) => holder.mac === b[i]?.mac);
}
