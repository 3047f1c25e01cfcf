/** The command line of `twinbeat-agent`. */
import { hostname } from 'node:os';
import { parseArgs } from 'node:util';
import { fail, ok, type Result } from '../../common/base/result.ts';

export const USAGE = `twinbeat-agent VERB [options]

  run                        the daemon, in the foreground; stops gracefully on SIGTERM
  status [--json]            what this node knows: nodes, links, addresses, problems
  standby [local|foreign|all]    give resources to the peer (default all)
  takeover [local|foreign|all]   take resources from the peer (default all)
  stop                       graceful stop: release everything, tell the peer, end
  reload                     read authkeys again, without interruption; with anything wrong in it the old keys stay
  confirm-dead [--yes]       you have made sure that the peer is off: ends what a takeover waits for.
                             Asks for the peer's name on a terminal; --yes instead of that
  attach                     join standard streams to the daemon's socket (for the console)
  probe --http URL | --tcp HOST:PORT --period-ms N [--timeout-ms N] [--count N]
                             open-loop probe, one JSON line a request
  journal [--from N] [--follow]  the node's events, one JSON line each
  version

  --config-dir DIR   ha.cf, haresources, authkeys, twinbeat.cf, resource.d (/etc/ha.d)
  --state-dir DIR    generation, uuid, journal                  (/var/lib/twinbeat-agent)
  --run-dir DIR      socket and pid file                        (/run/twinbeat-agent)
  --node NAME        instead of uname -n

Exit status: 0 done, 1 failed, 2 refused, 3 not running, 4 not permitted, 5 already running,
6 configuration error, 7 leftovers of an earlier run cannot be released, 64 usage, 70 a bug.
`;

export const VERBS = [
  ...(['run', 'status', 'standby', 'takeover', 'stop', 'reload', 'confirm-dead'] as const),
  ...(['attach', 'probe', 'journal', 'version'] as const),
] as const;
export type Verb = (typeof VERBS)[number];

export interface Arguments {
  readonly verb: Verb;
  readonly set: 'local' | 'foreign' | 'all';
  readonly configDir: string;
  readonly stateDir: string;
  readonly runDir: string;
  readonly node: string;
  readonly json: boolean;
  readonly http: string | null;
  readonly tcp: string | null;
  readonly periodMs: number;
  readonly timeoutMs: number;
  /** Requests of a probe; null: until it is ended. */
  readonly count: number | null;
  readonly from: number;
  readonly follow: boolean;
  /** The question is answered already. */
  readonly yes: boolean;
}

const OPTIONS = {
  'config-dir': { type: 'string', default: '/etc/ha.d' },
  'state-dir': { type: 'string', default: '/var/lib/twinbeat-agent' },
  'run-dir': { type: 'string', default: '/run/twinbeat-agent' },
  node: { type: 'string' },
  json: { type: 'boolean', default: false },
  http: { type: 'string' },
  tcp: { type: 'string' },
  'period-ms': { type: 'string', default: '100' },
  'timeout-ms': { type: 'string', default: '1000' },
  count: { type: 'string' },
  from: { type: 'string', default: '1' },
  follow: { type: 'boolean', default: false },
  yes: { type: 'boolean', default: false },
} as const;

function isVerb(word: string | undefined): word is Verb {
  return VERBS.some((verb) => verb === word);
}

/** Parses what follows the program's name. The detail of a failure is a sentence for standard error. */
export function parseArguments(argv: readonly string[]): Result<Arguments, 'usage'> {
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true });
    const [verb, set = 'all', ...rest] = positionals;
    if (!isVerb(verb)) return fail('usage', verb === undefined ? 'no verb is given' : `there is no verb ${verb}`);
    const takesSet = verb === 'standby' || verb === 'takeover';
    if (rest.length > 0 || (positionals.length > 1 && !takesSet)) return fail('usage', 'too many arguments');
    if (set !== 'local' && set !== 'foreign' && set !== 'all')
      return fail('usage', `${set} is not local, foreign or all`);
    const numbers = {
      period: values['period-ms'],
      timeout: values['timeout-ms'],
      count: values.count ?? '1',
      from: values.from,
    };
    for (const [name, text] of Object.entries(numbers)) {
      if (!(Number(text) > 0)) return fail('usage', `${name}: ${text} is not a positive number`);
    }
    return ok({
      verb,
      set,
      configDir: values['config-dir'],
      stateDir: values['state-dir'],
      runDir: values['run-dir'],
      node: values.node ?? hostname(),
      json: values.json,
      http: values.http ?? null,
      tcp: values.tcp ?? null,
      periodMs: Number(values['period-ms']),
      timeoutMs: Number(values['timeout-ms']),
      count: values.count === undefined ? null : Number(values.count),
      from: Number(values.from),
      follow: values.follow,
      yes: values.yes,
    });
  } catch (error) {
    return fail('usage', error instanceof Error ? error.message : String(error));
  }
}
