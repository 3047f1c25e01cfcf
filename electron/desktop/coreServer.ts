/** The core's side: builds the console once it knows its host, then serves it to every page that comes. */
import { connect } from '../../agent/common/rpc/client.ts';
import type { Client, Implementation } from '../../agent/common/rpc/contract.ts';
import { serve } from '../../agent/common/rpc/server.ts';
import { consoleContract, type ConsoleContract } from '../common/contract/console.ts';
import type { CoreMessage, CoreStart } from './channels.ts';
import { hostContract, type HostContract } from './hostContract.ts';
import { portChannel, type PortLike } from './portChannel.ts';

/** The console as a host sees it: what it serves, and its end. */
export interface ServedConsole<X> {
  readonly implementation: Implementation<ConsoleContract, X>;
  /** One per page. */
  newContext(): X;
  /** Takes the rack down too. */
  close(): Promise<void>;
}

/** What main's end of the process offers; Electron.ParentPort. */
export interface ParentPortLike {
  on(event: 'message', listener: (event: { readonly data: unknown; readonly ports: PortLike[] }) => void): unknown;
}

export type ConsoleFactory<X> = (options: CoreStart, host: Client<HostContract>) => Promise<ServedConsole<X>>;

/** Passes settings on to main before the caller hears that they are set, so that menu and page change together. */
function followSettings<X>(
  implementation: Implementation<ConsoleContract, X>,
  host: Client<HostContract>,
): Implementation<ConsoleContract, X> {
  return {
    ...implementation,
    settingsSet: async (input, context, signal) => {
      const settings = await implementation.settingsSet(input, context, signal);
      await host.settings({ language: settings.language, theme: settings.theme });
      return settings;
    },
  };
}

/** Listens to main until it says `shutdown`; then closes the console and calls `exit`. */
export function serveCore<X>(
  parentPort: ParentPortLike,
  create: ConsoleFactory<X>,
  exit: (code: number) => void,
): void {
  let serving: Promise<ServedConsole<X>> | null = null;
  let host: Client<HostContract> | null = null;

  const start = async (options: CoreStart, hostClient: Client<HostContract>): Promise<ServedConsole<X>> => {
    const created = await create(options, hostClient);
    const { language, theme } = await created.implementation.settingsGet({}, created.newContext(), neverCancelled);
    await hostClient.settings({ language, theme });
    return created;
  };

  const receive = async (message: CoreMessage, port: PortLike | undefined): Promise<void> => {
    if (message.kind === 'start' && port !== undefined) {
      host = connect(portChannel(port), hostContract);
      serving = start(message.options, host);
    }
    const running = await serving;
    if (running === null || host === null) return;
    if (message.kind === 'page' && port !== undefined) {
      serve(portChannel(port), consoleContract, followSettings(running.implementation, host), running.newContext());
    } else if (message.kind === 'shutdown') {
      await running.close();
      exit(0);
    }
  };

  parentPort.on('message', (event) => {
    receive(event.data as CoreMessage, event.ports[0]).catch((error: Error) => {
      // Without its console the process is of no use: main sees the exit and tells the person.
      process.stderr.write(`twinbeat core: ${error.stack ?? error.message}\n`);
      exit(70);
    });
  });
}

const neverCancelled = {
  aborted: false,
  addEventListener: () => undefined,
  removeEventListener: () => undefined,
};
