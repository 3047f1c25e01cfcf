/** Exit statuses of `twinbeat-agent`, one for each reason. 0, 3 and 4 as LSB says, 6 as heartbeat has it, 64 and 70 as sysexits has it. */
export const EXIT = {
  ok: 0,
  failed: 1,
  /** The request was understood and refused (not now, not here). */
  refused: 2,
  notRunning: 3,
  notPermitted: 4,
  alreadyRunning: 5,
  badConfiguration: 6,
  /** Something that an earlier life left behind cannot be released: starting would be holding what we should not. */
  leftovers: 7,
  usage: 64,
  /** A bug: an assertion failed. */
  internal: 70,
} as const;

export type ExitStatus = (typeof EXIT)[keyof typeof EXIT];
