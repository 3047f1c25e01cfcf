/** cluster-glue's plugins: the external ones called as its library calls them, the binary ones through its `stonith` command. */
import { fail, ok, type Result } from '../../common/base/result.ts';
import type { FenceResult } from './device.ts';
import { nameParameters } from './parameters.ts';
import { judged, ProgramDevice, wantsOff, withoutAction, type Session } from './program.ts';
import { findProgram } from './run.ts';

/** A device's parameters as environment variables, which is how external plugins and `stonith -E` take them. */
async function environmentOf(
  session: Session,
  askNames: () => ReturnType<Session['run']>,
): Promise<Result<Record<string, string>, 'failed'>> {
  const parameters = withoutAction(session.parameters);
  if (parameters.positional.length === 0) return ok(Object.fromEntries(parameters.named));
  const names = await askNames();
  if (names.exitStatus !== 0) return fail('failed', `asking the plugin for its parameters' names ${names.said}`);
  const named = nameParameters(
    parameters,
    names.stdout.split(/\s+/).filter((name) => name !== ''),
  );
  return named.ok ? ok(Object.fromEntries(named.value)) : fail('failed', named.detail);
}

/** True when a list of hosts was given and `node` is not in it. An empty list says nothing. */
function excludes(hosts: string, node: string): boolean {
  const list = hosts
    .toLowerCase()
    .split(/[\s,]+/)
    .filter((host) => host !== '');
  return list.length > 0 && !list.includes(node);
}

/** `external/<name>`: an executable that takes an action, and for `reset` and `off` a node. */
export class ExternalDevice extends ProgramDevice<readonly string[]> {
  check(node: string, signal: AbortSignal): Promise<FenceResult> {
    return this.ask(node, signal, async (call) => {
      const hosts = await call('gethosts');
      if (hosts.exitStatus === 0 && excludes(hosts.stdout, node)) {
        return fail(
          'failed',
          `${this.type} does not control ${node}, only ${hosts.stdout.trim().split(/\s+/).join(' ')}`,
        );
      }
      return judged(await call('status'), `${this.type} status`);
    });
  }

  fence(node: string, signal: AbortSignal): Promise<FenceResult> {
    return this.ask(node, signal, async (call, session) => {
      const action = wantsOff(session.parameters) ? 'off' : 'reset';
      return judged(await call(action, node), `${this.type} ${action} ${node}`);
    });
  }

  private ask(
    node: string,
    signal: AbortSignal,
    work: (call: (...words: string[]) => ReturnType<Session['run']>, session: Session) => Promise<FenceResult>,
  ): Promise<FenceResult> {
    return this.use(node, signal, async (session) => {
      const name = this.type.slice('external/'.length);
      const file = /^[A-Za-z0-9_][A-Za-z0-9_.-]*$/.test(name) ? findProgram(name, this.where) : null;
      if (file === null) return fail('failed', `there is no plugin ${this.type} in ${this.where.join(', ')}`);
      const environment = await environmentOf(session, () =>
        session.run({ argv: [file, 'getconfignames'], environment: {} }),
      );
      if (!environment.ok) return environment;
      return work((...words) => session.run({ argv: [file, ...words], environment: environment.value }), session);
    });
  }
}

/** Any other type that cluster-glue knows. Parameters go by the environment (-E): a command line can be read by everybody. */
export class StonithCommandDevice extends ProgramDevice<readonly string[]> {
  check(node: string, signal: AbortSignal): Promise<FenceResult> {
    return this.run(node, signal, () => ['-S']);
  }

  fence(node: string, signal: AbortSignal): Promise<FenceResult> {
    return this.run(node, signal, (session) => ['-T', wantsOff(session.parameters) ? 'off' : 'reset', node]);
  }

  private run(node: string, signal: AbortSignal, words: (session: Session) => string[]): Promise<FenceResult> {
    return this.use(node, signal, async (session) => {
      const command = findProgram('stonith', this.where);
      if (command === null || !/^[A-Za-z0-9_]+$/.test(this.type)) {
        return fail(
          'failed',
          `there is no stonith device of type ${this.type} (cluster-glue's stonith command, stonith.d)`,
        );
      }
      const environment = await environmentOf(session, () =>
        session.run({ argv: [command, '-t', this.type, '-n'], environment: {} }),
      );
      if (!environment.ok) return environment;
      const asked = words(session);
      const run = await session.run({
        argv: [command, '-t', this.type, '-E', ...asked],
        environment: environment.value,
      });
      return judged(run, `stonith -t ${this.type} ${asked.join(' ')}`);
    });
  }
}
