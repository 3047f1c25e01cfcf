/** Looks at both nodes at once and judges them: everything that could go wrong later, said before anything is changed. */
import type { Result } from '../../../agent/common/base/result.ts';
import type { CancelSignal } from '../../../agent/common/rpc/cancel.ts';
import type { PreflightItem } from '../../common/contract/deploy.ts';
import type { PairSpec } from '../../common/contract/pair.ts';
import { quote, refuse, say } from '../../common/words/sentence.ts';
import { readAuthkeys } from './authkeysFile.ts';
import type { Fact } from './facts.ts';
import { fact } from './facts.ts';
import type { DeployHost } from './host.ts';
import { report } from './host.ts';
import * as judge from './judge.ts';
import * as observed from './judgeObserved.ts';
import * as safety from './judgeSafety.ts';
import { judgeSerialLine, serialUseOf } from './judgeSerialLine.ts';
import { HARESOURCES, HA_CF } from './layout.ts';
import type { AgentPayload } from './payload.ts';
import { questionsFor } from './questions.ts';
import type { PresentFiles } from './questions.ts';
import { preflightScript } from './scripts/preflight.ts';

const KEYS: ReadonlySet<string> = new Set(
  'uid name machine kernel os libc node free-kib missing installed engine heartbeat ipfail cl-status mac interface serial port vip ping stonith watchdog'.split(
    ' ',
  ),
);

/** arping waits 2 s for each address nobody has; the rest takes well under a second. */
const PREFLIGHT_MS_MAX = 60_000;

/** What a look at one node gave. */
export interface NodeLook {
  readonly node: string;
  /** null: the node could not be asked, see `items`. */
  readonly facts: readonly Fact[] | null;
  readonly items: readonly PreflightItem[];
  /** Files that are on the node. */
  readonly present: PresentFiles;
  /** Secret, in memory only; see `readAuthkeys`. */
  readonly authkeys: Result<string>;
}

const UNSEEN = { present: { haCf: null, haresources: null }, authkeys: refuse('unseen', say('notAsked')) };

/** Looks at one node. What needs the other node too comes with `judgeTogether`. */
export async function lookAtNode(
  pair: PairSpec,
  host: DeployHost,
  payload: AgentPayload,
  signal?: CancelSignal,
): Promise<NodeLook> {
  const node = host.spec.name;
  const item = (code: PreflightItem['code'], verdict: judge.Verdict): PreflightItem => ({ node, code, ...verdict });
  const state = host.state();
  if (state.phase !== 'ready')
    return { node, facts: null, items: [item('reachable', judge.unreachable(state))], ...UNSEEN };
  const kept = pair.ha === null ? await presentFiles(host) : { haCf: null, haresources: null };
  const questions = questionsFor(pair, node, kept);
  const options = signal === undefined ? { timeoutMs: PREFLIGHT_MS_MAX } : { timeoutMs: PREFLIGHT_MS_MAX, signal };
  const facts = await report(host, preflightScript(questions), 'twinbeat-preflight 1', KEYS, options);
  if (!facts.ok) {
    const refused = facts.reason.startsWith('sudo') || facts.reason === 'root-refused';
    const code = refused ? 'privilege' : 'reachable';
    const refusal = item(code, judge.bad(quote(facts), refused ? say('sudoOrRoot', { user: host.spec.user }) : null));
    return { node, facts: null, items: [refusal], ...UNSEEN };
  }
  const seen = facts.value;
  const authkeys = await readAuthkeys(host);
  const architecture = judge.architectureOf(seen);
  const observes = pair.engine === 'heartbeat';
  const expected = observes ? 'heartbeat' : null;
  const items: PreflightItem[] = [
    item('reachable', judge.reachable(host.spec)),
    item('privilege', judge.judgePrivilege(seen, host.spec)),
    item('os', judge.judgeOs(seen)),
    item('architecture', judge.judgeArchitecture(seen)),
    item('libc', judge.judgeLibc(seen)),
    item('hostname', judge.judgeHostname(seen, host.spec)),
    item('interfaces', judge.judgeInterfaces(seen)),
    item('serial', judge.judgeSerial(seen, expected)),
    item('serial-line', judgeSerialLine(serialUseOf(pair, kept.haCf, authkeys))),
    item('ports', judge.judgePorts(seen, expected)),
    item('clock', judge.judgeClock(await measureClock(host))),
    item('runtime', judge.judgeRuntime(seen, architecture !== null && payload.runtimeFor(architecture) !== null)),
    item('disk', judge.judgeDisk(seen)),
    item('installed', judge.judgeInstalled(seen)),
    item('other-engine', observes ? observed.judgeObserved(seen, kept) : judge.judgeOtherEngine(seen)),
    item('ping-nodes', safety.judgePingNodes(seen, pair.ha?.takeoverRequires.includes('reference') === true)),
    item('fencing', safety.judgeFencing(seen)),
    item('watchdog', safety.judgeWatchdog(seen)),
  ];
  return {
    node,
    facts: seen,
    items: observes ? items.map(observed.soften) : items,
    present: kept,
    authkeys,
  };
}

