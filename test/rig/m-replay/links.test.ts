// Goal: M8, M9, M14, M15 and M16 of the real daemon, on a pair of ours: what happens to a link, and what is on it. Method: the agents' rig, one
// pair through all of them; the cable can be cut one way, tapped, and its adapter pulled. Counts of messages, lines and events, never a clock.
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { writeFileSync } from 'node:fs';
import { missing } from '../../support/needs.ts';
import { OTHER, type AgentRig, type Side } from '../agent/agentRig.ts';
import { Replay, SIDES, TEST_MS } from './replay.ts';

const reason = missing('linux', 'root', 'namespaces', 'iproute', 'nft');

/** Bytes a 19200 8N1 line carries in a second. */
const LINE_BYTES_PER_S = 1920;

let replay: Replay;
let rig: AgentRig;

beforeAll(async () => {
  if (reason !== null) return;
  replay = await Replay.up({ keepaliveMs: 400, deadtimeMs: 2400 });
  rig = replay.rig;
  await replay.start();
}, TEST_MS);

afterEach(async () => {
  // None of these may move the address.
  if (reason === null) await replay.settled('a');
}, TEST_MS);

afterAll(async () => {
  if (reason === null) await replay.down();
});

/** Whole messages in a piece of a text stream, as heartbeat frames them. */
function messagesIn(text: string): string[] {
  return [...text.matchAll(/>>>\n[\s\S]*?<<<\n/g)].map(([frame]) => frame);
}

function isStatus(message: string): boolean {
  return /^t=NS_st|^t=status/m.test(message);
}

function linesSince(side: Side, from: number): string[] {
  return rig.log(side).slice(from).split('\n').filter(Boolean);
}

