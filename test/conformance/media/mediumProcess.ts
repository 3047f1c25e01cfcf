/**
 * Real media of one node, driven over standard streams: `{do: open|send|close}` in, `{is: opened|packet|problem}`
 * out. The argument is one link or a list of links; orders name one by its index in `at`.
 */
import { createInterface } from 'node:readline';
import type { LinkConfig } from '../../../agent/common/config/model.ts';
import { monotonicNow } from '../../../agent/node/host/clock.ts';
import { openLibc } from '../../../agent/node/host/libc.ts';
import { openNetKernel } from '../../../agent/node/host/netKernel.ts';
import { realTimers } from '../../../agent/node/host/timers.ts';
import type { Medium } from '../../../agent/node/media/medium.ts';
import { SerialMedium } from '../../../agent/node/media/serial.ts';
import { UdpLinks, UdpMedium } from '../../../agent/node/media/udp.ts';

type RawLink = LinkConfig & { readonly raw: boolean };
const given = JSON.parse(process.argv[2] ?? '{}') as RawLink | readonly RawLink[];
const loaded = openLibc();
const links = new UdpLinks();

function print(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

function makeMedium(link: RawLink): Medium {
  // `raw` false: as on a host where the C library cannot be called.
  const libc = link.raw && loaded.ok ? loaded.value : null;
  const medium =
    link.medium === 'serial'
      ? new SerialMedium(link, { libc, timers: realTimers, now: monotonicNow })
      : new UdpMedium(link, { libc, kernel: openNetKernel(libc), links, now: monotonicNow });
  medium.onPacket((packet, receivedAt) => {
    const ageMs = monotonicNow().monotonicMs - receivedAt.monotonicMs;
    print({ is: 'packet', text: Buffer.from(packet).toString(), ageMs, link: link.id });
  });
  medium.onProblem((problem) => {
    // Working without raw calls is what this process was told to do.
    if (problem?.code !== 'device-binding-unavailable') print({ is: 'problem', text: problem?.code ?? null });
  });
  return medium;
}

interface Order {
  readonly do: 'open' | 'send' | 'close';
  readonly text: string;
  readonly kind: 'heartbeat' | 'message';
  readonly at?: number;
}

const media = ('medium' in given ? [given] : given).map(makeMedium);
createInterface({ input: process.stdin }).on('line', (line) => {
  const order = JSON.parse(line) as Order;
  const medium = media[order.at ?? 0];
  if (order.do === 'open')
    void medium?.open().then((opened) => print({ is: 'opened', text: opened.ok ? 'ok' : opened.reason }));
  else if (order.do === 'send') medium?.send(Buffer.from(order.text), order.kind);
  else medium?.close();
});
