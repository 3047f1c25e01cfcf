/** The sixteen experiments as a pair of ours records them (test/rig/m-replay), and the pair that is only observed where it differs. */
import { CROSS, SERIAL, SessionStory, STORY_TIMING, STORY_VIP } from '../../support/sessionStory.ts';

/** node1 falls silent at 5 s; node2 declares it dead at 8 s and takes the address at 8.02 s. */
function takenOver(story: SessionStory): SessionStory {
  return story
    .event(8000, 'node2', { kind: 'peer-status', peer: 'node1', status: 'dead' }, 'warn')
    .event(8000, 'node2', { kind: 'takeover', phase: 'begin', from: 'node1', cause: 'peer-dead' }, 'warn')
    .event(8001, 'node2', { kind: 'link', link: SERIAL, direction: 'from-peer', state: 'dead' }, 'warn')
    .event(8001, 'node2', { kind: 'link', link: CROSS, direction: 'from-peer', state: 'dead' }, 'warn')
    .event(8020, 'node2', { kind: 'vip', address: STORY_VIP, change: 'added', iface: 'eth0' })
    .event(8021, 'node2', { kind: 'vip', address: STORY_VIP, change: 'announced', iface: 'eth0' })
    .event(8100, 'node2', { kind: 'takeover', phase: 'done', from: 'node1', cause: 'peer-dead' })
    .announce(8022, 'node2')
    .say(8000, 'node2', { peerStatus: 'dead', links: { [SERIAL]: 'dead', [CROSS]: 'dead' } })
    .say(8020, 'node2', { holds: true })
    .serve(8100, 'node2');
}

/** The survivor sees that the silent one still answers. */
const conflict = (story: SessionStory): SessionStory =>
  story.event(
    9000,
    'node2',
    { kind: 'vip', address: STORY_VIP, change: 'conflict', iface: 'eth0', mac: '02:54:42:00:00:0a' },
    'crit',
  );

function back(story: SessionStory, tMs: number): SessionStory {
  return story
    .event(tMs, 'node1', { kind: 'local-status', status: 'init' })
    .event(tMs + 100, 'node2', { kind: 'peer-status', peer: 'node1', status: 'active' })
    .facts(tMs, 'node1', 'answers')
    .say(tMs, 'node1', { speaks: true, holds: false })
    .say(tMs + 100, 'node2', { peerStatus: 'active', links: { [SERIAL]: 'up', [CROSS]: 'up' } });
}

/** Power cut: the address goes with the node. */
export function powerOff(): SessionStory {
  const story = new SessionStory()
    .fault(5000, 'node1', 'power-off', 'injected')
    .facts(5050, 'node1', 'unreachable')
    .say(5000, 'node1', { speaks: false })
    .serve(5000, null)
    .answer(5000)
    .answer(8020, 'node2');
  return back(takenOver(story).fault(12_000, 'node1', 'power-off', 'reverted'), 14_000);
}

/** M1, the guard with it: the address stays, two answer. */
export function killedLeft(): SessionStory {
  const story = new SessionStory()
    .facts(5100, 'node1', 'gone')
    .say(5000, 'node1', { speaks: false })
    .answer(8050, 'node1', 'node2');
  return conflict(takenOver(story));
}

/**
 * The same with a short deadtime: node1's own word is still fresh when node2 has taken the address, so that the later of the two counts. The
 * survivor's question to the LAN is answered by node1 at 8.03 s; the LAN's own witness asks at 8.3 s.
 */
export function killedLeftSeenEarly(): SessionStory {
  const mac = '02:54:42:00:00:0a';
  const body = { kind: 'vip', address: STORY_VIP, change: 'conflict', iface: 'eth0', mac } as const;
  const story = new SessionStory()
    .facts(6100, 'node1', 'gone')
    .say(6000, 'node1', { speaks: false })
    .answer(8300, 'node1', 'node2');
  return takenOver(story).event(8030, 'node2', body, 'crit');
}

/** M1 on a pair of ours: the guard takes the address off. */
export function killedClean(): SessionStory {
  const story = new SessionStory()
    .facts(5100, 'node1', 'gone')
    .say(5000, 'node1', { speaks: false })
    .serve(5000, null)
    .answer(5000)
    .answer(8020, 'node2');
  return takenOver(story);
}

/** M2: the daemon is started again and both keep the address. */
export function restartedOver(): SessionStory {
  return back(killedLeft(), 12_000).say(12_000, 'node1', { speaks: true, holds: true });
}

