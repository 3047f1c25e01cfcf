/** Reads a node's configuration of record over its connection. Secrets are turned into fingerprints before anything is kept. */
import { createHash } from 'node:crypto';
import { fail, ok } from '../../../agent/common/base/result.ts';
import type { Result } from '../../../agent/common/base/result.ts';
import { parseAuthkeys } from '../../../agent/common/config/index.ts';
import { keyFingerprint } from '../../../agent/common/wire/fingerprint.ts';
import type { ConfigFile, NodeRecord } from '../../common/report/record.ts';
import { within } from '../base/time.ts';
import { readAuthkeys } from '../deploy/authkeysFile.ts';
import { fact, factsOf, parseFacts } from '../deploy/facts.ts';
import type { Fact } from '../deploy/facts.ts';
import { AUTHKEYS, HA_CF, HARESOURCES, TWINBEAT_CF } from '../deploy/layout.ts';
import { scriptCommand } from '../deploy/scripts/stage.ts';
import type { NodeConnector } from '../service/ports.ts';
import { RECORD_HEADER, RECORD_KEYS, recordScript } from './recordScript.ts';

/** Longest time for reading a node, milliseconds; a slow package database takes its time. */
const READ_MS_MAX = 30_000;

/** Files of the configuration of record. */
export const RECORD_PATHS: readonly string[] = [HA_CF, HARESOURCES, TWINBEAT_CF, '/etc/keepalived/keepalived.conf'];

const sha256 = (text: string | Buffer): string => createHash('sha256').update(text).digest('hex');

/** Stands where a parameter of a fencing device or a password stood. */
const REDACTED = '***';

/**
 * A configuration text without secrets: parameters of stonith devices (they hold passwords of management controllers)
 * and keepalived's passwords. Comments may hold them too: an old line is often left there.
 */
export function redacted(text: string): string {
  return text
    .replace(/^([ \t#]*stonith_host[ \t]+\S+[ \t]+\S+)[ \t]+\S.*$/gm, `$1 ${REDACTED}`)
    .replace(/^([ \t#]*stonith[ \t]+\S+)[ \t]+\S.*$/gm, `$1 ${REDACTED}`)
    .replace(/^([ \t#!]*auth_pass[ \t]+)\S.*$/gm, `$1${REDACTED}`);
}

function configFile(path: string, base64: string | null): ConfigFile {
  if (base64 === null) return { path, sha256: null, text: null, redacted: false };
  const bytes = Buffer.from(base64, 'base64');
  const original = bytes.toString('utf8');
  const text = redacted(original);
  // The hash of a text with a short secret in it would let the secret be guessed.
  const isRedacted = text !== original;
  return { path, sha256: sha256(isRedacted ? text : bytes), text, redacted: isRedacted };
}

const wordOrNull = (text: string | null): string | null => {
  const word = text?.trim() ?? '';
  return word === '' || /^(?:not specified|none|to be filled by o\.e\.m\.|default string)$/i.test(word) ? null : word;
};

/** `83%` of a disk used. */
function freeOf(used: string | null): number | null {
  const match = /^(\d+)%$/.exec(used ?? '');
  return match === null ? null : 100 - Number(match[1]);
}

const IFF_UP = 1;

function recordOf(node: string, facts: readonly Fact[], wallMs: number): Omit<NodeRecord, 'keys'> {
  const [load = '', cores = '1'] = factsOf(facts, 'load')[0] ?? [];
  const files = new Map(factsOf(facts, 'file').map(([path = '', text = '']) => [path, text]));
  const kinds = new Set(['nft', 'iptables', 'qdisc', 'guard', 'process', 'interface', 'timer', 'fault']);
  return {
    node,
    atWallMs: wallMs,
    os: wordOrNull(fact(facts, 'os')),
    kernel: wordOrNull(fact(facts, 'kernel')),
    machine: wordOrNull(fact(facts, 'machine')),
    serialNumber: wordOrNull(fact(facts, 'serial-number')),
    firmware: wordOrNull(fact(facts, 'firmware')),
    packages: factsOf(facts, 'package').map(([name = '', version = '']) => ({ name, version })),
    interfaces: factsOf(facts, 'interface').map(([name = '', mac = '', driver = '', flags = '']) => ({
      name,
      mac,
      driver: wordOrNull(driver),
      up: flags === '' ? null : (Number(flags) & IFF_UP) !== 0,
    })),
    serialPorts: factsOf(facts, 'port').map(([device = '', driver = '']) => ({ device, driver: wordOrNull(driver) })),
    config: RECORD_PATHS.map((path) => configFile(path, files.get(path) ?? null)),
    leftovers:
      fact(facts, 'looked') === 'yes'
        ? factsOf(facts, 'leftover').map(([kind = '', text = '']) => ({
            kind: (kinds.has(kind) ? kind : 'fault') as NonNullable<NodeRecord['leftovers']>[number]['kind'],
            text,
          }))
        : null,
    diskFreePercent: freeOf(fact(facts, 'disk-free')),
    loadPerCore: load === '' || Number(cores) < 1 ? null : Number(load) / Number(cores),
  };
}

/** Fingerprints of the keys on the node; null: there are none, or they cannot be read. */
async function keysOf(connector: NodeConnector): Promise<NodeRecord['keys']> {
  const read = await readAuthkeys(connector);
  if (!read.ok) return null;
  const { keyring } = parseAuthkeys(read.value, AUTHKEYS, null);
  if (keyring === null) return null;
  return [...keyring.keys].map(([index, { method, secret }]) => ({
    index,
    method,
    fingerprint: keyFingerprint(method, secret),
    signs: index === keyring.signIndex,
  }));
}

/** What is on a node, and the end of its log; the log is no part of the record. */
export interface ReadNode {
  readonly record: NodeRecord;
  readonly log: { readonly path: string; readonly text: string } | null;
}

async function runScript(connector: NodeConnector, script: Buffer): Promise<string> {
  const process = await connector.exec(scriptCommand(script.length), { asRoot: true });
  const output: Uint8Array[] = [];
  let said = '';
  process.onData((bytes) => output.push(bytes));
  process.onErrorText((text) => (said += text));
  const ended = new Promise<number | null>((resolve) => process.onExit(resolve));
  process.write(script);
  const status = await within(READ_MS_MAX, 'the node did not answer in time', ended).finally(() => process.close());
  if (status !== 0) throw new Error(said.trim() || `exit status ${status ?? 'unknown'}`);
  return Buffer.concat(output).toString('utf8');
}

/** Reads a node. Fails with what the connection or the node says. `wallMs`: when, on the console's own clock. */
export async function readNode(connector: NodeConnector, wallMs: number): Promise<Result<ReadNode>> {
  const node = connector.spec.name;
  try {
    const whole = await runScript(connector, Buffer.from(recordScript(RECORD_PATHS)));
    const facts = parseFacts(whole, RECORD_HEADER, RECORD_KEYS);
    if (!facts.ok) return facts;
    const [path, text] = factsOf(facts.value, 'log')[0] ?? [];
    return ok({
      record: { ...recordOf(node, facts.value, wallMs), keys: await keysOf(connector) },
      log: path === undefined ? null : { path, text: Buffer.from(text ?? '', 'base64').toString('utf8') },
    });
  } catch (error) {
    return fail('unreadable', error instanceof Error ? error.message : String(error));
  }
}
