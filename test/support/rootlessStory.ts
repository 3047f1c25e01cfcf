/** The story that rootless.test.ts lets an unprivileged user tell: one JSON pair a line. Waits for a line on standard input after `up`. */
import { once } from 'node:events';
import { startRack } from '../../electron/lab/index.ts';
import { names, on, pause } from './rackTools.ts';

const tell = (what: string, value: unknown): void => void process.stdout.write(`${JSON.stringify([what, value])}\n`);

const rack = await startRack({ name: 'rootless' });
try {
  const [a, b] = names(rack);
  tell('up', { hostPid: rack.state().pid, keyFile: rack.credentials().privateKeyFile });
  await once(process.stdin, 'data');
  process.stdin.destroy();
  tell('mode', rack.state().mode);
  tell('who', await on(rack, a, 'id -u'));
  tell('host file system', await on(rack, a, 'touch /usr/mine 2>/dev/null && echo written || echo refused'));

  const reading = on(rack, b, 'timeout 3 head -n 2 /dev/ttyS0 | tail -n 1');
  await pause(500);
  await on(rack, a, 'printf "\\n" >/dev/ttyS0; sleep 0.2; echo through the wire >/dev/ttyS0');
  tell('serial', await reading);

  await rack.cable('crossover', { aToB: false, bToA: false });
  tell('crossover pulled', await on(rack, b, 'cat /sys/class/net/eth1/carrier'));
  await rack.cable('crossover', { aToB: true, bToA: true });

  tell('power switch', await on(rack, a, `/etc/ha.d/stonith.d/external/twinbeat-rack off ${b}`));
  await rack.power(b, 'on');

  await on(rack, a, 'echo kept >/root/disk; echo lost >/run/memory');
  await rack.power(a, 'off');
  await rack.power(a, 'on');
  tell('after power cut', await on(rack, a, 'cat /root/disk /run/memory 2>/dev/null || true'));

  await on(rack, a, 'ip addr add 192.168.2.3/24 dev eth0; /etc/init.d/httpd start');
  const page = `fetch('http://192.168.2.3/').then((reply) => console.log(reply.headers.get('x-twinbeat-node')))`;
  tell('VIP from client', (await rack.runOn('client', [process.execPath, '-e', page])).stdout.trim());
} finally {
  await rack.down();
}
