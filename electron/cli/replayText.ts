/** A recording as lines of text in the order of time: what happened, not every sample. */
import type { EventBody } from '../../agent/common/timeline/event.ts';
import type { ProbeSample, SessionSample } from '../common/contract/session.ts';
import type { Recording } from '../common/recording/read.ts';
import { eventWords } from '../common/whathappened/marks.ts';

export interface ReplayLine {
  readonly tMs: number;
  readonly source: string;
  readonly text: string;
}

/** Fields of an event that has no sentence of its own. */
function plainWords({ kind, ...fields }: { kind: string; [field: string]: unknown }): string {
  const words = Object.entries(fields).map(([name, value]) => `${name}=${String(value)}`);
  return [kind, ...words].join(' ');
}

function eventText(body: { kind: string; [field: string]: unknown }): string {
  const words = eventWords(body as unknown as EventBody);
  return words === null ? plainWords(body) : words.text.en;
}

/** Who answered the client, whenever that changes. */
function probeLines(probes: readonly ProbeSample[]): ReplayLine[] {
  let before: string | null = null;
  return probes.flatMap((p) => {
    const now = p.ok ? `answered by ${p.answeredBy ?? 'somebody'}` : 'no answer';
    if (now === before) return [];
    before = now;
    return [{ tMs: p.tMs, source: 'client', text: now }];
  });
}

/** Who holds the addresses, by each node's own word, whenever that changes. */
function holdingLines(samples: readonly SessionSample[]): ReplayLine[] {
  const before = new Map<string, string>();
  return samples.flatMap((s) => {
    const now = s.heldVips.join(' ');
    if (before.get(s.node) === now) return [];
    before.set(s.node, now);
    return [{ tMs: s.tMs, source: s.node, text: now === '' ? 'holds no address' : `holds ${now}` }];
  });
}

export function replayLines({ batch, drills, terminals }: Recording): ReplayLine[] {
  const lines: ReplayLine[] = [
    ...batch.events.map(({ tMs, event }) => ({ tMs, source: event.node, text: eventText(event.body) })),
    ...batch.faults.map((f) => ({ tMs: f.tMs, source: f.node, text: `fault ${f.name} ${f.phase} ${f.detail}`.trim() })),
    ...batch.gaps.map((g) => ({ tMs: g.fromMs, source: g.source, text: `nothing is heard: ${g.reason}` })),
    ...drills.map((d) => ({
      tMs: d.tMs,
      source: 'console',
      text: `drill ${d.drill.drill}: ${String(d.drill['verdict'])}`,
    })),
    ...terminals.map(({ head }) => ({
      tMs: head.tMs,
      source: head.node,
      text: `terminal ${head.number} (${head.terminal}) opened`,
    })),
    ...probeLines(batch.probes),
    ...holdingLines(batch.samples),
  ];
  return lines.sort((a, b) => a.tMs - b.tMs);
}

/** `00:01:02.345`, with a minus before the session began. */
export function axisText(tMs: number): string {
  const ms = Math.round(Math.abs(tMs));
  const two = (n: number): string => String(n).padStart(2, '0');
  const clock = `${two(Math.floor(ms / 3_600_000))}:${two(Math.floor(ms / 60_000) % 60)}:${two(Math.floor(ms / 1000) % 60)}`;
  return `${tMs < 0 ? '-' : ' '}${clock}.${String(ms % 1000).padStart(3, '0')}`;
}
