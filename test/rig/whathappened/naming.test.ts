// Goal: what is broken behind the console's back in a real rack is named from the evidence, live, and no later than two seconds after it.
// Method: one pair of ours through M8, M9, M5, M4 and M1; nothing is injected through the console. The two seconds are those of the recorded
// events: the record up to two seconds after the last event that the name needs must give the name.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { EventBody } from '../../../agent/common/timeline/event.ts';
import { RACK_PAIR_ID } from '../../../electron/common/contract/console.ts';
import type { SessionEvent } from '../../../electron/common/contract/session.ts';
import type { LiveSituation, SituationCode } from '../../../electron/common/contract/state.ts';
import { buildTimeline } from '../../../electron/common/whathappened/timeline.ts';
import { buildAgent } from '../../tools/build.ts';
import { missing } from '../../support/needs.ts';
import { RackConsole } from '../../support/rackConsole.ts';
import { until } from '../../support/rackRun.ts';

const reason = missing('linux', 'iproute', 'namespaces', 'nft');
const WITHIN = { withinMs: 60_000 };
const NAMED_MS_MAX = 2000;

let stage: RackConsole;

beforeAll(async () => {
  if (reason !== null) return;
  await buildAgent();
  stage = new RackConsole();
  await stage.up({ setup: 's5', keepaliveMs: 500, warntimeMs: 1200, deadtimeMs: 2000, initdeadMs: 3000 });
}, 120_000);

afterAll(async () => {
  if (reason === null) await stage.close();
}, 60_000);

const nowMs = (): number => stage.state.session?.nowMs ?? 0;

/** Waits until the running console says so. */
async function named(code: SituationCode, fromMs: number): Promise<LiveSituation> {
  return until(
    `${code} is named`,
    () => stage.state.situations?.find((s) => s.code === code && s.sinceMs >= fromMs && s.untilMs === null) ?? null,
    WITHIN,
  );
}

async function stretch(fromMs: number, toMs: number) {
  await until('the record goes so far', () => (nowMs() > toMs + 500 ? true : null), WITHIN);
  const { input } = await stage.client.timelineStretch({ pairId: RACK_PAIR_ID, choose: 'range', fromMs, toMs });
  return input;
}

/** The record up to two seconds after the newest of these events gives the name; and it names nothing else that alarms. */
async function namedInTime(
  code: SituationCode,
  fromMs: number,
  wanted: readonly ((event: SessionEvent, body: EventBody) => boolean)[],
): Promise<void> {
  const { batch } = await stretch(fromMs, nowMs());
  const last = Math.max(
    ...wanted.map((isIt) => {
      const found = batch.events.find((e) => e.tMs >= fromMs && isIt(e, e.event.body as unknown as EventBody));
      expect(found, `an event of ${code}`).toBeDefined();
      return found?.tMs ?? Number.NaN;
    }),
  );
  const timeline = buildTimeline(await stretch(fromMs - 3000, last + NAMED_MS_MAX));
  const others = timeline.situations.filter((s) => s.level !== 'note' && s.sinceMs >= fromMs && s.untilMs === null);
  expect(others.map((s) => s.code)).toEqual([code]);
}

const deadPeer =
  (by: string) =>
  (event: SessionEvent, body: EventBody): boolean =>
    event.event.node === by && body.kind === 'peer-status' && body.status === 'dead';
const deafOn =
  (by: string) =>
  (event: SessionEvent, body: EventBody): boolean =>
    event.event.node === by && body.kind === 'link' && body.direction === 'from-peer' && body.state === 'dead';
const takes =
  (by: string) =>
  (event: SessionEvent, body: EventBody): boolean =>
    event.event.node === by && body.kind === 'vip' && body.change === 'added';

const plug = (id: 'serial' | 'crossover', aToB: boolean, bToA: boolean): Promise<void> =>
  stage.rack.cable(id, { aToB, bToA });

/** Holder and standby as they are now. */
function roles(): { holder: string; standby: string } {
  const holder = stage.state.vips[0]?.holder ?? '';
  return { holder, standby: stage.nodes.find((node) => node !== holder) ?? '' };
}

const AGENT = 'cat /run/twinbeat-agent/agent.pid';
const GUARD = 'cat /run/twinbeat-agent/address-guard.pid';

describe.skipIf(reason !== null)('named from the evidence', { timeout: 120_000 }, () => {
  test('M8: the serial cable pulled', async () => {
    const fromMs = nowMs();
    await plug('serial', false, false);
    await named('serial-lost', fromMs);
    await namedInTime('serial-lost', fromMs, [deafOn(stage.nodes[0]), deafOn(stage.nodes[1])]);
    await plug('serial', true, true);
    await stage.settled();
  });

  test('M9: one wire of it', async () => {
    const fromMs = nowMs();
    const [a, b] = stage.nodes;
    await plug('serial', false, true);
    const situation = await named('one-way-serial', fromMs);
    expect(situation.name.en).toContain(`${a} → ${b}`);
    await namedInTime('one-way-serial', fromMs, [deafOn(b)]);
    await plug('serial', true, true);
    await stage.settled();
  });

  test('M5: both heartbeat cables at once; both hold the address, and the LAN sees both', async () => {
    const fromMs = nowMs();
    await Promise.all([plug('serial', false, false), plug('crossover', false, false)]);
    await named('full-split', fromMs);
    await until('the LAN sees two', () => (stage.state.vips[0]?.verdict === 'dual' ? true : null), WITHIN);
    await namedInTime('full-split', fromMs, [deadPeer(stage.nodes[0]), deadPeer(stage.nodes[1])]);
    await Promise.all([plug('serial', true, true), plug('crossover', true, true)]);
    await stage.settled();
    const over = stage.state.situations?.find((s) => s.code === 'full-split' && s.sinceMs >= fromMs);
    expect(over?.untilMs).not.toBeNull();
  });

  test('M4: the holder frozen; it is not called killed', async () => {
    const fromMs = nowMs();
    const { holder, standby } = roles();
    await stage.sh(holder, `kill -STOP $(${AGENT})`);
    const situation = await named('frozen', fromMs);
    expect(situation.nodes[0]).toBe(holder);
    await namedInTime('frozen', fromMs, [takes(standby)]);
    await stage.sh(holder, `kill -CONT $(${AGENT})`);
    await stage.settled();
  });

  test('M1: agent and guard killed; the address stays and two hold it', async () => {
    const fromMs = nowMs();
    const { holder, standby } = roles();
    await stage.sh(
      holder,
      `agent=$(${AGENT}); guard=$(${GUARD}); kill -STOP $guard; kill -KILL $agent; kill -KILL $guard`,
    );
    const situation = await named('killed-address-left', fromMs);
    expect(situation.name.en).toContain('two holders');
    await namedInTime('killed-address-left', fromMs, [takes(standby)]);
    // The third witness says who: both hardware addresses, each with its node.
    expect(stage.state.vips[0]?.lan?.map(({ node }) => node).sort()).toEqual([...stage.nodes].sort());
  });
});
