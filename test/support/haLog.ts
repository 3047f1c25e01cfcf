/** Errors in an HA log that a pair of real heartbeat daemons would not show in the same story. */

/** Lines that real pairs show as well, each with its reason. */
const ALLOWED: readonly (readonly [RegExp, string])[] = [
  [/Cannot lock ourselves into memory/, 'the real daemon in a namespace without memlock rights'],
  [/Late heartbeat: Node \S+: interval \d+ ms \(> deadtime\)/, 'a node that returns after it was dead: section 5'],
  [
    /ha_msg_addraw|NV failure \(string2msg_ll\)|Input string: \[|sp=>>>|depth=0|MSG: Dumping message|MSG\[\d+\] : \[/,
    'a serial frame torn by a power cut or a kill: the next one is glued to it (section 1.7); two real daemons do the same',
  ],
  [
    /(\S+) on \S+ is also answered by/,
    'our alarm for the address that a killed real daemon leaves behind (M1); a pair of real daemons stays silent about it',
  ],
];

/** The lines at level ERROR, CRIT, ALERT or EMERG that no rule allows. */
export function badLogLines(lines: readonly string[]): string[] {
  return lines.filter(
    (line) => /\b(ERROR|CRIT|ALERT|EMERG)\b/.test(line) && !ALLOWED.some(([rule]) => rule.test(line)),
  );
}
