/** A rack made of memory: power, cables and a probe that answers what the test says. */
import { PairSpecSchema } from '../../electron/common/contract/pair.ts';
import type { PairSpec } from '../../electron/common/contract/pair.ts';
import type { CableId, RackState } from '../../electron/common/contract/rack.ts';
import { Emitter } from '../../electron/core/base/emitter.ts';
import { monotonicNowMs, sleepMs } from '../../electron/core/base/time.ts';
import type { RackHandlePort, RackPort, SpawnedLines } from '../../electron/core/service/ports.ts';

/** Period of the probe in ms; short, so that a drill of milliseconds can be measured. */
const PROBE_PERIOD_MS = 20;

type Power = 'on' | 'off';

export interface RackRequest {
  readonly cable?: CableId;
  readonly power?: 'on' | 'off' | 'reboot';
  readonly node?: string;
  readonly revertAfterMs: number | null;
}

export class MemoryRack implements RackHandlePort {
  readonly requests: RackRequest[] = [];
  readonly power_ = new Map<string, Power>([
    ['a', 'on'],
    ['b', 'on'],
  ]);
  /** Who answers the probe now. */
  answeredBy: string | null = null;
  onPower: (node: string, action: Power) => void = () => undefined;
  /** Found by `attach` without having been started. */
  runsAlready = false;
  /** A start that goes on until it is stopped. */
  startHangs = false;
  startsStopped = 0;
  isDown = false;
  private switchBroken = false;
  private impostor_: NonNullable<RackState['impostor']> | null = null;
  private readonly changed = new Emitter<RackState>();
  private readonly stopped = new AbortController();
  private crossover: { plugged: boolean; revertsInMs: number | null } = { plugged: true, revertsInMs: null };

  port(): RackPort {
    return {
      keepsRunning: false,
      support: () => Promise.resolve({ available: true, mode: 'root', reason: '' }),
      start: (_options, _onState, signal) => (this.startHangs ? this.startUntil(signal) : Promise.resolve(this)),
      attach: () => Promise.resolve(this.runsAlready ? this : null),
    };
  }

  private startUntil(signal: AbortSignal): Promise<never> {
    return new Promise((_resolve, reject) => {
      signal.addEventListener('abort', () => {
        this.startsStopped += 1;
        reject(new Error('cancelled'));
      });
    });
  }

  state(): RackState {
    const { plugged, revertsInMs } = this.crossover;
    const cable = { id: 'crossover' as const, kind: 'crossover' as const, node: null, noisePpm: 0 };
    return {
      phase: this.isDown ? 'down' : 'up',
      detail: '',
      setup: 's5',
      engine: 'twinbeat',
      mode: 'root',
      nodes: [...this.power_].map(([name, power]) => ({
        name,
        power,
        ssh: { host: '127.0.0.1', port: 22, user: 'root' },
        lanAddress: '10.0.0.1',
        crossoverAddress: null,
        serialDevice: null,
        bootCount: 1,
        powerRevertsInMs: null,
      })),
      cables: [{ ...cable, aToB: plugged, bToA: plugged, revertsInMs }],
      powerSwitchBroken: this.switchBroken,
      impostor: this.impostor_,
      vip: '10.0.0.9',
      pid: 1,
    };
  }

  powerSwitch({ broken }: { broken: boolean }): Promise<void> {
    this.switchBroken = broken;
    this.changed.fire(this.state());
    return Promise.resolve();
  }

  impostor(address: string | null, options: { revertAfterMs?: number } = {}): Promise<void> {
    this.impostor_ = address === null ? null : { address, revertsInMs: options.revertAfterMs ?? null };
    this.changed.fire(this.state());
    return Promise.resolve();
  }

  onState(listener: (state: RackState) => void): () => void {
    return this.changed.on(listener);
  }

  power(node: string, action: 'off' | 'on' | 'reboot', options: { revertAfterMs?: number } = {}): Promise<void> {
    this.requests.push({ power: action, node, revertAfterMs: options.revertAfterMs ?? null });
    const power = action === 'off' ? 'off' : 'on';
    this.power_.set(node, power);
    this.changed.fire(this.state());
    this.onPower(node, power);
    return Promise.resolve();
  }

  cable(
    id: CableId,
    setting: { aToB: boolean; bToA: boolean; noisePpm: number; revertAfterMs?: number },
  ): Promise<void> {
    this.requests.push({ cable: id, revertAfterMs: setting.revertAfterMs ?? null });
    this.crossover = { plugged: setting.aToB && setting.bToA, revertsInMs: setting.revertAfterMs ?? null };
    this.changed.fire(this.state());
    return Promise.resolve();
  }

  pairSpec(): PairSpec {
    return PairSpecSchema.parse({
      schema: 'twinbeat.pair/1',
      id: 'rack',
      name: 'Rack',
      nodes: [
        { name: 'a', host: '127.0.0.1' },
        { name: 'b', host: '127.0.0.1' },
      ],
      probe: { kind: 'http', address: '10.0.0.9', port: 80, periodMs: PROBE_PERIOD_MS },
    });
  }

  credentials(): { user: string; privateKeyPem: string; hostKeySha256: Record<string, string[]> } {
    return { user: 'root', privateKeyPem: '', hostKeySha256: {} };
  }

  private async *probeLines(over: AbortSignal): AsyncGenerator<string> {
    let dueMonotonicMs = monotonicNowMs();
    while (!over.aborted && !this.stopped.signal.aborted) {
      // Open loop: what was due while the timer was late is sent now, with its own due time.
      while (dueMonotonicMs <= monotonicNowMs()) {
        const { answeredBy } = this;
        const ok = answeredBy !== null;
        yield JSON.stringify({
          dueMonotonicMs,
          ok,
          answeredBy,
          latencyMs: ok ? 1 : null,
          error: ok ? null : 'timeout',
        });
        dueMonotonicMs += PROBE_PERIOD_MS;
      }
      await sleepMs(PROBE_PERIOD_MS, over);
    }
  }

  spawnOn(): SpawnedLines {
    const over = new AbortController();
    return { lines: this.probeLines(over.signal), exit: Promise.resolve(0), kill: () => over.abort() };
  }

  down(): Promise<void> {
    this.isDown = true;
    this.stop();
    return Promise.resolve();
  }

  close(): void {
    this.stop();
  }

  stop(): void {
    this.stopped.abort();
  }
}
