// The rack's web service where there is no Perl: see web.pl. The first process returns once the second listens.
import { spawn } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { hostname } from 'node:os';

const [pidfile, role] = process.argv.slice(2);
const host = hostname();
const body = `${host}\nThis page is served by ${host}.\n`;

if (role === 'serve') {
  const server = createServer((_request, response) => {
    response.writeHead(200, {
      'Content-Type': 'text/plain; charset=utf-8',
      'Content-Length': body.length,
      'X-Twinbeat-Node': host,
      'Cache-Control': 'no-store',
      Connection: 'close',
    });
    response.end(body);
  });
  server.on('error', (error) => process.send({ error: error.message }, () => process.exit(1)));
  server.listen(80, '0.0.0.0', () => process.send({ error: null }, () => process.disconnect()));
} else {
  const child = spawn(process.execPath, [process.argv[1], pidfile, 'serve'], {
    detached: true,
    stdio: ['ignore', 'ignore', 'ignore', 'ipc'],
  });
  child.once('message', ({ error }) => {
    if (error !== null) {
      process.stderr.write(`port 80: ${error}\n`);
      process.exit(1);
    }
    writeFileSync(pidfile, `${child.pid}\n`);
    process.exit(0);
  });
}
