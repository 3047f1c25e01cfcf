/**
 * Seeded random numbers (xoshiro128**, Blackman and Vigna 2018). Pure rooms get their dice
 * from here and their seed from outside, so that a run can be repeated from its seed alone.
 */
export class SeededRandom {
  private readonly state: Uint32Array;

  /** `seed`: any number; the same seed gives the same sequence on every machine. */
  constructor(seed: number) {
    // splitmix32 spreads a small seed over the four state words.
    let s = seed >>> 0;
    this.state = Uint32Array.from({ length: 4 }, () => {
      s = (s + 0x9e3779b9) >>> 0;
      let z = s;
      z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
      z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
      return (z ^ (z >>> 16)) >>> 0;
    });
  }

  /** A uniform integer in 0 .. 2^32-1. */
  nextUint32(): number {
    const s = this.state;
    const [s0, s1, s2, s3] = [s[0] ?? 0, s[1] ?? 0, s[2] ?? 0, s[3] ?? 0];
    const x5 = Math.imul(s1, 5);
    const result = Math.imul((x5 << 7) | (x5 >>> 25), 9) >>> 0;
    const t = s1 << 9;
    s[2] = s2 ^ s0;
    s[3] = s3 ^ s1;
    s[1] = s1 ^ s[2];
    s[0] = s0 ^ s[3];
    s[2] = s[2] ^ t;
    const r = s[3];
    s[3] = (r << 11) | (r >>> 21);
    return result;
  }

  /** A uniform number in [0, 1). */
  nextFraction(): number {
    return this.nextUint32() / 0x1_0000_0000;
  }

  /** A uniform integer in [min, max], both ends included. */
  nextInteger(min: number, max: number): number {
    return min + Math.floor(this.nextFraction() * (max - min + 1));
  }

  /** True with probability `p` (0..1). */
  chance(p: number): boolean {
    return this.nextFraction() < p;
  }

  /** One element of a non-empty list. */
  pick<T>(items: readonly T[]): T {
    return items[this.nextInteger(0, items.length - 1)] as T;
  }
}
