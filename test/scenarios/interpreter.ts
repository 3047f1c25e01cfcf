/**
 * Runs the commands of a transcript against a simulated cluster and returns what they print. One line is one command:
 *
 *   cluster failback=on links=eth1,ttyS0    a new pair without faults; see `cluster` for the other options (failback=off/on: one each)
 *   start node1 | stop node1 | kill node1 | power-off node1 | pause node1 | resume node1
 *   cut eth1 | cut eth1 node1->node2 | cut all | plug all
 *   lan node1 off | lan node1 on            a node's cable to the clients' network, on which the ping nodes are
 *   ping-node gw off | ping-node gw on      a ping node itself answers nobody, or everybody
 *   operator node1 standby foreign | confirm-dead node1
 *   fence works 3s | fence fails 3s         what the stonith device does when asked, and after how long
 *   keys differ | keys agree                packets between the nodes fail authentication, or pass it
 *   keys node1                              node1 alone refuses what the other one signs
 *   fail node1 acquire | work node1         commands of a node fail, or work again
 *   fail node1 acquire vip3                 one group of a set does not start there; the others do
 *   messages node1                          from now on print what node1 sends, except heartbeats and acknowledgements
 *   send node2 eth1 t=status st=up          a scripted node2 says this; control fields are added
 *   restart-script node2                    the scripted node2 has a new generation and starts numbering anew
 *   run 5s                                  lets time pass
 *   state                                   what both nodes believe, and what really runs
 *   noop                                    nothing; a place for a breakpoint
 */
import { Cluster } from '../../agent/common/sim/cluster.ts';
import { cleanLink } from '../../agent/common/sim/network.ts';
import type { Direction } from '../../agent/common/sim/network.ts';
import type { AutoFailback, TakeoverCondition } from '../../agent/common/config/model.ts';
import type { EventBody } from '../../agent/common/timeline/event.ts';
import { fieldText, text } from '../../agent/common/wire/message.ts';
import type { WireMessage } from '../../agent/common/wire/message.ts';

const SECOND_MS = 1000;
/** Field names that every message has and no reader of a transcript needs. */
const CONTROL = new Set(['src', 'srcuuid', 'seq', 'hg', 'ts', 'ld', 'ttl', 'protocol', 'tbv']);

function durationMs(value: string): number {
  const match = /^([0-9.]+)(ms|s)$/.exec(value);
  if (match === null) throw new Error(`bad duration ${value}`);
  return Number(match[1]) * (match[2] === 's' ? SECOND_MS : 1);
}

function describe(body: EventBody): string {
  const { kind, ...rest } = body;
  const parts = Object.entries(rest).map(
    ([name, value]) => `${name}=${typeof value === 'number' ? Math.round(value) : value}`,
  );
  return [kind, ...parts].join(' ');
}

function describeMessage(message: WireMessage): string {
  const parts = message.fields.filter((f) => f.type === 'string' && !CONTROL.has(f.name));
  return parts.map((f) => `${f.name}=${String(f.value).trim()}`).join(' ');
}

/** One transcript's worlds: `execute` runs one command and returns its output lines. */
export class Interpreter {
  private cluster: Cluster | null = null;
  private lines: string[] = [];
  private readonly failing = new Set<string>();
  private readonly shown = new Set<number>();
  private lastStatus: string | undefined = undefined;
  private fence = { tookMs: 0, ok: false };
  private scriptSeq = 0;
  private scriptGeneration = 1;

  /** Output of one command line. Throws when the command is wrong. */
  execute(line: string): string[] {
    this.lines = [];
    const [command, ...args] = line.trim().split(/\s+/);
    this.dispatch(command ?? '', args);
    return this.lines;
  }

  private get world(): Cluster {
    if (this.cluster === null) throw new Error('no cluster yet');
    return this.cluster;
  }

  private index(name: string | undefined): 0 | 1 {
    const found = this.world.options.names.indexOf(name ?? '');
    if (found !== 0 && found !== 1) throw new Error(`no node ${name}`);
    return found;
  }

  private print(node: number, what: string): void {
    const seconds = (this.world.nowMs / SECOND_MS).toFixed(3);
    this.lines.push(`${seconds.padStart(8)} ${this.world.options.names[node]}: ${what}`);
  }

