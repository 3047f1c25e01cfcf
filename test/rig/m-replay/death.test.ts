// Goal: M1 to M4 of the real daemon, on a pair of ours: a node whose daemon dies or hangs. Method: the agents' rig, one pair through
// all four; a client pings the address, a third host records every MAC that answers for it. Numbers of the real daemon are those of
// docs/what-ours-does.md. Nothing here is judged by a clock.
import { readdirSync, readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { missing } from '../../support/needs.ts';
import { OTHER, type AgentRig, type Side } from '../agent/agentRig.ts';
import { Replay, TEST_MS } from './replay.ts';

const reason = missing('linux', 'root', 'namespaces', 'iproute');

let replay: Replay;
let rig: AgentRig;

beforeAll(async () => {
  if (reason !== null) return;
  replay = await Replay.up();
  rig = replay.rig;
  await replay.start();
}, TEST_MS);

afterAll(async () => {
  if (reason === null) await replay.down();
});

function guardPid(side: Side): number {
  return Number(readFileSync(rig.place(side, 'run/address-guard.pid'), 'latin1'));
}

/** How many lives an agent has begun. */
function lives(side: Side): number {
  return (rig.log(side).match(/Heartbeat generation/g) ?? []).length;
}

describe.skipIf(reason !== null)('M1 to M4', () => {
  // The real daemon: SIGKILL to all of it leaves the address on the node; the peer takes over after 6.4 s, two nodes own it, the
  // client loses no ping, so that a ping probe calls it a pass.
  // Ours: a guard beside the agent takes the address off at once; the peer takes over after deadtime; never do two answer.
  test('M1: kill -9 of the agent: the address goes with it, one holder at any time', { timeout: TEST_MS }, async () => {
    const mark = replay.mark();
    rig.signal('a', 'SIGKILL');
    await replay.until('the guard took the address off', () => !rig.holds('a'));
    await replay.until('b took over', () => rig.holds('b') && rig.serviceRuns('b'));
    await mark.answeredBy('b');
    await mark.servedAgain();
    expect(mark.doubleRounds()).toBeLessThanOrEqual(1);
    // The outage is there and is seen, because the dead node does not hide it.
    const outageMs = mark.outageMs();
    expect(outageMs).toBeGreaterThan(0);
    process.stdout.write(`M1: longest run of lost pings ${outageMs} ms at deadtime ${rig.options.deadtimeMs} ms\n`);
    expect(mark.bodies('b', 'vip').map((vip) => vip.change)).not.toContain('conflict');
  });

  // The real daemon: started again, both nodes log a normal join and both keep the address, for good, without a word.
  // Ours: the killed node releases what it left behind before its first packet, joins, and holds nothing.
  test('M2: the killed agent is started again: nothing left over, no second holder', { timeout: TEST_MS }, async () => {
    const mark = replay.mark();
    rig.start('a');
    await replay.settled('b');
    await rig.logs('a', 'The agent before this one was killed; its addresses were removed at');
    const events = mark.events('a');
    const released = events.findLastIndex(({ body }) => body.kind === 'resource' && body.phase === 'done');
    const spoke = events.findIndex(({ body }) => body.kind === 'local-status' && body.status === 'init');
    expect(released).toBeGreaterThanOrEqual(0);
    expect(released).toBeLessThan(spoke);
    expect(mark.doubleRounds()).toBe(0);
    expect(mark.outageMs()).toBe(0);
  });

  // The real daemon: only its master killed: the siblings go down in an emergency, one child lingers, the address stays; duplicate again.
  // Ours: what can die alone is the guard, and it is replaced; the agent is one process, so a kill that hits its heartbeat thread
  // ends all of it, and M1 holds.
  test('M3: one part of it killed: the guard is replaced, a thread ends the whole', { timeout: TEST_MS }, async () => {
    const mark = replay.mark();
    const first = guardPid('b');
    process.kill(first, 'SIGKILL');
    await replay.until('there is another guard', () => {
      const ended = mark.bodies('b', 'problem').filter(({ code, over }) => code === 'no-address-guard' && over);
      return ended.length === 1 && guardPid('b') !== first;
    });
    expect(rig.holds('b')).toBe(true);
    expect(mark.moved('a')).toEqual([]);
    expect(mark.outageMs()).toBe(0);

    const pid = rig.pid('b');
    const threads = readdirSync(`/proc/${pid}/task`).map(Number);
    process.kill(Math.max(...threads), 'SIGKILL');
    expect(await rig.exited('b')).toBeNull();
    await replay.until('the guard took the address off', () => !rig.holds('b'));
    await replay.until('a took over', () => rig.holds('a') && rig.serviceRuns('a'));
    await mark.answeredBy('a');
    expect(mark.doubleRounds()).toBeLessThanOrEqual(1);
    rig.start('b');
    await replay.settled('a');
  });

  // Agent and guard killed in the same moment is M1 to the letter: nobody is left to remove the address, and only fencing or the
  // watchdog could. The real daemons stay silent about it for ever. Ours: the survivor names the second holder by its MAC, as an error in
  // journal, log and status; the killed node's next start ends it, and the survivor says that, too.
  test(
    'M1, M2: agent and guard killed together: two hold it, said by MAC, over at the next start',
    async () => {
      const mark = replay.mark();
      process.kill(guardPid('a'), 'SIGSTOP');
      rig.signal('a', 'SIGKILL');
      process.kill(guardPid('a'), 'SIGKILL');
      await replay.until('b took over', () => rig.holds('b'));
      expect(rig.holds('a')).toBe(true);
      const conflicts = () => mark.bodies('b', 'vip').filter(({ change }) => change === 'conflict');
      await replay.until('b names the second holder', () => conflicts().length > 0);
      expect(conflicts()[0]?.mac).toBe(replay.mac('a'));
      expect((await rig.status('b'))?.vips[0]).toMatchObject({ heldOn: 'eth0', conflictMac: replay.mac('a') });
      await rig.logs('b', /CRIT: .* is also answered by|ERROR: .* is also answered by/);
      expect(mark.doubleRounds()).toBeGreaterThan(1);

      rig.start('a');
      await replay.settled('b');
      await replay.until('b says that it is over', () =>
        mark.bodies('b', 'vip').some(({ change }) => change === 'conflict-over'),
      );
      await mark.answeredBy('b');
    },
    TEST_MS,
  );

  // The real daemon: stopped for 17 s and woken: both own the address for as long; on the heal both give up everything and start
  // over, 23.3 s with nobody on it: the heal is the outage.
  // Ours: a frozen node cannot let go either, and both own it until it wakes (fencing or the watchdog exclude that); the peer names the
  // second holder. On waking up the frozen one alone gives up and starts over, before it sends a word of its old life; the
  // other one goes on as if nothing had happened, and the client loses nothing.
  test('M4: frozen and thawed: the woken node gives way, nobody else restarts', { timeout: TEST_MS }, async () => {
    const frozen: Side = 'b';
    const other = OTHER[frozen];
    const mark = replay.mark();
    const before = { [frozen]: lives(frozen), [other]: lives(other) };
    rig.signal(frozen, 'SIGSTOP');
    await replay.until('the other takes over', () => rig.holds(other) && rig.serviceRuns(other));
    await replay.until('it names the second holder', () =>
      mark.bodies(other, 'vip').some(({ change, mac }) => change === 'conflict' && mac === replay.mac(frozen)),
    );
    const heal = replay.mark();
    rig.signal(frozen, 'SIGCONT');
    await replay.until('the woken one gave it up', () => !rig.holds(frozen));
    await replay.settled(other);
    await heal.answeredBy(other);
    await heal.servedAgain();
    expect(heal.bodies(frozen, 'restart')).toHaveLength(1);
    expect(lives(frozen)).toBe((before[frozen] ?? 0) + 1);
    expect(lives(other)).toBe(before[other]);
    expect(heal.bodies(other, 'resource')).toEqual([]);
    expect(heal.bodies(other, 'vip').map(({ change }) => change)).not.toContain('removed');
    // 23.3 s there; here what the last announcement needs, if the client had learned the woken one's MAC.
    expect(heal.outageMs()).toBeLessThan(5000);
    process.stdout.write(`M4: longest run of lost pings after the thaw ${heal.outageMs()} ms\n`);
  });
});
