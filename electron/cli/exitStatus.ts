/** One exit status per cause, so that a script can tell what happened without reading words. Listed in docs/cli.md. */
export const EXIT = {
  ok: 0,
  /** It ran, and the answer is no: the drill failed, the demo did not end well. */
  failed: 1,
  usage: 2,
  /** The pair file cannot be read, is no JSON or does not fit the schema. */
  pairFile: 3,
  /** This machine cannot carry a rack, or the rack did not start. */
  rackFailed: 4,
  /** `--rack` was given and no rack runs. */
  rackDown: 5,
  /** A node could not be reached over the network. */
  unreachable: 6,
  /** A node's host key is unknown or changed, or the login was refused. */
  refused: 7,
  /** The agent of a node is not installed, does not run or does not answer. */
  noAgent: 8,
  /** Preflight forbids it, or a step failed and was rolled back. */
  deployFailed: 9,
  /** The fault is not available, not safe, or another one is still on. */
  faultRefused: 10,
  /** The drill could not measure: the baseline was not clean, the probe stood still or the machine was overloaded. */
  void: 11,
  /** Something did not happen in the time it should take. */
  timeout: 12,
  /** A mistake of this program. */
  internal: 70,
  /** Ctrl-C. */
  interrupted: 130,
} as const;
export type ExitName = keyof typeof EXIT;

/** An expected end with its cause; main prints the message to standard error and exits with the status. */
export class CliError extends Error {
  override name = 'CliError';
  readonly exit: ExitName;

  constructor(exit: ExitName, message: string) {
    super(message);
    this.exit = exit;
  }
}

/** Causes by the codes that the console's contract fails with. */
const BY_CODE: Readonly<Record<string, ExitName>> = {
  'rack-unsupported': 'rackFailed',
  'rack-failed': 'rackFailed',
  'rack-busy': 'rackFailed',
  'rack-down': 'rackDown',
  'no-pair': 'usage',
  'no-node': 'usage',
  'no-session': 'usage',
  'no-report': 'usage',
  'no-place': 'usage',
  exists: 'usage',
  'not-writable': 'failed',
  'bad-args': 'usage',
  'not-attached': 'noAgent',
  'fault-active': 'faultRefused',
  'fault-unavailable': 'faultRefused',
  'partner-not-ready': 'faultRefused',
  baseline: 'faultRefused',
  'confirm-needed': 'faultRefused',
  'unsafe-for-data': 'faultRefused',
  'by-hand': 'faultRefused',
  'takeover-not-seen': 'faultRefused',
  refused: 'faultRefused',
  unavailable: 'faultRefused',
  'no-such-link': 'faultRefused',
  'not-armed': 'faultRefused',
  'no-plan': 'deployFailed',
  'no-fault': 'faultRefused',
  unsupported: 'faultRefused',
  busy: 'failed',
  'not-connected': 'unreachable',
  unreachable: 'unreachable',
  cancelled: 'interrupted',
};

/** The cause of a failure with this code. */
export function exitOfCode(code: string): ExitName {
  return BY_CODE[code] ?? 'internal';
}
