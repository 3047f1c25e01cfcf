/** The timeline's part of the scripted console: the newest stretch of its own history, and what is named from it. */
import type { SessionBatch } from '../../electron/common/contract/session.ts';
import type { LiveSituation } from '../../electron/common/contract/state.ts';
import type { TimelineStretch } from '../../electron/common/contract/timeline.ts';
import { lastStretch } from '../../electron/common/whathappened/stretch.ts';
import { situationsOf } from '../../electron/common/whathappened/timeline.ts';
import { FAKE_LINKS, FAKE_TIMING, FAKE_VIP, type FakeNode } from './fakePair.ts';

const NODES: [string, string] = ['node1', 'node2'];
const PROBE_PERIOD_MS = 100;
/** The witness of the fake looks at its LAN this often, milliseconds. */
const LOOK_PERIOD_MS = 200;
/** Named from so much of the past, milliseconds. */
const NAMED_MS = 60_000;

const macOf = (node: string): string => `02:54:42:00:00:0${node.at(-1) ?? '0'}`;

/** What a recorder and a LAN witness would add to a step of the pair. */
export class FakeObservers {
  private readonly lives = new Map<string, string>();
  private lookedMs = Number.NEGATIVE_INFINITY;

  observe(batch: SessionBatch, nodes: readonly FakeNode[], holders: readonly string[], nowMs: number): SessionBatch {
    const facts = nodes.flatMap((node) => this.facts(node, nowMs));
    if (nowMs - this.lookedMs < LOOK_PERIOD_MS) return { ...batch, facts };
    this.lookedMs = nowMs;
    const macs = holders.map((node) => ({ mac: macOf(node), node }));
    const look = {
      tMs: nowMs,
      errorMs: 1,
      address: FAKE_VIP,
      kind: 'asked' as const,
      holders: macs,
      neighbourMac: null,
    };
    const announced = batch.events.flatMap(({ tMs, event }) =>
      event.body.kind === 'vip' && event.body['change'] === 'announced'
        ? [
            {
              ...look,
              tMs: tMs + 2,
              kind: 'announced' as const,
              holders: [{ mac: macOf(event.node), node: event.node }],
            },
          ]
        : [],
    );
    return { ...batch, facts, witness: [look, ...announced] };
  }

  private facts(node: FakeNode, nowMs: number): SessionBatch['facts'] {
    const words = { running: 'answers', frozen: 'silent', stopped: 'gone', absent: 'gone' } as const;
    const life = node.power === 'on' ? words[node.agent] : 'unreachable';
    if (this.lives.get(node.name) === life) return [];
    this.lives.set(node.name, life);
    const { autoFailback: _policy, ...timing } = FAKE_TIMING;
    return [
      {
        ...{ tMs: nowMs, node: node.name, life, detail: '', engine: 'twinbeat', version: '0.1.0', timing, keys: null },
        links: FAKE_LINKS.map(({ id, name, medium }) => ({ id, label: `${medium} ${name}`, medium })),
        macs: { [FAKE_VIP]: macOf(node.name) },
        problems: [],
      },
    ];
  }
}

function inputOf(batch: SessionBatch, fromMs: number, toMs: number): TimelineStretch['input'] {
  return { batch, nodes: NODES, address: FAKE_VIP, fromMs, toMs, probePeriodMs: PROBE_PERIOD_MS, serialBaud: 19_200 };
}

/** As the core answers it. `part`: the history of a stretch. */
export function fakeStretch(
  wish: { readonly choose: string; readonly fromMs: number | null; readonly toMs: number | null },
  part: (fromMs: number, toMs: number) => SessionBatch,
  nowMs: number,
): TimelineStretch {
  const about = { sessionId: 'fake', startedWallMs: 1_790_000_000_000 };
  const found = wish.choose === 'range' ? null : lastStretch(faultsToo(part(0, nowMs)), nowMs);
  const chosen = wish.choose === 'range' ? 'range' : found === null ? 'end' : 'last';
  const { fromMs, toMs } = found ?? { fromMs: wish.fromMs ?? Math.max(0, nowMs - 60_000), toMs: wish.toMs ?? nowMs };
  return { ...about, chosen, input: inputOf(part(0, toMs), fromMs, toMs) };
}

/** The fake's faults are told by its nodes alone. */
function faultsToo(batch: SessionBatch): SessionBatch {
  const faults = batch.events.flatMap(({ tMs, errorMs, event: { node, body } }) =>
    body.kind === 'fault'
      ? [
          {
            tMs,
            errorMs,
            faultId: String(body['faultId']),
            node,
            name: String(body['name']),
            phase: body['phase'] === 'reverted' ? ('reverted' as const) : ('injected' as const),
            link: null,
            detail: '',
          },
        ]
      : [],
  );
  return { ...batch, faults };
}

export function fakeSituations(batch: SessionBatch, nowMs: number): LiveSituation[] {
  const found = situationsOf(inputOf(batch, Math.max(0, nowMs - NAMED_MS), nowMs));
  return found.map((situation) => ({ ...situation, namedAtMs: nowMs }));
}
