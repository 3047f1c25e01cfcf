import { createServer as createHttpServer } from 'node:http';
import { createServer } from 'node:net';
import type { AddressInfo, Server, Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { runProbe } from '../../../agent/node/probe/probe.ts';
import type { ProbeLine, ProbeOptions } from '../../../agent/node/probe/probe.ts';
import { probeTarget } from '../../../agent/node/probe/target.ts';

const servers: Server[] = [];
const sockets: Socket[] = [];
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  for (const server of servers.splice(0)) await new Promise((resolve) => server.close(resolve));
});

async function listen(server: Server): Promise<number> {
  servers.push(server);
  server.on('connection', (socket: Socket) => sockets.push(socket));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return (server.address() as AddressInfo).port;
}

/** Probes until `count` lines came. */
async function collect(options: ProbeOptions, count: number): Promise<ProbeLine[]> {
  const stop = new AbortController();
  const lines: ProbeLine[] = [];
  await runProbe(
    options,
    (line) => {
      lines.push(line);
      if (lines.length === count) stop.abort();
    },
    stop.signal,
  );
  return lines.sort((a, b) => a.dueMonotonicMs - b.dueMonotonicMs);
}

describe('probe', () => {
  test('names who answered, by header or by the first word of the page', async () => {
    let n = 0;
    const port = await listen(
      createHttpServer((_request, response) => {
        if (n++ % 2 === 0) response.setHeader('X-Twinbeat-Node', 'node1').end('x');
        else response.end('node2 says hello');
      }),
    );
    const lines = await collect(
      { target: { kind: 'http', url: `http://127.0.0.1:${port}/` }, periodMs: 20, timeoutMs: 2000, count: null },
      4,
    );
    expect(new Set(lines.map((l) => l.answeredBy))).toEqual(new Set(['node1', 'node2']));
    expect(lines.every((l) => l.ok && l.error === null && l.latencyMs !== null)).toBe(true);
  });

  test('requests go on while the server does not answer, and each is a failure of its own slot', async () => {
    const port = await listen(createServer(() => undefined));
    const lines = await collect(
      { target: { kind: 'http', url: `http://127.0.0.1:${port}/` }, periodMs: 10, timeoutMs: 100, count: null },
      5,
    );
    expect(lines.every((l) => !l.ok && l.error === 'timeout' && l.latencyMs === null)).toBe(true);
    // Due times are on the schedule: whole periods apart, however long the answers take.
    const first = lines[0] as ProbeLine;
    for (const line of lines) expect(((line.dueMonotonicMs - first.dueMonotonicMs) / 10) % 1).toBeCloseTo(0, 5);
  });

  test('a closed port is refused, a server error is named', async () => {
    const port = await listen(createServer());
    servers.splice(0)[0]?.close();
    const refused = await collect(
      { target: { kind: 'tcp', host: '127.0.0.1', port }, periodMs: 10, timeoutMs: 1000, count: 1 },
      1,
    );
    expect(refused[0]).toMatchObject({ ok: false, error: 'refused' });
    const bad = await listen(createHttpServer((_request, response) => response.writeHead(503).end()));
    const lines = await collect(
      { target: { kind: 'http', url: `http://127.0.0.1:${bad}/` }, periodMs: 10, timeoutMs: 1000, count: 1 },
      1,
    );
    expect(lines[0]).toMatchObject({ ok: false, error: 'status 503' });
  });

  test('a TCP banner names the node', async () => {
    const port = await listen(createServer((socket) => socket.end('node1 ready\n')));
    const lines = await collect(
      { target: { kind: 'tcp', host: '127.0.0.1', port }, periodMs: 10, timeoutMs: 1000, count: 1 },
      1,
    );
    expect(lines[0]).toMatchObject({ ok: true, answeredBy: 'node1' });
  });

  test.each([
    [{}, 'give either'],
    [{ http: 'https://x/' }, 'not an http://'],
    [{ http: 'nonsense' }, 'not an http://'],
    [{ tcp: 'host' }, 'not HOST:PORT'],
    [{ tcp: 'host:70000' }, 'not HOST:PORT'],
  ])('bad target %j is refused with words', (words, said) => {
    expect(probeTarget({ http: null, tcp: null, ...words })).toMatchObject({
      ok: false,
      detail: expect.stringContaining(said),
    });
  });
});
