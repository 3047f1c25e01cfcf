/**
 * What the replayed experiments share: a pair that is settled, a client that pings the address, a witness of who
 * answers ARP for it, and the journals from a moment on. Outages are counted in lost pings, which leave on their own
 * schedule: a busy machine delays an answer, but it loses none.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EventBody, TimelineEvent } from '../../../agent/common/timeline/event.ts';
import type { LinkStatus } from '../../../agent/common/rpc/agentContract.ts';
import { AgentRig, OTHER, VIP, type RigOptions, type Side } from '../agent/agentRig.ts';

export const SIDES = ['a', 'b'] as const;
const PING_MS = 50;
/** Against hanging. */
export const WITHIN_MS = 90_000;
/** A whole experiment, against hanging. */
export const TEST_MS = 240_000;
/** Links of the rig: serial, broadcast, unicast. */
const MEDIA = 3;

interface Round {
  readonly wallMs: number;
  readonly macs: readonly string[];
}

/** Events of the newest life alone: what an earlier one saw says nothing. */
function lifeOf(events: readonly TimelineEvent[]): readonly TimelineEvent[] {
  return events.slice(events.findLastIndex(({ body }) => body.kind === 'local-status' && body.status === 'init'));
}

/** Newest state by link id and direction, as in `ucast:eth0 to-peer`. */
function linkStates(events: readonly TimelineEvent[]): Map<string, string> {
  const states = new Map<string, string>();
  for (const { body } of events) {
    if (body.kind === 'link') states.set(`${body.link} ${body.direction}`, body.state);
  }
  return states;
}

/** A pair under observation. */
export class Replay {
  readonly rig: AgentRig;
  private readonly rounds: Round[] = [];
  private readonly answered: number[] = [];
  private readonly children: ChildProcess[] = [];

  /** Builds and watches; no agent runs yet. */
  static async up(options: Partial<RigOptions> = {}): Promise<Replay> {
    return new Replay(await AgentRig.up(options));
  }

  private constructor(rig: AgentRig) {
    this.rig = rig;
    const script = join(import.meta.dirname, 'lanWitness.ts');
    this.watch([process.execPath, script, 'br0', VIP], (line) => this.rounds.push(JSON.parse(line) as Round));
    this.watch(['ping', '-n', '-i', String(PING_MS / 1000), VIP], (line) => {
      const number = /icmp_seq=(\d+) ttl/.exec(line)?.[1];
      if (number !== undefined) this.answered.push(Number(number));
    });
  }

  private watch(argv: readonly string[], take: (line: string) => void): void {
    const child = spawn('ip', ['netns', 'exec', this.rig.namespace('c'), ...argv], {
      stdio: ['pipe', 'pipe', 'inherit'],
    });
    this.children.push(child);
    let rest = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      const lines = (rest + text).split('\n');
      rest = lines.pop() ?? '';
      lines.forEach(take);
    });
  }

  async down(): Promise<void> {
    for (const child of this.children) child.kill('SIGKILL');
    await this.rig.down();
  }

  /** Changes a node's ha.cf before its agent starts. */
  haCf(side: Side, change: (text: string) => string): void {
    const file = join(this.rig.place(side, 'ha.d'), 'ha.cf');
    writeFileSync(file, change(readFileSync(file, 'latin1')));
  }

  keys(side: Side, secret: string): void {
    writeFileSync(join(this.rig.place(side, 'ha.d'), 'authkeys'), `auth 1\n1 sha1 ${secret}\n`, { mode: 0o600 });
  }

  /** Both agents run, `holder` alone holds the address and the service, and every link is up in both directions. */
  async settled(holder: Side): Promise<void> {
    const { rig } = this;
    await this.until(`${holder} alone holds`, () => {
      const [mine, other] = [rig.holds(holder), rig.holds(OTHER[holder])];
      return mine && !other && rig.serviceRuns(holder) && !rig.serviceRuns(OTHER[holder]);
    });
    await this.until('both are settled and every link is up both ways', () =>
      SIDES.every((side) => this.isSettled(side)),
    );
  }

  /** From the journal: a question to the agent costs a process, and these are asked ten times a second. */
  private isSettled(side: Side): boolean {
    const life = lifeOf(this.rig.events(side));
    const peer = life.findLast(({ body }) => body.kind === 'peer-status')?.body;
    const holdings = life.findLast(({ body }) => body.kind === 'holdings')?.body;
    const links = linkStates(life);
    return (
      peer?.kind === 'peer-status' &&
      peer.status === 'active' &&
      holdings?.kind === 'holdings' &&
      holdings.stable &&
      links.size === 2 * MEDIA &&
      [...links.values()].every((state) => state === 'up')
    );
  }

  /** As the rig's, with a bound for a machine that does ten other things: nothing is ever judged by it. */
  until(what: string, condition: () => boolean | Promise<boolean>): Promise<void> {
    return this.rig.until(what, condition, WITHIN_MS);
  }

  async start(holder: Side = 'a'): Promise<void> {
    for (const side of SIDES) this.rig.start(side);
    await this.settled(holder);
  }

  mac(side: Side): string {
    return (JSON.parse(this.rig.ip(side, '-j', 'link', 'show', 'eth0')) as { address: string }[])[0]?.address ?? '';
  }

  /** From here on: what the journals, the client and the LAN say. */
  mark(): Mark {
    const last = { a: this.rig.events('a').at(-1)?.seq ?? 0, b: this.rig.events('b').at(-1)?.seq ?? 0 };
    return new Mark(this, last, this.rounds.length, this.answered.length);
  }

  /** Rounds of the witness from the `from`th on. */
  roundsFrom(from: number): readonly Round[] {
    return this.rounds.slice(from);
  }

  /** Numbers of the pings that were answered, from the `from`th answer on. */
  answersFrom(from: number): readonly number[] {
    return this.answered.slice(Math.max(0, from - 1));
  }

  async link(side: Side, medium: LinkStatus['medium']): Promise<LinkStatus> {
    const link = (await this.rig.status(side))?.links.find((candidate) => candidate.medium === medium);
    if (link === undefined) throw new Error(`${side} has no ${medium} link`);
    return link;
  }

  /** Waits until the link is in these states, seen from `side`. */
  async linkIs(side: Side, medium: LinkStatus['medium'], fromPeer: string, toPeer: string): Promise<void> {
    const name = { serial: this.rig.ttyPath(side), bcast: 'eth1', ucast: 'eth0', mcast: '' }[medium];
    const what = `${side}: ${medium} from peer ${fromPeer}, to peer ${toPeer}`;
    await this.until(what, () => {
      const states = linkStates(lifeOf(this.rig.events(side)));
      return (
        states.get(`${medium}:${name} from-peer`) === fromPeer && states.get(`${medium}:${name} to-peer`) === toPeer
      );
    });
  }

  /** Both ways out of the LAN, the crossover and the serial cable are cut, while clients reach both nodes. */
  split(cut: boolean): void {
    for (const side of SIDES) {
      // Isolated ports of a bridge do not reach each other, but the bridge's own host, where the client is, reaches both.
      this.rig.ip('c', 'link', 'set', 'dev', `p${side}`, 'type', 'bridge_slave', 'isolated', cut ? 'on' : 'off');
    }
    this.rig.ip('a', 'link', 'set', 'eth1', cut ? 'down' : 'up');
    this.rig.cutSerial(cut);
  }
}

