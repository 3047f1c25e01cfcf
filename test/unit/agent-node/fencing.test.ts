// Goal: only a device's own plain success is success. Doubt, silence, a hanging script, a wrong host, a thrown error: all
// are failures with a reason a person can read and without a secret in it.
// Method: real little scripts in a directory of the test's own; the Fencing class over a device that answers by hand.
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { fail, ok } from '../../../agent/common/base/result.ts';
import type { StonithLine } from '../../../agent/common/config/model.ts';
import type { EventDraft } from '../../../agent/common/timeline/event.ts';
import { agentInput, FenceAgentDevice, ScriptDevice } from '../../../agent/node/fencing/agents.ts';
import { deviceOf, stonithLineFor } from '../../../agent/node/fencing/choose.ts';
import type { FenceResult, StonithDevice } from '../../../agent/node/fencing/device.ts';
import { Fencing } from '../../../agent/node/fencing/fencing.ts';
import { ExternalDevice, StonithCommandDevice } from '../../../agent/node/fencing/glue.ts';
import { MeatwareDevice } from '../../../agent/node/fencing/meatware.ts';
import { parseParameters, withoutSecrets, wordsOfFile } from '../../../agent/node/fencing/parameters.ts';
import { deviceRunner } from '../../../agent/node/fencing/run.ts';
import { realTimers } from '../../../agent/node/host/timers.ts';
import { HandTimers } from '../../support/handTimers.ts';

let dir: string;
const never = new AbortController().signal;
const run = deviceRunner(realTimers);

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'twinbeat-fencing-'));
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function script(name: string, body: string): string {
  const file = join(dir, name);
  mkdirSync(join(file, '..'), { recursive: true });
  writeFileSync(file, `#!/bin/sh\n${body}\n`);
  chmodSync(file, 0o755);
  return file;
}

const line = (type: string, ...parameters: string[]): StonithLine => ({ host: '*', type, parameters, file: null });

describe('lines and parameters', () => {
  test('the last line that is for this node counts', () => {
    const stonith = [line('a'), { ...line('b'), host: 'n1' }, { ...line('c'), host: 'n2' }];
    const chosen = (node: string) => stonithLineFor({ stonith } as never, node)?.type ?? null;
    expect([chosen('n1'), chosen('n2'), chosen('n3')]).toEqual(['b', 'c', 'a']);
    expect(stonithLineFor({ stonith: [{ ...line('c'), host: 'n2' }] } as never, 'n1')).toBeNull();
  });

  test('a parameter file gives its first line that says something', () => {
    expect(wordsOfFile('# comment\n\n  node1   secret \nnode2\n')).toEqual(['node1', 'secret']);
    expect(wordsOfFile('')).toEqual([]);
  });

  test('what could be a secret is not shown, whatever the device calls it', () => {
    const parameters = parseParameters([
      'hostlist=node2',
      'passwd=geheim',
      'cookie=geheimnis',
      'positional',
      'node2',
      'x=1',
    ]);
    expect(withoutSecrets('node2: geheimnis geheim positional 1', parameters, 'node2')).toBe('node2: *** *** *** 1');
  });

  test('the type decides the kind of device', () => {
    script('ha.d/stonith.d/mine', 'exit 0');
    const kind = (type: string) =>
      deviceOf(line(type), { configDir: join(dir, 'ha.d'), timers: realTimers, runner: run }).constructor;
    expect(kind('meatware')).toBe(MeatwareDevice);
    expect(kind('external/ipmi')).toBe(ExternalDevice);
    expect(kind('mine')).toBe(ScriptDevice);
    expect(kind('fence_ipmilan')).toBe(FenceAgentDevice);
    expect(kind('../mine')).toBe(StonithCommandDevice);
  });
});