/**
 * What only both nodes together can tell: who holds the virtual addresses (a stranger is told from the other node by its hardware
 * addresses), whether their keys are the same, and whether the files that they keep agree.
 */
export function judgeTogether(pair: PairSpec, looks: readonly NodeLook[]): PreflightItem[] {
  const observes = pair.engine === 'heartbeat';
  return looks.flatMap((look): PreflightItem[] => {
    const peer = looks.find((other) => other !== look);
    if (look.facts === null || peer === undefined) return [];
    const items: PreflightItem[] = [
      { node: look.node, code: 'vip-free', ...judge.judgeVips(look.facts, peer.facts, peer.node) },
    ];
    if (peer.facts === null) return items;
    const keys = observes
      ? observed.judgeObservedKeys(look.authkeys, peer.authkeys, peer.node)
      : safety.judgeKeys(look.authkeys, peer.authkeys, peer.node, pair.ha?.authMethod ?? 'sha1');
    items.push({ node: look.node, code: 'keys', ...keys });
    const agreement =
      pair.ha === null ? safety.judgeAgreement(look.present, peer.present, peer.node) : judge.good(say('agreedByPair'));
    items.push({ node: look.node, code: 'agreement', ...agreement });
    return observes ? items.map(observed.soften) : items;
  });
}

/** Both nodes side by side; items arrive as each node is done, those about both last. */
export async function* preflight(
  pair: PairSpec,
  hosts: readonly DeployHost[],
  payload: AgentPayload,
  signal: CancelSignal,
): AsyncGenerator<PreflightItem, readonly NodeLook[], undefined> {
  const pending = new Map(
    hosts.map((host) => [host, lookAtNode(pair, host, payload, signal).then((look) => ({ host, look }))]),
  );
  const looks: NodeLook[] = [];
  while (pending.size > 0) {
    const { host, look } = await Promise.race(pending.values());
    pending.delete(host);
    looks.push(look);
    yield* look.items;
  }
  yield* judgeTogether(pair, looks);
  return looks;
}

/** True where the node holds a virtual address. */
export function holdsAddress(look: NodeLook): boolean {
  return look.facts?.some(([key, , held]) => key === 'vip' && held !== undefined && held !== '') === true;
}

/** Version directory that is active on the node, by the look; null: none. */
export function installedVersion(look: NodeLook): string | null {
  return look.facts === null ? null : fact(look.facts, 'installed');
}

async function presentFiles(host: DeployHost): Promise<{ haCf: string | null; haresources: string | null }> {
  const read = async (path: string): Promise<string | null> => {
    const ran = await host.run(`cat ${path}`, { asRoot: true });
    return ran.ok && ran.value.code === 0 ? ran.value.stdout : null;
  };
  return { haCf: await read(HA_CF), haresources: await read(HARESOURCES) };
}

/** Three tries, the quickest counts: its round trip bounds the error. */
async function measureClock(host: DeployHost): Promise<{ offsetMs: number; errorMs: number } | null> {
  let best: { offsetMs: number; errorMs: number } | null = null;
  for (let tries = 0; tries < 3; tries++) {
    const sentWallMs = Date.now();
    const ran = await host.run('date +%s.%N');
    const receivedWallMs = Date.now();
    const answer = ran.ok ? /^(\d+)\.(\d{9})$/m.exec(ran.value.stdout) : null;
    if (answer === null) continue;
    const nodeWallMs = Number(answer[1]) * 1000 + Number(answer[2]) / 1e6;
    const errorMs = (receivedWallMs - sentWallMs) / 2;
    if (best === null || errorMs < best.errorMs)
      best = { offsetMs: nodeWallMs - (sentWallMs + receivedWallMs) / 2, errorMs };
  }
  return best;
}
