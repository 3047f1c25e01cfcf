/**
 * A rack of its own with a command line of its own, to break things in and to see from the rack itself, never through a console,
 * that both nodes are as they were. Several stand side by side: they mostly wait.
 */
import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { realpathSync } from 'node:fs';
import type { AgentStatus } from '../../agent/common/rpc/agentContract.ts';
import { EXIT } from '../../electron/cli/exitStatus.ts';
import { attachRack } from '../../electron/lab/index.ts';
import type { RackHandle } from '../../electron/lab/index.ts';
import { CLI_MAIN, CliHome } from './cliHome.ts';
import { pause } from './rackTools.ts';
import { holders, runOn, until } from './rackRun.ts';

export const NODES = ['ha1.bogus.sh.cn', 'ha2.bogus.sh.cn'] as const;
/** Faults are done on this one; the other one holds the address. */
export const B = NODES[1];
const VIP = '192.168.2.3';

/** Everything that a fault could leave behind, as the node's own tools show it; equal texts are equal nodes. */
const LOOK = [
  'nft list ruleset 2>&1',
  'tc qdisc show 2>&1',
  // Numbers of interfaces are others after a reboot, and the address of the pair moves.
  "ip -br link | sed 's/@if[0-9]*//' | tr -s ' '",
  `ip -o addr | grep -v ' ${VIP}/' | awk '{ print $2, $3, $4 }'`,
  'for d in /dev/ttyS*; do echo "$d $(stty -F "$d" -g 2>&1)"; done',
  // A folder of a fault that its guard has undone waits for the next agent, which journals the end and removes it.
  'for d in /var/lib/twinbeat-agent/faults/*/; do [ -d "$d" ] && [ ! -e "$d/reverted" ] && echo "pending $d"; done',
  // Content, owner, mode and time of what faults edit.
  'find /etc/ha.d /etc/init.d -type f | sort | while read -r f; do stat -c "%n %a %u %g %Y" "$f"; sha256sum <"$f"; done',
  'awk \'$5 ~ /twinbeat-agent|\\/var\\/log/ { print "mount", $5 }\' /proc/self/mountinfo',
  // Agents, address guards, guards of faults and programs of faults; not what a console asks for while it looks.
  'for e in /proc/[0-9]*; do tr "\\0\\n" "  " 2>/dev/null <$e/cmdline; echo; done' +
    " | grep -oE '^(/[^ ]*node [^ ]*twinbeat-agent.cjs (run|observe)|[^ ]*sh /var/lib/twinbeat-agent/faults/)|twinbeat-address-guar[d] |twinbeat-faul[t]-' | sort",
  'for e in /proc/[0-9]*; do grep -q "^State:.*T" $e/status 2>/dev/null && echo "stopped $(tr "\\0" " " <$e/cmdline)"; done',
  'true',
].join('; ');

/** From the guard being there to the fault being in force: it injects at once, or after the third of a second that it gives the agent. */
const IN_FORCE_MS = 1500;

/** Consoles that may fail to connect before a trial counts as failed. */
const ATTEMPTS = 4;

/** Building a rack and deploying to it, on a machine that does other things too. */
const READY_MS_MAX = 150_000;

/** Lines of only one of two looks. */
function difference(before: string, now: string): string {
  const [old, present] = [before.split('\n'), now.split('\n')];
  const gone = old.filter((line) => !present.includes(line)).map((line) => `- ${line}`);
  const added = present.filter((line) => !old.includes(line)).map((line) => `+ ${line}`);
  return [...gone, ...added].join('\n') || 'the same lines, in another order or number';
}

export class FaultRack {
  readonly home = new CliHome();
  private rack_: RackHandle | null = null;
  private readonly before = new Map<string, string>();
  private readonly consoles: ChildProcess[] = [];

  get rack(): RackHandle {
    if (this.rack_ === null) throw new Error('the rack is not up');
    return this.rack_;
  }

  /** Built, deployed to and settled; what the nodes look like now is what they must come back to. */
  async up(): Promise<void> {
    const { home } = this;
    await home.json(['rack', 'up', '--keepalive', '500ms', '--deadtime', '3s', '--ipfail']);
    // This process looks into a rack of another home: its place is read at the call.
    const mine = process.env['XDG_RUNTIME_DIR'];
    process.env['XDG_RUNTIME_DIR'] = home.env['XDG_RUNTIME_DIR'];
    const attaching = attachRack();
    if (mine === undefined) delete process.env['XDG_RUNTIME_DIR'];
    else process.env['XDG_RUNTIME_DIR'] = mine;
    this.rack_ = await attaching;
    // Servers that have a Node of their own: nothing of 120 MB is sent, so that many racks are ready soon.
    for (const node of NODES)
      await runOn(this.rack, node, `cp '${realpathSync(process.execPath)}' /usr/local/bin/node`);
    const deployed = await home.run(['deploy', '--rack']);
    if (deployed.status !== 0) throw new Error(`deploy: status ${deployed.status}: ${deployed.err}`);
    await this.settled(READY_MS_MAX);
    for (const node of NODES) this.before.set(node, await this.look(node));
  }

