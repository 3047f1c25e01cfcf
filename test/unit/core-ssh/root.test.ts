// Becoming root, with a sudo of our own: who gets the password, and when.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { elevate, passSudo } from '../../../electron/core/ssh/root.ts';
import type { RootAccess } from '../../../electron/core/ssh/root.ts';

// Asks like sudo does: prompt on standard error, up to three times, or not at all (NOPASSWD).
const FAKE_SUDO = String.raw`#!/bin/sh
echo "$*" >"$LOG"
prompt=
while [ $# -gt 0 ]; do
  case $1 in
    -p) prompt=$2; shift ;;
    --) shift; break ;;
  esac
  shift
done
case $RULE in
  nopasswd) exec "$@" ;;
  refused) echo 'u is not in the sudoers file.' >&2; exit 1 ;;
  password)
    echo 'We trust you have received the usual lecture.' >&2
    for try in 1 2 3; do
      printf '%s' "$prompt" >&2
      IFS= read -r given || break
      [ "$given" = 'pass word' ] && exec "$@"
    done
    echo 'sudo: no password was provided' >&2
    exit 1 ;;
esac
`;

let dir: string;
beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'twinbeat-sudo-'));
  writeFileSync(join(dir, 'sudo'), FAKE_SUDO);
  chmodSync(join(dir, 'sudo'), 0o755);
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

type Sudo = Exclude<RootAccess, { kind: 'direct' }>;

async function asRoot(
  rule: string,
  access: Sudo,
  input: string,
): Promise<{ result: string; stdout: string; stderr: string; commandLine: string }> {
  const elevated = elevate("cat; printf 'to error' >&2", access);
  const log = join(dir, 'log');
  const child = spawn('sh', ['-c', elevated.command], { env: { PATH: `${dir}:/usr/bin:/bin`, RULE: rule, LOG: log } });
  const ended = once(child, 'close');
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stdin.on('error', () => undefined);
  const rest = await passSudo(
    { stdin: child.stdin, stderr: child.stderr },
    elevated,
    access.kind === 'sudo-password' ? access.password : null,
    ended,
  );
  if (rest.ok) {
    rest.value.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
    child.stdin.end(input);
  }
  await ended;
  return {
    result: rest.ok ? 'ok' : `${rest.reason}: ${rest.detail}`,
    stdout,
    stderr,
    commandLine: readFileSync(log, 'utf8'),
  };
}

const withPassword = (password: string | null): Sudo => ({ kind: 'sudo-password', password });

test('the password answers the prompt and nothing else; the input is for the command', async () => {
  const done = await asRoot('password', withPassword('pass word'), 'payload');
  expect(done).toMatchObject({ result: 'ok', stdout: 'payload', stderr: 'to error' });
  expect(done.commandLine).not.toContain('pass word');
});

test('where sudo does not ask, the command never sees the password', async () => {
  expect(await asRoot('nopasswd', withPassword('pass word'), 'payload')).toMatchObject({
    result: 'ok',
    stdout: 'payload',
    stderr: 'to error',
  });
  expect(await asRoot('nopasswd', { kind: 'sudo' }, 'payload')).toMatchObject({ result: 'ok', stdout: 'payload' });
});

test('a wrong password is tried once, a missing one not at all', async () => {
  expect((await asRoot('password', withPassword('wrong'), '')).result).toMatch(/^sudo-password-wrong/);
  expect((await asRoot('password', withPassword(null), '')).result).toMatch(/^sudo-password-needed/);
});

test('a refusal is told in the words of sudo', async () => {
  expect((await asRoot('refused', { kind: 'sudo' }, '')).result).toBe('root-refused: u is not in the sudoers file.');
});
