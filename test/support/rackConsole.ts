/** A console of its own with a rack of its own, in this process, spoken to by the contract; and the rack, to break things behind its back. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect } from '../../agent/common/rpc/client.ts';
import type { Client } from '../../agent/common/rpc/contract.ts';
import { memoryChannelPair } from '../../agent/common/rpc/memory.ts';
import { serve } from '../../agent/common/rpc/server.ts';
import { productVersion } from '../../electron/cli/open.ts';
import { consoleContract, RACK_PAIR_ID } from '../../electron/common/contract/console.ts';
import type { RackUpOptions } from '../../electron/common/contract/rack.ts';
import type { PairState } from '../../electron/common/contract/state.ts';
import { assembleConsole } from '../../electron/core/service/assemble.ts';
import type { ConsoleCore } from '../../electron/core/service/console.ts';
import { noSecretStore } from '../../electron/core/service/secrets.ts';
import { rackSupport, startRack, type RackHandle } from '../../electron/lab/index.ts';
import { runOn, until } from './rackRun.ts';

const ROOT = join(import.meta.dirname, '../..');
const PAIR = { pairId: RACK_PAIR_ID };

export class RackConsole {
  readonly client: Client<typeof consoleContract>;
  readonly complaints: string[] = [];
  private readonly dir = mkdtempSync(join(tmpdir(), 'twinbeat-console-'));
  private readonly core: ConsoleCore;
  private readonly stop = new AbortController();
  private rack_: RackHandle | null = null;
  private state_: PairState | null = null;

  constructor() {
    this.core = assembleConsole({
      host: 'cli',
      version: productVersion(),
      configDir: join(this.dir, 'config'),
      dataDir: join(this.dir, 'data'),
      cacheDir: join(ROOT, 'build', 'test-cache', 'twinbeat'),
      appDir: ROOT,
      nodePath: process.execPath,
      lab: {
        keepsRunning: false,
        support: rackSupport,
        start: async (options, onState, signal) => {
          this.rack_ = await startRack({ ...options, name: `test-${process.pid}`, onState, signal });
          return this.rack_;
        },
        attach: () => Promise.resolve(null),
      },
      secretStore: noSecretStore('none'),
      report: (problem) => this.complaints.push(problem),
    });
    const [near, far] = memoryChannelPair();
    serve(far, consoleContract, this.core.implementation, {});
    this.client = connect(near, consoleContract);
  }

  get rack(): RackHandle {
    if (this.rack_ === null) throw new Error('the rack is not up');
    return this.rack_;
  }

  get state(): PairState {
    if (this.state_ === null) throw new Error('the pair said nothing yet');
    return this.state_;
  }

  get nodes(): readonly [string, string] {
    const [a, b] = this.state.nodes;
    return [a.node, b.node];
  }

  /** Builds the rack, deploys to both nodes and waits until one holds the address and every link is up. */
  async up(options: Partial<RackUpOptions>): Promise<void> {
    await this.client.rackUp(options);
    void this.follow();
    await until('both nodes are reached', () => this.reached(), { withinMs: 60_000 });
    const plan = await this.client.deployPlan({ ...PAIR, action: 'deploy' });
    for await (const step of this.client.deployApply({ ...PAIR, planId: plan.planId })) {
      if (step.phase === 'failed') throw new Error(`${step.stepId}: ${step.detail}`);
    }
    await this.settled();
  }

  private async follow(): Promise<void> {
    for await (const state of this.client.pairState(PAIR, this.stop.signal)) this.state_ = state;
  }

  private reached(): true | null {
    return this.state_?.nodes.every(({ phase }) => phase === 'ready') === true ? true : null;
  }

  /** One holder, both nodes active to each other, every link up, the LAN's witness agrees. */
  async settled(): Promise<void> {
    const isSettled = (): true | null => {
      const { nodes, vips, lan } = this.state;
      const well = nodes.every(
        ({ status, statusAgeMs }) =>
          status?.peer.status === 'active' &&
          status.stable &&
          (statusAgeMs ?? Infinity) < 2000 &&
          status.links.every((link) => link.fromPeer.state === 'up'),
      );
      const [vip] = vips;
      return well && vip?.verdict === 'one' && lan?.running === true && vip.lan?.[0]?.node === vip.holder ? true : null;
    };
    await until('the pair is settled', isSettled, { withinMs: 90_000 });
  }

  /** Runs a shell script on a node; throws when it fails. */
  async sh(node: string, script: string): Promise<string> {
    const { status, lines } = await runOn(this.rack, node, script);
    if (status !== 0) throw new Error(`${node}: ${script}: status ${status ?? 'unknown'}: ${lines.join('; ')}`);
    return lines.join('\n');
  }

  async close(): Promise<void> {
    this.stop.abort();
    await this.core.close();
    rmSync(this.dir, { recursive: true, force: true });
  }
}
