import type { ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { connect } from '../../agent/common/rpc/client.ts';
import type { Client } from '../../agent/common/rpc/contract.ts';
import { ndjsonChannel } from '../../agent/common/rpc/ndjson.ts';
import type { PairSpec } from '../common/contract/pair.ts';
import type { CableId, RackState } from '../common/contract/rack.ts';
import { Latest } from './latest.ts';
import { rackContract } from './protocol.ts';
import type { RackCredentials } from './protocol.ts';
import { RackError } from './rackError.ts';
import { socketText } from './socketText.ts';

/** A program that runs inside the rack. */
export interface RackProgram {
  /** Lines of its standard output; ends when it ends. To be read by one reader. */
  readonly lines: AsyncIterable<string>;
  /** Its exit status; null when it was killed or could not be started. Resolves only while `lines` is read or after `kill`. */
  readonly exit: Promise<number | null>;
  /** The end of its standard error, once it has ended. */
  stderr(): string;
  kill(): void;
}

const DOWN: RackState = {
  phase: 'down',
  detail: '',
  setup: null,
  engine: 'twinbeat',
  mode: null,
  nodes: [],
  cables: [],
  powerSwitchBroken: false,
  vip: null,
  pid: null,
};

/** One connection to a running rack. Any number of processes may hold one each. */
export class RackHandle {
  private readonly socket: Socket;
  private readonly client: Client<typeof rackContract>;
  /** The host when we started it and it is to end with us. */
  private readonly host: ChildProcess | null;
  private readonly latest = new Latest<RackState>({ ...DOWN, phase: 'starting' });
  private readonly closed: Promise<void>;
  private access: { pair: PairSpec; credentials: RackCredentials } | null = null;

  constructor(socket: Socket, host: ChildProcess | null) {
    this.socket = socket;
    this.host = host;
    this.client = connect(ndjsonChannel(socketText(socket)), rackContract);
    this.closed = new Promise((resolve) => socket.once('close', () => resolve()));
    void this.follow();
  }

  private async follow(): Promise<void> {
    try {
      for await (const state of this.client.state({})) this.latest.set(state);
    } catch {
      // The connection ended: the state below says so.
    }
    const last = this.latest.value;
    this.latest.set(last.phase === 'failed' ? last : DOWN);
  }

  /** Resolves when the rack is up. Throws RackError `failed` with the rack's own words, or `cancelled`. */
  async whenUp(signal?: AbortSignal): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const look = ({ phase, detail }: RackState): void => {
        if (phase === 'starting') return;
        unlisten();
        if (phase === 'up') resolve();
        else reject(new RackError('failed', detail === '' ? 'the rack ended while starting' : detail));
      };
      const unlisten = this.latest.listen(look);
      const cancel = (): void => {
        unlisten();
        reject(new RackError('cancelled', 'the start was cancelled'));
      };
      signal?.addEventListener('abort', cancel, { once: true });
      if (signal?.aborted === true) cancel();
      else look(this.latest.value);
    });
    this.access = await this.client.access({});
  }

  /** The newest state known here. */
  state(): RackState {
    return this.latest.value;
  }

  /** Calls `listener` on every change until the returned function is called. `down` or `failed` is the last. */
  onState(listener: (state: RackState) => void): () => void {
    return this.latest.listen(listener);
  }

  /**
   * `off` cuts the power at once and resolves when all is dead; with `revertAfterMs` it comes back by itself, with
   * `attended` also when this process is gone.
   * `on` resolves when the node has booted. `reboot` is an orderly one; it resolves when the node went down.
   */
  async power(
    node: string,
    action: 'off' | 'on' | 'reboot',
    { revertAfterMs = null, attended = false }: { revertAfterMs?: number | null; attended?: boolean } = {},
  ): Promise<void> {
    this.latest.set(await this.client.power({ node, action, revertAfterMs, attended }));
  }

  /** Plugs, pulls or cuts a cable; both directions false is pulled, which the cards see as no carrier. */
  async cable(
    id: CableId,
    to: { aToB: boolean; bToA: boolean; noisePpm?: number; revertAfterMs?: number | null; attended?: boolean },
  ): Promise<void> {
    const { aToB, bToA, noisePpm = 0, revertAfterMs = null, attended = false } = to;
    this.latest.set(await this.client.cable({ id, aToB, bToA, noisePpm, revertAfterMs, attended }));
  }

  /** Breaks or mends the power switch that the nodes fence each other with. */
  async powerSwitch(to: { broken: boolean }): Promise<void> {
    this.latest.set(await this.client.powerSwitch(to));
  }

  /** A spare computer on the LAN takes `address` and announces it; null: it goes. */
  async impostor(
    address: string | null,
    { revertAfterMs = null, attended = false }: { revertAfterMs?: number | null; attended?: boolean } = {},
  ): Promise<void> {
    this.latest.set(await this.client.impostor({ address, revertAfterMs, attended }));
  }

  private granted(): { pair: PairSpec; credentials: RackCredentials } {
    if (this.access === null) throw new RackError('failed', 'the rack is not up');
    return this.access;
  }

  /** The rack's two servers as a pair like any other. */
  pairSpec(): PairSpec {
    return this.granted().pair;
  }

  credentials(): RackCredentials {
    return this.granted().credentials;
  }

  /** Runs a program on the LAN's client host, the gateway, or a node. Host programs only see another network; a node's see the node. */
  spawnOn(host: string, argv: readonly string[]): RackProgram {
    const abort = new AbortController();
    const events = this.client.spawn({ host, argv: [...argv] }, abort.signal);
    let stderr = '';
    let ended: (status: number | null) => void;
    const exit = new Promise<number | null>((resolve) => (ended = resolve));
    async function* lines(): AsyncGenerator<string> {
      try {
        for await (const event of events) {
          if (event.kind === 'line') yield event.text;
          else {
            stderr = event.stderr;
            ended(event.status);
          }
        }
      } finally {
        ended(null);
      }
    }
    const kill = (): void => {
      abort.abort();
      ended(null);
    };
    return { lines: lines(), exit, stderr: () => stderr, kill };
  }

  /** Runs a program to its end. `stdout` has its lines joined again. */
  async runOn(
    host: string,
    argv: readonly string[],
  ): Promise<{ status: number | null; stdout: string; stderr: string }> {
    const program = this.spawnOn(host, argv);
    let stdout = '';
    for await (const line of program.lines) stdout += `${line}\n`;
    return { status: await program.exit, stdout, stderr: program.stderr() };
  }

  /** Takes the rack down for everybody. Resolves when nothing of it is left. */
  async down(): Promise<void> {
    try {
      await this.client.down({});
    } catch {
      // It was going down already.
    }
    await this.gone();
  }

  /** Lets go of the rack. One that was started here and is not detached ends with that. */
  close(): void {
    this.host?.stdin?.end();
    this.socket.end();
  }

  private async gone(): Promise<void> {
    await this.closed;
    if (this.host !== null && this.host.exitCode === null && this.host.signalCode === null) {
      await new Promise((resolve) => this.host?.once('exit', resolve));
    }
  }
}
