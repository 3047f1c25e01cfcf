import { spawn, spawnSync } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import ssh2 from 'ssh2';
import type { Client, ClientChannel, PseudoTtyOptions } from 'ssh2';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { makeSshKey } from '../../../electron/lab/host/sshKey.ts';
import { startRack } from '../../../electron/lab/index.ts';
import type { RackHandle } from '../../../electron/lab/index.ts';
import { missing } from '../../support/needs.ts';
import { names, on, until } from '../../support/rackTools.ts';

vi.setConfig({ testTimeout: 60_000 });

interface Outcome {
  readonly stdout: string;
  readonly stderr: string;
  readonly status: number | null;
  readonly signal: string | null;
}

function connect(options: Record<string, unknown>): Promise<Client> {
  const client = new ssh2.Client();
  return new Promise((resolve, reject) => {
    client.on('ready', () => resolve(client)).on('error', reject);
    client.connect({ host: '127.0.0.1', username: 'root', readyTimeout: 15_000, ...options });
  });
}

function exec(client: Client, command: string, input: Buffer | string | null = null): Promise<Outcome> {
  return new Promise((resolve, reject) => {
    client.exec(command, (error, channel) => {
      if (error) return reject(error);
      let stdout = '';
      let stderr = '';
      let outcome: [number | null, string | null] = [null, null];
      channel.on('data', (data: Buffer) => (stdout += data.toString('latin1')));
      channel.stderr.on('data', (data: Buffer) => (stderr += data.toString('latin1')));
      channel.on('exit', (status: number | null, signal?: string) => (outcome = [status, signal ?? null]));
      channel.on('close', () => resolve({ stdout, stderr, status: outcome[0], signal: outcome[1] }));
      if (input !== null) channel.end(input);
    });
  });
}

function shell(client: Client, window: PseudoTtyOptions): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    client.shell(window, (error, channel) => (error ? reject(error) : resolve(channel)));
  });
}

