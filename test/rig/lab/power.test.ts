import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startRack } from '../../../electron/lab/index.ts';
import type { RackHandle } from '../../../electron/lab/index.ts';
import { missing } from '../../support/needs.ts';
import { names, on, pause, until } from '../../support/rackTools.ts';

vi.setConfig({ testTimeout: 60_000 });

describe.skipIf(missing('linux', 'namespaces', 'iproute') !== null)('power', () => {
  let rack: RackHandle;
  let a: string;
  let b: string;

  beforeAll(async () => {
    rack = await startRack({ name: 'power' });
    [a, b] = names(rack);
  });
  afterAll(() => rack.down());

  const nodeOf = (name: string) => rack.state().nodes.find((node) => node.name === name)!;
  const answers = async (address: string): Promise<boolean> =>
    (await rack.runOn('client', ['ping', '-c', '1', '-W', '1', address])).status === 0;

  test('a booted node is a server of its own', async () => {
    expect(await on(rack, a, 'uname -n')).toBe(a);
    expect(await on(rack, a, 'cat /etc/hostname')).toBe(a);
    expect(await on(rack, a, `getent hosts ${b}`)).toContain('192.168.2.2');
    expect(await on(rack, a, 'ls -A /etc/rc2.d /opt /srv /home')).not.toMatch(/S[0-9]/);
    expect(await on(rack, a, 'ls -A /etc/ha.d')).not.toMatch(/ha\.cf|haresources|authkeys/);
    expect(await on(rack, a, 'ls -d /run/systemd 2>&1 || true')).toContain('No such file');
    // Its own process space, in which the SSH server is the only visible inhabitant besides PID 1.
    const processes = (await on(rack, a, 'ls -d /proc/[0-9]*')).split('\n');
    expect(processes.length).toBeLessThan(12);
    await expect(on(rack, a, 'touch /usr/mine')).rejects.toThrow(/Read-only|denied/);
  });

  test('the gateway and both nodes answer on the LAN', async () => {
    for (const address of ['192.168.2.254', '192.168.2.1', '192.168.2.2']) expect(await answers(address)).toBe(true);
    expect(await on(rack, a, 'ping -c 1 -W 1 10.0.0.2 >/dev/null; echo $?')).toBe('0');
    expect(await on(rack, a, 'ip route show default')).toContain('192.168.2.254');
  });

  // Goal: PID 1 adopts and reaps, else real daemons believe that their dead predecessors live.
  test('orphans do not stay as zombies', async () => {
    await on(rack, a, '(sleep 0.1 &) ; (sh -c "sleep 0.1 & exit 0" &)');
    await pause(400);
    expect(await on(rack, a, 'grep -l "^State:.Z" /proc/[0-9]*/status 2>/dev/null || true')).toBe('');
  });

  test('power off: processes, addresses and memory are gone at once, the disk is kept', async () => {
    await on(
      rack,
      a,
      'echo disk >/root/kept; echo disk >/var/lib/kept; echo disk >/opt/kept; echo disk >/usr/local/kept',
    );
    await on(
      rack,
      a,
      'echo disk >/etc/kept; rm /etc/issue 2>/dev/null; echo memory >/run/lost; echo memory >/tmp/lost',
    );
    await on(rack, a, 'setsid sleep 4242 >/dev/null 2>&1 & ip addr add 192.168.2.3/24 dev eth0');
    await until('the client reaches the address', () => answers('192.168.2.3'), 30_000);
    const ssh = nodeOf(a).ssh.port;
    await rack.power(a, 'off');

    expect(nodeOf(a).power).toBe('off');
    expect(await answers('192.168.2.3')).toBe(false);
    expect(await answers('192.168.2.1')).toBe(false);
    await until(
      'the survivor loses carrier',
      async () => (await on(rack, b, 'cat /sys/class/net/eth1/carrier')) === '0',
    );
    await expect(fetch(`http://127.0.0.1:${ssh}`)).rejects.toThrow();
    await expect(on(rack, a, 'true')).rejects.toThrow(/powered off/);

    await rack.power(a, 'on');
    expect(nodeOf(a)).toMatchObject({ power: 'on', bootCount: 2, ssh: { port: ssh } });
    expect(await on(rack, a, 'cat /root/kept /var/lib/kept /opt/kept /usr/local/kept /etc/kept')).toBe(
      'disk\n'.repeat(5).trim(),
    );
    expect(await on(rack, a, 'ls /tmp/lost /run/lost 2>/dev/null; true')).toBe('');
    expect(await on(rack, a, 'ip -br addr show eth0')).not.toContain('192.168.2.3');
    expect(await on(rack, a, 'pgrep -f "[s]leep 4242" || true')).toBe('');
    await until('carrier is back', async () => (await on(rack, b, 'cat /sys/class/net/eth1/carrier')) === '1');
  });

  const service = (log: string): string => `#!/bin/sh
case "$1" in
  start) echo start >>${log}; setsid sleep 5252 >/dev/null 2>&1 & ;;
  stop) echo stop >>${log} ;;
esac
`;

  test('what is installed to start at boot starts; an orderly reboot stops it first, a power cut does not', async () => {
    const log = '/var/lib/boots';
    await on(rack, a, `cat >/etc/init.d/trial <<'END'\n${service(log)}END\nchmod 755 /etc/init.d/trial`);
    await on(rack, a, 'ln -s ../init.d/trial /etc/rc2.d/S20trial; ln -s ../init.d/trial /etc/rc6.d/K20trial');
    const boots = nodeOf(a).bootCount;

    await rack.power(a, 'reboot');
    await until('it is back', () => nodeOf(a).power === 'on' && nodeOf(a).bootCount === boots + 1);
    await until('the service started', async () => (await on(rack, a, `cat ${log}`)) === 'stop\nstart');
    expect(await on(rack, a, 'pgrep -f "[s]leep 5252" | wc -l')).toBe('1');

    await rack.power(a, 'off');
    await rack.power(a, 'on');
    await until('the service started', async () => (await on(rack, a, `cat ${log}`)) === 'stop\nstart\nstart');
  });

  test('reboot and poweroff typed on the server do what they say', async () => {
    const boots = nodeOf(b).bootCount;
    await rack.runOn(b, ['reboot']);
    await until('it is back', () => nodeOf(b).power === 'on' && nodeOf(b).bootCount === boots + 1);
    await rack.runOn(b, ['poweroff']);
    await until('it is off', () => nodeOf(b).power === 'off');
    await rack.power(b, 'on');
    expect(await on(rack, b, 'uname -n')).toBe(b);
  });

  test('a power cut that ends by itself needs nobody to end it', async () => {
    await rack.power(b, 'off', { revertAfterMs: 1000 });
    expect(nodeOf(b).powerRevertsInMs).toBeGreaterThan(0);
    await until('the power came back', () => nodeOf(b).power === 'on');
    expect(nodeOf(b).powerRevertsInMs).toBeNull();
  });

  test('power on takes the place of the revert that was armed', async () => {
    await rack.power(b, 'off', { revertAfterMs: 60_000 });
    await rack.power(b, 'on');
    expect(nodeOf(b)).toMatchObject({ power: 'on', powerRevertsInMs: null });
  });

  test('the web service names its host, starts fast and stops dead', async () => {
    expect(await on(rack, a, '/etc/init.d/httpd status; echo $?')).toBe('httpd is stopped\n3');
    // The median of several: one start may meet a busy machine.
    const starts: number[] = [];
    for (let i = 0; i < 5; i++) {
      const times = await on(rack, a, 'date +%s%N; /etc/init.d/httpd start; date +%s%N; /etc/init.d/httpd stop');
      const [from = '0', to = '0'] = times.split('\n');
      starts.push(Number(BigInt(to) - BigInt(from)) / 1e6);
    }
    process.stdout.write(`web service start, ms: ${starts.map((ms) => ms.toFixed(0)).join(' ')}\n`);
    await on(rack, a, '/etc/init.d/httpd start; /etc/init.d/httpd start');
    expect(await on(rack, a, '/etc/init.d/httpd status')).toBe('httpd is running');
    const page = await on(rack, 'client', 'curl -si http://192.168.2.1/ || true');
    if (page !== '') {
      expect(page).toContain(`X-Twinbeat-Node: ${a}`);
      expect(page).toContain(`\n${a}\n`);
    }
    await on(rack, a, '/etc/init.d/httpd stop');
    expect(await on(rack, a, 'ss -Hltn sport = :80')).toBe('');
  });

  test('commands to nobody and to the dead are refused in words', async () => {
    await expect(rack.power('ha9', 'off')).rejects.toThrow(/no node ha9/);
    await expect(on(rack, 'printer', 'true')).rejects.toThrow(/no node printer/);
  });
});
