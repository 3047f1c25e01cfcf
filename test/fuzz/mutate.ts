/** Random changes to bytes that a parser is fed with. */
import type { SeededRandom } from '../../agent/common/base/random.ts';

/** Latin-1 text as bytes. */
export function latin1(text: string): Uint8Array {
  return Uint8Array.from(text, (character) => character.charCodeAt(0));
}

/** One to four changes: a bit, a byte, a cut, a doubled stretch, or one of `magic`, which looks like syntax. */
export function mutate(original: Uint8Array, random: SeededRandom, magic: readonly Uint8Array[]): Uint8Array {
  let bytes = original;
  for (let change = random.nextInteger(1, 4); change > 0; change--) {
    const at = random.nextInteger(0, Math.max(0, bytes.length - 1));
    const to = Math.min(bytes.length, at + random.nextInteger(0, 40));
    switch (random.nextInteger(0, 4)) {
      case 0:
        bytes = bytes.slice();
        bytes[at] = (bytes[at] ?? 0) ^ (1 << random.nextInteger(0, 7));
        break;
      case 1:
        bytes = bytes.slice();
        bytes[at] = random.nextInteger(0, 255);
        break;
      case 2:
        bytes = joined(bytes.subarray(0, at), bytes.subarray(to));
        break;
      case 3:
        bytes = joined(bytes.subarray(0, to), bytes.subarray(at));
        break;
      default:
        bytes = joined(bytes.subarray(0, at), random.pick(magic), bytes.subarray(at));
    }
  }
  return bytes;
}

/** The first part of one and the last part of the other. */
export function spliced(a: Uint8Array, b: Uint8Array, random: SeededRandom): Uint8Array {
  return joined(a.subarray(0, random.nextInteger(0, a.length)), b.subarray(random.nextInteger(0, b.length)));
}

export function joined(...parts: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}
