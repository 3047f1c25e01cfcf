/** What can be put in order and what cannot: marks get their numbers and are told of each other, phases of the one before. */
import type { BareLane } from './lanes.ts';
import type { Lane, Mark, Phase, PhaseId, Source } from './types.ts';

/** Two marks of one clock are always in order: this console's own, whoever of it saw them, or one node's. */
function clockOf(source: Source): string {
  return source.kind === 'node' ? `node ${source.node}` : 'console';
}

/** Lanes with numbered marks. Marks of different clocks closer than the sum of both errors are unordered. */
export function numbered(lanes: readonly BareLane[]): Lane[] {
  const ids = lanes.map((lane, l) => lane.marks.map((_mark, m) => `${l}.${m}`));
  const flat = lanes
    .flatMap((lane, l) => lane.marks.map((mark, m) => ({ id: ids[l]?.[m] ?? '', mark, clock: clockOf(mark.source) })))
    .sort((a, b) => a.mark.tMs - b.mark.tMs);
  const largest = flat.reduce((most, { mark }) => Math.max(most, mark.errorMs), 0);
  const near = new Map<string, string[]>(flat.map(({ id }) => [id, []]));
  flat.forEach(({ id, mark, clock }, i) => {
    for (let j = i + 1; j < flat.length; j += 1) {
      const other = flat[j];
      if (other === undefined || other.mark.tMs - mark.tMs >= mark.errorMs + largest) break;
      if (other.clock === clock || other.mark.tMs - mark.tMs >= mark.errorMs + other.mark.errorMs) continue;
      near.get(id)?.push(other.id);
      near.get(other.id)?.push(id);
    }
  });
  return lanes.map((lane, l) => ({
    ...lane,
    marks: lane.marks.map((mark, m): Mark => {
      const id = ids[l]?.[m] ?? '';
      return { ...mark, id, unorderedWith: near.get(id) ?? [] };
    }),
  }));
}

/** Marks whose order is not known, with whom it is not known or through whom, each group in the order of their times. */
export function unorderedGroups(lanes: readonly Lane[]): Mark[][] {
  const marks = new Map(lanes.flatMap((lane) => lane.marks.map((mark) => [mark.id, mark] as const)));
  const seen = new Set<string>();
  const groups: Mark[][] = [];
  for (const first of marks.values()) {
    if (first.unorderedWith.length === 0 || seen.has(first.id)) continue;
    const group: Mark[] = [];
    const open = [first];
    seen.add(first.id);
    for (let mark = open.pop(); mark !== undefined; mark = open.pop()) {
      group.push(mark);
      for (const id of mark.unorderedWith) {
        const other = marks.get(id);
        if (other === undefined || seen.has(id)) continue;
        seen.add(id);
        open.push(other);
      }
    }
    groups.push(group.sort((a, b) => a.tMs - b.tMs));
  }
  return groups.sort((a, b) => (a[0]?.tMs ?? 0) - (b[0]?.tMs ?? 0));
}

/** Phases that may have come before the known one that they stand after: two clocks, closer than the sum of both errors. */
export function unorderedPhases(phases: readonly Phase[]): ReadonlySet<PhaseId> {
  const known = phases.flatMap(({ id, atMs, errorMs, source }) =>
    atMs === null || source === null ? [] : [{ id, atMs, errorMs: errorMs ?? 0, clock: clockOf(source) }],
  );
  return new Set(
    known.flatMap((phase, i) => {
      const before = known[i - 1];
      if (before === undefined || before.clock === phase.clock) return [];
      return Math.abs(phase.atMs - before.atMs) < before.errorMs + phase.errorMs ? [phase.id] : [];
    }),
  );
}
