// The console's SSH against a real OpenSSH server on loopback.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { NodeSpecSchema } from '../../../electron/common/contract/pair.ts';
import type { NodeSecrets } from '../../../electron/common/contract/pair.ts';
import { SshConnection, knownHostsFile } from '../../../electron/core/ssh/index.ts';
import type { SshConnectionOptions } from '../../../electron/core/ssh/index.ts';
import { sshdMissing, testSshd } from '../../support/sshd.ts';
import type { TestSshd } from '../../support/sshd.ts';

const SECRETS: NodeSecrets = { remember: false };

/** Runs until nobody reads it any more, so that no test leaves it behind. */
const ENDLESS = 'while echo .; do sleep 0.1; done';

/** Waits for a phase by events; a test that never sees it fails by the suite's own time limit. */
function phase(connection: SshConnection, wanted: string): Promise<void> {
  return new Promise((resolve) => {
    const check = (): void => {
      if (connection.state().phase !== wanted) return;
      off();
      resolve();
    };
    const off = connection.onState(check);
    check();
  });
}

describe.skipIf(sshdMissing() !== null)('SSH connection to a real server', () => {
  let sshd: TestSshd;
  let work: string;
  const open: SshConnection[] = [];
  beforeAll(async () => {
    sshd = await testSshd();
    await sshd.start();
    work = mkdtempSync(join(tmpdir(), 'twinbeat-ssh-'));
  });
  afterEach(async () => {
    for (const connection of open.splice(0)) await connection.close();
  });
  afterAll(async () => {
    await sshd.dispose();
    rmSync(work, { recursive: true, force: true });
  });

  const knownHosts = (): string => join(work, 'known_hosts');
  function connection(
    spec: Record<string, unknown> = {},
    options: Partial<SshConnectionOptions> = {},
    server = sshd,
  ): SshConnection {
    const made = new SshConnection(
      NodeSpecSchema.parse({
        name: 'node1',
        host: '127.0.0.1',
        port: server.port,
        user: server.user,
        auth: { method: 'key', keyFile: server.clientKeyFile },
        ...spec,
      }),
      { hostKeys: knownHostsFile(knownHosts()), agentSocket: '', ...options },
    );
    open.push(made);
    return made;
  }
  function trustServer(server = sshd): void {
    writeFileSync(knownHosts(), `[127.0.0.1]:${server.port} ${server.hostKey('ed25519')}\n`);
  }

  test('new key: asked before anything is sent; remembered in a form that ssh-keygen finds', async () => {
    rmSync(knownHosts(), { force: true });
    const first = connection();
    const before = sshd.log().length;
    first.connect(SECRETS);
    await phase(first, 'host-key');
    const question = first.state().hostKey;
    expect(question).toMatchObject({ verdict: 'new', algorithm: 'ssh-ed25519', knownSha256: [] });
    expect(question?.sha256).toBe(
      spawnSync('ssh-keygen', ['-lf', join(sshd.dir, 'host_ed25519.pub')])
        .stdout.toString()
        .split(' ')[1],
    );
    expect(sshd.log().slice(before)).not.toMatch(/publickey|Accepted|Failed|Postponed/);
    expect(first.answerHostKey('some other question', 'trust-once')).toBe(false);
    expect(first.answerHostKey(question?.questionId ?? '', 'trust-and-remember')).toBe(true);
    await phase(first, 'ready');
    const found = spawnSync('ssh-keygen', ['-F', `[127.0.0.1]:${sshd.port}`, '-f', knownHosts()]).stdout.toString();
    expect(found).toContain(sshd.hostKey('ed25519').split(' ')[1]);
    expect(statSync(knownHosts()).mode & 0o777).toBe(0o600);
    const second = connection();
    second.connect(SECRETS);
    expect(await second.settled()).toBe(true);
  });

  test('changed key: closed unless replaced knowingly; the other hosts stay on record', async () => {
    const other = '# office\nold.example ssh-rsa AAAAB3NzaC1yc2EAAAADAQABAAAAgQC7\n';
    const stranger = await testSshd({ hostKeyTypes: ['ed25519'] });
    writeFileSync(knownHosts(), `${other}[127.0.0.1]:${sshd.port} ${stranger.hostKey('ed25519')}\n`);
    await stranger.dispose();
    const changed = connection();
    changed.connect(SECRETS);
    await phase(changed, 'host-key');
    const question = changed.state().hostKey;
    expect(question?.verdict).toBe('changed');
    expect(question?.knownSha256).toHaveLength(1);
    expect(changed.answerHostKey(question?.questionId ?? '', 'trust-once')).toBe(false);
    expect(changed.answerHostKey(question?.questionId ?? '', 'replace')).toBe(true);
    await phase(changed, 'ready');
    expect(readFileSync(knownHosts(), 'latin1')).toBe(
      `${other}[127.0.0.1]:${sshd.port} ${sshd.hostKey('ed25519').split(' ').slice(0, 2).join(' ')}\n`,
    );
  });

  test('rejected and revoked keys end in gave-up, without another attempt and without a login', async () => {
    rmSync(knownHosts(), { force: true });
    const rejected = connection();
    rejected.connect(SECRETS);
    await phase(rejected, 'host-key');
    expect(rejected.answerHostKey(rejected.state().hostKey?.questionId ?? '', 'reject')).toBe(true);
    expect(rejected.state()).toMatchObject({ phase: 'gave-up', nextTryInMs: null });
    writeFileSync(knownHosts(), `@revoked * ${sshd.hostKey('ed25519')}\n`);
    const revoked = connection();
    const before = sshd.log().length;
    revoked.connect(SECRETS);
    await phase(revoked, 'gave-up');
    expect(revoked.state()).toMatchObject({ hostKey: { verdict: 'revoked' }, nextTryInMs: null, attempt: 1 });
    expect(sshd.log().slice(before)).not.toMatch(/Accepted/);
  });

  test('a host known by its rsa key is asked for that key; with only a new type it is new-algorithm', async () => {
    writeFileSync(knownHosts(), `[127.0.0.1]:${sshd.port} ${sshd.hostKey('rsa')}\n`);
    const byRsa = connection();
    byRsa.connect(SECRETS);
    expect(await byRsa.settled()).toBe(true);
    const server = await testSshd({ hostKeyTypes: ['ed25519'] });
    await server.start();
    try {
      writeFileSync(knownHosts(), `[127.0.0.1]:${server.port} ${sshd.hostKey('rsa')}\n`);
      const newType = connection({}, {}, server);
      newType.connect(SECRETS);
      await phase(newType, 'host-key');
      expect(newType.state().hostKey?.verdict).toBe('new-algorithm');
    } finally {
      await server.dispose();
    }
  });

  test('fingerprints of the pair file are trusted; another key than theirs is changed, not new', async () => {
    rmSync(knownHosts(), { force: true });
    const sha256 =
      spawnSync('ssh-keygen', ['-lf', join(sshd.dir, 'host_ed25519.pub')])
        .stdout.toString()
        .split(' ')[1] ?? '';
    const pinned = connection({ hostKeys: [sha256] });
    pinned.connect(SECRETS);
    expect(await pinned.settled()).toBe(true);
    expect(existsSync(knownHosts())).toBe(false);
    const wrong = connection({ hostKeys: [`SHA256:${'A'.repeat(43)}`] });
    wrong.connect(SECRETS);
    await phase(wrong, 'host-key');
    expect(wrong.state().hostKey?.verdict).toBe('changed');
  });

  test('a refused login gives up at once and is not tried again', async () => {
    trustServer();
    const strangerKey = join(work, 'stranger');
    rmSync(strangerKey, { force: true });
    spawnSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', strangerKey]);
    const refused = connection({ auth: { method: 'key', keyFile: strangerKey } });
    refused.connect(SECRETS);
    await phase(refused, 'gave-up');
    expect(refused.failureLayer).toBe('authentication');
    expect(refused.state()).toMatchObject({ nextTryInMs: null, attempt: 1 });
    expect(refused.state().detail).toContain('publickey');
    const password = connection({ auth: { method: 'password' } });
    password.connect({ ...SECRETS, password: 'certainly wrong' });
    await phase(password, 'gave-up');
    expect(password.failureLayer).toBe('authentication');
  });

  test('an encrypted key needs its passphrase, and says which of the two is wrong', async () => {
    trustServer();
    const file = join(work, 'encrypted');
    rmSync(file, { force: true });
    writeFileSync(file, sshd.clientKeyPem, { mode: 0o600 });
    spawnSync('ssh-keygen', ['-q', '-p', '-N', 'correct horse', '-P', '', '-f', file]);
    const made = connection({ auth: { method: 'key', keyFile: file } });
    made.connect(SECRETS);
    await phase(made, 'gave-up');
    expect(made.state().detail).toMatch(/passphrase is needed/);
    made.connect({ ...SECRETS, passphrase: 'battery staple' });
    await phase(made, 'connecting');
    await phase(made, 'gave-up');
    expect(made.state().detail).toMatch(/wrong passphrase/);
    made.connect({ ...SECRETS, passphrase: 'correct horse' });
    await phase(made, 'ready');
  });

  test('the SSH agent is used when it is chosen', async () => {
    trustServer();
    const socket = join(work, 'agent.sock');
    const started = spawnSync('ssh-agent', ['-a', socket]).stdout.toString();
    const pid = Number(/SSH_AGENT_PID=(\d+)/.exec(started)?.[1]);
    try {
      spawnSync('ssh-add', ['-q', sshd.clientKeyFile], { env: { ...process.env, SSH_AUTH_SOCK: socket } });
      const made = connection({ auth: { method: 'agent' } }, { agentSocket: socket });
      made.connect(SECRETS);
      expect(await made.settled(), made.state().detail).toBe(true);
      const none = connection({ auth: { method: 'agent' } }, { agentSocket: '' });
      none.connect(SECRETS);
      await phase(none, 'gave-up');
      expect(none.state().detail).toMatch(/SSH_AUTH_SOCK/);
    } finally {
      process.kill(pid);
    }
  });

  test('run: status, signal, both outputs, input, output limit, time limit, cancel', async () => {
    trustServer();
    const made = connection();
    made.connect(SECRETS);
    await phase(made, 'ready');
    expect(await made.run('cat; echo two >&2; exit 3', { stdin: '一\n' })).toMatchObject({
      ok: true,
      value: { code: 3, signal: null, stdout: '一\n', stderr: 'two\n' },
    });
    expect(await made.run('kill -KILL $$')).toMatchObject({ ok: true, value: { code: null, signal: 'SIGKILL' } });
    expect(await made.run('yes', { stdoutBytesMax: 10_000 })).toMatchObject({ ok: false, reason: 'too-much-output' });
    expect(await made.run(ENDLESS, { timeoutMs: 100 })).toMatchObject({ ok: false, reason: 'timeout' });
    const abort = new AbortController();
    const running = made.run(ENDLESS, { signal: abort.signal });
    abort.abort();
    expect(await running).toMatchObject({ ok: false, reason: 'aborted' });
  });

  test('more commands than the server allows sessions wait for their turn', async () => {
    trustServer();
    const made = connection();
    made.connect(SECRETS);
    await phase(made, 'ready');
    const results = await Promise.all(Array.from({ length: 30 }, (_, index) => made.run(`echo ${index}`)));
    expect(results.map((result) => (result.ok ? result.value.stdout : result.detail))).toEqual(
      Array.from({ length: 30 }, (_, index) => `${index}\n`),
    );
  });

  test('a shell has a terminal that resizes', async () => {
    trustServer();
    const made = connection();
    made.connect(SECRETS);
    await phase(made, 'ready');
    const shell = await made.exec('stty size; read line; stty size; exit 5', { terminal: { cols: 91, rows: 17 } });
    let text = '';
    let resized = false;
    shell.onData((bytes) => {
      text += Buffer.from(bytes).toString();
      if (!resized && text.includes('17 91')) {
        resized = true;
        shell.resize(120, 40);
        shell.write('go\r');
      }
    });
    expect(await shell.exit).toMatchObject({ kind: 'exited', code: 5 });
    expect(text).toContain('40 120');
  });

  test('a server that stops answering is noticed by the keepalive, commands end as lost, and it comes back by itself', async () => {
    const server = await testSshd({ hostKeyTypes: ['ed25519'] });
    await server.start();
    try {
      trustServer(server);
      const made = connection(
        {},
        { keepaliveMs: 100, keepaliveMisses: 3, backoff: { firstMs: 20, maxMs: 100 } },
        server,
      );
      made.connect(SECRETS);
      await phase(made, 'ready');
      const running = made.run(ENDLESS);
      // A command that runs long enough for several pings: a silent but live server is not dead.
      expect(await made.run('sleep 1; echo alive')).toMatchObject({ ok: true, value: { stdout: 'alive\n' } });
      const phases: string[] = [];
      made.onState(() => phases.push(made.state().phase));
      server.signalAll('SIGSTOP');
      await phase(made, 'waiting');
      expect(phases.slice(0, 2)).toEqual(['lost', 'waiting']);
      expect(made.failureLayer).toBe('ssh-keepalive');
      expect(await running).toMatchObject({ ok: false, reason: 'lost' });
      server.signalAll('SIGCONT');
      await phase(made, 'ready');
    } finally {
      server.signalAll('SIGCONT');
      await server.dispose();
    }
  });

  test('a killed session is lost and returns; a server that is down shows as waiting until it is back', async () => {
    const server = await testSshd({ hostKeyTypes: ['ed25519'] });
    await server.start();
    try {
      trustServer(server);
      const made = connection({}, { backoff: { firstMs: 20, maxMs: 100 } }, server);
      made.connect(SECRETS);
      await phase(made, 'ready');
      await server.stop();
      await phase(made, 'waiting');
      await phase(made, 'connecting');
      await phase(made, 'waiting');
      expect(made.state().detail).toMatch(/tcp: .*ECONNREFUSED|tcp: .*ECONNRESET/);
      expect(made.state().nextTryInMs).not.toBeNull();
      await server.start();
      await phase(made, 'ready');
      made.disconnect();
      expect(made.state().phase).toBe('idle');
      expect(await made.run('true')).toMatchObject({ ok: false, reason: 'not-connected' });
    } finally {
      await server.dispose();
    }
  });
});
