/**
 * Fewer points for the same picture. Every bucket of time keeps its extremes and its changes
 * of state, as they were measured; nothing is averaged, because the one short margin or the
 * one failed probe is what everybody is looking for.
 */
import type { ProbeSample, SessionSample, WitnessSample } from '../contract/session.ts';

/** Keeps in each bucket the points that `choose` names. `keptMax` is the most it names for one bucket. */
function byBucket<T extends { readonly tMs: number }>(
  points: readonly T[],
  pointsMax: number,
  keptMax: number,
  choose: (bucket: readonly T[], before: T | undefined) => Iterable<T>,
): T[] {
  if (points.length <= pointsMax) return [...points];
  const firstMs = points[0]?.tMs ?? 0;
  const lastMs = points[points.length - 1]?.tMs ?? 0;
  const bucketCount = Math.max(1, Math.floor(pointsMax / keptMax));
  const widthMs = Math.max((lastMs - firstMs) / bucketCount, Number.EPSILON);
  const kept: T[] = [];
  let start = 0;
  for (let b = 0; b < bucketCount && start < points.length; b += 1) {
    const endMs = b === bucketCount - 1 ? Number.POSITIVE_INFINITY : firstMs + (b + 1) * widthMs;
    let end = start;
    while (end < points.length && (points[end]?.tMs ?? 0) < endMs) end += 1;
    if (end > start) {
      const chosen = new Set(choose(points.slice(start, end), points[start - 1]));
      kept.push(...[...chosen].sort((a, b2) => a.tMs - b2.tMs));
    }
    start = end;
  }
  return kept;
}

/** The points with the least and the greatest reading; null readings do not count. */
function* extremes<T>(points: readonly T[], read: (point: T) => number | null): Iterable<T> {
  let least: { point: T; value: number } | null = null;
  let most: { point: T; value: number } | null = null;
  for (const point of points) {
    const value = read(point);
    if (value === null) continue;
    if (least === null || value < least.value) least = { point, value };
    if (most === null || value > most.value) most = { point, value };
  }
  if (least !== null) yield least.point;
  if (most !== null) yield most.point;
}

/** First and last point whose state differs from the one before it. */
function* changes<T>(points: readonly T[], before: T | undefined, key: (point: T) => string): Iterable<T> {
  let previous = before === undefined ? null : key(before);
  let last: T | null = null;
  for (const point of points) {
    const now = key(point);
    if (now !== previous) {
      if (last === null) yield point;
      last = point;
    }
    previous = now;
  }
  if (last !== null) yield last;
}

function stateKey(sample: SessionSample): string {
  const links = sample.links.map((l) => l.fromPeer).join();
  return `${sample.status} ${sample.peerStatus} ${sample.mine} ${sample.heldVips.join()} ${links}`;
}

/** At most `pointsMax` samples of one node, sorted by time as they came. */
export function decimateSamples(samples: readonly SessionSample[], pointsMax: number): SessionSample[] {
  const linkIds = [...new Set(samples.flatMap((s) => s.links.map((l) => l.id)))];
  const keptMax = 4 * linkIds.length + 6;
  return byBucket(samples, pointsMax, keptMax, function* (bucket, before) {
    yield* changes(bucket, before, stateKey);
    yield* extremes(bucket, (s) => s.nodeMarginMs);
    yield* extremes(bucket, (s) => s.latenessMs);
    for (const id of linkIds) {
      const link = (s: SessionSample): SessionSample['links'][number] | undefined => s.links.find((l) => l.id === id);
      yield* extremes(bucket, (s) => link(s)?.marginMinMs ?? link(s)?.marginMs ?? null);
      yield* extremes(bucket, (s) => link(s)?.rttMs ?? null);
    }
  });
}

/** At most `pointsMax` observations of the LAN; announcements and changes of who answers are never left out. */
export function decimateWitness(samples: readonly WitnessSample[], pointsMax: number): WitnessSample[] {
  const announced = samples.filter((s) => s.kind === 'announced');
  const asked = samples.filter((s) => s.kind === 'asked');
  const key = (s: WitnessSample): string =>
    `${s.address} ${s.holders.map((h) => h.mac).join()} ${s.neighbourMac ?? ''}`;
  const thinned = byBucket(asked, pointsMax, 4, function* (bucket, before) {
    yield* changes(bucket, before, key);
  });
  return [...announced, ...thinned].sort((a, b) => a.tMs - b.tMs);
}

/** At most `pointsMax` probe results; a bucket with a failure always shows it. */
export function decimateProbes(probes: readonly ProbeSample[], pointsMax: number): ProbeSample[] {
  return byBucket(probes, pointsMax, 5, function* (bucket, before) {
    yield* changes(bucket, before, (p) => `${p.ok} ${p.answeredBy ?? ''}`);
    yield* extremes(bucket, (p) => p.latencyMs);
    const failed = bucket.find((p) => !p.ok);
    if (failed !== undefined) yield failed;
  });
}
