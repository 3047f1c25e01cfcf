// Goal: every medium keeps the same promises: whole packets arrive as they were sent, with a sane stamp; opening twice,
// sending while closed and closing twice are harmless; closing makes it deaf. Method: one suite over the fake and over
// the real ones: UDP over a veth pair between two network namespaces (a process in each), serial over two joined ptys.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { memoryCable } from '../../../agent/node/media/memory.ts';
import { missing } from '../../support/needs.ts';

/** One end of a link under test, wherever it runs. */
interface End {
  /** `at`: which of several links. */
  open(at?: number): Promise<string>;
  send(text: string, kind: 'heartbeat' | 'message', at?: number): void;
  close(): void;
  /** Packets so far, as text, with their age at arrival in milliseconds. */
  readonly received: { readonly text: string; readonly ageMs: number; readonly link?: string }[];
  readonly problems: (string | null)[];
}

const FRAME = (word: string): string => `>>>\nt=status\nw=${word}\nauth=1 00\n<<<\n`;

async function until(what: string, condition: () => boolean): Promise<void> {
  const deadline = performance.now() + 15_000;
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`not in time: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

function suite(makeEnds: () => Promise<readonly [End, End]>): void {
  let ends: readonly [End, End];
  afterEach(() => {
    for (const end of ends) end.close();
  });

  test('what is sent arrives whole, in order, with the time of its arrival', async () => {
    ends = await makeEnds();
    expect([await ends[0].open(), await ends[1].open()]).toEqual(['ok', 'ok']);
    for (const [from, to] of [ends, [ends[1], ends[0]]] as const) {
      for (const word of ['one', 'two', 'three']) from.send(FRAME(word), 'message');
      await until('three packets', () => to.received.length === 3);
      expect(to.received.map((packet) => packet.text)).toEqual(['one', 'two', 'three'].map(FRAME));
      for (const { ageMs } of to.received) {
        expect(ageMs).toBeGreaterThanOrEqual(0);
        expect(ageMs).toBeLessThan(5000);
      }
    }
  });

  test('closed means deaf and dumb, and can be opened again', async () => {
    ends = await makeEnds();
    await ends[0].open();
    await ends[1].open();
    ends[1].close();
    ends[1].close();
    ends[0].send(FRAME('unheard'), 'message');
    ends[1].send(FRAME('unsent'), 'message');
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(await ends[1].open()).toBe('ok');
    expect(await ends[1].open()).toBe('ok');
    ends[0].send(FRAME('heard'), 'message');
    await until('the packet after reopening', () => ends[1].received.some((packet) => packet.text === FRAME('heard')));
    expect(ends[0].received).toEqual([]);
  });
}

describe('memory (the fake)', () => {
  suite(() => {
    const now = () => ({ monotonicMs: performance.now() });
    const cable = memoryCable(now);
    return Promise.resolve(
      cable.ends.map((medium): End => {
        const end: End = {
          open: async () => {
            const opened = await medium.open();
            return opened.ok ? 'ok' : opened.reason;
          },
          send: (text, kind) => medium.send(Buffer.from(text), kind),
          close: () => medium.close(),
          received: [],
          problems: [],
        };
        medium.onPacket((packet, at) =>
          end.received.push({ text: Buffer.from(packet).toString(), ageMs: now().monotonicMs - at.monotonicMs }),
        );
        medium.onProblem((problem) => end.problems.push(problem?.code ?? null));
        return end;
      }) as unknown as readonly [End, End],
    );
  });
});

const PREFIX = `tbm${process.pid}`;
const children: ChildProcess[] = [];

/** A real medium in a process of its own, inside a network namespace when `ns` is given. */
async function remoteEnd(link: object, ns: string | null): Promise<End> {
  const script = [process.execPath, join(import.meta.dirname, 'mediumProcess.ts'), JSON.stringify(link)];
  const [command = '', ...args] = ns === null ? script : ['ip', 'netns', 'exec', ns, ...script];
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'inherit'] });
  children.push(child);
  const answers: string[] = [];
  const end: End = {
    open: async (at = 0) => {
      const before = answers.length;
      child.stdin.write(`${JSON.stringify({ do: 'open', at })}\n`);
      await until('the answer to open', () => answers.length > before);
      return answers.at(-1) ?? '';
    },
    send: (text, kind, at = 0) => child.stdin.write(`${JSON.stringify({ do: 'send', text, kind, at })}\n`),
    close: () => child.stdin.write('{"do":"close"}\n'),
    received: [],
    problems: [],
  };
  createInterface({ input: child.stdout }).on('line', (line) => {
    const message = JSON.parse(line) as { is: string; text: string; ageMs: number; link: string };
    if (message.is === 'opened') answers.push(message.text);
    else if (message.is === 'packet')
      end.received.push({ text: message.text, ageMs: message.ageMs, link: message.link });
    else if (message.is === 'problem') end.problems.push(message.text);
  });
  await once(child, 'spawn');
  return end;
}

function endChildren(): void {
  for (const child of children.splice(0)) child.kill('SIGKILL');
}

describe.skipIf(missing('linux', 'root', 'namespaces', 'iproute') !== null)('UDP between two namespaces', () => {
  const ip = (...args: string[]): void => {
    const run = spawnSync('ip', args, { encoding: 'utf8' });
    if (run.status !== 0) throw new Error(`ip ${args.join(' ')}: ${run.stderr}`);
  };
  beforeAll(() => {
    for (const side of ['a', 'b']) ip('netns', 'add', `${PREFIX}${side}`);
    ip('link', 'add', 'hb0', 'netns', `${PREFIX}a`, 'type', 'veth', 'peer', 'name', 'hb0', 'netns', `${PREFIX}b`);
    ip('-n', `${PREFIX}a`, 'addr', 'add', '10.79.0.1/24', 'brd', '+', 'dev', 'hb0');
    ip('-n', `${PREFIX}b`, 'addr', 'add', '10.79.0.2/24', 'brd', '+', 'dev', 'hb0');
    // Known link-local addresses, and none of them waits for duplicate address detection.
    for (const [side, n] of [
      ['a', 1],
      ['b', 2],
    ] as const) {
      const inside = ['-n', `${PREFIX}${side}`] as const;
      ip(...inside, 'addr', 'add', `10.80.0.${n}/24`, 'dev', 'hb0');
      ip(...inside, 'link', 'set', 'hb0', 'addrgenmode', 'none');
      ip(...inside, 'link', 'set', 'hb0', 'up');
      ip(...inside, 'addr', 'add', `fe80::${n}/64`, 'dev', 'hb0', 'nodad');
      ip(...inside, 'addr', 'add', `fd00:79::${n}/64`, 'dev', 'hb0', 'nodad');
    }
  });
  afterEach(endChildren);
  afterAll(() => {
    for (const side of ['a', 'b']) spawnSync('ip', ['netns', 'del', `${PREFIX}${side}`]);
  });
  const common = { id: 'l', name: 'hb0', iface: 'hb0', port: 1695 };
  const pair = async (links: readonly [object, object]): Promise<readonly [End, End]> => [
    await remoteEnd(links[0], `${PREFIX}a`),
    await remoteEnd(links[1], `${PREFIX}b`),
  ];
  for (const raw of [true, false]) {
    const how = raw ? 'bound to its interface' : 'without raw calls, bound to an address';
    describe(`ucast, ${how}`, () => {
      suite(() =>
        pair([
          { ...common, medium: 'ucast', peer: '10.79.0.2', raw },
          { ...common, medium: 'ucast', peer: '10.79.0.1', raw },
        ]),
      );
    });
    describe(`mcast, ${how}`, () => {
      const link = { ...common, medium: 'mcast', group: '239.1.2.3', ttl: 1, loop: false, raw };
      suite(() => pair([link, link]));
    });
    for (const [what, net] of [
      ['link-local', 'fe80::'],
      ['global', 'fd00:79::'],
    ] as const) {
      describe(`ucast6, ${what} addresses, ${how}`, () => {
        suite(() =>
          pair([
            { ...common, medium: 'ucast', peer: `${net}2`, raw },
            { ...common, medium: 'ucast', peer: `${net}1`, raw },
          ]),
        );
      });
    }
    for (const group of ['ff02::694', 'ff05::694']) {
      describe(`mcast6 to ${group}, ${how}`, () => {
        const link = { ...common, medium: 'mcast', group, ttl: 1, loop: false, raw };
        suite(() => pair([link, link]));
      });
    }
  }

  // Goal: with every kind of path on one interface and one port, a packet belongs to the path that it was sent on, and
  // to that one alone. Two ucast paths share their port and the kernel picks a socket by hash, so many are sent.
  test('all kinds of one port at once: each packet is heard once, on its own path', async () => {
    const links = (n: number) => [
      { ...common, id: 'u1', medium: 'ucast', peer: `10.79.0.${n}`, raw: true },
      { ...common, id: 'u2', medium: 'ucast', peer: `10.80.0.${n}`, raw: true },
      { ...common, id: 'b', medium: 'bcast', raw: true },
      { ...common, id: 'm', medium: 'mcast', group: '239.1.2.3', ttl: 1, loop: false, raw: true },
      { ...common, id: 'u6', medium: 'ucast', peer: `fe80::${n}`, raw: true },
      { ...common, id: 'v6', medium: 'ucast', peer: `fd00:79::${n}`, raw: true },
      { ...common, id: 'm6', medium: 'mcast', group: 'ff02::694', ttl: 1, loop: false, raw: true },
    ];
    const [a, b] = await pair([links(2), links(1)]);
    const ids = links(1).map((link) => link.id);
    for (const end of [a, b]) for (const at of ids.keys()) expect(await end.open(at)).toBe('ok');
    const rounds = 20;
    for (let round = 0; round < rounds; round++)
      for (const [at, id] of ids.entries()) a.send(`${id} ${round}`, 'message', at);
    await until('every packet', () => b.received.length >= rounds * ids.length);
    await new Promise((resolve) => setTimeout(resolve, 200));
    expect(b.received.filter(({ text, link }) => text.split(' ')[0] !== link)).toEqual([]);
    expect(b.received).toHaveLength(rounds * ids.length);
  });

  test('bcast reaches the other end (and its sender, who is told apart by name)', async () => {
    const link = { ...common, medium: 'bcast', raw: true };
    const [a, b] = await pair([link, link]);
    expect([await a.open(), await b.open()]).toEqual(['ok', 'ok']);
    a.send(FRAME('all'), 'heartbeat');
    await until('the broadcast', () => b.received.length === 1);
    expect(b.received[0]?.text).toBe(FRAME('all'));
  });

  test('an interface that is missing or down is a reason, and its return is noticed', async () => {
    const link = { ...common, medium: 'bcast', raw: true };
    const lost = await remoteEnd({ ...link, iface: 'hb9' }, `${PREFIX}a`);
    expect(await lost.open()).toBe('interface-missing');
    const end = await remoteEnd(link, `${PREFIX}a`);
    expect(await end.open()).toBe('ok');
    ip('-n', `${PREFIX}a`, 'link', 'set', 'hb0', 'down');
    end.send(FRAME('x'), 'heartbeat');
    await until('a problem', () => end.problems.length > 0);
    expect(end.problems[0]).toBe('interface-down');
    ip('-n', `${PREFIX}a`, 'link', 'set', 'hb0', 'up');
    await until('its end', () => {
      end.send(FRAME('x'), 'heartbeat');
      return end.problems.at(-1) === null;
    });
  });
});

describe.skipIf(missing('linux') !== null)('serial over a cable of two ptys', () => {
  let cable: ChildProcess | null = null;
  const cableUp = async (): Promise<string[]> => {
    const script = join(import.meta.dirname, '..', '..', 'rig', 'agent', 'cable.ts');
    const child = spawn(process.execPath, [script], { stdio: ['pipe', 'pipe', 'inherit'] });
    cable = child;
    const [line] = (await once(child.stdout, 'data')) as [Buffer];
    return line.toString().trim().split(' ');
  };
  const link = (device: string) => ({ medium: 'serial', id: 's', name: device, device, baud: 115200, raw: true });
  afterEach(() => {
    endChildren();
    cable?.kill('SIGKILL');
    cable = null;
  });

  suite(async () => {
    const [first = '', second = ''] = await cableUp();
    return [await remoteEnd(link(first), null), await remoteEnd(link(second), null)];
  });

  test('a port that is missing or no tty is a reason; a line that goes away is a problem, once', async () => {
    const none = await remoteEnd(link('/dev/no-such-tty'), null);
    expect(await none.open()).toBe('serial-missing');
    const file = await remoteEnd(link('/dev/null'), null);
    expect(await file.open()).toBe('serial-not-a-tty');
    const [first = ''] = await cableUp();
    const end = await remoteEnd(link(first), null);
    expect(await end.open()).toBe('ok');
    cable?.kill('SIGKILL');
    await until('the hang-up', () => end.problems.length > 0);
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(end.problems).toEqual(['serial-hung-up']);
  });
});
