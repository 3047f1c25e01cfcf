/**
 * The utility process of the shell's tests: the desktop's own core server around the console in
 * memory. What a test wants to see of the process is put where a page can read it.
 */
import { appendFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Client, Implementation } from '../../../agent/common/rpc/contract.ts';
import { RpcError } from '../../../agent/common/rpc/messages.ts';
import type { ConsoleContract } from '../../../electron/common/contract/console.ts';
import type { CoreStart } from '../../../electron/desktop/channels.ts';
import { serveCore, type ParentPortLike, type ServedConsole } from '../../../electron/desktop/coreServer.ts';
import type { HostContract } from '../../../electron/desktop/hostContract.ts';
import { FakeConsole } from '../fakeConsole.ts';

/** Long enough that an application which does not wait for its core is caught at it, milliseconds. */
const CLOSE_MS = 300;
const SECRET_KEY = 'probe';

/** `layout.secret` of the settings goes through the host's key store; `layout.core` tells about this process. */
function implementation(fake: FakeConsole, host: Client<HostContract>): Implementation<ConsoleContract, null> {
  const { type } = process as { type?: string };
  const withSecret = async (): Promise<FakeConsole['settings']> => {
    const { value } = await host.secretGet({ key: SECRET_KEY });
    return { ...fake.settings, layout: { secret: value, core: { pid: process.pid, type } } };
  };
  return {
    ...fake.implementation,
    info: async (input, context, signal) => ({
      ...(await fake.implementation.info(input, context, signal)),
      host: 'desktop',
      secretStore: await host.secretsState({}),
    }),
    settingsGet: withSecret,
    settingsSet: async (input) => {
      const secret = input.layout?.['secret'];
      if (typeof secret === 'string') await host.secretSet({ key: SECRET_KEY, value: secret });
      if (secret === null) await host.secretRemove({ key: SECRET_KEY });
      if (input.language !== undefined) fake.settings = { ...fake.settings, language: input.language };
      if (input.theme !== undefined) fake.settings = { ...fake.settings, theme: input.theme };
      return withSecret();
    },
    rackDown: () => {
      throw new RpcError('no-rack', 'refused on purpose');
    },
  };
}

function create(options: CoreStart, host: Client<HostContract>): Promise<ServedConsole<null>> {
  const fake = new FakeConsole({ pace: 0, settings: { language: null, theme: 'system' } });
  const log = (line: string): void => appendFileSync(join(options.userDir ?? '.', 'life.log'), `${line}\n`);
  return Promise.resolve({
    implementation: implementation(fake, host),
    newContext: () => null,
    close: async () => {
      fake.close();
      log('core closing');
      await new Promise((resolve) => setTimeout(resolve, CLOSE_MS));
      log('core closed');
    },
  });
}

serveCore((process as unknown as { parentPort: ParentPortLike }).parentPort, create, (code) => process.exit(code));
