/** The console without a screen. Results on standard output, the rest on standard error, one exit status per cause. */
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { RpcError } from '../../agent/common/rpc/messages.ts';
import { CliError, EXIT, exitOfCode } from './exitStatus.ts';
import type { ExitName } from './exitStatus.ts';
import { terminalIo } from './io.ts';
import type { CliIo } from './io.ts';
import { APP_DIR, openConsole } from './open.ts';
import type { CliConsole } from './open.ts';
import { generalHelp, parseCommand, verbHelp } from './usage.ts';
import type { Parsed } from './usage.ts';
import { runAdvise } from './verbs/advise.ts';
import { runAgent } from './verbs/agent.ts';
import { runCommission } from './verbs/commission.ts';
import { runConfirmDead } from './verbs/confirmDead.ts';
import { runDemo } from './verbs/demo.ts';
import { runDeploy, runPreflight } from './verbs/deploy.ts';
import { runDrill } from './verbs/drill.ts';
import { runEngine } from './verbs/engine.ts';
import { runExercise } from './verbs/exercise.ts';
import { runFault } from './verbs/fault.ts';
import { runKeys } from './verbs/keys.ts';
import { runRack } from './verbs/rack.ts';
import { runReplay } from './verbs/replay.ts';
import { runReport, runVerifyReport } from './verbs/report.ts';
import { runExport, runSessions } from './verbs/sessions.ts';
import { runTimeline } from './verbs/timeline.ts';
import { runProbe, runStatus } from './verbs/watch.ts';

/** Signals closer together than this are one wish to stop, milliseconds. */
const SAME_SIGNAL_MS = 500;

/** Verbs whose sessions are kept: what they did is asked for later, by reports and by `--resume`. */
const RECORDED: ReadonlySet<string> = new Set([
  'advise',
  'commission',
  'drill',
  'exercise',
  'export',
  'fault',
  'replay',
  'report',
  'sessions',
  'standby',
  'takeover',
  'timeline',
]);

/** The private rack of one demo. */
const demoRackName = `demo-${process.pid}`;

const RUNNERS: Readonly<Record<string, (parsed: Parsed, opened: CliConsole, io: CliIo) => Promise<void>>> = {
  rack: runRack,
  deploy: (parsed, opened, io) => runDeploy(parsed, opened, io, 'deploy'),
  remove: (parsed, opened, io) => runDeploy(parsed, opened, io, 'remove'),
  status: runStatus,
  probe: runProbe,
  fault: runFault,
  drill: runDrill,
  exercise: runExercise,
  preflight: runPreflight,
  'confirm-dead': runConfirmDead,
  keys: runKeys,
  advise: runAdvise,
  commission: runCommission,
  agent: runAgent,
  timeline: runTimeline,
  report: runReport,
  'verify-report': runVerifyReport,
  sessions: runSessions,
  export: runExport,
  replay: runReplay,
  demo: (parsed, opened, io) => runDemo(parsed, opened, io, demoRackName),
  standby: (parsed, opened, io) => runEngine(parsed, opened, io, 'standby'),
  takeover: (parsed, opened, io) => runEngine(parsed, opened, io, 'takeover'),
};

/** The browser host is a program of its own; it takes over our terminal until it ends. */
function runBrowserHost(parsed: Parsed): Promise<number> {
  const port = parsed.text('port');
  if (port !== null && !/^\d{1,5}$/.test(port)) throw new CliError('usage', `--port ${port}: expected a number`);
  const args = [join(APP_DIR, 'electron/web/main.ts'), ...(port === null ? [] : ['--port', port])];
  const child = spawn(process.execPath, args, { stdio: ['inherit', 'inherit', 'inherit', 'ipc'] });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
  process.on('disconnect', () => child.kill('SIGTERM'));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (status) => resolve(status ?? EXIT.interrupted));
  });
}

async function runVerb(parsed: Parsed, io: CliIo): Promise<number> {
  const run = RUNNERS[parsed.verb.name];
  if (run === undefined) return runBrowserHost(parsed);
  const isDemo = parsed.verb.name === 'demo';
  const opened = openConsole(io, {
    rackName: isDemo ? demoRackName : null,
    keepRack: parsed.verb.name === 'rack',
    keepRecord: RECORDED.has(parsed.verb.name),
  });
  let stopping = false;
  let stoppingSinceMs = 0;
  const stop = (): void => {
    if (stopping) {
      // A second Ctrl-C does not wait for anything. One Ctrl-C arrives more than once: from the terminal and from the launcher.
      if (performance.now() - stoppingSinceMs > SAME_SIGNAL_MS) process.exit(EXIT.interrupted);
      return;
    }
    stopping = true;
    stoppingSinceMs = performance.now();
    io.warn('interrupted, cleaning up (Ctrl-C again ends at once)');
    void opened.close().then(() => process.exit(EXIT.interrupted));
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, stop);
  // The launcher was killed, without the time to tell us.
  process.on('disconnect', stop);
  try {
    await run(parsed, opened, io);
    return EXIT.ok;
  } catch (error) {
    // Closing lets a verb finish its step in work; where that left things is worth its last words.
    if (stopping && error instanceof CliError && error.exit === 'interrupted') io.warn(error.message);
    throw error;
  } finally {
    if (!stopping) await opened.close();
    // The core is closing after a signal: its exit status is the signal's.
    else await new Promise(() => undefined);
  }
}

function causeOf(error: unknown): { exit: ExitName; message: string } {
  if (error instanceof CliError) return { exit: error.exit, message: error.message };
  if (error instanceof RpcError) return { exit: exitOfCode(error.code), message: error.message };
  return { exit: 'internal', message: error instanceof Error ? (error.stack ?? error.message) : String(error) };
}

async function main(args: readonly string[]): Promise<number> {
  const io = terminalIo();
  try {
    if (args.length === 0 || args[0] === '--help' || args[0] === 'help') {
      // Asked for, help is the result; instead of a verb it is an error, and no script's input.
      if (args.length > 0) io.out(generalHelp());
      else process.stderr.write(generalHelp());
      return args.length === 0 ? EXIT.usage : EXIT.ok;
    }
    const parsed = parseCommand(args);
    if (parsed.help) {
      io.out(verbHelp(parsed.verb));
      return EXIT.ok;
    }
    return await runVerb(parsed, io);
  } catch (error) {
    const { exit, message } = causeOf(error);
    io.warn(message);
    return EXIT[exit];
  }
}

const status = await main(process.argv.slice(2));
// What was written must be out before the process ends; a pipe takes it later than the call returns.
process.stdout.write('', () => process.exit(status));
