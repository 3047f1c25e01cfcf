// What leaves for the server, and when: recorded by a server of our own.
import { generateKeyPairSync } from 'node:crypto';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import ssh2 from 'ssh2';
import type { AuthContext, AuthenticationType } from 'ssh2';
import { afterEach, expect, test } from 'vitest';
import { NodeSpecSchema } from '../../../electron/common/contract/pair.ts';
import { AuthenticationPlan } from '../../../electron/core/ssh/authentication.ts';
import { SshConnection } from '../../../electron/core/ssh/index.ts';
import type { HostKeyStore } from '../../../electron/core/ssh/index.ts';
import { makeSshKey } from '../../../electron/lab/host/sshKey.ts';

const nothingKnown: HostKeyStore = {
  lookup: () => Promise.resolve({ keys: [], notes: [] }),
  remember: () => Promise.resolve(),
  replace: () => Promise.resolve(),
};

const closers: (() => void | Promise<void>)[] = [];
afterEach(async () => {
  for (const close of closers.splice(0)) await close();
});

/** Offers `methods`, accepts what `accepts` says, and records every authentication packet. */
async function recorder(
  methods: AuthenticationType[],
  accepts: (context: AuthContext) => boolean,
): Promise<{ port: number; seen: string[] }> {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 });
  const hostKey = privateKey.export({ type: 'pkcs1', format: 'pem' });
  const seen: string[] = [];
  const server = new ssh2.Server({ hostKeys: [hostKey] }, (client) => {
    client.on('error', () => undefined);
    client.on('authentication', (context) => {
      seen.push(context.method === 'password' ? `password ${context.password}` : context.method);
      if (context.method === 'keyboard-interactive') {
        context.prompt([{ prompt: 'Password: ', echo: false }], (answers) => {
          seen.push(`answer ${answers.join()}`);
          context.accept();
        });
      } else if (accepts(context)) context.accept();
      else context.reject(methods);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  closers.push(() => new Promise((resolve) => server.close(() => resolve())));
  return { port: (server.address() as AddressInfo).port, seen };
}

function connection(port: number): SshConnection {
  const made = new SshConnection(NodeSpecSchema.parse({ name: 'n', host: '127.0.0.1', port }), {
    hostKeys: nothingKnown,
  });
  closers.unshift(() => made.close());
  return made;
}

function reach(made: SshConnection, phase: string): Promise<void> {
  return new Promise((resolve) => {
    const off = made.onState(() => {
      if (made.state().phase !== phase) return;
      off();
      resolve();
    });
  });
}

test('no authentication packet leaves while the host key is being judged, none after a refusal', async () => {
  const { port, seen } = await recorder(['password'], (context) => context.method === 'password');
  const made = connection(port);
  const asked = reach(made, 'host-key');
  made.connect({ password: 'secret', remember: false });
  await asked;
  // As long as a person likes: here, long enough for any packet that was under way.
  await new Promise((resolve) => setTimeout(resolve, 200));
  expect(seen).toEqual([]);
  const gaveUp = reach(made, 'gave-up');
  made.answerHostKey(made.state().hostKey?.questionId ?? '', 'reject');
  await gaveUp;
  await new Promise((resolve) => setTimeout(resolve, 50));
  expect(seen).toEqual([]);

  const again = connection(port);
  const asks = reach(again, 'host-key');
  again.connect({ password: 'secret', remember: false });
  await asks;
  const ready = reach(again, 'ready');
  again.answerHostKey(again.state().hostKey?.questionId ?? '', 'trust-once');
  await ready;
  expect(seen).toEqual(['none', 'password secret']);
});

async function tried(
  methods: AuthenticationType[],
  accepts: (context: AuthContext) => boolean,
): Promise<{ seen: string[]; phase: string }> {
  const { port, seen } = await recorder(methods, accepts);
  const made = connection(port);
  made.connect({ password: 'secret', remember: false });
  await reach(made, 'host-key');
  made.answerHostKey(made.state().hostKey?.questionId ?? '', 'trust-once');
  await made.settled();
  return { seen, phase: made.state().phase };
}

test('a password goes out once: as password, or as the answer to keyboard-interactive', async () => {
  expect(await tried(['password', 'keyboard-interactive'], () => false)).toEqual({
    seen: ['none', 'password secret'],
    phase: 'gave-up',
  });
  expect(await tried(['keyboard-interactive'], () => false)).toEqual({
    seen: ['none', 'keyboard-interactive', 'answer secret'],
    phase: 'ready',
  });
  expect(await tried(['publickey'], () => false)).toEqual({ seen: ['none'], phase: 'gave-up' });
});

test('with a key, a password is a second factor only', () => {
  const key = ssh2.utils.parseKey(makeSshKey('u').privatePem);
  if (key instanceof Error) throw key;
  const plan = new AuthenticationPlan({ method: 'key', user: 'u', key, password: 'p' });
  expect(plan.next(null, null)).toMatchObject({ type: 'none' });
  expect(plan.next(['publickey', 'password'], false)).toMatchObject({ type: 'publickey' });
  expect(plan.next(['publickey', 'password'], false)).toBe(false);
  const twoFactors = new AuthenticationPlan({ method: 'key', user: 'u', key, password: 'p' });
  twoFactors.next(null, null);
  twoFactors.next(['publickey'], false);
  expect(twoFactors.next(['password'], true)).toMatchObject({ type: 'password', password: 'p' });
  expect(twoFactors.tried).toEqual(['none', 'publickey', 'password']);
});
