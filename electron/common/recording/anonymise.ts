/**
 * Takes out of a recording what tells whose it is: host and user names, addresses, hardware addresses, fingerprints and
 * other identifiers, in every field and inside what terminals showed. Times, states and numbers stay as they were.
 */
import type { RecordingHead, RecordingLine } from './format.ts';
import type { NameBook } from './names.ts';

/** Fields whose value is one word of a fixed list, and is never somebody's name even where it reads like one. */
const VOCABULARY: ReadonlySet<string> = new Set(
  (
    'kind format status peerStatus mine theirs fromPeer toPeer state phase set severity engine code verdict medium ' +
    'life change direction step alarm action cause method terminal level result schema autoFailback result drill'
  ).split(' '),
);

const MD5_FINGERPRINT = /(?:(?<=MD5:)|(?<![0-9A-Fa-f:]))(?:[0-9a-f]{2}:){15}[0-9a-f]{2}(?![0-9A-Fa-f:])/gi;
const SHA256_FINGERPRINT = /SHA256:[A-Za-z0-9+/]{43}/g;
const UUID = /(?<![0-9a-f-])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}(?![0-9a-f-])/gi;
const MAC =
  /(?<![0-9A-Fa-f:-])(?:[0-9a-f]{2}:){5}[0-9a-f]{2}(?![0-9A-Fa-f:-])|(?<![0-9A-Fa-f:-])(?:[0-9a-f]{2}-){5}[0-9a-f]{2}(?![0-9A-Fa-f:-])|(?<![\w.])(?:[0-9a-f]{4}\.){2}[0-9a-f]{4}(?![\w.])/gi;
/** Digests of files and keys, and the twelve digits that name a key of authkeys. */
const HEX = /(?<![0-9A-Za-z])(?:[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32}|[0-9a-f]{12})(?![0-9A-Za-z])/g;
const IPV6 = /(?<![0-9A-Za-z:.])(?:[0-9a-f]{0,4}:){2,7}(?:(?:\d{1,3}\.){3}\d{1,3}|[0-9a-f]{1,4})?(?![0-9A-Za-z:])/gi;
const IPV4 = /(?<![\d.])(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?!\d|\.\d)/g;
/** As names that are made of addresses have them: `ip-10-0-1-5`. */
const IPV4_DASHED = /(?<!\d|\d-)(\d{1,3})-(\d{1,3})-(\d{1,3})-(\d{1,3})(?!\d|-\d)/g;

const isOctets = (parts: readonly string[]): boolean => parts.every((part) => Number(part) <= 255);

/**
 * Addresses that every machine has (this host, nobody, masks), and the stand-ins themselves: 198.18.0.0/15 is set aside
 * for benchmarks and is nobody's network, 2001:db8::/32 for documents.
 */
function isKeptIpv4(a: number, b: number, c: number, d: number): boolean {
  return a === 127 || a === 255 || (a === 0 && b + c + d === 0) || (a === 198 && (b === 18 || b === 19));
}

function isHiddenIpv6(text: string): boolean {
  if (text === '::' || text === '::1' || /^(?:2001:db8|fe80)::[0-9a-f]{1,3}$/i.test(text)) return false;
  const groups = text.split(':');
  return text.includes('::') ? groups.length <= 9 : groups.length === 8 || (groups.length === 7 && text.includes('.'));
}

