/** Pure judgement of what a node reported: one function an item, each says what was found and what to do. */
import type { NodeSpec } from '../../common/contract/pair.ts';
import type { PreflightItem } from '../../common/contract/deploy.ts';
import { fact, factsOf } from './facts.ts';
import type { Fact } from './facts.ts';

export type Verdict = Omit<PreflightItem, 'node' | 'code'>;

export type Architecture = 'x64' | 'arm64';

/** Oldest C library that the agent's runtime and serial module run on. */
const GLIBC_MIN: readonly [number, number] = [2, 28];

/** Oldest Node on a server that runs the agent. */
const NODE_MAJOR_MIN = 22;

/** Room for two versions of the agent while one replaces the other, and for an upload, KiB. */
const FREE_KIB_MIN = 450_000;

/** Clocks further apart than this make two logs hard to read side by side; the engine itself does not care. */
const CLOCK_WARN_MS = 1000;

export const good = (found: string): Verdict => ({ result: 'ok', found, advice: '' });
export const warning = (found: string, advice: string): Verdict => ({ result: 'warning', found, advice });
export const bad = (found: string, advice: string): Verdict => ({ result: 'failed', found, advice });
export const unknown = (found: string, advice: string): Verdict => ({ result: 'unknown', found, advice });

export function judgePrivilege(facts: readonly Fact[], spec: NodeSpec): Verdict {
  const uid = fact(facts, 'uid');
  if (uid === '0') return good(spec.user === 'root' ? 'logged in as root' : `${spec.user} becomes root by sudo`);
  return bad(
    `commands run as user number ${uid ?? '?'}, not as root`,
    `log in as root, or let ${spec.user} use sudo and choose it for this node`,
  );
}

export function judgeOs(facts: readonly Fact[]): Verdict {
  const kernel = fact(facts, 'kernel') ?? '';
  const found = [fact(facts, 'os'), kernel].filter((part) => part !== null && part !== '').join(', ');
  if (!kernel.startsWith('Linux ')) return bad(found, 'the agent runs on Linux only');
  const missing = (fact(facts, 'missing') ?? '').trim();
  return missing === '' ? good(found) : bad(`${found}; these programs are missing: ${missing}`, `install ${missing}`);
}

/** null: an architecture that we have no runtime for. */
export function architectureOf(facts: readonly Fact[]): Architecture | null {
  const machine = fact(facts, 'machine');
  return machine === 'x86_64' ? 'x64' : machine === 'aarch64' ? 'arm64' : null;
}

export function judgeArchitecture(facts: readonly Fact[]): Verdict {
  const machine = fact(facts, 'machine') ?? 'unknown';
  return architectureOf(facts) === null ? bad(machine, 'the agent runs on x86_64 and aarch64') : good(machine);
}

export function judgeLibc(facts: readonly Fact[]): Verdict {
  const libc = fact(facts, 'libc') ?? 'unknown';
  if (libc === 'musl')
    return bad('musl', "the agent's runtime needs glibc; Alpine and other musl systems cannot run it");
  const version = /^glibc (\d+)\.(\d+)/.exec(libc);
  if (version === null) return unknown(libc, 'could not be told; the start of the agent will show');
  const [major, minor] = [Number(version[1]), Number(version[2])];
  const enough = major > GLIBC_MIN[0] || (major === GLIBC_MIN[0] && minor >= GLIBC_MIN[1]);
  return enough
    ? good(libc)
    : bad(libc, `glibc ${GLIBC_MIN.join('.')} or newer is needed (Debian 10, RHEL 8 or newer)`);
}

export function judgeHostname(facts: readonly Fact[], spec: NodeSpec): Verdict {
  const name = fact(facts, 'name') ?? '';
  if (name.toLowerCase() === spec.name) return good(name);
  return bad(
    `uname -n says ${name}, the pair calls it ${spec.name}`,
    `call the node ${name.toLowerCase()} in the pair, or run: hostnamectl set-hostname ${spec.name}`,
  );
}

export function judgeInterfaces(facts: readonly Fact[]): Verdict {
  const all = factsOf(facts, 'interface').map(([name = '', state = '']) => ({ name, state }));
  if (all.length === 0) return good('no network link is configured');
  const found = all.map(({ name, state }) => `${name} ${state}`).join(', ');
  const missing = all.filter(({ state }) => state === 'missing');
  if (missing.length > 0)
    return bad(found, `${missing.map((one) => one.name).join(', ')}: no such interface; see ip link`);
  const down = all.filter(({ state }) => state !== 'up' && state !== 'unknown');
  return down.length === 0
    ? good(found)
    : warning(found, `${down.map((one) => one.name).join(', ')}: check the cable, or run: ip link set NAME up`);
}

const isOurs = (user: string): boolean => user === 'twinbeat-agent';

/** `expected`: who may have it besides us, where another program is the pair's engine; null: nobody. */
const isStranger = (user: string, expected: string | null): boolean =>
  user !== '' && !isOurs(user) && user !== expected;

const freeOr = (expected: string | null, users: readonly string[]): string =>
  expected !== null && users.includes(expected) ? `used by ${expected}` : 'free';

