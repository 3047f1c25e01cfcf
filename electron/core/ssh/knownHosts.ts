/**
 * OpenSSH's known_hosts as a document: every line is kept as it is, byte for byte, and only
 * the lines about one host are ever changed. Pure text in, text out; the file is elsewhere.
 */
import { createHmac } from 'node:crypto';
import type { HostKey, KnownHostKey } from './hostKey.ts';

interface Entry {
  readonly marker: 'none' | 'revoked' | 'cert-authority';
  /** The host field as written: comma separated patterns, or one hashed name. */
  readonly hosts: string;
  readonly type: string;
  readonly blob: Buffer;
}

interface Line {
  /** With its own line end. */
  readonly raw: string;
  readonly entry: Entry | null;
}

export interface KnownHosts {
  readonly lines: readonly Line[];
}

/** What is on record for one host. */
export interface KnownHostLookup {
  readonly keys: readonly KnownHostKey[];
  /** Lines that speak of the host but that we do not use, for people (certificate authorities). */
  readonly notes: readonly string[];
}

/** Reads a whole file. Comments, empty lines and lines we cannot read stay as they are. */
export function parseKnownHosts(text: string): KnownHosts {
  const raws = text.match(/[^\n]*\n|[^\n]+$/g) ?? [];
  return { lines: raws.map((raw) => ({ raw, entry: parseEntry(raw) })) };
}

/** The document's text; `printKnownHosts(parseKnownHosts(text)) === text`. */
export function printKnownHosts(document: KnownHosts): string {
  return document.lines.map((line) => line.raw).join('');
}

function parseEntry(raw: string): Entry | null {
  const trimmed = raw.trim();
  if (trimmed === '' || trimmed.startsWith('#')) return null;
  const fields = trimmed.split(/[ \t]+/);
  let marker: Entry['marker'] = 'none';
  if (fields[0]?.startsWith('@') === true) {
    const word = fields.shift();
    if (word === '@revoked') marker = 'revoked';
    else if (word === '@cert-authority') marker = 'cert-authority';
    else return null;
  }
  const [hosts, type, base64] = fields;
  if (hosts === undefined || type === undefined || base64 === undefined) return null;
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(base64)) return null;
  return { marker, hosts, type, blob: Buffer.from(base64, 'base64') };
}

/** The name under which OpenSSH files a host: `host`, or `[host]:port` when the port is not 22. */
export function hostLabel(host: string, port: number): string {
  const name = host.toLowerCase();
  return port === 22 ? name : `[${name}]:${port}`;
}

function hashName(label: string, salt: Buffer): string {
  const digest = createHmac('sha1', salt).update(label).digest('base64');
  return `|1|${salt.toString('base64')}|${digest}`;
}

function matchesHashed(hashed: string, label: string): boolean {
  const [, version, salt] = hashed.split('|');
  return version === '1' && salt !== undefined && hashName(label, Buffer.from(salt, 'base64')) === hashed;
}

/** Shell-like pattern of OpenSSH: `*` any run, `?` one character, nothing else is special. */
function matchesPattern(pattern: string, label: string): boolean {
  // Two indices and one point to come back to: linear, so a hostile pattern cannot hang us.
  let [p, l, star, mark] = [0, 0, -1, 0];
  while (l < label.length) {
    if (p < pattern.length && (pattern[p] === '?' || pattern[p] === label[l]) && pattern[p] !== '*') {
      p++;
      l++;
    } else if (pattern[p] === '*') {
      star = p++;
      mark = l;
    } else if (star >= 0) {
      p = star + 1;
      l = ++mark;
    } else return false;
  }
  while (pattern[p] === '*') p++;
  return p === pattern.length;
}

/** A negated pattern that matches refuses the whole line, wherever it stands. */
function matchesHosts(hosts: string, label: string): boolean {
  if (hosts.startsWith('|')) return matchesHashed(hosts, label);
  let matched = false;
  for (const raw of hosts.toLowerCase().split(',')) {
    const negated = raw.startsWith('!');
    if (matchesPattern(negated ? raw.slice(1) : raw, label)) {
      if (negated) return false;
      matched = true;
    }
  }
  return matched;
}

function lookupLabel(document: KnownHosts, label: string): KnownHostLookup {
  const keys: KnownHostKey[] = [];
  const notes: string[] = [];
  for (const { entry } of document.lines) {
    if (entry === null || !matchesHosts(entry.hosts, label)) continue;
    if (entry.marker === 'cert-authority') {
      notes.push(`a certificate authority is on record for ${label}; host certificates are not supported`);
    } else keys.push({ type: entry.type, blob: entry.blob, revoked: entry.marker === 'revoked' });
  }
  return { keys, notes };
}

/**
 * Keys on record for `host` and `port`. As OpenSSH does, a host on an odd port that has no
 * entry of its own may be known by its bare name; such keys can confirm but never alarm,
 * because behind the port there may well be another machine: only `presented` is taken.
 */
export function lookupHost(
  document: KnownHosts,
  host: string,
  port: number,
  presented: HostKey | null,
): KnownHostLookup {
  const own = lookupLabel(document, hostLabel(host, port));
  if (port === 22 || own.keys.some((key) => !key.revoked) || presented === null) return own;
  const bare = lookupLabel(document, hostLabel(host, 22)).keys;
  const same = bare.filter((key) => key.type === presented.type && key.blob.equals(presented.blob));
  return { keys: [...own.keys, ...same], notes: own.notes };
}

/**
 * The text to append for a new key: hashed when the file already hides its host names.
 * `salt`: 20 random bytes.
 */
export function lineForKey(document: KnownHosts, host: string, port: number, key: HostKey, salt: Buffer): string {
  const hashes = document.lines.some(({ entry }) => entry?.hosts.startsWith('|') === true);
  const label = hostLabel(host, port);
  const line = `${hashes ? hashName(label, salt) : label} ${key.type} ${key.blob.toString('base64')}\n`;
  const last = document.lines.at(-1)?.raw;
  return last === undefined || last.endsWith('\n') ? line : `\n${line}`;
}

/**
 * Forgets every plain key of the host (what `ssh-keygen -R` does), of all types: a reinstalled
 * server has a new set. A line shared with other hosts keeps them; wildcards, revocations and
 * certificate authorities are somebody's policy and stay.
 */
export function forgetHost(document: KnownHosts, host: string, port: number): KnownHosts {
  const label = hostLabel(host, port);
  const lines = document.lines.flatMap((line): Line[] => {
    const entry = line.entry;
    if (entry === null || entry.marker !== 'none' || !matchesHosts(entry.hosts, label)) return [line];
    if (entry.hosts.startsWith('|')) return [];
    const others = entry.hosts.split(',').filter((pattern) => pattern.toLowerCase() !== label);
    if (others.length === 0 || others.every((pattern) => pattern.startsWith('!'))) return [];
    const raw = line.raw.replace(entry.hosts, others.join(','));
    return [{ raw, entry: { ...entry, hosts: others.join(',') } }];
  });
  return { lines };
}