export const killedAndBack = (): SessionStory => back(killedClean(), 12_000);

/** M3 of the real daemon: an agent beside it tells what its log says. */
export function partKilled(): SessionStory {
  const story = new SessionStory()
    .event(5000, 'node1', { kind: 'log', text: 'heartbeat: Emergency Shutdown(MCP dead): Killing ourselves.' }, 'crit')
    .event(5200, 'node1', {
      kind: 'problem',
      code: 'daemon-not-running',
      over: false,
      detail: 'heartbeat does not run on this node',
    })
    .facts(5200, 'node1', 'gone')
    .answer(8050, 'node1', 'node2');
  return takenOver(story);
}

/** M4: frozen with its address, and woken. */
export function frozen(): SessionStory {
  const story = new SessionStory()
    .facts(6600, 'node1', 'silent')
    .say(5000, 'node1', { speaks: false })
    .answer(8050, 'node1', 'node2');
  return conflict(takenOver(story));
}

/** M5: both live, neither hears the other. */
export function fullSplit(): SessionStory {
  return takenOver(new SessionStory())
    .event(8200, 'node1', { kind: 'peer-status', peer: 'node2', status: 'dead' }, 'warn')
    .say(8200, 'node1', { peerStatus: 'dead', links: { [SERIAL]: 'dead', [CROSS]: 'dead' } })
    .answer(8050, 'node1', 'node2');
}

export function splitAndHealed(): SessionStory {
  return fullSplit()
    .event(12_000, 'node1', { kind: 'partition-healed', peer: 'node2', silentMs: 7000 }, 'warn')
    .event(12_000, 'node1', { kind: 'peer-status', peer: 'node2', status: 'active' })
    .event(12_050, 'node2', { kind: 'peer-status', peer: 'node1', status: 'active' })
    .event(12_100, 'node2', { kind: 'vip', address: STORY_VIP, change: 'removed', iface: 'eth0' })
    .say(12_000, 'node1', { peerStatus: 'active', links: { [SERIAL]: 'up', [CROSS]: 'up' } })
    .say(12_100, 'node2', { peerStatus: 'active', holds: false, links: { [SERIAL]: 'up', [CROSS]: 'up' } })
    .answer(12_100, 'node1')
    .serve(12_100, 'node1');
}

/** M6: node1 hands over. */
export function standby(): SessionStory {
  return new SessionStory()
    .event(5000, 'node1', { kind: 'standby', phase: 'requested', set: 'all', detail: 'operator' })
    .event(5001, 'node2', { kind: 'standby', phase: 'accepted', set: 'all', detail: 'waiting for the peer to release' })
    .event(5002, 'node1', { kind: 'standby', phase: 'accepted', set: 'all', detail: 'the peer takes it' })
    .event(5200, 'node1', { kind: 'vip', address: STORY_VIP, change: 'removed', iface: 'eth0' })
    .event(5210, 'node1', { kind: 'standby', phase: 'released', set: 'all', detail: 'the peer starts it' })
    .event(5350, 'node2', { kind: 'vip', address: STORY_VIP, change: 'added', iface: 'eth0' })
    .event(5400, 'node2', { kind: 'standby', phase: 'done', set: 'all', detail: 'held here' })
    .event(5401, 'node1', { kind: 'standby', phase: 'done', set: 'all', detail: 'the peer holds it' })
    .announce(5352, 'node2')
    .say(5200, 'node1', { holds: false })
    .say(5350, 'node2', { holds: true })
    .serve(5200, null)
    .serve(5400, 'node2')
    .answer(5200)
    .answer(5350, 'node2');
}

/** M7: the same, asked for by ipfail. */
export function serviceLanLost(): SessionStory {
  return standby()
    .event(4000, 'node1', { kind: 'ping-node', node: '192.168.2.254', status: 'dead' }, 'warn')
    .event(4010, 'node1', { kind: 'ipfail', step: 'compared', own: 0, peers: 1, detail: '' })
    .event(4011, 'node1', { kind: 'ipfail', step: 'give-up-scheduled', own: 0, peers: 1, detail: '' })
    .event(4990, 'node1', { kind: 'ipfail', step: 'gave-up', own: 0, peers: 1, detail: '' });
}

