/** Marks get their numbers, and those whose order cannot be known are told of each other. */
import type { BareLane } from './lanes.ts';
import type { Lane, Mark, Source } from './types.ts';

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
