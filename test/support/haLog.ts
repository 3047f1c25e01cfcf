/** Errors in an HA log that a pair of real heartbeat daemons would not show in the same story. */

/** Stories that mixed pairs are put through. */
export const SCENARIOS = [
  'start order',
  'graceful stop',
  'kill',
  'power-off',
  'freeze and thaw',
  'standby and takeover',
  'loss and reordering',
  'links cut and restored',
  'key change',
  'ipfail',
] as const;
export type Scenario = (typeof SCENARIOS)[number];

interface Rule {
  readonly line: RegExp;
  readonly reason: string;
  /** Stories in which it is allowed; absent: in every one. */
  readonly only?: readonly Scenario[];
}

/** Lines that real pairs show as well, each with its reason. */
export const ALLOWED: readonly Rule[] = [
  { line: /Cannot lock ourselves into memory/, reason: 'the real daemon in a namespace without memlock rights' },
  {
    line: /Late heartbeat: Node \S+: interval \d+ ms \(> deadtime\)/,
    reason: 'the real daemon says it of a node, or of the gateway, that returns after it was dead (section 5)',
    only: ['start order', 'graceful stop', 'kill', 'power-off', 'freeze and thaw', 'ipfail'],
  },
  {
    line: /ha_msg_addraw|NV failure \(string2msg_ll\)|Input string: \[|sp=|depth=0|MSG: Dumping message|MSG\[\d+\] : \[|add_string_field\(\): wrong type/,
    reason:
      'a serial frame torn by noise, a cut cable, or the end of its sender: the next one is glued to it (section 1.7), and the real daemon prints the whole',
  },
  {
    line: /(\S+) on \S+ is also answered by/,
    reason:
      'our alarm for the address that a killed or frozen real daemon keeps (M1, M4); a pair of real daemons stays silent about it',
    only: ['kill', 'freeze and thaw'],
  },
  {
    line: /msg2string: Message with zero fields/,
    reason: "a message of hb_standby came apart in the real daemon's FIFO; the order is lost and given again",
  },
  {
    line: /EOF in ttygets \[\S+\]: Interrupted system call|string2msg_ll: buffer overflow after NEWLINE/,
    reason:
      'the signal by which the real daemon rereads its keys interrupts its own reading of the serial line; a frame that was just coming is parsed half',
    only: ['key change'],
  },
  {
    line: /authtoken does not match|netstring authentication failed|ping_write\(\): cannot convert wirefmt|write failure on ping/,
    reason:
      'the real daemon rejects pings of its own: its processes reread their keys one after another, and each verifies a netstring with its signing secret (section 2.5); ours sends no netstrings',
    only: ['key change'],
  },
  {
    line: /Cluster node \S+ returning after partition/,
    reason:
      'what both engines say when a frozen real daemon goes on under its old generation (M4), before both start over',
    only: ['freeze and thaw'],
  },
  {
    line: /Both machines own (our|foreign) resources!/,
    reason:
      'the real daemon judges each report as it arrives (11.11): one that a newer one has overtaken, as on a link that is just coming up, makes it count a group twice for a moment, in its log only; the kernels of both nodes are watched meanwhile',
    only: ['start order', 'graceful stop', 'kill', 'power-off', 'freeze and thaw', 'loss and reordering'],
  },
  {
    line: /Problem \[bad-packets\]: \/dev\/ttyS0/,
    reason: 'our alarm for noise on the serial line, once; the real daemon warns once for each frame',
    only: ['loss and reordering'],
  },
];

/** The lines at level ERROR, CRIT, ALERT or EMERG that no rule allows in this story; without one, in any. */
export function badLogLines(lines: readonly string[], scenario?: Scenario): string[] {
  const allowed = ALLOWED.filter(({ only }) => only === undefined || scenario === undefined || only.includes(scenario));
  return lines.filter(
    (line) => /\b(ERROR|CRIT|ALERT|EMERG)\b/.test(line) && !allowed.some((rule) => rule.line.test(line)),
  );
}
