/**
 * Which names are to be hidden in a recording, and what stands for them. The same name gets the same stand-in
 * everywhere, so that an anonymised recording still tells its story.
 */
import type { RecordingHead, RecordingLine } from './format.ts';

/** Kept: they name no person and no place, and half of every path and prompt is made of them. */
const USERS_KEPT: ReadonlySet<string> = new Set(
  (
    'root nobody nogroup daemon user users bin sys sync games man lp mail news uucp proxy www-data backup list irc adm tty disk ' +
    'dialout sudo wheel staff shadow utmp kmem crontab ssh sshd ntp chrony messagebus syslog systemd-journal systemd-network ' +
    'haclient hacluster public default localhost mysql postgres'
  ).split(' '),
);

/** Words that a pair may be called by and that its records are full of. */
const PAIR_NAMES_KEPT: ReadonlySet<string> = new Set(
  'pair rack demo test lab node cluster heartbeat twinbeat'.split(' '),
);
const PAIR_NAME_CHARS_MIN = 4;

/** Hidden as every other identifier is. */
const UUID_LIKE = /^[0-9a-f]{8}-/;

const IPV4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;

/** `someone@somewhere`, as prompts, window titles and login messages have it. */
const AT = /(?<![\w.+-])([A-Za-z_][\w.-]{1,31})@([A-Za-z0-9][\w.-]{0,252})/g;
/** Users as paths, logins, lists of files and of people have them. */
const USERS: readonly RegExp[] = [
  /[\\/](?:home|Users)[\\/]([A-Za-z0-9_][\w.-]{1,31})/g,
  /(?<![\w/~.])~([a-z_][\w.-]{1,31})(?=[/\s:]|$)/gm,
  /\buid=\d+\(([\w.-]{1,32})\)/g,
  /\b(?:USER|LOGNAME|SUDO_USER)=([\w.-]{1,32})/g,
  /\b(?:Accepted|Failed) [\w/-]+ for (?:invalid user )?([\w.-]{1,32}) from\b/g,
  /\b(?:for|of) user ([A-Za-z_][\w.-]{1,31})\b/g,
  /\b(?:[Uu]ser|login) ([A-Za-z_][\w.-]{1,31}) logged (?:in|out)\b/g,
  /\bsudo:\s+([\w.-]{1,32}) : /g,
  /^([a-z_][\w-]{1,31})\s+(?:pts\/|tty)\d+\s/gm,
  /^([a-z_][\w-]{1,31}):x:\d{4,}:/gm,
  /^ *[-dlbcps][-rwxsStT]{9}[.+@]?\s+\d+\s+([A-Za-z_][\w.-]{1,31})\s/gm,
  /^ *[-dlbcps][-rwxsStT]{9}[.+@]?\s+\d+\s+\S+\s+([A-Za-z_][\w.-]{1,31})\s/gm,
];
/** Host names with a top level that people use; anything else with dots may be a file or a version. */
const QUALIFIED =
  /(?<![\w.-])((?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+(?:com|net|org|io|cn|de|eu|uk|fr|jp|kr|tw|hk|sg|in|us|ca|au|ch|at|nl|se|local|lan|intern|internal|corp|home|site|cloud|dev|example|test|invalid))(?![\w-])/gi;
/** Where the software itself comes from; in sample files and messages of everybody. */
const QUALIFIED_KEPT: ReadonlySet<string> = new Set([
  'linux-ha.org',
  'www.linux-ha.org',
  'debian.org',
  'www.debian.org',
]);

/** Shorter labels are parts of every domain: `co`, `com`, `lan`. */
const OWNER_CHARS_MIN = 4;

interface PairLike {
  readonly nodes?: readonly { readonly name?: unknown; readonly host?: unknown; readonly user?: unknown }[];
}

/** Names by what they are. Collect first, over everything; then ask for the table. */
export class NameBook {
  private readonly standIns = new Map<string, string>();
  private hosts = 0;
  private users = 0;
  private domains = 0;
  private serials = 0;
  private readonly domainOf = new Map<string, string>();

  private put(name: string, standIn: string): void {
    const key = name.toLowerCase();
    if (key !== '' && !this.standIns.has(key)) this.standIns.set(key, standIn);
  }

  private domain(name: string): string {
    const key = name.toLowerCase();
    const known = this.domainOf.get(key);
    if (known !== undefined) return known;
    this.domains += 1;
    const standIn = `domain-${this.domains}.example`;
    this.domainOf.set(key, standIn);
    this.put(key, standIn);
    // The label that names the owner is said without its domain as well: `bigcorp` of `office.bigcorp.example`.
    const owner = key
      .split('.')
      .slice(0, -1)
      .findLast((label) => label.length >= OWNER_CHARS_MIN);
    if (owner !== undefined) this.put(owner, standIn.replace('.example', ''));
    return standIn;
  }

  /** A name that stands for a machine; its domain becomes another domain. */
  host(name: string, standIn?: string): void {
    if (IPV4.test(name) || name.includes(':') || name === '' || name === 'localhost') return;
    const [first = '', ...rest] = name.split('.');
    // Kept domains are the software's own; stand-ins are never hidden again.
    if (this.standIns.has(name.toLowerCase()) || QUALIFIED_KEPT.has(name.toLowerCase())) return;
    const known = this.standIns.get(first.toLowerCase());
    if (known === undefined && standIn === undefined) this.hosts += 1;
    const label = standIn ?? known ?? `host-${this.hosts}`;
    this.put(first, label);
    if (rest.length > 0) this.put(name, `${label}.${this.domain(rest.join('.'))}`);
  }

  user(name: string): void {
    if (USERS_KEPT.has(name) || this.standIns.has(name.toLowerCase())) return;
    this.users += 1;
    this.put(name, `user-${this.users}`);
  }

  head(head: RecordingHead): void {
    const { nodes } = head.pair as PairLike;
    for (const [name, standIn] of [
      [head.pairName, 'Pair'],
      [head.pairId, 'pair'],
    ] as const) {
      const isOwn = name.length >= PAIR_NAME_CHARS_MIN && !PAIR_NAMES_KEPT.has(name.toLowerCase());
      if (isOwn && !UUID_LIKE.test(name)) this.put(name, standIn);
    }
    head.nodes.forEach((name, i) => this.host(name, i === 0 ? 'node-a' : 'node-b'));
    for (const node of nodes ?? []) {
      if (typeof node.host === 'string') this.host(node.host);
      if (typeof node.user === 'string') this.user(node.user);
    }
  }

  /** Names that only text tells: prompts, titles, home directories, qualified host names. */
  text(text: string): void {
    for (const [, user = '', host = ''] of text.matchAll(AT)) {
      this.user(user);
      this.host(host.replace(/[.:-]+$/, ''));
    }
    for (const pattern of USERS) for (const [, user = ''] of text.matchAll(pattern)) this.user(user);
    for (const [, name = ''] of text.matchAll(QUALIFIED)) this.host(name);
  }

  line(line: RecordingLine): void {
    if (line.kind !== 'record') return;
    const { serialNumber } = line.record;
    if (serialNumber === null) return;
    this.serials += 1;
    this.put(serialNumber, `serial-${this.serials}`);
  }

  /** Names and stand-ins, the longest first: a host before its own domain. Names are lower case. */
  table(): readonly (readonly [name: string, standIn: string])[] {
    return [...this.standIns].sort(([a], [b]) => b.length - a.length);
  }
}
