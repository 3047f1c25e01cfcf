/** Pure judgement of what a node reported: one function an item, each says what was found and what to do. */
import type { NodeSpec } from '../../common/contract/pair.ts';
import type { PreflightItem } from '../../common/contract/deploy.ts';
import { join, quote, say } from '../../common/words/sentence.ts';
import type { Said } from '../../common/words/sentence.ts';
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

function verdict(result: Verdict['result'], found: Said, advice: Said | null): Verdict {
  const advised = advice === null ? { advice: '' } : { advice: advice.detail, adviceSaid: advice.said };
  return { result, found: found.detail, foundSaid: found.said, ...advised };
}

export const good = (found: Said): Verdict => verdict('ok', found, null);
export const warning = (found: Said, advice: Said): Verdict => verdict('warning', found, advice);
export const bad = (found: Said, advice: Said | null): Verdict => verdict('failed', found, advice);
export const unknown = (found: Said, advice: Said | null): Verdict => verdict('unknown', found, advice);

/** Names, versions and what a program printed: the same in every language. */
export const words = (text: string): Said => quote({ detail: text });

/** The same finding, as several others together have it. */
const foundOf = ({ found, foundSaid }: Verdict): Said => quote({ detail: found, said: foundSaid });
const adviceOf = ({ advice, adviceSaid }: Verdict): Said => quote({ detail: advice, said: adviceSaid });

/** A node that is connected. */
export function reachable({ user, host, port }: NodeSpec): Verdict {
  return good(words(`${user}@${host}:${port}`));
}

/** A node that is not, with what its connection says. */
export function unreachable(state: Parameters<typeof quote>[0]): Verdict {
  return bad(quote(state), say('connectFirst'));
}

export function judgePrivilege(facts: readonly Fact[], spec: NodeSpec): Verdict {
  const uid = fact(facts, 'uid');
  const { user } = spec;
  if (uid === '0') return good(user === 'root' ? say('rootLogin') : say('rootBySudo', { user }));
  return bad(say('notRoot', { uid: uid ?? '?' }), say('letSudo', { user }));
}

export function judgeOs(facts: readonly Fact[]): Verdict {
  const kernel = fact(facts, 'kernel') ?? '';
  const found = words([fact(facts, 'os'), kernel].filter((part) => part !== null && part !== '').join(', '));
  if (!kernel.startsWith('Linux ')) return bad(found, say('linuxOnly'));
  const missing = (fact(facts, 'missing') ?? '').trim();
  return missing === ''
    ? good(found)
    : bad(say('programsMissing', { found, missing }), say('install', { what: missing }));
}

/** null: an architecture that we have no runtime for. */
export function architectureOf(facts: readonly Fact[]): Architecture | null {
  const machine = fact(facts, 'machine');
  return machine === 'x86_64' ? 'x64' : machine === 'aarch64' ? 'arm64' : null;
}

export function judgeArchitecture(facts: readonly Fact[]): Verdict {
  const machine = fact(facts, 'machine');
  const found = machine === null ? say('notTold') : words(machine);
  return architectureOf(facts) === null ? bad(found, say('machinesOurs')) : good(found);
}

export function judgeLibc(facts: readonly Fact[]): Verdict {
  const libc = fact(facts, 'libc') ?? 'unknown';
  if (libc === 'musl') return bad(words('musl'), say('muslRefused'));
  const version = /^glibc (\d+)\.(\d+)/.exec(libc);
  if (version === null) return unknown(libc === 'unknown' ? say('notTold') : words(libc), say('libcUntold'));
  const [major, minor] = [Number(version[1]), Number(version[2])];
  const enough = major > GLIBC_MIN[0] || (major === GLIBC_MIN[0] && minor >= GLIBC_MIN[1]);
  return enough ? good(words(libc)) : bad(words(libc), say('libcOld', { version: GLIBC_MIN.join('.') }));
}

export function judgeHostname(facts: readonly Fact[], spec: NodeSpec): Verdict {
  const name = fact(facts, 'name') ?? '';
  if (name.toLowerCase() === spec.name) return good(words(name));
  return bad(
    say('nameDiffers', { name, wanted: spec.name }),
    say('nameAdvice', { name: name.toLowerCase(), wanted: spec.name }),
  );
}

/** States of an interface that have a word of their own; any other is told as the kernel calls it. */
const isIfaceState = (state: string): state is 'up' | 'down' | 'missing' => /^(up|down|missing)$/.test(state);

export function judgeInterfaces(facts: readonly Fact[]): Verdict {
  const all = factsOf(facts, 'interface').map(([name = '', state = '']) => ({ name, state }));
  if (all.length === 0) return good(say('noLinkConfigured'));
  const found = join(
    all.map(({ name, state }) =>
      isIfaceState(state) ? say(`iface-${state}`, { name }) : say('iface-other', { name, state }),
    ),
    'list',
  );
  const names = (some: typeof all): string => some.map((one) => one.name).join(', ');
  const missing = all.filter(({ state }) => state === 'missing');
  if (missing.length > 0) return bad(found, say('ifaceNone', { names: names(missing) }));
  const down = all.filter(({ state }) => state !== 'up' && state !== 'unknown');
  return down.length === 0 ? good(found) : warning(found, say('ifaceDown', { names: names(down) }));
}

const isOurs = (user: string): boolean => user === 'twinbeat-agent';

/** `expected`: who may have it besides us, where another program is the pair's engine; null: nobody. */
const isStranger = (user: string, expected: string | null): boolean =>
  user !== '' && !isOurs(user) && user !== expected;

