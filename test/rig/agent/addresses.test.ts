// Goal: every form of address that haresources knows is on the node as written, IPv4 and IPv6 alike; a second holder is
// found by the LAN and by nothing else; the engine's word is the only one on who has an address. Method: the rig; the
// kernels are asked with `ip`, the second holder is a third host. Bounds in time are the journal's own, with slack.
import { rmSync, writeFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import type { TimelineEvent } from '../../../agent/common/timeline/event.ts';
import { missing } from '../../support/needs.ts';
import { AgentRig, VIP, type RigOptions, type Side } from './agentRig.ts';

const VIP6 = 'fd77::100';
const FOREIGN = '10.77.0.101';
const FOREIGN6 = 'fd77::101';
const HARESOURCES = [
  `nodea IPaddr2::${VIP}/24/eth0:vip/10.77.0.127 svc::one IPaddr2::${VIP6}/64/eth0`,
  `nodeb ${FOREIGN} IPv6addr::${FOREIGN6}`,
].join('\n');

interface AddressRow {
  readonly local: string;
  readonly prefixlen: number;
  readonly label?: string;
  readonly broadcast?: string;
  readonly tentative?: boolean;
  readonly deprecated?: boolean;
}

let rig: AgentRig | null = null;

afterEach(async () => {
  await rig?.down();
  rig = null;
});

async function up(options: Partial<RigOptions>): Promise<AgentRig> {
  rig = await AgentRig.up({ serial: false, ...options });
  return rig;
}

async function pairUp(options: Partial<RigOptions> = {}): Promise<AgentRig> {
  const made = await up({ haresources: HARESOURCES, ...options });
  made.start('a');
  made.start('b');
  await made.until('each holds its own groups', () => made.holds('a', VIP6) && made.holds('b', FOREIGN6));
  return made;
}

function address(made: AgentRig, side: Side, wanted: string): AddressRow | undefined {
  const links = JSON.parse(made.ip(side, '-j', 'addr', 'show', 'dev', 'eth0')) as { addr_info: AddressRow[] }[];
  return links.flatMap((link) => link.addr_info).find((row) => row.local === wanted);
}

function vipChanges(events: readonly TimelineEvent[], wanted: string): string[] {
  return events.flatMap(({ body }) => (body.kind === 'vip' && body.address === wanted ? [body.change] : []));
}

function has(made: AgentRig, side: Side, wanted: string, change: string): boolean {
  return vipChanges(made.events(side), wanted).includes(change);
}

function problems(made: AgentRig, side: Side, code: string): boolean[] {
  return made.events(side).flatMap(({ body }) => (body.kind === 'problem' && body.code === code ? [body.over] : []));
}

describe.skipIf(missing('linux', 'root', 'namespaces', 'iproute') !== null)('addresses', () => {
  test(
    'two groups with all forms: label, broadcast, IPv6, and what the route decides',
    { timeout: 60_000 },
    async () => {
      const made = await pairUp();
      expect(address(made, 'a', VIP)).toMatchObject({ label: 'eth0:vip', prefixlen: 24, broadcast: '10.77.0.127' });
      expect(address(made, 'b', FOREIGN)).toMatchObject({ label: 'eth0', prefixlen: 24, broadcast: '10.77.0.255' });
      for (const [side, wanted] of [
        ['a', VIP6],
        ['b', FOREIGN6],
      ] as const) {
        const row = address(made, side, wanted);
        expect(row?.prefixlen).toBe(64);
        expect(row?.tentative).toBeUndefined();
        expect(row?.deprecated).toBe(true);
        expect((await made.exec('c', 'ping', '-c', '1', '-W', '2', wanted)).status).toBe(0);
      }
      // The node goes on speaking from its own address.
      expect((await made.exec('a', 'ip', '-6', 'route', 'get', 'fd77::fe')).stdout).toContain('src fd77::1 ');
      await made.until('the standby sees who answers, IPv6 too', async () => {
        const vips = (await made.status('b'))?.vips ?? [];
        const seen = vips.filter((vip) => vip.address === VIP || vip.address === VIP6);
        return seen.length === 2 && seen.every((vip) => vip.conflictMac !== null && vip.probedAgoMs !== null);
      });

      made.signal('a', 'SIGTERM');
      await made.until('b holds everything', () => [VIP, VIP6, FOREIGN, FOREIGN6].every((vip) => made.holds('b', vip)));
      await made.exited('a');
      for (const vip of [VIP, VIP6]) expect(made.holds('a', vip), vip).toBe(false);
      // The client's kernel had learned the old holder; it follows the announcement, not a timeout of its own.
      const mac = (JSON.parse(made.ip('b', '-j', 'link', 'show', 'eth0')) as { address: string }[])[0]?.address ?? '';
      await made.exec('c', 'ping', '-c', '1', '-W', '2', VIP6);
      expect(made.ip('c', 'neigh', 'show', VIP6)).toContain(mac);
      expect(made.log('b')).not.toMatch(/is also answered by/);
    },
  );

  test(
    'a second holder, IPv4 and IPv6: found, told to the engine, and over when it is gone',
    { timeout: 60_000 },
    async () => {
      const made = await pairUp();
      const appearedAt = new Map<string, number>();
      for (const [vip, bits] of [
        [VIP, 24],
        [VIP6, 64],
      ] as const) {
        made.ip('c', 'addr', 'add', `${vip}/${bits}`, 'dev', 'br0', ...(bits === 64 ? ['nodad'] : []));
        appearedAt.set(vip, Date.now());
        await made.until(`the second holder of ${vip} is found`, () => has(made, 'a', vip, 'conflict'));
      }
      for (const [vip, atMs] of appearedAt) {
        const found = made.events('a').find(({ body }) => body.kind === 'vip' && body.address === vip && 'mac' in body);
        // Two seconds are promised of an agent that is scheduled; this machine may be busy with other tests.
        expect((found?.wallMs ?? Infinity) - atMs, vip).toBeLessThan(5000);
      }
      const status = await made.status('a');
      expect(status?.vips.filter((vip) => vip.heldOn !== null && vip.conflictMac !== null)).toHaveLength(2);
      await made.until('the peer was told to let go, and has nothing to let go of', () => {
        const phases = (side: Side): string[] =>
          made.events(side).flatMap(({ body }) => (body.kind === 'let-go' ? [`${body.address} ${body.phase}`] : []));
        return [VIP, VIP6].every((vip) => phases('a').includes(`${vip} asked`) && phases('b').includes(`${vip} done`));
      });
      for (const vip of [VIP, VIP6]) made.ip('c', 'addr', 'flush', 'to', vip);
      for (const vip of [VIP, VIP6]) {
        await made.until(`${vip} has one holder again`, () => has(made, 'a', vip, 'conflict-over'));
      }
      expect(made.holds('a')).toBe(true);
    },
  );

  test(
    'an address that somebody holds is not taken by a node that never heard its peer',
    { timeout: 60_000 },
    async () => {
      const made = await up({ haresources: `nodea IPaddr2::${VIP6}/64/eth0\nnodea IPaddr::${VIP}` });
      made.ip('c', 'addr', 'add', `${VIP6}/64`, 'dev', 'br0', 'nodad');
      made.start('a');
      await made.until('the other group is started', () => made.holds('a', VIP));
      expect(has(made, 'a', VIP6, 'conflict')).toBe(true);
      expect(made.holds('a', VIP6)).toBe(false);
    },
  );

  test('strays go, what is lost comes back, and both are said', { timeout: 60_000 }, async () => {
    const made = await pairUp();
    made.ip('b', 'addr', 'add', `${VIP}/32`, 'dev', 'eth1');
    made.ip('b', 'addr', 'add', `${VIP6}/64`, 'dev', 'eth0', 'nodad');
    await made.until('b is rid of both', () => !made.holds('b', VIP) && !made.holds('b', VIP6));
    // Found by b itself, or by a's watch and let go at a's word: whichever was first.
    const said = (vip: string): boolean =>
      made.events('b').some(({ body }) => {
        if (body.kind === 'let-go') return body.address === vip && body.detail === 'removed from this node';
        return (
          body.kind === 'problem' && body.code === 'stray-address' && body.over && body.detail.startsWith(`${vip} `)
        );
      });
    await made.until('b said so', () => said(VIP) && said(VIP6));
    expect(made.holds('a')).toBe(true);

    made.ip('a', 'addr', 'flush', 'to', VIP);
    await made.until('a has it again', () => made.holds('a'));
    // The kernel itself takes IPv6 addresses off a link that is set down; the IPv4 one stays.
    made.ip('a', 'link', 'set', 'eth0', 'down');
    expect(made.holds('a', VIP6)).toBe(false);
    made.ip('a', 'link', 'set', 'eth0', 'up');
    await made.until('the IPv6 address is back', () => made.holds('a', VIP6));
    await made.until(
      'both ends were said',
      () => problems(made, 'a', 'address-lost').join() === 'false,true,false,true',
    );
  });

  test(
    'a group whose last resource fails: stopped in reverse, its address gone, and the peer has it',
    { timeout: 60_000 },
    async () => {
      const made = await up({ haresources: `nodea ${VIP} svc::one bad` });
      for (const side of ['a', 'b'] as const) {
        const fails = made.place(side, 'bad-fails');
        made.script(side, 'bad', `case "$1" in start) [ ! -e ${fails} ];; status) echo stopped;; esac`);
      }
      writeFileSync(made.place('a', 'bad-fails'), '');
      made.start('a');
      made.start('b');
      await made.until('b holds the group', () => made.holds('b') && made.serviceRuns('b'));
      expect(made.holds('a')).toBe(false);
      expect(made.serviceRuns('a')).toBe(false);
      const steps = made.events('a').flatMap(({ body }) => {
        if (body.kind === 'holdings') return [`mine ${body.mine}`];
        return body.kind === 'resource' && body.phase !== 'begin'
          ? [`${body.action} ${body.resource} ${body.phase}`]
          : [];
      });
      const failedAt = steps.indexOf('start bad failed');
      const after = steps.slice(failedAt + 1).filter((step) => step.startsWith('stop'));
      expect(after.slice(0, 3)).toEqual(['stop bad done', 'stop svc::one done', `stop IPaddr::${VIP} done`]);
      expect(steps.filter((step) => step.startsWith('mine') && step !== 'mine none')).toEqual([]);
    },
  );

  test(
    "Debian's own scripts: Filesystem through its OCF wrapper, then Delay",
    { timeout: 90_000 },
    async ({ skip }) => {
      const reason = missing('heartbeat');
      if (reason !== null) skip(reason);
      const made = await up({ haresources: '' });
      const disk = made.place('a', 'disk');
      made.group(`nodea ${VIP} Filesystem::tmpfs::${disk}::tmpfs Delay::1::0`);
      for (const name of ['Filesystem', 'Delay']) made.script('a', name, `exec /etc/ha.d/resource.d/${name} "$@"`);
      await made.exec('a', 'mkdir', disk);
      made.start('a');
      const mounts = async (): Promise<boolean> =>
        (await made.exec('c', 'grep', '-c', disk, `/proc/${made.pid('a')}/mounts`)).status === 0;
      await made.until('the group is started', async () => {
        const group = (await made.status('a'))?.groups[0];
        return group?.state === 'started';
      });
      expect(await mounts()).toBe(true);
      const gave = await made.command('a', 'standby', 'all');
      expect(gave.status, 'there is no peer to take it').not.toBe(0);
      made.signal('a', 'SIGTERM');
      expect(await made.exited('a')).toBe(0);
      expect(made.events('a').some(({ body }) => body.kind === 'resource' && body.phase === 'failed')).toBe(false);
      rmSync(disk, { recursive: true, force: true });
    },
  );
});
