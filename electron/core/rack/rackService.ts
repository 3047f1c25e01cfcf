/** The console's one rack: starts it, finds one that runs already, and tells everybody what becomes of it. */
import { RpcError } from '../../../agent/common/rpc/messages.ts';
import type { RackState, RackUpOptions } from '../../common/contract/rack.ts';
import { say } from '../../common/words/sentence.ts';
import { Emitter } from '../base/emitter.ts';
import type { RackHandlePort, RackPort } from '../service/ports.ts';

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

export class RackService {
  readonly onState = new Emitter<RackState>();
  /** Fires when there is a running rack, and with null when it is gone. */
  readonly onHandle = new Emitter<RackHandlePort | null>();

  private readonly lab: RackPort | null;
  private handle_: RackHandlePort | null = null;
  private state_: RackState = DOWN;
  private ownsRack = false;
  private starting: { readonly cancel: AbortController; readonly over: Promise<unknown> } | null = null;

  constructor(lab: RackPort | null) {
    this.lab = lab;
  }

  get handle(): RackHandlePort | null {
    return this.handle_;
  }

  get state(): RackState {
    return this.state_;
  }

  async support(): Promise<{ available: boolean; mode: 'rootless' | 'root' | null; reason: string }> {
    if (this.lab === null)
      return { available: false, mode: null, reason: 'the rack needs Linux; connect real servers instead' };
    return this.lab.support();
  }

  /** Takes over a rack that another console or the CLI left running; false when there is none. */
  async attach(): Promise<boolean> {
    if (this.lab === null || this.handle_ !== null) return this.handle_ !== null;
    const handle = await this.lab.attach();
    if (handle === null) return false;
    this.ownsRack = false;
    this.take(handle);
    return true;
  }

  /** Starts the rack, or joins the one that runs, and resolves when both nodes are on. Throws `rack-unsupported`, `rack-busy`, `rack-failed`. */
  async up(options: RackUpOptions): Promise<RackState> {
    if (this.handle_ !== null) return this.state_;
    if (this.state_.phase === 'starting' || this.state_.phase === 'stopping') {
      throw new RpcError('rack-busy', `the rack is ${this.state_.phase}`);
    }
    if (await this.attach()) return this.state_;
    const support = await this.support();
    if (this.lab === null || !support.available) throw new RpcError('rack-unsupported', support.reason);
    const { setup, engine } = options;
    this.set({ ...DOWN, phase: 'starting', ...say('rackBuilding'), setup, engine, mode: support.mode });
    const cancel = new AbortController();
    const started = this.lab.start(options, (state) => this.set(state), cancel.signal);
    this.starting = { cancel, over: started.catch(() => undefined) };
    try {
      const handle = await started;
      this.ownsRack = !this.lab.keepsRunning;
      this.take(handle);
      return this.state_;
    } catch (error) {
      const detail = error instanceof Error ? error.message : String(error);
      // The rack's last words, where they are what was thrown: it has them for every language.
      const said = this.state_.detail === detail ? this.state_.said : undefined;
      this.set(cancel.signal.aborted ? DOWN : { ...DOWN, phase: 'failed', detail, said });
      throw new RpcError(cancel.signal.aborted ? 'cancelled' : 'rack-failed', detail);
    } finally {
      this.starting = null;
    }
  }

  /** Stops a start under way and waits until nothing of it is left. */
  private async cancelStart(): Promise<void> {
    this.starting?.cancel.abort();
    await this.starting?.over;
  }

  /** Takes the rack down and resolves when nothing of it is left. No rack is no error. */
  async down(): Promise<void> {
    await this.cancelStart();
    const handle = this.handle_;
    if (handle === null) return;
    this.set({ ...this.state_, phase: 'stopping', ...say('rackStopping') });
    this.release();
    await handle.down();
    this.set(DOWN);
  }

  /** The running rack, or `rack-down`. */
  need(): RackHandlePort {
    if (this.handle_ === null) throw new RpcError('rack-down', 'the rack is not running');
    return this.handle_;
  }

  /** Leaves: our own rack goes down, one that others started stays. */
  async close(): Promise<void> {
    await this.cancelStart();
    const handle = this.handle_;
    if (handle === null) return;
    this.release();
    if (this.ownsRack) await handle.down();
    else await handle.close();
  }

  private take(handle: RackHandlePort): void {
    this.handle_ = handle;
    this.state_ = handle.state();
    handle.onState((state) => {
      if (this.handle_ !== handle) return;
      this.set(state);
      // Somebody else took it down, or it died.
      if (state.phase === 'down' || state.phase === 'failed') this.release();
    });
    this.onState.fire(this.state_);
    this.onHandle.fire(handle);
  }

  private release(): void {
    this.handle_ = null;
    this.onHandle.fire(null);
  }

  private set(state: RackState): void {
    this.state_ = state;
    this.onState.fire(state);
  }
}
