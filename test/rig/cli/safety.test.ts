// Goal: what a newcomer can try without hardware, as a script would: a rack with reference address and ipfail, a new key under live
// heartbeats, and the refusals. Method: the real program, a real rack; what the agents journaled in between is read back.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { TimelineEvent } from '../../../agent/common/timeline/event.ts';
import { EXIT } from '../../../electron/cli/exitStatus.ts';
import type { KeyRotationProgress } from '../../../electron/common/contract/console.ts';
import type { PreflightItem } from '../../../electron/common/contract/deploy.ts';
import type { RackState } from '../../../electron/common/contract/rack.ts';
import { attachRack } from '../../../electron/lab/index.ts';
import { buildAgent } from '../../tools/build.ts';
import { CliHome } from '../../support/cliHome.ts';
import { missing } from '../../support/needs.ts';
import { runOn, until } from '../../support/rackRun.ts';

const ROOT = join(import.meta.dirname, '../../..');
const reason = missing('linux', 'iproute', 'namespaces');
const [A, B] = ['ha1.bogus.sh.cn', 'ha2.bogus.sh.cn'];
const GATEWAY = '192.168.2.254';

interface KeysShown {
  readonly verdict: string;
  readonly nodes: readonly { readonly name: string; readonly keys: { readonly fingerprint: string } | null }[];
}

