/** The rack's three programs in one file, so that a packaged app ships one bundle: host, world, sshd. */
const role = process.argv[2];

if (role === 'host') (await import('./host/host.ts')).runHost(process.argv[3] ?? '{}');
else if (role === 'world') (await import('./world/world.ts')).runWorld();
else if (role === 'sshd') (await import('./node/sshd.ts')).runSshServer();
else {
  process.stderr.write('usage: main.ts host CONFIG | world | sshd\n');
  process.exitCode = 2;
}
