/** One real medium, driven over standard streams: `{do: open|send|close}` in, `{is: opened|packet|problem}` out. */
import { createInterface } from 'node:readline';
import type { LinkConfig } from '../../../agent/common/config/model.ts';
import { monotonicNow } from '../../../agent/node/host/clock.ts';
import { openLibc } from '../../../agent/node/host/libc.ts';
import { openNetKernel } from '../../../agent/node/host/netKernel.ts';
import { realTimers } from '../../../agent/node/host/timers.ts';
import { SerialMedium } from '../../../agent/node/media/serial.ts';
import { UdpMedium } from '../../../agent/node/media/udp.ts';

const link = JSON.parse(process.argv[2] ?? '{}') as LinkConfig & { readonly raw: boolean };
const loaded = openLibc();
// `raw` false: as on a host where the C library cannot be called.
const libc = link.raw && loaded.ok ? loaded.value : null;
const medium =
  link.medium === 'serial'
    ? new SerialMedium(link, { libc, timers: realTimers, now: monotonicNow })
    : new UdpMedium(link, { libc, kernel: openNetKernel(libc), now: monotonicNow });

function print(message: object): void {
  process.stdout.write(`${JSON.stringify(message)}\n`);
}

medium.onPacket((packet, receivedAt) => {
  const ageMs = monotonicNow().monotonicMs - receivedAt.monotonicMs;
  print({ is: 'packet', text: Buffer.from(packet).toString(), ageMs });
});
medium.onProblem((problem) => {
  // Working without raw calls is what this process was told to do.
  if (problem?.code !== 'device-binding-unavailable') print({ is: 'problem', text: problem?.code ?? null });
});
createInterface({ input: process.stdin }).on('line', (line) => {
  const order = JSON.parse(line) as { do: 'open' | 'send' | 'close'; text: string; kind: 'heartbeat' | 'message' };
  if (order.do === 'open')
    void medium.open().then((opened) => print({ is: 'opened', text: opened.ok ? 'ok' : opened.reason }));
  else if (order.do === 'send') medium.send(Buffer.from(order.text), order.kind);
  else medium.close();
});
