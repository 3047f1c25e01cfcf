/** Names of nodes where space is short: in pictures, in bars, on buttons. */

const firstPart = (name: string): string => (/^[\d.]+$/.test(name) ? name : (name.split('.')[0] ?? name));

/**
 * A node's name where space is short: its first part, as long as that tells the nodes apart. An address is never cut.
 * The whole name stands in the title of whatever shows the short one.
 */
export function shortName(node: string, all: readonly string[]): string {
  const others = all.filter((name) => name !== node);
  return others.some((name) => firstPart(name) === firstPart(node)) ? node : firstPart(node);
}

/** The same for names inside of a sentence: each of them that stands there whole, not as a part of another word. */
export function withShortNames(words: string, all: readonly string[]): string {
  return all.reduce((left, name) => {
    const short = shortName(name, all);
    if (short === name) return left;
    const escaped = name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
    return left.replace(new RegExp(`(?<![\\w.-])${escaped}(?![\\w-]|\\.\\w)`, 'g'), () => short);
  }, words);
}
