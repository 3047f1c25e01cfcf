import type { NodeWitness } from './vip.ts';

type Word = NonNullable<NodeWitness['held']>;

/** What one node has said about each address, newest word only. Words may come from samples, events and status, in any order. */
export class HeldWords {
  private readonly words = new Map<string, Word>();

  /** Takes a word spoken at `atMs` (session axis). Older than the newest: ignored. */
  say(address: string, holds: boolean, atMs: number, errorMs: number): void {
    const last = this.words.get(address);
    if (last !== undefined && atMs < last.atMs) return;
    const sinceMs = last !== undefined && last.holds === holds ? last.sinceMs : atMs;
    this.words.set(address, { holds, atMs, sinceMs, errorMs });
  }

  get(address: string): Word | null {
    return this.words.get(address) ?? null;
  }

  /** Forgets everything: the node lost its power, and its addresses with it. */
  clear(): void {
    this.words.clear();
  }

  addresses(): string[] {
    return [...this.words.keys()];
  }
}
