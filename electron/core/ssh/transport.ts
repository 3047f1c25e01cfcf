/**
 * One SSH transport over one TCP connection: the thin part that knows the ssh2 library. It
 * reports what happens; what follows from it is connection.ts's business. A fake of this
 * interface drives the state machine in the unit tests.
 */
import type { Duplex } from 'node:stream';
import { connect as dialTcp } from 'node:net';
import ssh2 from 'ssh2';
import type { ClientChannel, PseudoTtyOptions } from 'ssh2';
import { say } from '../../common/words/sentence.ts';
import type { Said } from '../../common/words/sentence.ts';
import type { AuthenticationPlan } from './authentication.ts';
import { algorithmsFor } from './algorithms.ts';
import type { HostKey } from './hostKey.ts';
import { parseHostKey } from './hostKey.ts';

/** Who gave up. Shown to people, and it decides whether trying again makes sense. */
export type FailureLayer =
  'name' | 'tcp' | 'ssh-handshake' | 'host-key' | 'authentication' | 'ssh-keepalive' | 'server' | 'local';

export interface TransportFailure extends Said {
  readonly layer: FailureLayer;
}

export interface Terminal {
  readonly cols: number;
  readonly rows: number;
  /** TERM, default xterm-256color. */
  readonly term?: string;
}

export interface TransportEvents {
  /** TCP is up. */
  onConnected(): void;
  /** The server shows its key; nothing is sent until the answer. Also asked at every re-keying. */
  onHostKey(key: HostKey): Promise<boolean>;
  /** The server has proven that it owns the key; authentication begins. */
  onHandshake(): void;
  onReady(): void;
  /** Any byte arrived. */
  onHeard(): void;
  /** Once, whatever the reason; nothing is called afterwards. */
  onClosed(failure: TransportFailure): void;
}

export interface Transport {
  /** Opens a session channel: a command, or (null) the login shell. Rejects with the server's refusal. */
  open(command: string | null, terminal: Terminal | null): Promise<ClientChannel>;
  /** Says goodbye; onClosed follows. */
  end(): void;
  /** Cuts at once. onClosed follows with this failure. */
  destroy(failure: TransportFailure): void;
}

export interface TransportOptions {
  readonly host: string;
  readonly port: number;
  readonly authentication: AuthenticationPlan;
  readonly knownTypes: ReadonlySet<string>;
  /** Between two pings while nothing else is heard, milliseconds. */
  readonly keepaliveMs: number;
  readonly dial: Dial;
}

/** Opens the byte stream below SSH. */
export type Dial = (host: string, port: number) => Duplex;

/** Plain TCP without Nagle: a keystroke and a status request are small and want to leave now. */
export const dialDirect: Dial = (host, port) => {
  const socket = dialTcp({ host, port, noDelay: true });
  return socket;
};

export type OpenTransport = (options: TransportOptions, events: TransportEvents) => Transport;

/** The library counts unanswered pings itself; connection.ts does it better, so its limit is out of reach. */
const LIBRARY_KEEPALIVE_NEVER = Number.MAX_SAFE_INTEGER;

/** How long a server may take to close after our goodbye, milliseconds. */
const GOODBYE_MS = 500;

