/** Entry of `twinbeat-agent`: the command, the daemon, and (in a second thread) the heartbeat. One file once bundled. */
import { fail, ok, type Result } from '../common/base/result.ts';
import { parseArguments, USAGE, type Arguments } from './command/args.ts';
import { attach, confirmDead, operate, reloadKeys, showJournal, showStatus, stopDaemon } from './command/control.ts';
import { EXIT, type ExitStatus } from './command/exitStatus.ts';
import { forgetRefusal, keepRefusal } from './command/refusal.ts';
import { Daemon } from './daemon/daemon.ts';
import { readSetup, type Setup } from './daemon/setup.ts';
import { VERSION } from './daemon/version.ts';
import { isAgentAlive, mendPending } from './faults/pending.ts';
import { isHeartbeatThread, runHeartbeatThread } from './heartbeat/thread.ts';
import { openLan } from './host/lan.ts';
import { openLibc } from './host/libc.ts';
import { openNetKernel } from './host/netKernel.ts';
import { Observer } from './observe/heartbeat/observer.ts';
import { runProbe } from './probe/probe.ts';
import { probeTarget } from './probe/target.ts';
import { runWitness, witnessOptions } from './probe/witness.ts';

function isPermission(error: unknown): boolean {
  return (
    error instanceof Error &&
    'code' in error &&
    (error.code === 'EACCES' || error.code === 'EPERM' || error.code === 'EROFS')
  );
}

/** What to do with an error that only a bug throws: say it, undo what must not stay, end. */
function dieOfABug(undo: () => void): void {
  const die = (error: unknown): void => {
    process.stderr.write(
      `twinbeat-agent: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
    );
    undo();
    process.exit(EXIT.internal);
  };
  process.removeAllListeners('uncaughtException').on('uncaughtException', die);
  process.removeAllListeners('unhandledRejection').on('unhandledRejection', die);
}

/** Makes a daemon or an observer of the files of the configuration directory. */
function prepare<T>(args: Arguments, make: (setup: Setup) => T): Result<T, 'refused' | 'failed' | 'not-permitted'> {
  const setup = readSetup(args.configDir, args.node);
  if (!setup.ok) {
    process.stderr.write(`${setup.detail}\nConfiguration error, twinbeat-agent not started.\n`);
    keepRefusal(args.runDir, setup.detail);
    return fail('refused', setup.detail);
  }
  forgetRefusal(args.runDir);
  try {
    return ok(make(setup.value));
  } catch (error) {
    const detail = error instanceof Error ? error.message : String(error);
    process.stderr.write(`twinbeat-agent: ${detail}\n`);
    return fail(isPermission(error) ? 'not-permitted' : 'failed', detail);
  }
}

const PREPARE_EXIT = {
  refused: EXIT.badConfiguration,
  failed: EXIT.failed,
  'not-permitted': EXIT.notPermitted,
} as const;

/**
 * What a fault left when the power went, or everything was killed: undone before the configuration is read, which may be
 * what the fault had changed. Not beside an agent that runs: it looks after its own.
 */
function mend({ stateDir, runDir }: Arguments): void {
  if (isAgentAlive(runDir)) return;
  for (const { dir, problem } of mendPending(stateDir)) {
    const outcome = problem === null ? 'is undone' : `cannot be undone: ${problem}`;
    process.stderr.write(`twinbeat-agent: the fault of ${dir}, left by an earlier life, ${outcome}\n`);
  }
}

async function run(args: Arguments): Promise<ExitStatus> {
  mend(args);
  const daemon = prepare(args, (setup) => new Daemon(setup, args));
  if (!daemon.ok) return PREPARE_EXIT[daemon.reason];
  dieOfABug(() => daemon.value.abandonAddresses());
  return daemon.value.run();
}

/** Beside a heartbeat daemon, life after life: each is one setup of that daemon. */
async function observe(args: Arguments): Promise<ExitStatus> {
  dieOfABug(() => undefined);
  mend(args);
  let present: Observer | null = null;
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => present?.stop());
  process.on('SIGHUP', () => present?.reload());
  for (;;) {
    const observer = prepare(args, (setup) => new Observer(setup, args));
    if (!observer.ok) return PREPARE_EXIT[observer.reason];
    present = observer.value;
    const end = await present.run();
    if (end !== 'again') return end;
  }
}

async function probe(args: Arguments): Promise<ExitStatus> {
  const target = probeTarget(args);
  if (!target.ok) {
    process.stderr.write(`twinbeat-agent: ${target.detail}\n`);
    return EXIT.usage;
  }
  const stop = new AbortController();
  process.stdout.on('error', () => process.exit(EXIT.ok));
  await runProbe(
    { target: target.value, periodMs: args.periodMs, timeoutMs: args.timeoutMs, count: args.count },
    (line) => process.stdout.write(`${JSON.stringify(line)}\n`),
    stop.signal,
  );
  return EXIT.ok;
}

async function witness(args: Arguments): Promise<ExitStatus> {
  const libc = openLibc();
  if (!libc.ok) {
    process.stderr.write(`twinbeat-agent: raw packets cannot be used here: ${libc.detail}\n`);
    return EXIT.failed;
  }
  const options = witnessOptions(args, args.periodMs, openNetKernel(libc.value).interfaces());
  if (!options.ok) {
    process.stderr.write(`twinbeat-agent: ${options.detail}\n`);
    return EXIT.usage;
  }
  const lan = openLan(libc.value);
  const { iface, address } = options.value;
  const asked = lan.probe(iface, { family: address.includes(':') ? 'ipv6' : 'ipv4', address, source: null });
  if (!asked.ok) {
    process.stderr.write(`twinbeat-agent: ${iface.name}: ${asked.detail}\n`);
    return asked.reason === 'EPERM' || asked.reason === 'EACCES' ? EXIT.notPermitted : EXIT.failed;
  }
  process.stdout.on('error', () => process.exit(EXIT.ok));
  await runWitness(
    options.value,
    lan,
    () => Number(process.hrtime.bigint()) / 1e6,
    (line) => process.stdout.write(`${JSON.stringify(line)}\n`),
    new AbortController().signal,
  );
  return EXIT.ok;
}

function dispatch(args: Arguments): Promise<ExitStatus> {
  switch (args.verb) {
    case 'run':
      return run(args);
    case 'observe':
      return observe(args);
    case 'mend':
      mend(args);
      return Promise.resolve(EXIT.ok);
    case 'status':
      return showStatus(args);
    case 'standby':
    case 'takeover':
      return operate(args, args.verb);
    case 'stop':
      return stopDaemon(args);
    case 'reload':
      return reloadKeys(args);
    case 'confirm-dead':
      return confirmDead(args);
    case 'attach':
      return attach(args);
    case 'probe':
      return probe(args);
    case 'witness':
      return witness(args);
    case 'journal':
      return showJournal(args);
    case 'version':
      process.stdout.write(`${VERSION}\n`);
      return Promise.resolve(EXIT.ok);
  }
}

async function main(): Promise<void> {
  if (['help', '--help', '-h'].includes(process.argv[2] ?? '')) {
    process.stdout.write(USAGE);
    return;
  }
  const args = parseArguments(process.argv.slice(2));
  if (!args.ok) {
    process.stderr.write(`twinbeat-agent: ${args.detail}\n\n${USAGE}`);
    process.exitCode = EXIT.usage;
    return;
  }
  const status = await dispatch(args.value);
  // Standard output may be a pipe that is still draining; without this the last lines of a long answer would be lost.
  process.stdout.write('', () => process.exit(status));
}

if (isHeartbeatThread()) runHeartbeatThread();
else void main();
