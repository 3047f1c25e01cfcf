// Goal: what the files of a configuration directory become, what stops the start, and what a reload takes of them.
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Keyring } from '../../../agent/common/base/keyring.ts';
import type { EventDraft } from '../../../agent/common/timeline/event.ts';
import { keyFingerprint } from '../../../agent/common/wire/fingerprint.ts';
import { parseArguments, USAGE, VERBS } from '../../../agent/node/command/args.ts';
import { Keys } from '../../../agent/node/daemon/keys.ts';
import { changedSince, readSetup, scriptEnvironment, type Setup } from '../../../agent/node/daemon/setup.ts';

const HA = [
  'keepalive 1\ndeadtime 5\ninitdead 30\nlogfile /l\nauto_failback on\nnode node1 node2\nbcast eth1\n',
  'ping 10.0.0.254\nwatchdog /dev/watchdog\nenv SITE=b\n',
].join('');

let dir = '';
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'twinbeat-setup-'));
  write('ha.cf', HA);
  write('haresources', 'node1 10.0.0.100\n');
  write('authkeys', 'auth 1\n1 sha1 OldSecret\n');
  chmodSync(join(dir, 'authkeys'), 0o600);
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

function write(name: string, text: string): void {
  writeFileSync(join(dir, name), text);
}

function setup(): Setup {
  const read = readSetup(dir, 'node1');
  if (!read.ok) throw new Error(read.detail);
  return read.value;
}

describe('twinbeat.cf', () => {
  test('none: the defaults', () => {
    expect(setup().safety).toEqual({ takeoverRequires: [], onStopFailure: 'report' });
  });

  test('read, and checked against ha.cf; one that cannot be met stops the start', () => {
    write('twinbeat.cf', 'takeover_requires reference\non_stop_failure reboot\n');
    expect(setup().safety).toEqual({ takeoverRequires: ['reference'], onStopFailure: 'reboot' });
    write('twinbeat.cf', 'takeover_requires fencing\n');
    const refused = readSetup(dir, 'node1');
    expect(refused.ok ? '' : refused.detail).toMatch(/twinbeat\.cf:1:19: error: .*\[requires-stonith\]$/);
  });

  test('a directory in its place, or a missing file of the others, is said', () => {
    rmSync(join(dir, 'authkeys'));
    rmSync(join(dir, 'haresources'));
    const refused = readSetup(dir, 'node1');
    expect(refused.ok ? [] : refused.detail.split('\n')).toHaveLength(2);
  });
});

test('scripts see an env line by both names', () => {
  expect(scriptEnvironment(setup(), dir)).toMatchObject({ SITE: 'b', HA_SITE: 'b', HA_CURHOST: 'node1' });
});

test('a changed file is noticed, one that came or went too', () => {
  const before = setup();
  expect(changedSince(before, dir)).toEqual([]);
  write('ha.cf', `${HA}# more\n`);
  write('twinbeat.cf', '');
  expect(changedSince(before, dir)).toEqual([join(dir, 'ha.cf'), join(dir, 'twinbeat.cf')]);
});

describe('reload of authkeys', () => {
  let drafts: EventDraft[];
  let applied: Keyring[];
  const keys = (): Keys => {
    [drafts, applied] = [[], []];
    return new Keys(setup().keyring, {
      configDir: dir,
      publish: (draft) => drafts.push(draft),
      apply: (keyring) => applied.push(keyring),
    });
  };

  test('taken: handed on, named by index, method and fingerprint, without a secret anywhere', () => {
    const present = keys();
    write('authkeys', 'auth 2\n1 sha1 OldSecret\n2 sha256 NewSecret\n');
    const reply = present.reload();
    const fingerprint = keyFingerprint('sha256', 'NewSecret');
    expect(fingerprint).toMatch(/^[0-9a-f]{12}$/);
    expect(reply.accepted).toBe(true);
    expect(applied).toHaveLength(1);
    expect(present.status()).toEqual({ index: 2, method: 'sha256', fingerprint, accepted: 2 });
    expect(drafts[0]?.body).toMatchObject({ kind: 'keys', ok: true, signing: `2 sha256 ${fingerprint}` });
    expect(JSON.stringify([reply, drafts])).not.toMatch(/Secret/);
  });

  test.each([
    ['a broken line', 'auth 2\n1 sha1 OldSecret\n2 sha512 NewSecret\n', 0o600],
    ['no signing key', 'auth 3\n1 sha1 OldSecret\n', 0o600],
    ['a file that others can read', 'auth 1\n1 sha1 NewSecret\n', 0o644],
    ['an empty file', '', 0o600],
  ])('%s: refused with the reason, and the old keys stay', (_what, text, mode) => {
    const present = keys();
    const before = present.status();
    write('authkeys', text);
    chmodSync(join(dir, 'authkeys'), mode);
    const reply = present.reload();
    expect(reply.accepted).toBe(false);
    expect(reply.detail).toContain('authkeys:');
    expect(present.status()).toEqual(before);
    expect(applied).toEqual([]);
    expect(drafts[0]).toMatchObject({ severity: 'error', body: { kind: 'keys', ok: false } });
    expect(JSON.stringify([reply, drafts])).not.toMatch(/Secret/);
  });

  test('fingerprints tell methods and secrets apart', () => {
    const all = [keyFingerprint('md5', 'a'), keyFingerprint('sha1', 'a'), keyFingerprint('sha1', 'b')];
    expect(new Set(all).size).toBe(3);
  });
});

test('every verb is in the help, and --yes belongs to the line', () => {
  for (const verb of VERBS) expect(USAGE).toContain(`\n  ${verb}`);
  expect(parseArguments(['confirm-dead', '--yes'])).toMatchObject({
    ok: true,
    value: { verb: 'confirm-dead', yes: true },
  });
  expect(parseArguments(['reload'])).toMatchObject({ ok: true, value: { verb: 'reload', yes: false } });
  expect(parseArguments(['reload', 'all'])).toMatchObject({ ok: false });
});