describe('the runner', () => {
  test('a program that hangs is killed with all that it started, and is no success', async () => {
    const file = script('hang', 'sleep 300 & echo $! ; wait');
    const done = await run({ argv: [file], environment: {}, timeoutMs: 300 }, never);
    expect(done.exitStatus).toBeNull();
    expect(done.said).toMatch(/^did not end within 0.3 s and was killed/);
    // A killed orphan may still be a zombie that nobody collected; it does not run.
    const state = (): string => {
      try {
        return readFileSync(`/proc/${Number(done.stdout)}/stat`, 'utf8').split(') ')[1]?.[0] ?? 'gone';
      } catch {
        return 'gone';
      }
    };
    await expect.poll(state, { timeout: 5000 }).toMatch(/^(gone|Z)$/);
  });

  test('an abort ends it; a program that cannot be started has failed; output held open is not waited for', async () => {
    const stop = new AbortController();
    const ending = run({ argv: ['/bin/sleep', '300'], environment: {}, timeoutMs: 60_000 }, stop.signal);
    stop.abort();
    expect((await ending).exitStatus).toBeNull();
    expect((await run({ argv: [join(dir, 'absent')], environment: {}, timeoutMs: 1000 }, never)).said).toMatch(
      /started/,
    );
    const file = script('leaves', '(sleep 2) & echo done');
    const done = await run({ argv: [file], environment: {}, timeoutMs: 60_000 }, never);
    expect(done).toMatchObject({ exitStatus: 0, stdout: 'done\n' });
  });
});

describe('external plugins of cluster-glue', () => {
  const PLUGIN = `case "$1" in
    getconfignames) echo hostlist passwd ;;
    gethosts) echo $hostlist ;;
    status) [ "$passwd" = geheim ] || { echo "wrong password $passwd" >&2; exit 1; } ;;
    reset|off) echo "$1 $2 $hostlist" >>"${'${0%/*}'}/calls"; [ "$2" = node2 ] || exit 3 ;;
  esac`;
  const device = (...parameters: string[]) => new ExternalDevice(line('external/mine', ...parameters), [dir], run);

  test('parameters by name or by place; reset and off', async () => {
    script('mine', PLUGIN);
    expect(await device('hostlist=node2', 'passwd=geheim').fence('node2', never)).toMatchObject({ ok: true });
    expect(await device('node2', 'geheim', 'action=off').fence('node2', never)).toMatchObject({ ok: true });
    expect(readFileSync(join(dir, 'calls'), 'utf8')).toBe('reset node2 node2\noff node2 node2\n');
    expect(await device('a', 'b', 'c').fence('node2', never)).toMatchObject({ ok: false });
  });

  test('failures: exit status, foreign host, absent plugin, secrets in the output', async () => {
    expect(await device().fence('node2', never)).toMatchObject({
      ok: false,
      detail: expect.stringContaining('no plugin'),
    });
    script('mine', PLUGIN);
    expect(await device().fence('node9', never)).toMatchObject({
      ok: false,
      detail: expect.stringContaining('with 3'),
    });
    const foreign = await device('hostlist=node7', 'passwd=geheim').check('node2', never);
    expect(foreign).toMatchObject({ ok: false, detail: expect.stringContaining('does not control node2, only node7') });
    const leaky = await device('hostlist=node2', 'passwd=falsch').check('node2', never);
    expect(leaky).toMatchObject({ ok: false, detail: expect.stringContaining('wrong password ***') });
    expect(await device('hostlist=node2', 'passwd=geheim').check('node2', never)).toMatchObject({ ok: true });
  });
});

