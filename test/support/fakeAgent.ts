/**
 * A stand-in for the deployed agent, for tests of deploying: one file that runs, leaves the
 * same traces, and answers `hello`. With FAIL in its text it dies at start.
 */
import { chmodSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { AGENT_PROTOCOL_VERSION } from '../../agent/common/rpc/agentContract.ts';
import type { AgentPayload } from '../../electron/core/deploy/index.ts';

const AGENT_CJS = String.raw`
const fs = require('node:fs');
const net = require('node:net');
const run = '/run/twinbeat-agent';
const version = 'VERSION';
if (process.argv[2] === 'run') {
  if (version.includes('FAIL')) { console.error('cannot start: told so'); process.exit(1); }
  fs.mkdirSync(run, { recursive: true });
  fs.mkdirSync('/var/lib/twinbeat-agent', { recursive: true });
  fs.writeFileSync('/var/lib/twinbeat-agent/state', 'state\n');
  fs.rmSync(run + '/agent.sock', { force: true });
  net.createServer((socket) => {
    socket.on('error', () => {});
    socket.on('data', (data) => {
      for (const line of data.toString().split('\n').filter(Boolean)) {
        const { id, m } = JSON.parse(line);
        if (m === 'hello') socket.write(JSON.stringify({ t: 'ok', id, v: { protocol: PROTOCOL, version, node: 'n', pid: process.pid, journalId: 'j' } }) + '\n');
      }
    });
  }).listen(run + '/agent.sock', () => fs.writeFileSync(run + '/agent.pid', process.pid + '\n'));
  process.on('SIGTERM', () => process.exit(0));
} else {
  const socket = net.connect(run + '/agent.sock');
  socket.on('error', (error) => { console.error(error.message); process.exit(1); });
  process.stdin.pipe(socket).pipe(process.stdout);
}
`;

/** Builds a payload below `dir`. `version` with FAIL in it gives an agent that does not start. */
export function fakeAgent(dir: string, version: string): AgentPayload {
  const bundleDir = join(dir, `agent-${version}`);
  mkdirSync(join(bundleDir, 'native', 'linux-x64'), { recursive: true });
  mkdirSync(join(bundleDir, 'native', 'linux-arm64'), { recursive: true });
  writeFileSync(
    join(bundleDir, 'twinbeat-agent.cjs'),
    AGENT_CJS.replace('VERSION', version).replace('PROTOCOL', String(AGENT_PROTOCOL_VERSION)),
  );
  for (const arch of ['x64', 'arm64']) writeFileSync(join(bundleDir, 'native', `linux-${arch}`, 'fake.node'), arch);
  // A runtime that is quick to send: it hands over to the one that runs this test.
  const runtime = join(dir, 'node');
  writeFileSync(runtime, `#!/bin/sh\nexec ${process.execPath} "$@"\n`);
  chmodSync(runtime, 0o755);
  return { version, bundleDir, runtimeFor: () => runtime };
}