/** A moment, and everything since. */
export class Mark {
  private readonly replay: Replay;
  private readonly last: Readonly<Record<Side, number>>;
  private readonly rounds: number;
  private readonly answers: number;

  constructor(replay: Replay, last: Readonly<Record<Side, number>>, rounds: number, answers: number) {
    this.replay = replay;
    this.last = last;
    this.rounds = rounds;
    this.answers = answers;
  }

  events(side: Side): readonly TimelineEvent[] {
    return this.replay.rig.events(side).filter((event) => event.seq > this.last[side]);
  }

  bodies<K extends EventBody['kind']>(side: Side, kind: K): Extract<EventBody, { kind: K }>[] {
    return this.events(side).flatMap(({ body }) => (isKind(body, kind) ? [body] : []));
  }

  /** Nothing moved: no resource, no takeover, nobody dead, no new life, no hand-over. */
  moved(side: Side): string[] {
    const quiet = new Set(['resource', 'takeover', 'standby', 'restart', 'vip', 'peer-restarted']);
    return this.events(side).flatMap(({ body }) => {
      if (body.kind === 'peer-status') return [`peer ${body.status}`];
      return quiet.has(body.kind) && !(body.kind === 'vip' && body.change === 'announced') ? [body.kind] : [];
    });
  }

  /** Longest run of pings without an answer, milliseconds of their schedule. */
  outageMs(): number {
    const numbers = this.replay.answersFrom(this.answers);
    return Math.max(0, ...numbers.slice(1).map((n, i) => (n - (numbers[i] ?? n) - 1) * PING_MS));
  }

  /** The client is answered again, and goes on being answered. */
  async servedAgain(): Promise<void> {
    const before = this.replay.answersFrom(0).length;
    await this.replay.until('the client is answered', () => this.replay.answersFrom(0).length >= before + 20);
  }

  /**
   * Longest run of the witness's rounds in which two MACs answered. One can be the hand-over itself (the old holder
   * answered, then the new one announced); two holders show in every round.
   */
  doubleRounds(): number {
    let longest = 0;
    let run = 0;
    for (const { macs } of this.replay.roundsFrom(this.rounds)) {
      run = macs.length > 1 ? run + 1 : 0;
      longest = Math.max(longest, run);
    }
    return longest;
  }

  /** Waits until the newest rounds show this node alone. */
  async answeredBy(side: Side): Promise<void> {
    const mac = this.replay.mac(side);
    await this.replay.until(`only ${side} answers for the address`, () => {
      const newest = this.replay.roundsFrom(this.rounds).slice(-10);
      return newest.length === 10 && newest.every(({ macs }) => macs.join() === mac);
    });
  }
}

function isKind<K extends EventBody['kind']>(body: EventBody, kind: K): body is Extract<EventBody, { kind: K }> {
  return body.kind === kind;
}