describe('fence agents', () => {
  const AGENT = `while read -r option; do echo "$option" >>"${'${0%/*}'}/options"; case "$option" in action=*) action=\${option#action=};; esac; done
    case "$action" in status) exit $(cat "${'${0%/*}'}/state");; esac`;
  const device = (...parameters: string[]) => new FenceAgentDevice(line('fence_x', ...parameters), [dir], run);

  test('options go to standard input; a named plug counts', async () => {
    script('fence_x', AGENT);
    expect(await device('login=a', 'port=7').fence('node2', never)).toMatchObject({ ok: true });
    expect(readFileSync(join(dir, 'options'), 'utf8')).toBe('action=reboot\nnodename=node2\nlogin=a\nport=7\n');
    expect(agentInput(parseParameters([]), 'node2', 'off')).toContain('port=node2\nplug=node2\n');
  });

  test('switched off is believed only when its status is off', async () => {
    script('fence_x', AGENT);
    writeFileSync(join(dir, 'state'), '2\n');
    expect(await device('action=off').fence('node2', never)).toMatchObject({ ok: true });
    writeFileSync(join(dir, 'state'), '0\n');
    expect(await device('action=off').fence('node2', never)).toMatchObject({ ok: false });
  });
});

describe('scripts of stonith.d', () => {
  test('environment, and the state after off', async () => {
    const file = script('mine', `echo "$* $STONITH_PASS_WORD $STONITH_PARAMETERS" >>${dir}/calls`);
    const device = (...parameters: string[]) => new ScriptDevice(line('mine', ...parameters), file, run);
    expect(await device('pass-word=geheim', 'x', 'y').fence('node2', never)).toMatchObject({ ok: true });
    expect(readFileSync(join(dir, 'calls'), 'utf8')).toBe('reset node2 geheim x y\n');
    const off = device('action=off');
    script('mine', `case $1 in state) echo on;; esac`);
    expect(await off.fence('node2', never)).toMatchObject({ ok: false, detail: expect.stringContaining('state') });
    script('mine', `case $1 in state) echo off;; esac`);
    expect(await off.fence('node2', never)).toMatchObject({ ok: true });
    script('mine', `case $1 in state) exit 3;; esac`);
    expect(await off.fence('node2', never)).toMatchObject({ ok: true });
  });
});

describe('meatware', () => {
  test('waits for the console or the FIFO, and for nobody else', async () => {
    const device = new MeatwareDevice(line('meatware', 'node2'), dir, realTimers);
    expect(device.confirm()).toBe(false);
    expect(await device.fence('node3', never)).toMatchObject({ ok: false });

    const byConsole = device.fence('node2', never);
    await Promise.resolve();
    await expect.poll(() => device.confirm(), { timeout: 5000 }).toBe(true);
    expect(await byConsole).toMatchObject({ ok: true });

    const byFifo = device.fence('node2', never);
    await expect.poll(() => fifoTakes('meatware reply node2'), { timeout: 5000 }).toBe(true);
    expect(await byFifo).toMatchObject({ ok: true });

    const stop = new AbortController();
    const given = device.fence('node2', stop.signal);
    await expect.poll(() => fifoTakes('meatware reply node3'), { timeout: 5000 }).toBe(true);
    stop.abort();
    expect(await given).toMatchObject({ ok: false });
    expect(fifoTakes('meatware reply node2')).toBe(false);
  });

  /** As meatclient does: the FIFO must be there already. */
  function fifoTakes(text: string): boolean {
    try {
      writeFileSync(join(dir, 'meatware.node2'), text, { flag: 'r+' });
      return true;
    } catch {
      return false;
    }
  }
});

