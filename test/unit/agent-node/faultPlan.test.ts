// Goal: a fault's commands touch its own table or its own process only, and never cut an SSH session that is open.
import { describe, expect, test } from 'vitest';
import type { FaultName } from '../../../agent/common/rpc/agentContract.ts';
import { planFault, type FaultSurroundings } from '../../../agent/node/faults/plan.ts';
import { parseSshConnection } from '../../../agent/node/faults/sshSessions.ts';

const AT: FaultSurroundings = {
  links: [
    { medium: 'ucast', id: 'u', name: 'eth0', iface: 'eth0', peer: '10.0.0.2', port: 694 },
    { medium: 'bcast', id: 'b', name: 'eth1', iface: 'eth1', port: 1694 },
    { medium: 'serial', id: 's', name: '/dev/ttyS0', device: '/dev/ttyS0', baud: 19200 },
  ],
  lanIface: 'eth0',
  hasNft: true,
  sshSessions: [{ clientAddress: '10.0.0.9', serverAddress: '10.0.0.1', serverPort: 22 }],
  ifaceOfAddress: new Map([['10.0.0.1', 'eth0']]),
  agentPid: 4711,
  agentStartTicks: '999',
  startCommand: 'start-it',
};

function commands(name: FaultName, link: string | null = null, at = AT): string {
  const plan = planFault(name, 'id1', link, at);
  if (!plan.ok) throw new Error(plan.detail);
  return [...plan.value.inject, ...plan.value.revert].join('\n');
}

describe('plans', () => {
  test('every network fault lives in a table of its own and is undone by deleting it', () => {
    for (const name of ['pull-lan', 'pull-crossover', 'drop-heartbeats-in', 'drop-heartbeats-out'] as const) {
      const text = commands(name);
      for (const match of text.matchAll(/(?:table|chain|rule) (inet|arp) (\w+)/g))
        expect(match[2]).toBe('twinbeat_id1');
      expect(text).toContain('nft delete table inet twinbeat_id1');
      expect(text).not.toContain('flush');
    }
  });

  test('pull-lan spares the SSH session that comes in over it, before anything is dropped', () => {
    const text = commands('pull-lan');
    expect(text.indexOf('saddr 10.0.0.9 tcp dport 22 accept')).toBeGreaterThan(0);
    expect(text.indexOf('accept', text.indexOf('saddr'))).toBeLessThan(text.indexOf('" drop'));
    expect(text).not.toContain('table arp');
    const cutOff = commands('pull-lan', null, { ...AT, sshSessions: [] });
    expect(cutOff).toContain('add table arp');
  });

  test('pull-crossover takes the link that is not the LAN; dropping takes the named link and its port', () => {
    expect(commands('pull-crossover')).toContain('"eth1"');
    expect(commands('pull-crossover')).not.toContain('"eth0"');
    expect(commands('drop-heartbeats-in', 'b')).toContain('input iifname "eth1" udp dport 1694 drop');
    expect(commands('drop-heartbeats-out')).toContain('output oifname "eth0" udp dport 694 drop');
    expect(planFault('drop-heartbeats-in', 'x', 's', AT)).toMatchObject({ ok: false, reason: 'no-such-link' });
  });

  test("a signal goes to the one process that was meant, even if its number is another's by then", () => {
    expect(commands('freeze-agent')).toContain('/proc/4711/stat');
    expect(commands('freeze-agent')).toContain('= 999 ] && kill -CONT 4711');
    expect(commands('kill-agent')).toContain('start-it');
  });

  test('what cannot be had says why', () => {
    expect(planFault('pull-serial', 'x', null, AT)).toMatchObject({ ok: false, reason: 'unavailable' });
    expect(planFault('pull-lan', 'x', null, { ...AT, hasNft: false })).toMatchObject({
      ok: false,
      reason: 'unavailable',
    });
    expect(planFault('pull-crossover', 'x', null, { ...AT, links: AT.links.slice(0, 1) })).toMatchObject({
      reason: 'unavailable',
    });
  });
});

test('SSH_CONNECTION', () => {
  expect(parseSshConnection('10.0.0.9 50000 10.0.0.1 22')).toEqual(AT.sshSessions[0]);
  for (const bad of ['', 'a b c d', '10.0.0.9 1 10.0.0.1', '10.0.0.9;x 1 10.0.0.1 22'])
    expect(parseSshConnection(bad)).toBeNull();
});
