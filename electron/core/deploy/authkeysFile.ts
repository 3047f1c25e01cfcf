/** authkeys on a node: read and replaced over the node's connection. Its content travels on standard input and never on a command line. */
import { createHash } from 'node:crypto';
import type { Keyring } from '../../../agent/common/base/keyring.ts';
import { fail, ok } from '../../../agent/common/base/result.ts';
import type { Result } from '../../../agent/common/base/result.ts';
import { within } from '../base/time.ts';
import type { NodeConnector } from '../service/ports.ts';
import { AUTHKEYS } from './layout.ts';
import { scriptCommand } from './scripts/stage.ts';

/** Longest wait for reading or writing one small file, milliseconds. */
const FILE_MS_MAX = 20_000;

const sha256 = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Secrets are bytes: one character a byte. */
const bytesOf = (text: string): Buffer => Buffer.from(text, 'latin1');

/** A keyring as the file of it: the signing line first, as the real daemon wants it. */
export function printAuthkeys({ signIndex, keys }: Keyring): string {
  const lines = [...keys]
    .sort(([a], [b]) => a - b)
    .map(([index, { method, secret }]) => `${index} ${method}${secret === '' ? '' : ` ${secret}`}\n`);
  return `auth ${signIndex}\n${lines.join('')}`;
}

/** Replaces the file in one step, or leaves it; refuses when it is not what it was when it was read. */
const REPLACE_SH = String.raw`
set -u
umask 077
trap '' PIPE HUP
file=/etc/ha.d/authkeys
fresh=$file.twinbeat-new
give_up() {
  rm -f "$fresh"
  echo "$1" >&2
  exit 4
}
digest() { sha256sum <"$1" | cut -d ' ' -f 1; }
head -c "$bytes" >"$fresh" || give_up 'no space for the keys'
[ "$(digest "$fresh")" = "$after" ] || give_up 'the keys did not arrive whole'
[ "$(digest "$file")" = "$before" ] || give_up 'somebody else has changed authkeys meanwhile'
chown 0:0 "$fresh" && chmod 600 "$fresh" || give_up 'cannot set owner and mode of authkeys'
sync -f "$fresh" 2>/dev/null || sync
mv -fT "$fresh" "$file" || give_up 'cannot replace authkeys'
if command -v restorecon >/dev/null 2>&1; then restorecon "$file"; fi
sync -f "$file" 2>/dev/null || sync
`;

/** What the reading command says when there is no such file, where a program's own failure is 1. */
const STATUS_ABSENT = 44;

/** The file as text, one character a byte. Fails with `absent` where there is none. */
export async function readAuthkeys(connector: NodeConnector): Promise<Result<string>> {
  const command = `if [ -e ${AUTHKEYS} ]; then cat ${AUTHKEYS}; else exit ${STATUS_ABSENT}; fi`;
  const ran = await runAsRoot(connector, `sh -c '${command}'`, null);
  return ran.ok ? ok(ran.value.toString('latin1')) : ran;
}

/** Writes `text` over a file that is still `before`: mode 600, synced, in one step. */
export async function replaceAuthkeys(connector: NodeConnector, before: string, text: string): Promise<Result<void>> {
  const content = bytesOf(text);
  const parameters = [`bytes=${content.length}`, `before=${sha256(bytesOf(before))}`, `after=${sha256(content)}`];
  const script = Buffer.from(`${parameters.join('\n')}\n${REPLACE_SH}`);
  const ran = await runAsRoot(connector, scriptCommand(script.length), Buffer.concat([script, content]));
  return ran.ok ? ok(undefined) : ran;
}

/** Runs a command to its end. Its error text is the detail of a failure; its input is not kept. */
async function runAsRoot(connector: NodeConnector, command: string, input: Buffer | null): Promise<Result<Buffer>> {
  try {
    const process = await connector.exec(command, { asRoot: true });
    const output: Uint8Array[] = [];
    let said = '';
    process.onData((bytes) => output.push(bytes));
    process.onErrorText((text) => (said += text));
    const ended = new Promise<number | null>((resolve) => process.onExit(resolve));
    if (input !== null) process.write(input);
    const status = await within(FILE_MS_MAX, 'the node did not answer in time', ended);
    if (status === 0) return ok(Buffer.concat(output));
    if (status === STATUS_ABSENT) return fail('absent', `there is no ${AUTHKEYS}`);
    return status === null
      ? fail('lost', 'the connection was lost')
      : fail('refused', said.trim() || `exit status ${status}`);
  } catch (error) {
    return fail('lost', error instanceof Error ? error.message : String(error));
  }
}
