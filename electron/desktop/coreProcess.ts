/** The core's utility process as main sees it: started, given ports, told to stop. */
import type { MessagePortMain, UtilityProcess } from 'electron';
import { MessageChannelMain, utilityProcess } from 'electron/main';
import { serve } from '../../agent/common/rpc/server.ts';
import type { Implementation } from '../../agent/common/rpc/contract.ts';
import type { CoreMessage, CoreStart } from './channels.ts';
import { hostContract, type HostContract } from './hostContract.ts';
import { portChannel } from './portChannel.ts';

/** More than the core gives itself to close; one that hangs is ended, and the rack cleans up after itself. Milliseconds. */
const SHUTDOWN_MS_MAX = 25_000;

export class CoreProcess {
  private readonly modulePath: string;
  private readonly options: CoreStart;
  private readonly host: Implementation<HostContract, null>;
  private readonly onCrash: (exitCode: number) => void;
  private child: UtilityProcess | null = null;
  private isStopping = false;

  constructor(
    modulePath: string,
    options: CoreStart,
    host: Implementation<HostContract, null>,
    onCrash: (exitCode: number) => void,
  ) {
    this.modulePath = modulePath;
    this.options = options;
    this.host = host;
    this.onCrash = onCrash;
  }

  start(): void {
    const child = utilityProcess.fork(this.modulePath, [], { serviceName: 'Twinbeat core', stdio: 'inherit' });
    this.child = child;
    const { port1, port2 } = new MessageChannelMain();
    const stopServing = serve(portChannel(port1), hostContract, this.host, null);
    this.send({ kind: 'start', options: this.options }, [port2]);
    child.once('exit', (exitCode) => {
      stopServing();
      if (this.child === child) this.child = null;
      if (!this.isStopping) this.onCrash(exitCode);
    });
  }

  /** A new port to the core, for a page. */
  openPort(): MessagePortMain {
    const { port1, port2 } = new MessageChannelMain();
    this.send({ kind: 'page' }, [port2]);
    return port1;
  }

  /** Resolves when the process is gone. */
  async stop(): Promise<void> {
    this.isStopping = true;
    const child = this.child;
    if (child === null) return;
    const gone = new Promise<void>((resolve) => child.once('exit', () => resolve()));
    this.send({ kind: 'shutdown' });
    const timer = setTimeout(() => child.kill(), SHUTDOWN_MS_MAX);
    await gone;
    clearTimeout(timer);
  }

  private send(message: CoreMessage, transfer: MessagePortMain[] = []): void {
    this.child?.postMessage(message, transfer);
  }
}