  async look(node: string): Promise<string> {
    return (await runOn(this.rack, node, LOOK)).lines.join('\n');
  }

  /** Both nodes active and connected by every link, one of them holding the address, nothing of a fault left on disk. */
  async settled(withinMs = 90_000): Promise<void> {
    let seen = '';
    const isWell = async (node: string): Promise<boolean> => {
      const { lines } = await runOn(
        this.rack,
        node,
        'twinbeat-agent status --json; ls /var/lib/twinbeat-agent/faults 2>/dev/null; true',
      );
      seen = `${node}: ${lines.join('\n')}`;
      const [first = '', ...folders] = lines;
      if (!first.startsWith('{') || folders.length > 0) return false;
      const { status, peer, links, stable } = JSON.parse(first) as AgentStatus;
      const areUp = links.every((link) => link.fromPeer.state === 'up' && link.toPeer.state === 'up');
      return status === 'active' && peer.status === 'active' && stable && areUp;
    };
    const isSettled = async (): Promise<true | null> => {
      for (const node of [...NODES].reverse()) if (!(await isWell(node))) return null;
      const holding = await holders(this.rack, NODES, VIP);
      seen = `${holding.length} hold the address`;
      return holding.length === 1 ? true : null;
    };
    await until('the pair is settled', isSettled, { withinMs, everyMs: 1500 }).catch((error: Error) => {
      throw new Error(`${error.message}\n${seen}`);
    });
  }

  /** A console that arms a fault at B and stays. Resolves once the fault is on. */
  async consoleWith(args: readonly string[]): Promise<ChildProcess> {
    for (let attempt = 1; ; attempt += 1) {
      const child = spawn(process.execPath, [CLI_MAIN, 'fault', 'arm', ...args, '--wait', '--rack'], {
        env: this.home.env,
        stdio: ['ignore', 'ignore', 'pipe'],
      });
      this.consoles.push(child);
      let said = '';
      child.stderr?.on('data', (text: Buffer) => (said += text.toString()));
      const isArmed = async (): Promise<'armed' | 'ended' | null> => {
        if (child.exitCode !== null) return 'ended';
        const { lines } = await runOn(this.rack, B, 'ls /var/lib/twinbeat-agent/faults/*/guard.pid 2>/dev/null; true');
        return lines.length > 0 ? 'armed' : null;
      };
      const became = await until(`${args.join(' ')} is on`, isArmed, { withinMs: 90_000 });
      if (became === 'armed') {
        await pause(IN_FORCE_MS);
        return child;
      }
      // A machine with other work may be too slow for a connection: then nothing has begun.
      if (child.exitCode !== EXIT.unreachable || attempt === ATTEMPTS)
        throw new Error(`${args.join(' ')}: status ${child.exitCode}: ${said}`);
    }
  }

  /** Both nodes are as they were before any fault, and exactly one of them holds the address. */
  async asBefore(withinMs = 90_000): Promise<void> {
    let seen = '';
    const isSame = async (): Promise<true | null> => {
      for (const node of NODES) {
        const now = await this.look(node).catch((error: Error) => error.message);
        if (now === this.before.get(node)) continue;
        seen = `${node}\n${difference(this.before.get(node) ?? '', now)}`;
        return null;
      }
      const holding = await holders(this.rack, NODES, VIP);
      seen = `${holding.length} hold the address: ${holding.join(' ')}`;
      return holding.length === 1 ? true : null;
    };
    await until('both nodes are as they were', isSame, { withinMs, everyMs: 500 }).catch((error: Error) => {
      throw new Error(`${error.message}\n${seen}`);
    });
  }

  async dispose(): Promise<void> {
    for (const child of this.consoles) child.kill('SIGKILL');
    this.rack_?.close();
    await this.home.dispose();
  }
}

/** Racks that tests share, each used by one at a time. One in which something failed is built anew before it is used again. */
export class FaultRacks {
  private readonly free: FaultRack[] = [];
  private readonly all = new Set<FaultRack>();
  private readonly waiting: ((rack: FaultRack) => void)[] = [];

  async up(count: number): Promise<void> {
    await Promise.all(Array.from({ length: count }, () => this.build()));
  }

  private async build(): Promise<void> {
    const rack = new FaultRack();
    this.all.add(rack);
    await rack.up();
    this.give(rack);
  }

  private give(rack: FaultRack): void {
    const next = this.waiting.shift();
    if (next === undefined) this.free.push(rack);
    else next(rack);
  }

  private take(): Promise<FaultRack> {
    const rack = this.free.shift();
    return rack === undefined ? new Promise((resolve) => this.waiting.push(resolve)) : Promise.resolve(rack);
  }

  /** Waits for a rack, does `work` in it, and leaves it settled. */
  async use<T>(work: (rack: FaultRack) => Promise<T>): Promise<T> {
    const rack = await this.take();
    try {
      const result = await work(rack);
      await rack.settled();
      this.give(rack);
      return result;
    } catch (error) {
      this.all.delete(rack);
      await rack.dispose();
      await this.build();
      throw error;
    }
  }

  async dispose(): Promise<void> {
    await Promise.all([...this.all].map((rack) => rack.dispose()));
  }
}