const freeOr = (what: string, expected: string | null, users: readonly string[]): Said =>
  expected !== null && users.includes(expected) ? say('isUsedBy', { what, user: expected }) : say('isFree', { what });

export function judgeSerial(facts: readonly Fact[], expected: string | null = null): Verdict {
  const all = factsOf(facts, 'serial').map(([device = '', state = '', users = '']) => ({
    device,
    state,
    users: users.split(' ').filter((user) => user !== '' && !isOurs(user)),
  }));
  if (all.length === 0) return good(say('noSerialConfigured'));
  const missing = all.filter(({ state }) => state === 'missing').map((one) => one.device);
  if (missing.length > 0) return bad(say('noDevice', { devices: missing.join(', ') }), say('serialAdvice'));
  const used = all.filter(({ users }) => users.some((user) => isStranger(user, expected)));
  if (used.length === 0) {
    const devices = all.map((one) => one.device).join(', ');
    const users = all.flatMap((one) => one.users);
    return good(freeOr(devices, expected, users));
  }
  const found = used.map(({ device, users }) => say('usedBy', { what: device, users: users.join(', ') }));
  return bad(join(found, 'also'), say('serialStolen'));
}

export function judgePorts(facts: readonly Fact[], expected: string | null = null): Verdict {
  const all = factsOf(facts, 'port').map(([port = '', user = '']) => ({ port, user }));
  if (all.length === 0) return good(say('noLinkConfigured'));
  const used = all.filter(({ user }) => isStranger(user, expected));
  if (used.length === 0) {
    const ports = all.map((one) => one.port).join(', ');
    const users = all.map(({ user }) => user);
    return good(freeOr(`UDP ${ports}`, expected, users));
  }
  const found = used.map(({ port, user }) => say('usedBy', { what: `UDP ${port}`, users: user }));
  return bad(join(found, 'also'), say('portUsed'));
}

function judgeVip(
  [address = '', held = '', device = '', how = '', answer = '']: readonly string[],
  peerMacs: ReadonlySet<string> | null,
  peer: string,
): Verdict {
  if (held !== '') return good(say('vipHere', { address, iface: held }));
  if (device === '') return bad(say('vipNoRoute', { address }), say('vipRouteAdvice'));
  if (how === 'none') return unknown(say('vipNotAsked', { address }), say('install', { what: 'iputils-arping' }));
  if (answer === '') return good(say('vipNobody', { address }));
  if (peerMacs?.has(answer.toLowerCase()) === true) return good(say('vipAtPeer', { address, peer }));
  if (peerMacs === null) return unknown(say('vipAnswered', { mac: answer, address }), say('vipConnectPeer', { peer }));
  return bad(say('vipStranger', { mac: answer, address }), say('vipStrangerAdvice'));
}

/** `peerFacts`: what the other node reported, to know its own hardware addresses; null: not known. */
export function judgeVips(facts: readonly Fact[], peerFacts: readonly Fact[] | null, peerName: string): Verdict {
  const all = factsOf(facts, 'vip');
  if (all.length === 0) return good(say('noVipConfigured'));
  const peerMacs =
    peerFacts === null ? null : new Set(factsOf(peerFacts, 'mac').map(([mac = '']) => mac.toLowerCase()));
  const verdicts = all.map((one) => judgeVip(one, peerMacs, peerName));
  const order: readonly Verdict['result'][] = ['failed', 'unknown', 'warning', 'ok'];
  const result = order.find((one) => verdicts.some((each) => each.result === one)) ?? 'ok';
  const advice = verdicts.filter((each) => each.advice !== '').map(adviceOf);
  return verdict(result, join(verdicts.map(foundOf), 'also'), advice.length === 0 ? null : join(advice, 'also'));
}

/** The node's wall clock minus ours and the half width of the error, milliseconds; null: could not be read. */
export function judgeClock(measured: { readonly offsetMs: number; readonly errorMs: number } | null): Verdict {
  if (measured === null) return unknown(say('notReadable'), say('noNanoseconds'));
  const offset = `${measured.offsetMs >= 0 ? '+' : ''}${Math.round(measured.offsetMs)}`;
  const found = say('clockOff', { offset, error: Math.ceil(measured.errorMs) });
  if (Math.abs(measured.offsetMs) - measured.errorMs <= CLOCK_WARN_MS) return good(found);
  return warning(found, say('clockAdvice'));
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
  if (path !== null) return good(say('runtimeTheirs', { path }));
  if (haveOwn) return good(say('runtimeSent'));
  return bad(say('runtimeNone'), say('runtimeInstall'));
}

export function judgeDisk(facts: readonly Fact[]): Verdict {
  const freeKib = Number(fact(facts, 'free-kib') ?? Number.NaN);
  if (!Number.isFinite(freeKib)) return unknown(say('notReadable'), null);
  const found = say('diskFree', { mib: Math.floor(freeKib / 1024) });
  return freeKib >= FREE_KIB_MIN ? good(found) : bad(found, say('diskNeeded', { mib: Math.ceil(FREE_KIB_MIN / 1024) }));
}

export function judgeInstalled(facts: readonly Fact[]): Verdict {
  const version = fact(facts, 'installed');
  return good(version === null ? say('notInstalled') : say('versionInstalled', { version }));
}

export function judgeOtherEngine(facts: readonly Fact[]): Verdict {
  const engines = factsOf(facts, 'engine').map(([name = '']) => name);
  if (engines.length === 0) return good(say('noneRuns'));
  return bad(say('engineRuns', { engines: engines.join(', ') }), say('engineStop', { units: engines.join(' ') }));
}
