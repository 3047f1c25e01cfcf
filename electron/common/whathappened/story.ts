/** One stretch of a session as the rest of this folder reads it: events in order, faults as one list, facts by node. */
import type { EventBody } from '../../../agent/common/timeline/event.ts';
import type { NodeFacts, NodeLife, SessionBatch, SessionEvent, SessionFault } from '../contract/session.ts';
import type { TimelineInput } from './types.ts';

/** An event with its body as this version's agents send it; kinds that are not known here fall through every test. */
export interface Told {
  readonly tMs: number;
  readonly errorMs: number;
  readonly node: string;
  readonly body: EventBody;
  readonly index: number;
}

export interface Story extends TimelineInput {
  /** null: the record speaks of none. */
  readonly address: string | null;
  readonly told: readonly Told[];
  readonly faults: readonly SessionFault[];
}

function toldOf(entry: SessionEvent): Told {
  // The wire schema leaves the body open on purpose.
  const body = entry.event.body as unknown as EventBody;
  return { tMs: entry.tMs, errorMs: entry.errorMs, node: entry.event.node, body, index: entry.index };
}

/** Faults as the console saw them; where the node's own journal has the same phase, that stamp is the better one. */
function mergeFaults(seen: readonly SessionFault[], told: readonly Told[]): SessionFault[] {
  const own = told.flatMap(({ body, tMs, errorMs, node }): SessionFault[] =>
    body.kind === 'fault'
      ? [
          {
            tMs,
            errorMs,
            faultId: body.faultId,
            node,
            name: body.name,
            phase: body.phase,
            link: null,
            detail: body.detail,
          },
        ]
      : [],
  );
  const key = (fault: SessionFault): string => `${fault.faultId} ${fault.phase}`;
  const known = new Set(own.map(key));
  const links = new Map(seen.map((fault) => [fault.faultId, fault.link]));
  const better = own.map((fault) => ({ ...fault, link: links.get(fault.faultId) ?? null }));
  return [...better, ...seen.filter((fault) => !known.has(key(fault)))].sort((a, b) => a.tMs - b.tMs);
}

/** The first address that anything in the record is about. */
function addressIn(input: TimelineInput, told: readonly Told[]): string | null {
  const { witness, samples } = input.batch;
  for (const { body } of told) if (body.kind === 'vip') return body.address;
  return witness[0]?.address ?? samples.find((s) => s.heldVips.length > 0)?.heldVips[0] ?? null;
}

/** What came after the stretch is not known in it. */
function upTo(batch: SessionBatch, toMs: number): SessionBatch {
  const before = <T extends { readonly tMs: number }>(items: readonly T[]): T[] =>
    items.filter(({ tMs }) => tMs <= toMs);
  return {
    samples: before(batch.samples),
    events: before(batch.events),
    probes: before(batch.probes),
    gaps: batch.gaps.filter(({ fromMs }) => fromMs <= toMs),
    witness: before(batch.witness),
    faults: before(batch.faults),
    facts: before(batch.facts),
  };
}

export function storyOf(whole: TimelineInput): Story {
  const input = { ...whole, batch: upTo(whole.batch, whole.toMs) };
  const told = input.batch.events.map(toldOf).sort((a, b) => a.tMs - b.tMs || a.index - b.index);
  return {
    ...input,
    address: input.address ?? addressIn(input, told),
    told,
    faults: mergeFaults(input.batch.faults, told),
  };
}

/** Events of one kind, with their bodies typed. */
export function ofKind<K extends EventBody['kind']>(
  told: readonly Told[],
  kind: K,
): (Omit<Told, 'body'> & { readonly body: Extract<EventBody, { kind: K }> })[] {
  return told.flatMap((entry) => (isKind(entry.body, kind) ? [{ ...entry, body: entry.body }] : []));
}

function isKind<K extends EventBody['kind']>(body: EventBody, kind: K): body is Extract<EventBody, { kind: K }> {
  return body.kind === kind;
}

/** What was true of a node at a time; null: nothing was recorded of it by then. */
export function factsAt(story: Story, node: string, tMs: number): NodeFacts | null {
  return story.batch.facts.findLast((facts) => facts.node === node && facts.tMs <= tMs) ?? null;
}

/** How a node spoke at a time. */
export function lifeAt(story: Story, node: string, tMs: number): NodeLife {
  return factsAt(story, node, tMs)?.life ?? 'unknown';
}

export const otherOf = (story: Pick<Story, 'nodes'>, node: string): string =>
  story.nodes[0] === node ? story.nodes[1] : story.nodes[0];

export const toneOf = (story: Pick<Story, 'nodes'>, node: string | null): 'a' | 'b' | 'bad' =>
  node === story.nodes[0] ? 'a' : node === story.nodes[1] ? 'b' : 'bad';

/** Hardware address with which a node answers for the address; null: it never said so. */
export function macOf(story: Story, node: string): string | null {
  const { address } = story;
  if (address === null) return null;
  return (
    story.batch.facts.findLast((facts) => facts.node === node && facts.macs[address] !== undefined)?.macs[address] ??
    null
  );
}

/** Whose hardware address it is; null: neither node's, as far as the record knows. */
export function nodeOfMac(story: Story, mac: string, said: string | null = null): string | null {
  return said ?? story.nodes.find((node) => macOf(story, node) === mac) ?? null;
}

/** What a node says of hearing its peer on one link. */
export interface LinkReading {
  readonly tMs: number;
  readonly errorMs: number;
  readonly state: string;
  /** null: told as an event, or not known. */
  readonly marginMs: number | null;
}

/** One direction of one link over time, from samples and from the moments at which the node itself told of a change. */
export function linkReadings(story: Story, node: string, link: string): LinkReading[] {
  const sampled = story.batch.samples.flatMap((sample): LinkReading[] => {
    const found = sample.node === node ? sample.links.find((l) => l.id === link) : undefined;
    if (found === undefined) return [];
    return [{ tMs: sample.tMs, errorMs: sample.errorMs, state: found.fromPeer, marginMs: found.marginMs }];
  });
  const told = ofKind(story.told, 'link').flatMap(({ node: from, tMs, errorMs, body }): LinkReading[] =>
    from === node && body.link === link && body.direction === 'from-peer'
      ? [{ tMs, errorMs, state: body.state, marginMs: null }]
      : [],
  );
  return [...sampled, ...told].sort((a, b) => a.tMs - b.tMs);
}