describe.skipIf(reason !== null)('M8, M9, M14, M15, M16', () => {
  // The real daemon: both sides log the link dead at deadtime, nothing fails over, up again a second after. Ours: the same words, and each
  // side knows both directions.
  test(
    'M8: serial cable cut both ways: dead on both sides, nothing moves, up again',
    { timeout: TEST_MS },
    async () => {
      const mark = replay.mark();
      const from = { a: rig.log('a').length, b: rig.log('b').length };
      rig.cutSerial(true);
      for (const side of SIDES) await replay.linkIs(side, 'serial', 'dead', 'dead');
      for (const side of SIDES) {
        const line = `Link node${OTHER[side]}:${rig.ttyPath(side)} dead.`;
        await rig.logs(side, line, from[side]);
        expect(
          linesSince(side, from[side]).filter((text) => text.includes(line)),
          side,
        ).toHaveLength(1);
      }
      expect(await replay.link('a', 'serial')).toMatchObject({
        fromPeer: { state: 'dead' },
        toPeer: { state: 'dead' },
      });
      rig.cutSerial(false);
      for (const side of SIDES) await replay.linkIs(side, 'serial', 'up', 'up');
      for (const side of SIDES) expect(mark.moved(side), side).toEqual([]);
      expect(mark.outageMs()).toBe(0);
    },
  );

  // The real daemon: only the deaf side logs it; the other one shows the link up, and a dashboard of one node is blind. Ours: every
  // heartbeat says what it has heard of the other one, so both sides name the same direction, in status, journal and log.
  test.each(SIDES)(
    'M9: what %s sends over the serial cable is lost: both name it',
    async (from) => {
      const to = OTHER[from];
      const mark = replay.mark();
      const at = { a: rig.log('a').length, b: rig.log('b').length };
      rig.cutSerial(true, from);
      await replay.linkIs(to, 'serial', 'dead', 'up');
      await replay.linkIs(from, 'serial', 'up', 'dead');
      const dead = async (side: Side): Promise<string[]> => {
        const { id } = await replay.link(side, 'serial');
        const events = mark.bodies(side, 'link').filter((event) => event.link === id && event.state === 'dead');
        return events.map(({ direction }) => direction);
      };
      expect(await dead(to)).toEqual(['from-peer']);
      expect(await dead(from)).toEqual(['to-peer']);
      await rig.logs(to, `Link node${from}:${rig.ttyPath(to)} dead.`, at[to]);
      await rig.logs(from, `node${to} does not hear us over ${rig.ttyPath(from)}.`, at[from]);
      expect((await rig.command(from, 'status')).stdout).toMatch(/serial .*: from peer up .*, to peer dead/);
      rig.cutSerial(false);
      for (const side of SIDES) await replay.linkIs(side, 'serial', 'up', 'up');
      for (const side of SIDES) expect(mark.moved(side), side).toEqual([]);
    },
    TEST_MS,
  );

  // The real daemon: 203 to 205 bytes a status on serial, one acknowledgement for 4.4 of them, 266 B/s each way at keepalive 1 s. Ours
  // adds link name, send time and echoes: larger messages (with this rig's long tty names), fewer others. What counts is the line: what one
  // keepalive sends takes less than a quarter of a second of it at 19200 baud.
  test('M14: what is on the serial line, counted by message', { timeout: TEST_MS }, async () => {
    const sent: Record<Side, string> = { a: '', b: '' };
    rig.tapSerial((from, text) => (sent[from] += text));
    const STATUSES = 25;
    const statuses = (side: Side): string[] => messagesIn(sent[side]).filter(isStatus);
    await replay.until('enough has been sent', () => SIDES.every((side) => statuses(side).length >= STATUSES));
    for (const side of SIDES) {
      const all = messagesIn(sent[side]);
      const some = statuses(side);
      const bytes = all.reduce((sum, message) => sum + message.length, 0);
      const largest = Math.max(...all.map((message) => message.length));
      const perStatus = bytes / some.length;
      process.stdout.write(
        `M14: node${side}: status ${Math.min(...some.map((m) => m.length))}..${Math.max(...some.map((m) => m.length))} B, ` +
          `${all.length - some.length} others beside ${some.length}, ${perStatus.toFixed(0)} B a keepalive\n`,
      );
      // Nothing but frames: what is sent is what a reader finds.
      expect(sent[side].length - bytes).toBeLessThanOrEqual(largest);
      expect(all.length - some.length).toBeLessThanOrEqual(some.length / 2);
      expect(perStatus).toBeLessThan(LINE_BYTES_PER_S / 4);
      expect(largest).toBeLessThan(1024);
    }
  });

  // The real daemon, when the tty hangs up: 0.6 to 0.9 MB of log a second and node, more than half a processor at real-time priority. Ours:
  // one problem, the link dead on both sides, the device tried again every few seconds without a word; back by itself.
  test('M15: the serial adapter is pulled: said once, quiet until it returns', { timeout: TEST_MS }, async () => {
    const mark = replay.mark();
    const from = rig.log('a').length;
    const before = await rig.status('a');
    rig.pullAdapter('a');
    for (const side of SIDES) await replay.linkIs(side, 'serial', 'dead', 'dead');
    // Long past deadtime: a flood would be ten thousands of lines by now. The re-opening waits 4 s at most.
    const ticksFrom = rig.events('b').length;
    await new Promise((resolve) => setTimeout(resolve, 6000));
    const problems = mark.bodies('a', 'problem').map(({ code, over }) => `${code} ${over ? 'over' : 'began'}`);
    expect(problems).toEqual(['serial-hung-up began', 'serial-hung-up over', 'serial-missing began']);
    expect(linesSince('a', from).length).toBeLessThan(30);
    expect(rig.events('b').length - ticksFrom).toBeLessThan(10);
    const after = await rig.status('a');
    const wallS = ((after?.atMonotonicMs ?? 0) - (before?.atMonotonicMs ?? 0)) / 1000;
    const cpuS = (after?.resources.cpuSeconds ?? 0) - (before?.resources.cpuSeconds ?? 0);
    process.stdout.write(
      `M15: ${linesSince('a', from).length} lines, ${((100 * cpuS) / wallS).toFixed(1)} % of a processor\n`,
    );
    // A loop that spins takes all of its processor; here heartbeats on three links and one attempt in four seconds.
    expect(cpuS / wallS).toBeLessThan(0.4);
    expect(after?.links.find((link) => link.medium === 'serial')?.problem).toContain('serial-missing');

    await rig.returnAdapter('a');
    for (const side of SIDES) await replay.linkIs(side, 'serial', 'up', 'up');
    await replay.until('nothing is wrong any more', async () => (await rig.status('a'))?.problems.length === 0);
    for (const side of SIDES) expect(mark.moved(side), side).toEqual([]);
    expect(mark.outageMs()).toBe(0);
  });

  // The real daemon has switches for lost packets (OnlyForTesting, read again by `heartbeat -r`): the log says that they are on, and not
  // one packet is lost. Ours has no such switch and claims none: the file changes nothing and is not mentioned. Faults are injected by the kernel's
  // filter, and they show: three lost of four make the link late, all lost make it dead, on both sides.
  test('M16: no test hook that pretends; loss that is real shows', { timeout: TEST_MS }, async () => {
    const mark = replay.mark();
    const from = rig.log('b').length;
    writeFileSync(`${rig.place('b', 'ha.d')}/OnlyForTesting`, 'TESTING="yes"\nXMITLOSS=1.0\nRCVLOSS=1.0\n');
    rig.signal('b', 'SIGHUP');
    await replay.until('the keys were read again', () => mark.bodies('b', 'keys').length === 1);
    expect(linesSince('b', from).join('\n')).not.toMatch(/loss|testing/i);

    const drop = async (which: string): Promise<void> => {
      const rules = [
        'add table inet m16',
        'delete table inet m16',
        'add table inet m16',
        'add chain inet m16 in { type filter hook input priority 0; }',
        // The peer's alone: a broadcast comes back to its sender as well, and would be counted.
        `add rule inet m16 in iifname eth1 ip saddr 10.78.0.1 ${which} drop`,
      ];
      const { status, stderr } = await rig.exec('b', 'nft', rules.join('\n'));
      expect(`${status} ${stderr}`).toBe('0 ');
    };
    const states = (side: Side, direction: string): string[] =>
      mark.bodies(side, 'link').flatMap((event) => (event.direction === direction ? [event.state] : []));
    await drop('numgen inc mod 4 < 3');
    await replay.until('b finds the crossover late', () => states('b', 'from-peer').includes('late'));
    await drop('');
    await replay.linkIs('b', 'bcast', 'dead', 'up');
    await replay.linkIs('a', 'bcast', 'up', 'dead');
    expect((await rig.exec('b', 'nft', 'delete table inet m16')).status).toBe(0);
    await replay.linkIs('b', 'bcast', 'up', 'up');
    for (const side of SIDES) expect(mark.moved(side), side).toEqual([]);
  });
});
