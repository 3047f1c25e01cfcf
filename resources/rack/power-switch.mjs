// Asks the rack's power switch for one thing and prints its answer; status 0 only for one that begins with "ok".
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';

const DIR = '/run/rack';
/** A node is off within a second; an answer that takes longer than this is none. */
const ANSWER_MS_MAX = 30_000;

let answer = '';
const token = readFileSync(`${DIR}/power-switch.token`, 'utf8').trim();
const socket = connect(`${DIR}/power-switch`);
setTimeout(() => socket.destroy(new Error('no answer in time')), ANSWER_MS_MAX).unref();
socket.setEncoding('utf8');
socket.on('connect', () => socket.write(`${token} ${process.argv.slice(2).join(' ')}\n`));
socket.on('data', (text) => (answer += text));
socket.on('error', (error) => (answer = `error the power switch cannot be reached: ${error.message}`));
socket.on('close', () => {
  process.stdout.write(`${answer.trim() || 'error the power switch said nothing'}\n`);
  process.exitCode = answer.startsWith('ok') ? 0 : 1;
});