  private dispatch(command: string, args: string[]): void {
    const first = args[0];
    if (command === 'cluster') return this.createCluster(args);
    if (command === 'noop') return;
    if (command === 'run') return this.world.advance(durationMs(first ?? ''));
    if (command === 'state') return this.printState();
    if (command === 'cut' || command === 'plug') return this.setCut(first ?? '', args[1], command === 'cut');
    if (command === 'send') return this.send(args);
    if (command === 'fence') {
      this.fence = { ok: first === 'works', tookMs: durationMs(args[1] ?? '') };
      return;
    }
    if (command === 'keys') return this.setKeys(first ?? '');
    if (command === 'ping-node') return this.setPingNode(first, args[1] === 'on');
    const index = this.index(first);
    const node = this.world.nodes[index];
    switch (command) {
      case 'start':
        return node.start();
      case 'stop':
        node.feed({ kind: 'stop' });
        return;
      case 'kill':
        return node.kill();
      case 'power-off':
        return node.powerOff();
      case 'pause':
        return node.pause();
      case 'resume':
        return node.resume();
      case 'lan':
        this.world.lan.plugged[index] = args[1] === 'on';
        return;
      case 'fail':
        this.failing.add([index, ...args.slice(1)].join(' '));
        return;
      case 'work':
        this.failing.clear();
        return;
      case 'messages':
        this.shown.add(index);
        return;
      case 'restart-script':
        this.scriptSeq = 0;
        this.scriptGeneration++;
        return;
      case 'confirm-dead':
        node.feed({ kind: 'confirm-dead' });
        return;
      case 'operator':
        return this.operate(index, args[1], args[2]);
      default:
        throw new Error(`unknown command ${command}`);
    }
  }

  private setKeys(how: string): void {
    const { world } = this;
    const refuser = how === 'differ' || how === 'agree' ? null : this.index(how);
    world.receiver =
      how === 'agree'
        ? null
        : {
            deliver: (to, link, parcel) => {
              if (refuser !== null && to !== refuser) world.deliver(to, link, parcel);
              else world.nodes[to].reject(link, world.options.names[to === 0 ? 1 : 0]);
            },
            damaged: (to, link) => world.damaged(to, link),
          };
  }

  private setPingNode(name: string | undefined, answers: boolean): void {
    const at = this.world.options.safety?.pingNodes.indexOf(name ?? '') ?? -1;
    if (at < 0) throw new Error(`no ping node ${name}`);
    this.world.lan.answers[at] = answers;
  }

  private operate(index: 0 | 1, request: string | undefined, set: string | undefined): void {
    if (request !== 'standby' && request !== 'takeover') throw new Error('standby or takeover');
    if (set !== 'local' && set !== 'foreign' && set !== 'all') throw new Error('local, foreign or all');
    this.world.nodes[index].feed({ kind: 'operator', request, set });
  }

