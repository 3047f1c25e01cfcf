/** fence-agents (`fence_…`), and the simple scripts of stonith.d. */
import { fail, ok } from '../../common/base/result.ts';
import type { FenceResult } from './device.ts';
import type { Parameters } from './parameters.ts';
import { judged, ProgramDevice, wantsOff, withoutAction, type Session } from './program.ts';
import { findProgram } from './run.ts';

/** Exit status of a fence agent's `status`: the plug has no power. */
const STATUS_OFF = 2;
/** Exit status of a stonith.d script's `state`: it cannot tell. */
const STATE_UNKNOWN = 3;

/** A fence agent: options as `name=value` lines on standard input, exit status 0 is success. */
export class FenceAgentDevice extends ProgramDevice<readonly string[]> {
  check(node: string, signal: AbortSignal): Promise<FenceResult> {
    return this.inAgent(node, signal, async (act) => judged(await act('monitor'), `${this.type} monitor`));
  }

  /** `reboot` looks itself whether the plug went off before it came on again; after `off` we look. */
  fence(node: string, signal: AbortSignal): Promise<FenceResult> {
    return this.inAgent(node, signal, async (act, session) => {
      const off = wantsOff(session.parameters);
      const run = await act(off ? 'off' : 'reboot');
      const done = judged(run, `${this.type} ${off ? 'off' : 'reboot'} ${node}`);
      if (!done.ok || !off) return done;
      const status = await act('status');
      if (status.exitStatus === STATUS_OFF) return ok(`${done.value}; its status is off`);
      return fail('failed', `${this.type} says that it switched ${node} off, but its status ${status.said}`);
    });
  }

  private inAgent(
    node: string,
    signal: AbortSignal,
    work: (act: (action: string) => ReturnType<Session['run']>, session: Session) => Promise<FenceResult>,
  ): Promise<FenceResult> {
    return this.use(node, signal, (session) => {
      const file = findProgram(this.type, this.where);
      if (file === null) return Promise.resolve(fail('failed', `there is no ${this.type} in ${this.where.join(', ')}`));
      const act = (action: string) =>
        session.run({ argv: [file], environment: {}, input: agentInput(session.parameters, node, action) });
      return work(act, session);
    });
  }
}

/** Options of a fence agent. A plug that the line names counts; else the node's own name is the plug. */
export function agentInput(parameters: Parameters, node: string, action: string): string {
  const named = withoutAction(parameters).named;
  const plug = named.has('port') || named.has('plug') ? [] : [`port=${node}`, `plug=${node}`];
  const lines = [...named].map(([name, value]) => `${name}=${value}`);
  return [`action=${action}`, `nodename=${node}`, ...plug, ...lines, ''].join('\n');
}

/** A script `<config-dir>/stonith.d/<type>` (docs/fencing.md): `check`, `reset NODE`, `off NODE`, `state NODE`. */
export class ScriptDevice extends ProgramDevice<string> {
  check(node: string, signal: AbortSignal): Promise<FenceResult> {
    return this.inScript(node, signal, async (call) => judged(await call('check'), `${this.type} check`));
  }

  fence(node: string, signal: AbortSignal): Promise<FenceResult> {
    return this.inScript(node, signal, async (call, session) => {
      const action = wantsOff(session.parameters) ? 'off' : 'reset';
      const done = judged(await call(action, node), `${this.type} ${action} ${node}`);
      // After a reset the node may be on again already, so its state proves nothing.
      if (!done.ok || action === 'reset') return done;
      const state = await call('state', node);
      if (state.exitStatus === STATE_UNKNOWN) return done;
      if (state.exitStatus === 0 && state.stdout.trim() === 'off') return ok(`${done.value}; its state is off`);
      return fail('failed', `${this.type} says that it switched ${node} off, but its state ${state.said}`);
    });
  }

  private inScript(
    node: string,
    signal: AbortSignal,
    work: (call: (...words: string[]) => ReturnType<Session['run']>, session: Session) => Promise<FenceResult>,
  ): Promise<FenceResult> {
    return this.use(node, signal, (session) => {
      const environment = scriptEnvironment(withoutAction(session.parameters));
      return work((...words) => session.run({ argv: [this.where, ...words], environment }), session);
    });
  }
}

/** `STONITH_<NAME>` for every named parameter, `STONITH_PARAMETERS` for the others, blanks between them. */
export function scriptEnvironment(parameters: Parameters): Record<string, string> {
  const environment: Record<string, string> = { STONITH_PARAMETERS: parameters.positional.join(' ') };
  for (const [name, value] of parameters.named) {
    environment[`STONITH_${name.toUpperCase().replace(/[^A-Z0-9]/g, '_')}`] = value;
  }
  return environment;
}
