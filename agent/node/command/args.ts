/** The command line of `twinbeat-agent`. */
import { hostname } from 'node:os';
import { parseArgs } from 'node:util';
import { fail, ok, type Result } from '../../common/base/result.ts';

export const USAGE = `twinbeat-agent VERB [options]

  run                        the daemon, in the foreground; stops gracefully on SIGTERM
  observe                    beside a heartbeat daemon that runs on this node, touching nothing of it:
                             the same answers, from its log, cl_status and packets seen on the wire
  mend                       undo what a fault left when the power went, and end: before anything reads the
                             files that faults edit. Beside a running agent it does nothing
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
  witness --address ADDRESS --iface NAME [--period-ms N] [--as MAC]
                             an observer on the LAN: who answers for the address, who announces it; JSON lines.
                             --as asks from that hardware address, so that answers change nothing on this host
  journal [--from N] [--follow]  the node's events, one JSON line each
  version, --version

  --config-dir DIR   ha.cf, haresources, authkeys, twinbeat.cf, resource.d (/etc/ha.d)
  --state-dir DIR    generation, uuid, journal                  (/var/lib/twinbeat-agent)
  --run-dir DIR      socket and pid file                        (/run/twinbeat-agent)
  --node NAME        instead of uname -n

Exit status: 0 done, 1 failed, 2 refused, 3 not running, 4 not permitted, 5 already running,
6 configuration error, 7 leftovers of an earlier run cannot be released, 64 usage, 70 a bug.
`;

export const VERBS = [
  ...(['run', 'observe', 'mend', 'status', 'standby', 'takeover', 'stop', 'reload', 'confirm-dead'] as const),
  ...(['attach', 'probe', 'witness', 'journal', 'version'] as const),
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
  readonly address: string | null;
  readonly iface: string | null;
  readonly as: string | null;
  readonly periodMs: number;
  readonly timeoutMs: number;
  /** Requests of a probe; null: until it is ended. */
  readonly count: number | null;
  readonly from: number;
  readonly follow: boolean;
  /** The question is answered already. */
  readonly yes: boolean;
}

/** Options of one verb. Every verb takes the others, so that a script can put the places into one variable. */
const OWN_OPTIONS: Readonly<Record<string, Verb | readonly Verb[]>> = {
  json: 'status',
  http: 'probe',
  tcp: 'probe',
  address: 'witness',
  iface: 'witness',
  as: 'witness',
  'period-ms': ['probe', 'witness'],
  'timeout-ms': 'probe',
  count: 'probe',
  from: 'journal',
  follow: 'journal',
  yes: 'confirm-dead',
};

const OPTIONS = {
  'config-dir': { type: 'string', default: '/etc/ha.d' },
  'state-dir': { type: 'string', default: '/var/lib/twinbeat-agent' },
  'run-dir': { type: 'string', default: '/run/twinbeat-agent' },
  node: { type: 'string' },
  json: { type: 'boolean' },
  http: { type: 'string' },
  tcp: { type: 'string' },
  address: { type: 'string' },
  iface: { type: 'string' },
  as: { type: 'string' },
  'period-ms': { type: 'string' },
  'timeout-ms': { type: 'string' },
  count: { type: 'string' },
  from: { type: 'string' },
  follow: { type: 'boolean' },
  yes: { type: 'boolean' },
} as const;

function isVerb(word: string | undefined): word is Verb {
  return VERBS.some((verb) => verb === word);
}

type Values = Readonly<Record<string, string | boolean | undefined>>;

/** What is wrong with options that can be read, or null. */
function wrongOption(verb: Verb, values: Values): string | null {
  for (const name of Object.keys(values)) {
    const owners = [OWN_OPTIONS[name] ?? []].flat();
    if (owners.length > 0 && !owners.includes(verb))
      return `--${name} belongs to ${owners.join(' and ')}, not to ${verb}`;
  }
  for (const name of ['period-ms', 'timeout-ms', 'count', 'from']) {
    const text = values[name];
    if (text !== undefined && !(Number(text) > 0)) return `--${name}: ${String(text)} is not a positive number`;
  }
  return null;
}

/** Parses what follows the program's name. The detail of a failure is a sentence for standard error. */
export function parseArguments(argv: readonly string[]): Result<Arguments, 'usage'> {
  if (argv[0] === '--version') return parseArguments(['version', ...argv.slice(1)]);
  try {
    const { values, positionals } = parseArgs({ args: [...argv], options: OPTIONS, allowPositionals: true });
    const [verb, set = 'all', ...rest] = positionals;
    if (!isVerb(verb)) return fail('usage', verb === undefined ? 'no verb is given' : `there is no verb ${verb}`);
    const takesSet = verb === 'standby' || verb === 'takeover';
    if (rest.length > 0 || (positionals.length > 1 && !takesSet)) return fail('usage', 'too many arguments');
    if (set !== 'local' && set !== 'foreign' && set !== 'all')
      return fail('usage', `${set} is not local, foreign or all`);
    const wrong = wrongOption(verb, values);
    if (wrong !== null) return fail('usage', wrong);
    return ok({
      verb,
      set,
      configDir: values['config-dir'],
      stateDir: values['state-dir'],
      runDir: values['run-dir'],
      node: values.node ?? hostname(),
      json: values.json ?? false,
      http: values.http ?? null,
      tcp: values.tcp ?? null,
      address: values.address ?? null,
      iface: values.iface ?? null,
      as: values.as ?? null,
      periodMs: Number(values['period-ms'] ?? '100'),
      timeoutMs: Number(values['timeout-ms'] ?? '1000'),
      count: values.count === undefined ? null : Number(values.count),
      from: Number(values.from ?? '1'),
      follow: values.follow ?? false,
      yes: values.yes ?? false,
    });
  } catch (error) {
    return fail('usage', error instanceof Error ? error.message : String(error));
  }
}