export const openSsh2Transport: OpenTransport = (options, events) => {
  const client = new ssh2.Client();
  const stream = options.dial(options.host, options.port);
  let failure: TransportFailure | null = null;
  let closed = false;
  let ending = false;
  let handshakeDone = false;
  const close = (): void => {
    if (closed) return;
    closed = true;
    events.onClosed(failure ?? { layer: 'server', ...say('serverClosed') });
  };
  const failWith = (next: TransportFailure): void => {
    failure ??= next;
  };
  client.on('connect', () => events.onConnected());
  client.on('handshake', () => {
    if (!handshakeDone) events.onHandshake();
    handshakeDone = true;
  });
  client.on('ready', () => events.onReady());
  client.on('error', (error) => failWith(explain(error, handshakeDone, options)));
  client.on('close', close);
  stream.on('close', close);
  // An error before the library listens (a refused connection in the same tick) must not be thrown.
  stream.on('error', (error) => failWith(explain(error, handshakeDone, options)));
  client.connect({
    sock: stream,
    username: 'set-by-the-authentication-plan',
    algorithms: algorithmsFor(options.knownTypes),
    keepaliveInterval: options.keepaliveMs,
    keepaliveCountMax: LIBRARY_KEEPALIVE_NEVER,
    // Time limits belong to the phases in connection.ts: a person may think about a host key.
    readyTimeout: 0,
    hostVerifier: (blob: Buffer, verdict: (accepted: boolean) => void) => {
      const key = parseHostKey(Buffer.from(blob));
      const judged = key === null ? Promise.resolve(false) : events.onHostKey(key);
      void judged.then((accepted) => {
        if (accepted && !closed && !ending) return verdict(true);
        // Cutting is a refusal too; the library's own refusal fails when the stream is already gone.
        failWith({ layer: 'host-key', ...say('hostKeyNotAccepted') });
        stream.destroy();
      });
    },
    authHandler: (offered, partial, next) => {
      // The types omit `false`, which the library documents as "nothing more to try".
      next(options.authentication.next(offered, partial) as Parameters<typeof next>[0]);
    },
  });
  stream.on('data', () => events.onHeard());
  return {
    open: (command, terminal) => openChannel(client, command, terminal),
    end: () => {
      ending = true;
      client.end();
      // A server that is gone never closes its side.
      setTimeout(() => stream.destroy(), GOODBYE_MS).unref();
    },
    destroy: (reason) => {
      failWith(reason);
      stream.destroy();
      close();
    },
  };
};

function openChannel(client: ssh2.Client, command: string | null, terminal: Terminal | null): Promise<ClientChannel> {
  return new Promise((resolve, reject) => {
    const done = (error: Error | undefined, channel: ClientChannel): void =>
      error === undefined ? resolve(channel) : reject(error);
    const pty: PseudoTtyOptions | null =
      terminal === null
        ? null
        : { cols: terminal.cols, rows: terminal.rows, width: 0, height: 0, term: terminal.term ?? 'xterm-256color' };
    if (command === null) client.shell(pty ?? false, done);
    else client.exec(command, pty === null ? {} : { pty }, done);
  });
}

/** Errors of the system that we have words for. */
const TCP_ERRORS = ['ECONNREFUSED', 'ECONNRESET', 'ETIMEDOUT', 'EHOSTUNREACH', 'ENETUNREACH', 'EPIPE'] as const;

function explain(
  error: Error & { level?: string; code?: unknown },
  handshakeDone: boolean,
  options: TransportOptions,
): TransportFailure {
  const code = typeof error.code === 'string' ? error.code : '';
  if (error.level === 'client-authentication') {
    const methods = options.authentication.tried.filter((method) => method !== 'none').join(', ');
    const refused = methods === '' ? say('loginNothingOffered') : say('loginRefused', { methods });
    return { layer: 'authentication', ...refused };
  }
  if (error.level === 'agent') return { layer: 'authentication', ...say('sshAgentFailed', { error: error.message }) };
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN')
    return { layer: 'name', ...say('nameUnknown', { host: options.host, error: code }) };
  const known = TCP_ERRORS.find((one) => one === code);
  if (known !== undefined) return { layer: 'tcp', ...say(`tcp-${known}`) };
  const inItsWords = say('inItsWords', { text: error.message });
  if (code !== '') return { layer: 'tcp', ...inItsWords };
  if (typeof error.code === 'number') return { layer: 'server', ...say('serverEnded', { text: error.message }) };
  return { layer: handshakeDone ? 'server' : 'ssh-handshake', ...inItsWords };
}
