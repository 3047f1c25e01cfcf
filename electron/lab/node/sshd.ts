/**
 * The SSH server of a rack node: shell, exec, pty, window changes, signals, exit statuses; public key and
 * password; user root. It listens on the node's own port 22 and on a local socket through which the rack
 * host lets the console in (the management network, which no cable of the rack cuts).
 */
import { spawn } from 'node:child_process';
import { timingSafeEqual } from 'node:crypto';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import type { Socket } from 'node:net';
import { join } from 'node:path';
import { constants } from 'node:os';
import { spawn as spawnPty } from '@lydell/node-pty';
import type { IPty } from '@lydell/node-pty';
import ssh2 from 'ssh2';
import type { AuthContext, Connection, ParsedKey, PseudoTtyInfo, ServerChannel, Session } from 'ssh2';
import { z } from 'zod';

const SettingsSchema = z.object({
  name: z.string(),
  hostKeyPem: z.string(),
  publicKey: z.string(),
  password: z.string(),
});

const SHELL = existsSync('/bin/bash') ? '/bin/bash' : '/bin/sh';

const BASE_ENVIRONMENT = {
  PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  HOME: '/root',
  USER: 'root',
  LOGNAME: 'root',
  SHELL,
  LANG: 'C.UTF-8',
};

function equal(a: Buffer, b: Buffer): boolean {
  return a.length === b.length && timingSafeEqual(a, b);
}

/** True when the client proved what it must. */
function isAllowed(context: AuthContext, key: ParsedKey, password: string): boolean {
  if (context.username !== 'root') return false;
  if (context.method === 'password') return equal(Buffer.from(context.password), Buffer.from(password));
  if (context.method !== 'publickey') return false;
  if (context.key.algo !== key.type || !equal(context.key.data, key.getPublicSSH())) return false;
  // Without a signature the client only asks whether this key would do.
  if (context.signature === undefined || context.blob === undefined) return true;
  return key.verify(context.blob, context.signature, context.hashAlgo) === true;
}

/** One session channel: what was asked for before `shell` or `exec`, and what runs now. */
class SessionWork {
  private readonly environment: Record<string, string> = { ...BASE_ENVIRONMENT };
  private terminal: PseudoTtyInfo | null = null;
  private pty: IPty | null = null;
  private signal: (name: string) => void = () => undefined;

  constructor(session: Session) {
    session.on('env', (accept, _reject, { key, val }) => {
      if (key === 'LANG' || key.startsWith('LC_')) this.environment[key] = val;
      accept?.();
    });
    session.on('pty', (accept, _reject, info) => {
      this.terminal = info;
      accept?.();
    });
    session.on('window-change', (accept, _reject, { cols, rows }) => {
      if (this.terminal !== null) Object.assign(this.terminal, { cols, rows });
      // An open pane that is folded away reports 0: keep what was.
      if (cols > 0 && rows > 0) this.pty?.resize(cols, rows);
      accept?.();
    });
    session.on('signal', (accept, _reject, { name }) => {
      this.signal(name);
      accept?.();
    });
    session.on('shell', (accept) => this.start(accept(), ['-l']));
    session.on('exec', (accept, _reject, { command }) => this.start(accept(), ['-c', command]));
  }

  private start(channel: ServerChannel, args: readonly string[]): void {
    channel.on('error', () => undefined); // The connection went; 'close' follows.
    if (this.terminal === null) this.startPiped(channel, args);
    else this.startInTerminal(channel, args, this.terminal);
  }

  private startInTerminal(channel: ServerChannel, args: readonly string[], info: PseudoTtyInfo): void {
    const name = info.term === '' ? 'dumb' : info.term;
    const pty = spawnPty(SHELL, [...args], {
      name,
      cols: info.cols > 0 ? info.cols : 80,
      rows: info.rows > 0 ? info.rows : 24,
      cwd: '/root',
      env: { ...this.environment, TERM: name },
      encoding: null,
    });
    this.pty = pty;
    this.signal = (signal) => pty.kill(`SIG${signal}`);
    // With encoding null the data are bytes, whatever the type says.
    pty.onData((data) => {
      if (!channel.write(data)) pty.pause();
    });
    channel.on('drain', () => pty.resume());
    channel.on('data', (data: Buffer) => pty.write(data as string & Buffer));
    pty.onExit(({ exitCode, signal }) => {
      this.pty = null;
      this.finish(channel, exitCode, signal === 0 || signal === undefined ? null : signalName(signal));
    });
    channel.on('close', () => this.pty?.kill('SIGHUP'));
  }

  private startPiped(channel: ServerChannel, args: readonly string[]): void {
    const child = spawn(SHELL, [...args], { cwd: '/root', env: this.environment, detached: true });
    this.signal = (signal) => child.kill(`SIG${signal}` as NodeJS.Signals);
    child.on('error', (error) => {
      channel.stderr.write(`${error.message}\n`);
      this.finish(channel, 127, null);
    });
    child.stdin.on('error', () => undefined); // The program stopped reading: its exit status says why.
    channel.pipe(child.stdin);
    child.stdout.pipe(channel, { end: false });
    child.stderr.pipe(channel.stderr, { end: false });
    // 'close' and not 'exit': all output first, as sshd does.
    child.on('close', (status, signal) => this.finish(channel, status, signal));
    channel.on('close', () => {
      // As with sshd the program lives on; its pipes do not.
      child.stdin.destroy();
      child.stdout.destroy();
      child.stderr.destroy();
    });
  }

  private finish(channel: ServerChannel, status: number | null, signal: string | null): void {
    if (channel.destroyed) return;
    if (signal !== null) channel.exit(signal.replace(/^SIG/, ''), false, '');
    else channel.exit(status ?? 255);
    channel.end();
  }
}

function signalName(number: number): string {
  return Object.entries(constants.signals).find(([, value]) => value === number)?.[0] ?? 'SIGTERM';
}

function serveClient(client: Connection, key: ParsedKey, password: string): void {
  client.on('error', () => undefined); // Scans, resets, cut cables: the connection is over, the server is not.
  client.on('authentication', (context) => {
    if (isAllowed(context, key, password)) context.accept();
    else context.reject(['publickey', 'password']);
  });
  client.on('ready', () => {
    client.on('session', (accept) => new SessionWork(accept()));
  });
}

/** Main of a node's SSH server. Says `@ready` on standard output once it listens. */
export function runSshServer(): void {
  const dir = process.env['RACK_NODE_DIR'] ?? '/run/rack';
  const settings = SettingsSchema.parse(JSON.parse(readFileSync(join(dir, 'ssh.json'), 'utf8')));
  const key = ssh2.utils.parseKey(settings.publicKey);
  if (key instanceof Error) throw key;
  const server = new ssh2.Server({ hostKeys: [settings.hostKeyPem], ident: 'TwinbeatRack' }, (client) =>
    serveClient(client, key, settings.password),
  );
  const accept = (socket: Socket): void => {
    socket.setNoDelay(true);
    server.injectSocket(socket);
  };
  const local = join(dir, 'ssh');
  rmSync(local, { force: true });
  const lan = createServer(accept);
  lan.on('error', (error) => process.stderr.write(`port 22: ${error.message}\n`));
  lan.listen(22, '0.0.0.0');
  createServer(accept).listen(local, () => process.stdout.write('@ready\n'));
}