/** A terminal's control sequences that can stand in the middle of a word: colours and moves. Titles (OSC) hold words themselves. */
const CONTROL = /\u001b(?:\[[0-9;:?<=>!]*[ -/]*[@-~]|[()][0-9A-Za-z]|[=>78DEHMNOZc])/g;

/** What can stand in a name or an address; where two of these meet, something may have been cut. */
const WORDLIKE = /[\w.:@/+=-]/;
const NOT_WORDLIKE = /[^\w.:@/+=-]/;

/** Stand-ins in text that is masked for the second time. */
const STAND_IN = '(?:node-[ab]|host-\\d+|user-\\d+|serial-\\d+|domain-\\d+(?:\\.example)?)(?![A-Za-z0-9])';

const STAND_IN_WHOLE = new RegExp(`^${STAND_IN}$`);

const escaped = (name: string): string => name.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');

interface NamePattern {
  readonly once: RegExp;
  /** Passes over stand-ins. */
  readonly again: RegExp;
  readonly standIn: string;
}

/** Replaces text by a table that it fills as it goes. One for a whole recording. */
export class TextMask {
  private readonly names: readonly NamePattern[];
  private readonly networks = new Map<string, number>();
  private readonly seen = new Map<string, string>();
  private readonly counts = new Map<string, number>();
  private readonly knownHex: ReadonlySet<string>;
  /** Names of several words, or in a script whose words have no blanks between them; lower case. */
  private readonly phrases: readonly string[];

  /** `knownHex`: fingerprints that could be taken for numbers. */
  constructor(book: NameBook, knownHex: ReadonlySet<string>) {
    this.names = book.table().map(([name, standIn]) => {
      const word = `(?<![A-Za-z0-9])${escaped(name)}(?![A-Za-z0-9])`;
      return { once: new RegExp(word, 'gi'), again: new RegExp(`${STAND_IN}|${word}`, 'gi'), standIn };
    });
    this.knownHex = knownHex;
    this.phrases = book.table().flatMap(([name]) => (NOT_WORDLIKE.test(name) ? [name] : []));
  }

  /** Characters at the end of `text` with which one of the longer names may begin, or which are one that may go on. */
  phraseBegun(text: string): number {
    const end = text.slice(-Math.max(0, ...this.phrases.map((name) => name.length))).toLowerCase();
    const begun = (name: string): number => {
      for (let chars = Math.min(name.length, end.length); chars > 0; chars -= 1)
        if (name.startsWith(end.slice(-chars))) return chars;
      return 0;
    };
    return this.phrases.length === 0 ? 0 : Math.max(...this.phrases.map(begun));
  }

  private nth(kind: string, text: string, make: (n: number) => string): string {
    const key = `${kind} ${text.toLowerCase()}`;
    const known = this.seen.get(key);
    if (known !== undefined) return known;
    const n = (this.counts.get(kind) ?? 0) + 1;
    this.counts.set(kind, n);
    const made = make(n);
    this.seen.set(key, made);
    return made;
  }

  /** Keeps which addresses share a /24, and their last number: a gateway still looks like one. */
  private ipv4(text: string, parts: readonly string[]): string {
    const [a = 0, b = 0, c = 0, d = 0] = parts.map(Number);
    if (!isOctets(parts) || isKeptIpv4(a, b, c, d)) return text;
    const network = `${a}.${b}.${c}`;
    const n = this.networks.get(network) ?? this.networks.size + 1;
    this.networks.set(network, n);
    return `198.${18 + (n >> 8)}.${n & 255}.${d}`;
  }

  private ipv6(text: string): string {
    if (!isHiddenIpv6(text)) return text;
    const prefix = /^fe80:/i.test(text) ? 'fe80' : '2001:db8';
    return this.nth('ipv6', text, (n) => `${prefix}::${n.toString(16)}`);
  }

  /** The same card has the same stand-in, however it is written. */
  private mac(text: string): string {
    const digits = text.replace(/[^0-9a-f]/gi, '').toLowerCase();
    if (digits.startsWith('02000000')) return text;
    const standIn = this.nth('mac', digits, (n) => `02000000${two(n >> 8)}${two(n & 255)}`);
    const between = text.charAt(text.length === 14 ? 4 : 2);
    return (standIn.match(text.length === 14 ? /.{4}/g : /../g) ?? []).join(between);
  }

  private hex(text: string): string {
    if (text.startsWith('00000000')) return text;
    // Twelve digits without a letter are a number, unless they are known to be a fingerprint.
    if (text.length === 12 && !/[a-f]/.test(text) && !this.knownHex.has(text)) return text;
    return this.nth('hex', text, (n) => n.toString(16).padStart(text.length, '0'));
  }

  /** Text without control sequences in it. `again`: it was masked before, in pieces. */
  private plain(text: string, again = false): string {
    let out = text
      .replace(SHA256_FINGERPRINT, (m) =>
        m.startsWith('SHA256:00000000') ? m : this.nth('sha256', m, (n) => `SHA256:${String(n).padStart(43, '0')}`),
      )
      .replace(UUID, (m) =>
        m.startsWith('00000000-0000-4000-8000-')
          ? m
          : this.nth('uuid', m, (n) => `00000000-0000-4000-8000-${n.toString(16).padStart(12, '0')}`),
      )
      .replace(MD5_FINGERPRINT, (m) =>
        m.startsWith('00:00:00:00:00:00:')
          ? m
          : this.nth('md5', m, (n) => (n.toString(16).padStart(32, '0').match(/../g) ?? []).join(':')),
      )
      .replace(MAC, (m) => this.mac(m))
      .replace(HEX, (m) => this.hex(m))
      .replace(IPV6, (m) => this.ipv6(m))
      .replace(IPV4, (m: string, ...parts: string[]) => this.ipv4(m, parts.slice(0, 4)))
      .replace(IPV4_DASHED, (m: string, ...parts: string[]) => this.ipv4(m, parts.slice(0, 4)).replaceAll('.', '-'));
    for (const name of this.names) {
      out = again
        ? out.replace(name.again, (m) => (STAND_IN_WHOLE.test(m) ? m : name.standIn))
        : out.replace(name.once, name.standIn);
    }
    return out;
  }

  /** Any text. What a control sequence cuts in two is found as well; the sequence then stands behind it. */
  text(text: string): string {
    const controls = [...text.matchAll(CONTROL)];
    if (controls.length === 0) return this.plain(text);
    let out = '';
    let run: { pieces: string[]; controls: string[] } = { pieces: [], controls: [] };
    let at = 0;
    for (const control of [...controls, null]) {
      const piece = text.slice(at, control?.index ?? text.length);
      const before = run.pieces.findLast((one) => one !== '') ?? '';
      const isCut = WORDLIKE.test(before.at(-1) ?? '') && (piece === '' || WORDLIKE.test(piece.charAt(0)));
      if (!isCut && run.pieces.length > 0) {
        out += this.run(run.pieces, run.controls);
        run = { pieces: [], controls: [] };
      }
      run.pieces.push(piece);
      run.controls.push(control?.[0] ?? '');
      at = control === null ? text.length : control.index + control[0].length;
    }
    return out + this.run(run.pieces, run.controls);
  }

  /** Pieces between which only control sequences stand. */
  private run(pieces: readonly string[], controls: readonly string[]): string {
    const masked = pieces.map((piece) => this.plain(piece));
    const joined = masked.join('');
    const whole = pieces.length > 1 ? this.plain(joined, true) : joined;
    if (whole !== joined) return whole + controls.join('');
    return masked.map((piece, i) => piece + (controls[i] ?? '')).join('');
  }

  /** Every string in a JSON value, keys too. */
  value(value: unknown, key = ''): unknown {
    if (typeof value === 'string')
      return VOCABULARY.has(key) && /^[a-z0-9./-]*$/.test(value) ? value : this.text(value);
    if (Array.isArray(value)) return value.map((one) => this.value(one, key));
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([name, one]) => [this.text(name), this.value(one, name)]));
  }
}

