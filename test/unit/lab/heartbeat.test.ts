// Goal: a rack of real daemons gets files that the daemon takes, and says why it cannot be had before anything is built.
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parseAuthkeys, parseHaCf, parseHaresources } from '../../../agent/common/config/index.ts';
import { heartbeatFiles, heartbeatReason } from '../../../electron/lab/heartbeat.ts';
import { haOfRack, loadSetup, pairSpecOf } from '../../../electron/lab/setup.ts';

const APP = join(import.meta.dirname, '../../..');

test.each(['s5', 's1', 's4'] as const)('setup %s: both nodes agree, one key, ipfail where Debian has it', (id) => {
  const setup = loadSetup(APP, id);
  const ha = haOfRack(setup, { ipfail: true });
  const files = setup.nodes.map(({ name }) => heartbeatFiles(setup, ha)[name]);
  for (const file of files) {
    const { config, problems } = parseHaCf(file?.haCf ?? '', 'ha.cf');
    expect(problems.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(config?.nodes).toEqual(setup.nodes.map(({ name }) => name));
    expect(config?.logfile).toBe('/var/log/ha-log');
    expect(config?.respawn.map(({ command }) => command)).toEqual(['/usr/libexec/heartbeat/ipfail']);
    expect(file?.haCf).not.toContain('Twinbeat');
    expect(parseHaresources(file?.haresources ?? '', 'haresources', config?.nodes ?? []).groups.length).toBeGreaterThan(
      0,
    );
    expect(parseAuthkeys(file?.authkeys ?? '', 'authkeys', 0o600).keyring).not.toBeNull();
  }
  const [a, b] = Object.values(heartbeatFiles(setup, ha));
  expect(a?.authkeys).toBe(b?.authkeys);
  // Another rack has another key.
  expect(Object.values(heartbeatFiles(setup, ha))[0]?.authkeys).not.toBe(a?.authkeys);
});

test('its pair is observed: nothing of it is ours to write', () => {
  const setup = loadSetup(APP, 's5');
  const nodes = setup.nodes.map(({ name }) => ({ name, ssh: { host: '127.0.0.1', port: 22, user: 'root' } }));
  expect(pairSpecOf(setup, null, nodes, '/key', {})).toMatchObject({ engine: 'heartbeat', ha: null });
  expect(pairSpecOf(setup, setup.ha, nodes, '/key', {}).engine).toBe('twinbeat');
});

test('an ordinary user, or conditions that only our engine knows: refused with the reason', () => {
  // Where the package is missing that is said first, whoever asks.
  expect(heartbeatReason('rootless', {})).toMatch(/needs root|needs the package/);
  expect(heartbeatReason('root', { reference: true })).toMatch(/no conditions|needs the package/);
});
