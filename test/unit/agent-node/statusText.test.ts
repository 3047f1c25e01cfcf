// Goal: `twinbeat-agent status` never says "no problems" below something dangerous. Method: a fake pair's status, changed.
import { expect, test } from 'vitest';
import type { AgentStatus } from '../../../agent/common/rpc/agentContract.ts';
import { statusText } from '../../../agent/node/command/statusText.ts';
import { QUIET_STATUS } from '../../support/quietStatus.ts';

const MAC = '02:00:00:00:00:99';

function status(change: Partial<AgentStatus>): AgentStatus {
  return {
    version: '0.1.0',
    node: 'node1',
    peerName: 'node2',
    pid: 7,
    status: 'active',
    stable: true,
    mine: 'local',
    theirs: 'local',
    peer: { status: 'active', silenceMs: 1, marginMs: 1, engine: 'twinbeat' },
    timing: { keepaliveMs: 1000, warntimeMs: 2000, deadtimeMs: 5000, initdeadMs: 9000, autoFailback: 'on' },
    links: [],
    groups: [],
    vips: [{ address: '192.0.2.3', heldOn: 'eth0', conflictMac: null, probedAgoMs: 10 }],
    problems: [],
    ...QUIET_STATUS,
    ...change,
  } as AgentStatus;
}

test('a quiet node has no problems', () => {
  expect(statusText(status({}))).toMatch(/nobody else answers\nno problems$/);
});

test('a second holder is a problem where the address is held, and none where it is not', () => {
  const vip = {
    ...{ address: '192.0.2.3', prefixBits: 24, group: 'g' },
    ...{ heldOn: 'eth0', conflictMac: MAC, probedAgoMs: 10 },
  };
  const held = statusText(status({ vips: [vip] }));
  expect(held).toContain(`here on eth0, AND ANSWERED BY ${MAC}`);
  expect(held).toMatch(/problems:\n {2}\[second-holder\] 192\.0\.2\.3 is here, and 02:00:00:00:00:99 answers/);
  expect(statusText(status({ vips: [{ ...vip, heldOn: null }] }))).toMatch(/no problems$/);
});

test('a takeover that waits says from whom and for how long, and is a problem', () => {
  const waiting = statusText(status({ hold: { reasons: ['fencing-failed'], sinceMs: 1234 } }));
  expect(waiting).toContain('TAKEOVER from node2 WAITS for fencing-failed, for 1234 ms now');
  expect(waiting).toContain('[takeover-waits] nothing of node2 is started: fencing-failed');
});

test('links of one interface are told apart', () => {
  const quiet = { state: 'up', silenceMs: 1, marginMs: 1 } as const;
  const link = { name: 'eth1', medium: 'ucast', fromPeer: quiet, toPeer: quiet, rttMs: 1 } as const;
  const rest = { clockOffsetMs: null, clockErrorMs: null, problem: null };
  const text = statusText(
    status({
      links: [
        { ...link, ...rest, id: 'ucast:eth1', label: 'ucast eth1 10.0.0.2' },
        { ...link, ...rest, id: 'ucast:eth1#2', label: 'ucast6 eth1 fd00::2' },
      ],
    }),
  );
  expect(text).toContain('  ucast eth1 10.0.0.2: from peer up');
  expect(text).toContain('  ucast6 eth1 fd00::2: from peer up');
});