const two = (byte: number): string => byte.toString(16).padStart(2, '0');

/** A word, or the beginning of a control sequence, at the end of a piece of output: it may go on in the next piece. */
const UNFINISHED = /(?:\u001b(?:\[[0-9;:?<=>!]*[ -/]*[@-~]?)?|[\w.:@/+=-])+$/;
/** A "word" of more characters is data, and no name. */
const UNFINISHED_CHARS_MAX = 512;

/** What of output is complete, and its end that may go on in the next piece. */
export function cutUnfinished(text: string): { readonly ready: string; readonly tail: string } {
  const tail = UNFINISHED.exec(text)?.[0] ?? '';
  if (tail.length > UNFINISHED_CHARS_MAX) return { ready: text, tail: '' };
  return { ready: text.slice(0, text.length - tail.length), tail };
}

/** Masks a recording line by line. Output of a terminal may come out one piece later than it went in: names are cut anywhere. */
export class Anonymiser {
  private readonly mask: TextMask;
  private readonly held = new Map<number, string>();
  private readonly lastS = new Map<number, number>();
  private lineCount = 0;

  constructor(mask: TextMask) {
    this.mask = mask;
  }

  /** One line in, no line or some lines out. */
  line(line: RecordingLine): RecordingLine[] {
    const out = this.masked(line);
    this.lineCount += out.length;
    return out;
  }

  private masked(line: RecordingLine): RecordingLine[] {
    if (line.kind === 'session') return [this.head(line)];
    if (line.kind === 'end') {
      const last = this.flush();
      return [...last, { kind: 'end', lines: this.lineCount + last.length + 1 }];
    }
    if (line.kind !== 'cast') return [this.mask.value(line) as RecordingLine];
    const { terminal } = line;
    const [atS, code, data] = line.cast;
    if (code !== 'o') return [line];
    const text = (this.held.get(terminal) ?? '') + data;
    const { tail: word } = cutUnfinished(text);
    const tail = text.slice(text.length - Math.max(word.length, this.mask.phraseBegun(text)));
    const ready = text.slice(0, text.length - tail.length);
    if (tail === '') this.held.delete(terminal);
    else this.held.set(terminal, tail);
    this.lastS.set(terminal, atS);
    return ready === '' ? [] : [this.cast(terminal, atS, ready)];
  }

  private cast(terminal: number, atS: number, text: string): RecordingLine {
    return { kind: 'cast', terminal, cast: [atS, 'o', this.mask.text(text)] };
  }

  private flush(): RecordingLine[] {
    const lines = [...this.held].map(([terminal, text]) => this.cast(terminal, this.lastS.get(terminal) ?? 0, text));
    this.held.clear();
    return lines;
  }

  private head(head: RecordingHead): RecordingHead {
    const pair = this.mask.value(head.pair) as Record<string, unknown>;
    const nodes = Array.isArray(pair['nodes']) ? (pair['nodes'] as Record<string, unknown>[]) : [];
    for (const node of nodes) {
      const auth = node['auth'] as { keyFile?: unknown } | undefined;
      if (typeof auth?.keyFile === 'string') node['auth'] = { ...auth, keyFile: 'key-file' };
    }
    const named = { pairId: 'pair', pairName: 'Pair' };
    return {
      ...head,
      ...named,
      id: this.mask.text(head.id),
      nodes: [this.mask.text(head.nodes[0]), this.mask.text(head.nodes[1])],
      pair: { ...pair, id: named.pairId, name: named.pairName },
      anonymised: true,
    };
  }
}
