/** What all devices that are programs share: their parameters are read anew each time, and what they print is cleaned of secrets. */
import { fail, ok, type Result } from '../../common/base/result.ts';
import type { StonithLine } from '../../common/config/model.ts';
import { DEVICE_TIMEOUT_MS, type FenceResult, type StonithDevice } from './device.ts';
import { readParameters, withoutSecrets, type Parameters } from './parameters.ts';
import type { DeviceProgram, DeviceRun, DeviceRunner } from './run.ts';

/** One use of a device: its parameters and a runner that already knows them. */
export interface Session {
  readonly parameters: Parameters;
  /** Runs one program of the device. */
  run(program: Omit<DeviceProgram, 'timeoutMs'>): Promise<DeviceRun>;
}

/** What the `action` parameter asks for. It belongs to us: `off` leaves the node off, anything else is a reset. */
export function wantsOff(parameters: Parameters): boolean {
  return parameters.named.get('action') === 'off';
}

/** The named parameters without `action`, which is not the device's. */
export function withoutAction(parameters: Parameters): Parameters {
  const named = new Map(parameters.named);
  named.delete('action');
  return { ...parameters, named };
}

/** A device that is a program of its line in ha.cf. `Where`: the directories in which it is looked for, in order; or its file. */
export abstract class ProgramDevice<Where> implements StonithDevice {
  readonly type: string;
  protected readonly where: Where;
  private readonly line: StonithLine;
  private readonly runner: DeviceRunner;

  constructor(line: StonithLine, where: Where, runner: DeviceRunner) {
    this.type = line.type;
    this.line = line;
    this.where = where;
    this.runner = runner;
  }

  abstract check(node: string, signal: AbortSignal): Promise<FenceResult>;
  abstract fence(node: string, signal: AbortSignal): Promise<FenceResult>;

  /** One use of the device. */
  protected use(
    node: string,
    signal: AbortSignal,
    work: (session: Session) => Promise<FenceResult>,
  ): Promise<FenceResult> {
    return inSession(this.line, node, this.runner, signal, work);
  }
}

/** Opens a session, lets `work` judge, and cleans what it says. */
async function inSession(
  line: StonithLine,
  node: string,
  runner: DeviceRunner,
  signal: AbortSignal,
  work: (session: Session) => Promise<FenceResult>,
): Promise<FenceResult> {
  const parameters = readParameters(line);
  if (!parameters.ok) return fail('failed', parameters.detail);
  const session: Session = {
    parameters: parameters.value,
    run: (program) => runner({ ...program, timeoutMs: DEVICE_TIMEOUT_MS }, signal),
  };
  const result = await work(session);
  return result.ok
    ? ok(withoutSecrets(result.value, parameters.value, node))
    : fail('failed', withoutSecrets(result.detail, parameters.value, node));
}

/** Exit status 0 and nothing else. */
export function judged(run: DeviceRun, what: string): Result<string, 'failed'> {
  return run.exitStatus === 0 ? ok(`${what}: ${run.said}`) : fail('failed', `${what} ${run.said}`);
}
