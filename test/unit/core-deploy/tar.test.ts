import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { describeVersion } from '../../../electron/core/deploy/payload.ts';
import type { AgentPayload } from '../../../electron/core/deploy/payload.ts';
import { buildUpload } from '../../../electron/core/deploy/upload.ts';

let dir: string;
let payload: AgentPayload;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'twinbeat-upload-'));
  const bundleDir = join(dir, 'agent');
  for (const arch of ['x64', 'arm64']) {
    mkdirSync(join(bundleDir, 'native', `linux-${arch}`), { recursive: true });
    writeFileSync(join(bundleDir, 'native', `linux-${arch}`, 'koffi.node'), `koffi ${arch}`);
  }
  writeFileSync(join(bundleDir, 'twinbeat-agent.cjs'), 'agent');
  // Larger than one read, and not a multiple of a tar block.
  writeFileSync(join(dir, 'node-x64'), Buffer.alloc(3_000_001, 'runtime '));
  payload = { version: '1.2.3', bundleDir, runtimeFor: (arch) => (arch === 'x64' ? join(dir, 'node-x64') : null) };
});
afterEach(() => rmSync(dir, { recursive: true, force: true }));

async function unpack(upload: Awaited<ReturnType<typeof buildUpload>>): Promise<string> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of upload.chunks()) chunks.push(chunk);
  const bytes = Buffer.concat(chunks);
  expect(bytes.length).toBe(upload.bytes);
  expect(createHash('sha256').update(bytes).digest('hex')).toBe(upload.sha256);
  const out = join(dir, 'out');
  rmSync(out, { recursive: true, force: true });
  mkdirSync(out);
  const tar = spawnSync('tar', ['-xzf', '-', '-C', out], { input: bytes });
  expect(tar.stderr.toString()).toBe('');
  return out;
}

test('the stream unpacks with tar to exactly the version folder and the texts', async () => {
  const version = await describeVersion(payload, 'x64', null);
  expect(version.name).toMatch(/^1\.2\.3-[0-9a-f]{8}$/);
  const upload = await buildUpload(
    version,
    true,
    [{ path: 'files/0', mode: 0o600, content: Buffer.from('一') }],
    join(dir, 'cache'),
  );
  const out = await unpack(upload);
  expect(readFileSync(join(out, 'payload/node')).equals(readFileSync(join(dir, 'node-x64')))).toBe(true);
  expect(lstatSync(join(out, 'payload/node')).mode & 0o777).toBe(0o755);
  expect(readFileSync(join(out, 'payload/native/linux-x64/koffi.node'), 'utf8')).toBe('koffi x64');
  expect(readdirSync(join(out, 'payload/native'))).toEqual(['linux-x64']);
  expect(readFileSync(join(out, 'files/0'), 'utf8')).toBe('一');
  expect(lstatSync(join(out, 'files/0')).mode & 0o777).toBe(0o600);
});

test('the runtime is compressed once; a runtime on the node is linked, not sent', async () => {
  const version = await describeVersion(payload, 'x64', null);
  const cache = join(dir, 'cache');
  const both = await Promise.all([buildUpload(version, true, [], cache), buildUpload(version, true, [], cache)]);
  expect(both[0]?.sha256).toBe(both[1]?.sha256);
  expect(readdirSync(cache)).toHaveLength(1);
  const without = await buildUpload(version, false, [], join(dir, 'unused'));
  expect(readdirSync(await unpack(without).then((out) => join(out, 'payload'))).sort()).toEqual([
    'native',
    'node.sha256',
    'twinbeat-agent.cjs',
  ]);
  const system = await describeVersion(payload, 'arm64', '/usr/bin/node');
  const out = await unpack(await buildUpload(system, true, [], join(dir, 'unused')));
  expect(readlinkSync(join(out, 'payload/node'))).toBe('/usr/bin/node');
});

test('the name tells the content: bundle, architecture and runtime', async () => {
  const names = new Set([
    (await describeVersion(payload, 'x64', null)).name,
    (await describeVersion(payload, 'x64', '/usr/bin/node')).name,
    (await describeVersion(payload, 'arm64', '/usr/bin/node')).name,
  ]);
  writeFileSync(join(payload.bundleDir, 'twinbeat-agent.cjs'), 'agent, changed');
  names.add((await describeVersion(payload, 'x64', null)).name);
  expect(names.size).toBe(4);
  await expect(describeVersion(payload, 'arm64', null)).rejects.toThrow(/no runtime/);
});
