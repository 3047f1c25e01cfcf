// Goal: the line that is printed logs in, whatever the key's path. Method: a rack's node in, the line out.
import { expect, test } from 'vitest';
import { sshCommand } from '../../../electron/cli/sshCommand.ts';
import type { PairSpec } from '../../../electron/common/contract/pair.ts';

function node(auth: PairSpec['nodes'][number]['auth']): PairSpec['nodes'][number] {
  return { name: 'ha1', host: '127.0.0.1', port: 2201, user: 'root', auth, sudo: 'none', hostKeys: [] };
}

test('key, port and user; nothing of it reaches known_hosts', () => {
  const line = sshCommand(node({ method: 'key', keyFile: '/tmp/r/key' }));
  expect(line).toMatch(/^ssh -i \/tmp\/r\/key -p 2201 -o .* root@127\.0\.0\.1$/);
  expect(line).toContain('-o UserKnownHostsFile=/dev/null');
});

test('a path is one word for the shell, and a node without a key has no line', () => {
  expect(sshCommand(node({ method: 'key', keyFile: "/tmp/a b's/key" }))).toContain(" -i '/tmp/a b'\\''s/key' ");
  expect(sshCommand(node({ method: 'password' }))).toBeNull();
});