describe.skipIf(missing('linux', 'namespaces', 'iproute') !== null)('SSH into a node', () => {
  let rack: RackHandle;
  let a: string;
  let client: Client;
  const port = () => rack.pairSpec().nodes[0].port;
  const key = () => ({ port: port(), privateKey: rack.credentials().privateKeyPem });

  beforeAll(async () => {
    rack = await startRack({ name: 'ssh' });
    [a] = names(rack);
    client = await connect(key());
  });
  afterAll(async () => {
    client?.end();
    await rack?.down();
  });

  test('key and password open it, everything else does not', async () => {
    const { password } = rack.credentials();
    (await connect({ port: port(), password })).end();
    await expect(connect({ port: port(), password: `${password}x` })).rejects.toThrow(/authentication/);
    await expect(connect({ port: port(), password, username: 'admin' })).rejects.toThrow(/authentication/);
    const stranger = makeSshKey('stranger').privatePem;
    await expect(connect({ port: port(), privateKey: stranger })).rejects.toThrow(/authentication/);
  });

  test('its host key is the one that the credentials and the pair name', async () => {
    let seen = '';
    const hostVerifier = (blob: Buffer): boolean => {
      seen = `SHA256:${createHash('sha256').update(blob).digest('base64').replace(/=+$/, '')}`;
      return true;
    };
    (await connect({ ...key(), hostVerifier })).end();
    expect(rack.credentials().hostKeySha256[a]).toEqual([seen]);
    expect(rack.pairSpec().nodes[0].hostKeys).toEqual([seen]);
  });

  test('exec: output, errors, exit status, signal, end of input', async () => {
    expect(await exec(client, 'uname -n; echo oops >&2; exit 7')).toMatchObject({
      stdout: `${a}\n`,
      stderr: 'oops\n',
      status: 7,
    });
    expect((await exec(client, 'kill -TERM $$')).signal).toMatch(/TERM/);
    expect((await exec(client, 'wc -c', 'hello')).stdout.trim()).toBe('5');
    expect((await exec(client, 'echo $HOME $USER; pwd')).stdout).toBe('/root root\n/root\n');
    expect((await exec(client, 'no-such-command')).status).toBe(127);
  });

  test('45 MB go in and come back whole, in seconds', async () => {
    const bytes = randomBytes(45_000_000);
    const since = performance.now();
    const { stdout } = await exec(client, 'cat >/opt/big; md5sum </opt/big', bytes);
    process.stdout.write(`45 MB over exec: ${((performance.now() - since) / 1000).toFixed(1)} s\n`);
    expect(stdout).toContain(createHash('md5').update(bytes).digest('hex'));
    const back = await exec(client, 'cat /opt/big; rm /opt/big');
    expect(back.stdout.length).toBe(bytes.length);
  });

  test('many sessions at once', async () => {
    const outcomes = await Promise.all(Array.from({ length: 30 }, (_, i) => exec(client, `sleep 0.1; echo ${i}`)));
    expect(outcomes.map(({ stdout }) => Number(stdout))).toEqual(Array.from({ length: 30 }, (_, i) => i));
  });

  test('a shell on a terminal follows the window, takes Ctrl-C and ends with exit', async () => {
    const channel = await shell(client, { term: 'xterm-256color', cols: 91, rows: 33 });
    let text = '';
    channel.on('data', (data: Buffer) => (text += data.toString()));
    let status: number | null = null;
    channel.on('exit', (code: number) => (status = code));
    const says = (command: string, wanted: RegExp) => {
      channel.write(command);
      return until(`${command} says ${wanted}`, () => wanted.test(text));
    };
    await says('stty size; echo $TERM\n', /33 91\r\nxterm-256color/);
    channel.setWindow(40, 120, 0, 0);
    await says('stty size\n', /40 120/);
    await says('sleep 100; echo never$((1+1))\n', /sleep 100/);
    channel.write('\x03');
    await says('echo alive$((1+1))\n', /alive2/);
    expect(text).not.toContain('never2');
    channel.write('exit 5\n');
    await until('the shell ended', () => status === 5);
  });

  test('closing the connection hangs up the terminal, as sshd does', async () => {
    const own = await connect(key());
    const channel = await shell(own, { term: 'vt100', cols: 80, rows: 24 });
    let text = '';
    channel.on('data', (data: Buffer) => (text += data.toString()));
    channel.write('echo pid=$$\n');
    await until('the shell answers', () => /pid=\d+/.test(text));
    const pid = /pid=(\d+)/.exec(text)?.[1];
    own.destroy();
    await until(
      'the shell is gone',
      async () => (await on(rack, a, `test -d /proc/${pid} && echo there || echo gone`)) === 'gone',
    );
  });

  // Goal: a fault's guard, started over SSH, must live on when the connection is what the fault cuts.
  test('what was sent to the background survives its connection', async () => {
    const own = await connect(key());
    await exec(own, 'setsid sh -c "sleep 1; echo lived >/root/guard" </dev/null >/dev/null 2>&1 &');
    own.destroy();
    await until('the guard acted', async () => (await on(rack, a, 'cat /root/guard 2>/dev/null || true')) === 'lived');
  });

  test('power off ends the connection at once and refuses new ones', async () => {
    const own = await connect(key());
    let closed = false;
    own.on('close', () => (closed = true)).on('error', () => undefined);
    await rack.power(a, 'off');
    await until('the connection died', () => closed, 2000);
    await expect(connect(key())).rejects.toThrow(/ECONNREFUSED/);
    await rack.power(a, 'on');
    client = await connect(key());
    expect((await exec(client, 'uname -n')).stdout).toBe(`${a}\n`);
  });

  test.skipIf(spawnSync('ssh', ['-V']).status !== 0)(
    "OpenSSH's client: host key checked, exec, terminal, input",
    async () => {
      const { privateKeyFile } = rack.credentials();
      const common = [
        '-i',
        privateKeyFile,
        '-p',
        `${port()}`,
        '-o',
        'StrictHostKeyChecking=no',
        '-o',
        'UserKnownHostsFile=/dev/null',
      ];
      const quiet = [...common, '-o', 'LogLevel=ERROR', '-o', 'BatchMode=yes', '-F', '/dev/null'];
      const run = (args: readonly string[], input = ''): Promise<{ status: number | null; stdout: string }> =>
        new Promise((resolve) => {
          const child = spawn('ssh', [...quiet, ...args], { stdio: ['pipe', 'pipe', 'inherit'] });
          let stdout = '';
          child.stdout.setEncoding('utf8').on('data', (part: string) => (stdout += part));
          child.on('close', (status) => resolve({ status, stdout }));
          child.stdin.end(input);
        });
      expect(await run(['root@127.0.0.1', 'cat; exit 3'], 'through')).toEqual({ status: 3, stdout: 'through' });
      expect((await run(['-tt', 'root@127.0.0.1', 'tty; echo $TERM'])).stdout).toContain('/dev/pts/');
      // And from the other node over the LAN: the same server on its own port 22.
      const banner = await on(rack, names(rack)[1], 'ssh-keyscan -T 5 192.168.2.1 2>/dev/null | head -1');
      expect(banner).toContain('ssh-ed25519');
    },
  );
});