  private createCluster(args: string[]): void {
    const options = new Map(args.map((arg) => arg.split('=', 2) as [string, string]));
    const get = (name: string, otherwise: string) => options.get(name) ?? otherwise;
    const failback = get('failback', 'off').split('/') as AutoFailback[];
    const groups = get('groups', 'vip1/vip2').split('/');
    const list = (value: string | undefined) => (value === undefined || value === '' ? [] : value.split(','));
    const workMs = durationMs(get('work', '200ms'));
    const deadtimeMs = durationMs(get('deadtime', '5s'));
    const cluster = new Cluster({
      seed: 1,
      names: ['node1', 'node2'],
      keepaliveMs: durationMs(get('keepalive', '1s')),
      deadtimeMs,
      warntimeMs: durationMs(get('warntime', '3s')),
      initdeadMs: durationMs(get('initdead', '10s')),
      autoFailback: [failback[0] ?? 'off', failback[1] ?? failback[0] ?? 'off'],
      links: list(get('links', 'eth1')).map((id) => cleanLink(id, 1)),
      groups: [list(groups[0]), list(groups[1])],
      clockOffsetsMs: [0, 500_000],
      latencyMaxMs: 0,
      safety: {
        pingNodes: list(get('pings', '')),
        deadpingMs: durationMs(get('deadping', get('deadtime', '5s'))),
        ipfail: get('ipfail', 'off') === 'on',
        fencingDevice: get('fencing', 'off') === 'on' ? 'external/ipmi' : null,
        takeoverRequires: list(get('requires', '')) as TakeoverCondition[],
      },
      // The node comes back ten seconds after its power was cut.
      planFence: () => ({
        ...this.fence,
        offAfterMs: this.fence.ok ? this.fence.tookMs : null,
        bootMs: 10 * SECOND_MS,
      }),
      plan: (node, command, wanted) => {
        const ok = (what: string): boolean => !this.failing.has(`${node} ${what}`);
        const started = wanted.filter((group) => ok(`${command} ${group}`));
        const allOk = ok(command) && started.length === wanted.length;
        return { tookMs: workMs, ok: allOk, ...(ok(command) ? { started } : {}) };
      },
    });
    this.cluster = cluster;
    cluster.observe({
      event: (node, draft) => this.print(node, `${draft.severity} ${describe(draft.body)}`),
      command: (node, command) => {
        if (command.kind === 'exit') this.print(node, `> exit restart=${command.restart} after=${command.afterMs}`);
        else if (command.kind === 'fence') this.print(node, `> fence ${command.node} (${command.because})`);
        else if (command.kind === 'let-go') this.print(node, `> let-go ${command.address} (${command.because})`);
        else this.print(node, `> ${command.kind} ${command.groups.join(' ')} (${command.because})`);
      },
      message: (node, { message }) => this.showMessage(node, message),
    });
  }

  private showMessage(node: number, message: WireMessage): void {
    const type = fieldText(message, 't');
    const routine = type === 'NS_ackmsg' || (type === 'status' && fieldText(message, 'st') === this.lastStatus);
    if (!this.shown.has(node) || routine) return;
    if (type === 'status') this.lastStatus = fieldText(message, 'st');
    this.print(node, `sends ${describeMessage(message)}`);
  }

  private setCut(linkId: string, direction: string | undefined, cut: boolean): void {
    const { links } = this.world.network;
    const [a, b] = this.world.options.names;
    for (const link of links) {
      if (linkId !== 'all' && link.id !== linkId) continue;
      const directions: Direction[] = [];
      if (direction !== `${b}->${a}`) directions.push(link.forward);
      if (direction !== `${a}->${b}`) directions.push(link.back);
      for (const d of directions) d.cut = cut;
    }
  }

  private send(args: string[]): void {
    const [name, link, ...fields] = args;
    const index = this.index(name);
    const seq = ++this.scriptSeq;
    const message: WireMessage = {
      fields: [
        ...fields.map((field) => {
          const at = field.indexOf('=');
          const fieldName = field.slice(0, at);
          const value = field.slice(at + 1);
          // A space cannot stand in a command; in a list of nodes a comma stands for it.
          return text(fieldName, fieldName === 'nodelist' ? value.replaceAll(',', ' ') : value);
        }),
        text('src', name ?? ''),
        ...(fields[0]?.startsWith('t=NS_') === true ? [] : [text('seq', seq.toString(16))]),
        text('hg', this.scriptGeneration.toString(16)),
        text('ts', '65000010'),
      ],
    };
    this.world.network.send(index, link ?? '', message);
  }

  private printState(): void {
    for (const node of this.world.nodes) {
      const view = node.engine?.snapshot({
        monotonicMs: this.world.nowMs + (node === this.world.nodes[1] ? 500_000 : 0),
      });
      const running = [...node.groups].sort().join(' ');
      const index = this.world.nodes.indexOf(node);
      if (view === undefined) {
        this.print(index, `${node.power}, runs [${running}]`);
        continue;
      }
      const links = view.links.map((l) => `${l.id} from=${l.fromPeer.state} to=${l.toPeer.state}`).join(', ');
      const holds = `mine=${view.mine} theirs=${view.theirs} ${view.stable ? 'stable' : 'unstable'}`;
      this.print(index, `${view.status} peer=${view.peer.status} ${holds} runs [${running}] ${links}`);
    }
  }
}