describe.skipIf(reason !== null)('safety from the command line', { timeout: 240_000 }, () => {
  let home: CliHome;
  beforeAll(async () => {
    if (!existsSync(join(ROOT, 'build/agent/twinbeat-agent.cjs'))) await buildAgent();
    home = new CliHome();
  });
  afterAll(() => home.dispose());

  /** Runs a shell script on each node of the rack. */
  async function onNodes(script: string): Promise<string[]> {
    const before = process.env['XDG_RUNTIME_DIR'];
    process.env['XDG_RUNTIME_DIR'] = join(home.dir, 'run');
    const rack = await attachRack();
    if (before === undefined) delete process.env['XDG_RUNTIME_DIR'];
    else process.env['XDG_RUNTIME_DIR'] = before;
    if (rack === null) throw new Error('no rack runs');
    try {
      const texts: string[] = [];
      for (const node of [A, B]) texts.push((await runOn(rack, node, script)).lines.join('\n'));
      return texts;
    } finally {
      rack.close();
    }
  }

  /** Every event of both journals. */
  async function journals(): Promise<TimelineEvent[]> {
    const texts = await onNodes('/usr/local/sbin/twinbeat-agent journal');
    return texts.flatMap((text) =>
      text.split('\n').flatMap((line) => (line === '' ? [] : [JSON.parse(line) as TimelineEvent])),
    );
  }

  test('a rack with reference address, two links and ipfail: deployed, and said by status', async () => {
    const asked = ['--reference', '--two-links', '--ipfail'];
    await home.json<RackState>(['rack', 'up', '--keepalive', '200ms', '--deadtime', '3s', ...asked]);
    expect((await home.run(['rack', 'up', '--fencing'])).status).toBe(EXIT.rackFailed);
    const checks = await home.json<PreflightItem[]>(['preflight', '--rack']);
    expect(checks.filter((item) => item.code === 'ping-nodes').map(({ result, found }) => [result, found])).toEqual([
      ['ok', `${GATEWAY} answers`],
      ['ok', `${GATEWAY} answers`],
    ]);
    await home.json(['deploy', '--rack']);
    const now = await until(
      'both nodes settled, the gateway answering both',
      async () => {
        const seen = await home.settled();
        return seen.nodes.every((n) => n.safety.pingNodes?.[0]?.status === 'up') ? seen : null;
      },
      { withinMs: 60_000, everyMs: 500 },
    );
    for (const { safety } of now.nodes) {
      expect(safety.pingNodes?.map((ping) => ping.name)).toEqual([GATEWAY]);
      expect(safety.takeoverRequires).toEqual(['reference', 'two-links']);
      expect(safety.hold).toBeNull();
    }
    expect(now.safety).toEqual({ keys: 'same', alarms: [] });
  });

  test('a new key under live heartbeats: no link late or dead, no takeover, the same fingerprint on both', async () => {
    const before = await home.json<KeysShown>(['keys', 'show', '--rack']);
    expect(before.verdict).toBe('same');
    const last = Math.max(0, ...(await journals()).map((event) => event.wallMs));
    const rotated = await home.json<{ ok: boolean; steps: KeyRotationProgress[] }>([
      'keys',
      'rotate',
      '--rack',
      '--method',
      'sha256',
    ]);
    expect(rotated.steps.map(({ step, node }) => `${step} ${node ?? '-'}`)).toEqual([
      'check -',
      ...['learn', 'sign', 'forget'].flatMap((step) => [`${step} ${A}`, `${step} ${B}`]),
      'done -',
    ]);
    const after = await home.json<KeysShown>(['keys', 'show', '--rack']);
    expect(after.verdict).toBe('same');
    expect(after.nodes[0]?.keys).toMatchObject({ index: 2, method: 'sha256', accepted: 1 });
    expect(after.nodes[0]?.keys?.fingerprint).not.toBe(before.nodes[0]?.keys?.fingerprint);
    // What a rotation that is not seamless would leave: rejected packets, silence, a takeover. A late beat alone may be this machine's load.
    const since = (await journals()).filter((event) => event.wallMs > last);
    expect(since.filter(({ body }) => body.kind === 'keys')).toHaveLength(6);
    const harm = since.filter(
      ({ body }) =>
        ['key-mismatch', 'takeover', 'holdings', 'restart', 'peer-status'].includes(body.kind) ||
        (body.kind === 'link' && body.state === 'dead'),
    );
    expect(harm.map(({ body }) => body)).toEqual([]);
    // The files: one key each, no leftovers, readable by root only.
    const files = await onNodes('stat -c %a /etc/ha.d/authkeys; cat /etc/ha.d/authkeys; ls /etc/ha.d');
    for (const text of files) {
      expect(text).toMatch(/^600\nauth 2\n2 sha256 [0-9a-f]{64}\n/);
      expect(text).not.toContain('twinbeat-new');
    }
    const secret = /2 sha256 ([0-9a-f]+)/.exec(files[0] ?? '')?.[1] ?? '-';
    expect(JSON.stringify([rotated, since])).not.toContain(secret);
  });

  test('with one agent stopped nothing is changed, and the node is named; confirm-dead is refused for a node that lives', async () => {
    const alive = await home.run(['confirm-dead', 'ha1', '--rack']);
    expect(alive.status).toBe(EXIT.failed);
    expect(alive.err).toContain(`${A} is not off`);
    const files = await onNodes('cat /etc/ha.d/authkeys');
    await home.json(['agent', 'stop', '--node', 'ha2', '--rack']);
    const refused = await home.run(['keys', 'rotate', '--rack']);
    expect(refused.status).toBe(EXIT.failed);
    expect(refused.err).toMatch(new RegExp(`${B}: check: the agent does not answer`));
    expect(await onNodes('cat /etc/ha.d/authkeys')).toEqual(files);
    const shown = await home.run(['keys', 'show', '--rack']);
    expect([shown.status, shown.out]).toEqual([EXIT.noAgent, expect.stringContaining('keys are unknown')]);
    await home.json(['agent', 'start', '--node', 'ha2', '--rack']);
    await home.settled();
  });

  // 1. ha2 loses its LAN. 2. ha1 loses its power. To ha2 this looks like a cut on its own side, so it must not take over by itself.
  test('a takeover whose reference is silent waits: an alarm that says what ends it, until a person does', async () => {
    await home.json(['rack', 'cable', '--cable', 'lan-b', '--cut', 'both']);
    await home.json(['rack', 'power', '--node', 'ha1', '--to', 'off']);
    const waiting = await until(
      'an alarm',
      async () => {
        const seen = await home.status();
        return seen.safety.alarms.some((alarm) => alarm.code === 'takeover-waits') ? seen : null;
      },
      { withinMs: 30_000 },
    );
    const alarm = waiting.safety.alarms.find((one) => one.code === 'takeover-waits');
    expect(alarm).toMatchObject({ node: B, text: expect.stringContaining(GATEWAY) as string });
    expect(alarm?.remedy).toContain(`twinbeat confirm-dead ${A}`);
    expect(waiting.vip).toMatchObject({ holder: null });
    expect(waiting.vip?.verdict).not.toBe('one');
    const said = await home.json<{ node: string; accepted: boolean }>(['confirm-dead', 'ha1', '--rack']);
    expect(said).toMatchObject({ node: B, accepted: true });
    await until('ha2 holds', async () => ((await home.status()).nodes[1]?.holdsVip === true ? true : null), {
      withinMs: 30_000,
    });
    await home.json(['rack', 'cable', '--cable', 'lan-b', '--cut', 'none']);
    await home.json(['rack', 'power', '--node', 'ha1', '--to', 'on']);
    await home.settled();
  });

  test('remove leaves none of the files', async () => {
    await home.json(['remove', '--rack']);
    for (const text of await onNodes('ls /etc/ha.d/authkeys /etc/ha.d/twinbeat.cf 2>&1')) {
      expect(text.match(/No such file/g)).toHaveLength(2);
    }
    await home.json(['rack', 'down']);
    expect(home.racks()).toEqual([]);
  });
});