describe('Fencing', () => {
  let timers: HandTimers;
  let events: EventDraft[];
  let asked: { what: string; answer: (result: FenceResult) => void; signal: AbortSignal }[];

  beforeEach(() => {
    timers = new HandTimers();
    [events, asked] = [[], []];
  });

  const answerLater = (what: string, signal: AbortSignal): Promise<FenceResult> =>
    new Promise((resolve) => {
      asked.push({ what, answer: resolve, signal });
      signal.addEventListener('abort', () => resolve(fail('failed', 'aborted')));
    });
  const plug: StonithDevice = {
    type: 'external/plug',
    check: (_node, signal) => answerLater('check', signal),
    fence: (_node, signal) => answerLater('fence', signal),
  };
  const fencingOf = (device: StonithDevice) =>
    new Fencing({ device, peer: 'node2', timers, publish: (event) => events.push(event) });
  const problems = () => events.flatMap(({ body }) => (body.kind === 'problem' ? [`${body.code} ${body.over}`] : []));

  test('one attempt at a time, one outcome each; a check gives way', async () => {
    const fencing = fencingOf(plug);
    fencing.check();
    const first = fencing.fence();
    const second = fencing.fence();
    await timers.advance(0);
    expect(asked.map(({ what, signal }) => `${what} ${signal.aborted}`)).toEqual(['check true', 'fence false']);
    asked[1]?.answer(fail('failed', 'no power switch'));
    expect(await first).toEqual({ ok: false, detail: 'no power switch' });
    await timers.advance(0);
    asked[2]?.answer(ok('cut'));
    expect(await second).toEqual({ ok: true, detail: 'cut' });
    expect(fencing.state()).toEqual({ device: 'external/plug for node2', waitsForPerson: false, detail: 'cut' });
    expect(problems()).toEqual([]);
    fencing.close();
  });

  test('an engine that is gone gets no success, and what waited for its turn never runs', async () => {
    const fencing = fencingOf(plug);
    const running = fencing.fence();
    const waiting = fencing.fence();
    await timers.advance(0);
    fencing.abandon();
    expect((await running).ok).toBe(false);
    expect((await waiting).ok).toBe(false);
    expect(asked.length).toBe(1);
  });

  test('the hourly look: a problem while it does not answer, asked again soon', async () => {
    const fencing = fencingOf(plug);
    fencing.check();
    asked[0]?.answer(fail('failed', 'no answer'));
    await timers.advance(60_000);
    asked[1]?.answer(fail('failed', 'no answer'));
    await timers.advance(60_000);
    asked[2]?.answer(ok('fine'));
    await timers.advance(60_000);
    expect(asked.length).toBe(3);
    expect(problems()).toEqual(['stonith-device false', 'stonith-device true']);
    await timers.advance(3_600_000);
    expect(asked.length).toBe(4);
    fencing.close();
    await timers.advance(3_600_000);
    expect(asked.length).toBe(4);
  });

  test('a person is asked loudly, asked anew for a new death, and not at all once the peer lives', async () => {
    let confirmed: (() => void) | null = null;
    const person = {
      ...plug,
      type: 'meatware',
      fence: (_node: string, signal: AbortSignal): Promise<FenceResult> =>
        new Promise((resolve) => {
          confirmed = () => resolve(ok('confirmed'));
          signal.addEventListener('abort', () => resolve(fail('failed', 'no longer asked')));
        }),
      confirm: () => (confirmed?.(), true),
    };
    const fencing = fencingOf(person);
    const first = fencing.fence();
    await timers.advance(0);
    expect(fencing.state().waitsForPerson).toBe(true);
    expect(events[0]?.body).toMatchObject({ kind: 'fencing', phase: 'waiting-operator', node: 'node2' });
    const second = fencing.fence();
    expect((await first).ok).toBe(false);
    await timers.advance(0);
    fencing.confirm();
    expect(await second).toEqual({ ok: true, detail: 'confirmed' });
    const third = fencing.fence();
    await timers.advance(0);
    fencing.peerHeard();
    expect((await third).ok).toBe(false);
  });

  test('a device that throws has failed', async () => {
    const thrower = { ...plug, fence: () => Promise.reject(new TypeError('args contain a secret')) };
    const done = await fencingOf(thrower).fence();
    expect(done.ok).toBe(false);
    expect(done.detail).not.toContain('secret');
  });
});

test('a NUL in a parameter cannot be given to any program: failed, not thrown through', async () => {
  script('mine', 'exit 0');
  const device = new ExternalDevice(line('external/mine', 'hostlist=a\0b'), [dir], run);
  const fencing = new Fencing({ device, peer: 'node2', timers: realTimers, publish: () => undefined });
  expect((await fencing.fence()).ok).toBe(false);
});