export function judgeSerial(facts: readonly Fact[], expected: string | null = null): Verdict {
  const all = factsOf(facts, 'serial').map(([device = '', state = '', users = '']) => ({
    device,
    state,
    users: users.split(' ').filter((user) => user !== '' && !isOurs(user)),
  }));
  if (all.length === 0) return good('no serial link is configured');
  const missing = all.filter(({ state }) => state === 'missing').map((one) => one.device);
  if (missing.length > 0)
    return bad(`${missing.join(', ')}: no such device`, 'check the name (ls /dev/tty*), the adapter and its driver');
  const used = all.filter(({ users }) => users.some((user) => isStranger(user, expected)));
  if (used.length === 0)
    return good(
      `${all.map((one) => one.device).join(', ')}, ${freeOr(
        expected,
        all.flatMap(({ users }) => users),
      )}`,
    );
  const found = used.map(({ device, users }) => `${device} is used by ${users.join(', ')}`).join('; ');
  return bad(
    found,
    'two readers steal bytes from each other: stop the other one (a login: systemctl disable --now serial-getty@NAME)',
  );
}

export function judgePorts(facts: readonly Fact[], expected: string | null = null): Verdict {
  const all = factsOf(facts, 'port').map(([port = '', user = '']) => ({ port, user }));
  if (all.length === 0) return good('no network link is configured');
  const used = all.filter(({ user }) => isStranger(user, expected));
  if (used.length === 0)
    return good(
      `UDP ${all.map((one) => one.port).join(', ')}, ${freeOr(
        expected,
        all.map(({ user }) => user),
      )}`,
    );
  return bad(
    used.map(({ port, user }) => `UDP ${port} is used by ${user}`).join('; '),
    'stop that program, or give the pair another port',
  );
}

/** `peerFacts`: what the other node reported, to know its own hardware addresses; null: not known. */
export function judgeVips(facts: readonly Fact[], peerFacts: readonly Fact[] | null, peerName: string): Verdict {
  const all = factsOf(facts, 'vip');
  if (all.length === 0) return good('no virtual address is configured');
  const peerMacs = new Set(
    (peerFacts === null ? [] : factsOf(peerFacts, 'mac')).map(([mac = '']) => mac.toLowerCase()),
  );
  const verdicts = all.map(([address = '', held = '', device = '', how = '', answer = '']): Verdict => {
    if (held !== '') return good(`${address} is held here on ${held}`);
    if (device === '')
      return bad(`no route leads to ${address}`, 'give an interface of this node an address in the same network');
    if (how === 'none') return unknown(`${address} could not be asked for`, 'install iputils-arping');
    if (answer === '') return good(`nobody answers for ${address}`);
    if (peerMacs.has(answer.toLowerCase())) return good(`${address} is held by ${peerName}`);
    if (peerFacts === null)
      return unknown(
        `${answer} answers for ${address}`,
        `connect ${peerName} too, so that it can be told from a stranger`,
      );
    return bad(
      `a stranger (${answer}) answers for ${address}`,
      'find that machine in the switch, or choose a free address',
    );
  });
  const order: readonly Verdict['result'][] = ['failed', 'unknown', 'warning', 'ok'];
  const result = order.find((one) => verdicts.some((verdict) => verdict.result === one)) ?? 'ok';
  return {
    result,
    found: verdicts.map((verdict) => verdict.found).join('; '),
    advice: verdicts.flatMap((verdict) => (verdict.advice === '' ? [] : [verdict.advice])).join('; '),
  };
}

/** The node's wall clock minus ours and the half width of the error, milliseconds; null: could not be read. */
export function judgeClock(measured: { readonly offsetMs: number; readonly errorMs: number } | null): Verdict {
  if (measured === null) return unknown('could not be read', 'the node has no date with nanoseconds');
  const found = `${measured.offsetMs >= 0 ? '+' : ''}${Math.round(measured.offsetMs)} ms ± ${Math.ceil(measured.errorMs)} ms against this computer`;
  if (Math.abs(measured.offsetMs) - measured.errorMs <= CLOCK_WARN_MS) return good(found);
  return warning(found, 'set the time (NTP) on whichever of the two is wrong: their logs would not fit together');
}

/** Path of a Node on the server that can run the agent; null: ours must be sent. */
export function systemRuntime(facts: readonly Fact[]): string | null {
  for (const [text = ''] of factsOf(facts, 'node')) {
    const [version = '', path = ''] = text.split(' ');
    const systemWide = /^\/(usr|opt)\//.test(path) && !path.startsWith('/opt/twinbeat-agent/');
    if (Number(version.split('.')[0]) >= NODE_MAJOR_MIN && systemWide) return path;
  }
  return null;
}

export function judgeRuntime(facts: readonly Fact[], haveOwn: boolean): Verdict {
  const path = systemRuntime(facts);
  if (path !== null) return good(`Node at ${path} will run the agent`);
  if (haveOwn) return good('no Node 22 or newer on the node: the runtime is sent along');
  return bad(
    'no Node 22 or newer on the node, and this console has no runtime for its architecture',
    'install Node 22 or newer on the node',
  );
}

export function judgeDisk(facts: readonly Fact[]): Verdict {
  const freeKib = Number(fact(facts, 'free-kib') ?? Number.NaN);
  if (!Number.isFinite(freeKib)) return unknown('could not be read', '');
  const found = `${Math.floor(freeKib / 1024)} MiB free`;
  return freeKib >= FREE_KIB_MIN ? good(found) : bad(found, `${Math.ceil(FREE_KIB_MIN / 1024)} MiB are needed in /opt`);
}

export function judgeInstalled(facts: readonly Fact[]): Verdict {
  const version = fact(facts, 'installed');
  return good(version === null ? 'not installed' : `version ${version}`);
}

export function judgeOtherEngine(facts: readonly Fact[]): Verdict {
  const engines = factsOf(facts, 'engine').map(([name = '']) => name);
  if (engines.length === 0) return good('none runs');
  return bad(
    `${engines.join(', ')} runs`,
    `stop and disable it first: two programs would fight over the address (systemctl disable --now ${engines.join(' ')})`,
  );
}
