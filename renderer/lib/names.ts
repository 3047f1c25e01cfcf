/**
 * A node's name where space is short: its first part, as long as that tells the nodes apart. An address is never cut.
 * The whole name stands in the title of whatever shows the short one.
 */
export function shortName(node: string, all: readonly string[]): string {
  const first = (name: string): string => (/^[\d.]+$/.test(name) ? name : (name.split('.')[0] ?? name));
  const others = all.filter((name) => name !== node);
  return others.some((name) => first(name) === first(node)) ? node : first(node);
}