/** M8: late, then dead, on both. */
export function serialLost(): SessionStory {
  return new SessionStory()
    .say(6500, 'node1', { links: { [SERIAL]: 'late' } })
    .say(6700, 'node2', { links: { [SERIAL]: 'late' } })
    .event(8000, 'node1', { kind: 'link', link: SERIAL, direction: 'from-peer', state: 'dead' }, 'warn')
    .event(8300, 'node2', { kind: 'link', link: SERIAL, direction: 'from-peer', state: 'dead' }, 'warn')
    .say(8000, 'node1', { links: { [SERIAL]: 'dead' } })
    .say(8300, 'node2', { links: { [SERIAL]: 'dead' } });
}

/** M9: what node1 sends is lost; node2 alone is deaf. */
export function oneWaySerial(): SessionStory {
  return new SessionStory()
    .event(8000, 'node2', { kind: 'link', link: SERIAL, direction: 'from-peer', state: 'dead' }, 'warn')
    .event(8400, 'node1', { kind: 'link', link: SERIAL, direction: 'to-peer', state: 'dead' }, 'warn')
    .say(8000, 'node2', { links: { [SERIAL]: 'dead' } });
}

/** M10 */
export function keysDiffer(): SessionStory {
  return new SessionStory()
    .event(5000, 'node1', { kind: 'key-mismatch', peer: 'node2', over: false }, 'crit')
    .event(5100, 'node2', { kind: 'key-mismatch', peer: 'node1', over: false }, 'crit')
    .facts(5000, 'node2', 'answers', { keys: { index: 1, method: 'sha1', fingerprint: 'bbbb', accepted: 1 } })
    .say(5000, 'node1', { links: { [SERIAL]: 'dead', [CROSS]: 'dead' } })
    .say(5000, 'node2', { links: { [SERIAL]: 'dead', [CROSS]: 'dead' } });
}

/** M11: one path carried nothing from the beginning. */
export function neverUp(): SessionStory {
  return new SessionStory()
    .say(0, 'node1', { links: { [CROSS]: 'unknown' } })
    .say(0, 'node2', { links: { [CROSS]: 'unknown' } })
    .say(3000, 'node1', { links: { [CROSS]: 'dead' } })
    .say(3000, 'node2', { links: { [CROSS]: 'dead' } });
}

/** M11 in a running session: node2 is stopped in good order, and started again with another port. */
export function neverUpAgain(): SessionStory {
  return new SessionStory()
    .event(4000, 'node2', { kind: 'shutdown', phase: 'begin' })
    .say(4500, 'node2', { links: { [SERIAL]: 'unknown', [CROSS]: 'unknown' } })
    .event(7500, 'node1', { kind: 'peer-status', peer: 'node2', status: 'dead' }, 'warn')
    .say(7500, 'node1', { peerStatus: 'dead', links: { [SERIAL]: 'dead', [CROSS]: 'dead' } })
    .event(8000, 'node2', { kind: 'local-status', status: 'init' })
    .event(8300, 'node1', { kind: 'peer-status', peer: 'node2', status: 'up' })
    .say(8300, 'node1', { peerStatus: 'active', links: { [SERIAL]: 'up' } })
    .say(8300, 'node2', { links: { [SERIAL]: 'up' } });
}

/** M12: a daemon that does not start tells whoever attaches. */
export function refused(): SessionStory {
  const detail =
    'the agent does not answer: configuration refused: ha.cf:4:10: error: deadtime is 200 ms [deadtime-too-small]';
  return new SessionStory().facts(5000, 'node2', 'gone', { detail }).say(4800, 'node2', { speaks: false });
}

/** M13 */
export function deadtimes(): SessionStory {
  return new SessionStory().facts(100, 'node2', 'answers', { timing: { ...STORY_TIMING, deadtimeMs: 10_000 } });
}

/** M15, ours and the real daemon's flood. */
export function hangUp(code: 'serial-hung-up' | 'log-flood', detail = '/dev/ttyS0: hung up'): SessionStory {
  return new SessionStory()
    .event(5000, 'node1', { kind: 'problem', code, over: false, detail }, 'error')
    .say(8000, 'node1', { links: { [SERIAL]: 'dead' } })
    .say(8000, 'node2', { links: { [SERIAL]: 'dead' } });
}

/** M16: said to be on, and nothing changes. */
export const noEffect = (): SessionStory => new SessionStory().fault(5000, 'node1', 'drop-heartbeats-in', 'injected');
