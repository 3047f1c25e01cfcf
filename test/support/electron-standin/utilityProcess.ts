/** utilityProcess: a child of plain Node with `process.parentPort`, see utilityBoot.ts. */
import { fork, type ChildProcess } from 'node:child_process';
import { EventEmitter } from 'node:events';
import type { UtilityProcess as RealUtilityProcess } from 'electron';
import { codec, PortRelay, releasePort, type MessagePortMain, type PortFrame } from './ports.ts';
import { strict, type MembersOf } from './strict.ts';

/** What crosses the child's IPC channel, encoded as text. */
export type UtilityFrame =
  { readonly t: 'message'; readonly data: string; readonly ports: readonly string[] } | PortFrame;

interface ForkOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly serviceName?: string;
  readonly stdio?: 'inherit' | 'ignore';
}

class UtilityProcess extends EventEmitter implements MembersOf<RealUtilityProcess> {
  pid: number | undefined;
  private readonly child: ChildProcess;
  private readonly relay: PortRelay;

  constructor(modulePath: string, args: readonly string[], options: ForkOptions) {
    super();
    const output = options.stdio ?? 'inherit';
    this.child = fork(modulePath, [...args], {
      execArgv: ['--import', new URL('utilityBoot.ts', import.meta.url).href],
      env: options.env ?? process.env,
      stdio: ['ignore', output, output, 'ipc'],
    });
    this.pid = this.child.pid;
    this.relay = new PortRelay('m', (frame) => this.send(frame));
    this.child.on('spawn', () => this.emit('spawn'));
    this.child.on('exit', (code) => {
      this.pid = undefined;
      this.relay.drop();
      this.emit('exit', code ?? 1);
    });
    this.child.on('message', (text: string) => {
      const frame = codec.decode(text) as UtilityFrame;
      if (frame.t === 'message') this.emit('message', codec.decode(frame.data));
      else this.relay.receive(frame);
    });
  }

  postMessage(message: unknown, transfer: readonly MessagePortMain[] = []): void {
    const ports = transfer.map((port) => this.relay.give(releasePort(port)));
    this.send({ t: 'message', data: codec.encode(message), ports });
  }

  kill(): boolean {
    return this.child.kill();
  }

  private send(frame: UtilityFrame): void {
    if (this.child.connected) this.child.send(codec.encode(frame));
  }
}

export const utilityProcess = strict('utilityProcess', {
  fork: (modulePath: string, args: readonly string[] = [], options: ForkOptions = {}) =>
    strict('UtilityProcess', new UtilityProcess(modulePath, args, options)),
});
