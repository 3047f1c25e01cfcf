/** Errors in an HA log that a pair of real heartbeat daemons would not show in the same story. */

/** Lines that real pairs show as well, each with its reason. */
const ALLOWED: readonly (readonly [RegExp, string])[] = [
  [/Cannot lock ourselves into memory/, 'the real daemon in a namespace without memlock rights'],
  [/Late heartbeat: Node \S+: interval \d+ ms \(> deadtime\)/, 'a node that returns after it was dead: section 5'],
];

/** The lines at level ERROR, CRIT, ALERT or EMERG that no rule allows. */
export function badLogLines(lines: readonly string[]): string[] {
  return lines.filter(
    (line) => /\b(ERROR|CRIT|ALERT|EMERG)\b/.test(line) && !ALLOWED.some(([rule]) => rule.test(line)),
  );
}
