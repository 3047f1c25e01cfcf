/** Terminals that print what a node would: a small shell, the address watch, the log. */
import type { CancelSignal } from '../../agent/common/rpc/cancel.ts';
import { Feed } from './feed.ts';
import { FAKE_VIP, type FakeNode, type FakePair } from './fakePair.ts';

type Output = { kind: 'data'; data: string } | { kind: 'exit'; detail: string };

interface Terminal {
  readonly node: FakeNode;
  readonly kind: 'shell' | 'watch-addresses' | 'follow-log';
  readonly feed: Feed<Output>;
  line: string;
  readonly early: Output[];
  ended: boolean;
}

export class FakeTerminals {
  private readonly pair: FakePair;
  private readonly all = new Map<string, Terminal>();
  private count = 0;
  private readonly timer: NodeJS.Timeout;

  constructor(pair: FakePair) {
    this.pair = pair;
    this.timer = setInterval(() => this.tick(), 1000);
  }

  close(): void {
    clearInterval(this.timer);
    for (const id of [...this.all.keys()]) this.end(id, 'closed');
  }

  open(node: FakeNode, kind: Terminal['kind']): string {
    const id = `t${++this.count}`;
    const terminal: Terminal = { node, kind, feed: new Feed(), line: '', early: [], ended: false };
    this.all.set(id, terminal);
    terminal.early.push({ kind: 'data', data: this.greeting(terminal) });
    return id;
  }

  async *output(id: string, signal: CancelSignal): AsyncGenerator<Output> {
    const terminal = this.all.get(id);
    if (terminal === undefined) return;
    for await (const item of terminal.feed.follow(signal, terminal.early)) {
      yield item;
      if (item.kind === 'exit') return;
    }
  }

  input(id: string, data: string): void {
    const terminal = this.all.get(id);
    if (terminal === undefined || terminal.kind !== 'shell') return;
    for (const char of data) {
      if (char === '\r') {
        const text = `\r\n${this.run(terminal)}${this.prompt(terminal)}`;
        terminal.line = '';
        terminal.feed.push({ kind: 'data', data: text });
      } else if (char === '\u007f') {
        if (terminal.line.length > 0) terminal.feed.push({ kind: 'data', data: '\b \b' });
        terminal.line = terminal.line.slice(0, -1);
      } else {
        terminal.line += char;
        terminal.feed.push({ kind: 'data', data: char });
      }
    }
  }

  end(id: string, detail: string): void {
    const terminal = this.all.get(id);
    if (terminal === undefined || terminal.ended) return;
    terminal.ended = true;
    this.all.delete(id);
    terminal.feed.push({ kind: 'exit', detail });
  }

  private prompt(terminal: Terminal): string {
    return `\x1b[1;32mroot@${terminal.node.name}\x1b[0m:\x1b[1;34m~\x1b[0m# `;
  }

  private run(terminal: Terminal): string {
    const [command, ...rest] = terminal.line.trim().split(/\s+/);
    if (command === undefined || command === '') return '';
    if (command === 'hostname') return `${terminal.node.name}\r\n`;
    if (command === 'echo') return `${rest.join(' ')}\r\n`;
    if (command === 'ip') return `${this.addresses(terminal.node)}\r\n`;
    return `-bash: ${command}: command not found\r\n`;
  }

  private addresses(node: FakeNode): string {
    const n = node === this.pair.nodes[0] ? 1 : 2;
    const vip = this.pair.holders().includes(node.name) ? ` \x1b[1;33m${FAKE_VIP}/24\x1b[0m` : '';
    return [
      `lo               UNKNOWN        127.0.0.1/8`,
      `eth0@if7         UP             192.168.2.${n}/24${vip}`,
      `eth1@if9         UP             10.0.0.${n}/24`,
    ].join('\r\n');
  }

  private greeting(terminal: Terminal): string {
    if (terminal.kind === 'shell') return `Linux ${terminal.node.name} 6.1.0 x86_64\r\n${this.prompt(terminal)}`;
    if (terminal.kind === 'watch-addresses') return this.watch(terminal.node);
    return [
      'twinbeat-agent[412]: info: Configuration validated. Starting twinbeat-agent 0.1.0',
      'twinbeat-agent[412]: info: serial: /dev/ttyS0 at 19200 baud',
      'twinbeat-agent[412]: info: bcast: eth1 port 694',
      'twinbeat-agent[412]: info: Local status now set to: active',
      '',
    ].join('\r\n');
  }

  private watch(node: FakeNode): string {
    const at = new Date().toISOString().slice(11, 19);
    return `\x1b[H\x1b[2JEvery 1.0s: ip -br addr      ${node.name}: ${at}\r\n\r\n${this.addresses(node)}\r\n`;
  }

  private tick(): void {
    for (const [id, terminal] of this.all) {
      if (terminal.node.power === 'off') this.end(id, 'the connection was lost');
      else if (terminal.kind === 'watch-addresses')
        terminal.feed.push({ kind: 'data', data: this.watch(terminal.node) });
      else if (terminal.kind === 'follow-log' && terminal.node.peerDead) {
        terminal.feed.push({
          kind: 'data',
          data: 'twinbeat-agent[412]: warn: peer is dead; we hold its resources\r\n',
        });
      }
    }
  }
}
