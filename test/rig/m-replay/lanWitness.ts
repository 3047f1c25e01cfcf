/**
 * A third host on the LAN that asks all the time who has an address: one line of JSON a round, `{"wallMs":…,"macs":[…]}`,
 * with everybody who answered or announced it since the round before. Started in that host's namespace with the
 * interface and the address; ends when standard input ends.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { openLan } from '../../../agent/node/host/lan.ts';
import { openLibc } from '../../../agent/node/host/libc.ts';
import { openNetKernel } from '../../../agent/node/host/netKernel.ts';

const ROUND_MS = 50;

const [name = '', address = ''] = process.argv.slice(2);
const libc = openLibc();
if (!libc.ok) throw new Error(`raw packets are not available here: ${libc.detail}`);
const iface = openNetKernel(libc.value)
  .interfaces()
  .find((candidate) => candidate.name === name);
if (iface === undefined) throw new Error(`there is no interface ${name}`);
const lan = openLan(libc.value);
process.stdin.on('end', () => process.exit(0));
process.stdin.resume();

for (;;) {
  lan.probe(iface, { family: 'ipv4', address, source: null });
  await sleep(ROUND_MS);
  const macs = new Set(lan.claims().flatMap((claim) => (claim.address === address ? [claim.mac] : [])));
  process.stdout.write(`${JSON.stringify({ wallMs: Date.now(), macs: [...macs].sort() })}\n`);
}
