/** What must be so before a fault, and what ends one before its time. Pure judgements of what is known of the pair. */
import type { CatalogueEntry } from '../../../agent/common/faults/index.ts';
import { faultNamed } from '../../../agent/common/faults/index.ts';
import type { ActiveFault } from '../../common/contract/state.ts';
import { baselineProblems } from '../../common/drill/baseline.ts';
import type { PairView } from '../../common/drill/view.ts';
import { freshStatus } from '../../common/drill/view.ts';

/** Clock error above which times of the two nodes cannot be compared, milliseconds. */
const CLOCK_ERROR_MS_MAX = 250;

/** A second holder that nobody declared ends a fault after this long, milliseconds: a takeover overlaps for a moment. */
export const DUAL_MS_MAX = 3000;
/** Nobody who could see what happens, for this long, ends a fault, milliseconds. */
export const BLIND_MS_MAX = 15_000;

/** Somebody else than the holder answers for the address for this long: that ends a fault, milliseconds. */
export const WRONG_ANSWER_MS_MAX = 5000;

/** Resources whose data two writers damage. */
const SHARED_STORAGE = /^(Filesystem|drbddisk|LVM|Raid1|ZFS)(::|$)/;

export interface PairWatch {
  readonly view: PairView;
  /** Half width of each node's clock error, milliseconds; null: not measured. */
  readonly clockErrorsMs: readonly (number | null)[];
  /** The client's probe runs and was answered or refused within the last seconds. */
  readonly isProbeFresh: boolean;
}

/** What is not as it should be; empty: the baseline is clean. */
export function baselineOf({ view, clockErrorsMs }: PairWatch): string[] {
  const problems = baselineProblems(view).map((problem) => problem.en);
  clockErrorsMs.forEach((error, i) => {
    const node = view.nodes[i]?.node ?? '';
    if (error === null) problems.push(`${node}: its clock is not measured yet`);
    else if (error > CLOCK_ERROR_MS_MAX) problems.push(`${node}: its clock is known to ${Math.round(error)} ms only`);
  });
  return problems;
}

/** Why a fault would endanger data; null: it does not, as far as the nodes say. Nothing overrides it. */
export function dataDanger(fault: CatalogueEntry, view: PairView): string | null {
  if (!fault.mayBeDual) return null;
  for (const node of view.nodes) {
    const status = freshStatus(node);
    const shared = status?.groups.flatMap((group) => group.resources).find((resource) => SHARED_STORAGE.test(resource));
    if (shared === undefined || status?.fencing != null) continue;
    return `both nodes may become active, and ${shared} would then have two writers: configure fencing first`;
  }
  return null;
}

/** Since when each stop condition holds, this computer's clock, milliseconds; null: it does not. */
export interface StopSince {
  readonly dualMs: number | null;
  readonly blindMs: number | null;
  /** The LAN or the client hears another one than the holder. */
  readonly wrongMs: number | null;
  /** Nobody answers the client, or nobody holds the address. */
  readonly unservedMs: number | null;
}

export const NOTHING_WRONG: StopSince = { dualMs: null, blindMs: null, wrongMs: null, unservedMs: null };

/** What was agreed for one fault when it was asked for. */
export interface StopTerms {
  /** When it was injected, this computer's clock, milliseconds. */
  readonly fromMs: number;
  /** Longest time without service; null: as long as the fault lasts. */
  readonly unservedMsMax: number | null;
}

/** Some node or the client still sees the pair. */
function isBlind({ view, isProbeFresh }: PairWatch): boolean {
  return !isProbeFresh && view.nodes.every((node) => freshStatus(node) === null);
}

/** One node holds the address by its own word, and another one, or a stranger, is heard answering for it. */
function isWrongAnswer({ view }: PairWatch): boolean {
  return view.vips.some(({ verdict, holder, lan }) => {
    if (verdict !== 'one' || holder === null) return false;
    const isOther = (node: string | null): boolean => node !== holder;
    return (lan ?? []).some(({ node }) => isOther(node)) || (view.answeredBy !== null && isOther(view.answeredBy));
  });
}

function isUnserved({ view, isProbeFresh }: PairWatch): boolean {
  if (view.hasProbe) return !isProbeFresh;
  return view.vips.length > 0 && view.vips.every((vip) => vip.verdict === 'none');
}

/** Carries the conditions on: what began to hold now, what still does. */
export function stopSince(before: StopSince, watch: PairWatch, nowMs: number): StopSince {
  const isDual = watch.view.vips.some((vip) => vip.verdict === 'dual');
  const since = (holds: boolean, from: number | null): number | null => (holds ? (from ?? nowMs) : null);
  return {
    dualMs: since(isDual, before.dualMs),
    blindMs: since(isBlind(watch), before.blindMs),
    wrongMs: since(isWrongAnswer(watch), before.wrongMs),
    unservedMs: since(isUnserved(watch), before.unservedMs),
  };
}

/** Why this fault must end now; null: it may go on. */
export function stopReason(fault: ActiveFault, since: StopSince, terms: StopTerms, nowMs: number): string | null {
  const { mayBeDual, management, scope } = faultNamed(fault.name);
  if (fault.phase !== 'injected') return null;
  const lastsMs = (fromMs: number | null): number => (fromMs === null ? -1 : nowMs - fromMs);
  if (!mayBeDual && lastsMs(since.dualMs) >= DUAL_MS_MAX)
    return 'stopped: two nodes hold the address, and this fault does not lead to that';
  if (!mayBeDual && lastsMs(since.wrongMs) >= WRONG_ANSWER_MS_MAX)
    return 'stopped: another one than the holder answers for the address, and this fault does not lead to that';
  const takesSight = management !== 'kept' && scope === 'pair';
  if (!takesSight && lastsMs(since.blindMs) >= BLIND_MS_MAX)
    return 'stopped: neither node nor the client was seen any more';
  const { fromMs, unservedMsMax } = terms;
  // What was so before the fault is not its doing.
  const unservedFromMs = since.unservedMs === null ? null : Math.max(since.unservedMs, fromMs);
  if (unservedMsMax !== null && lastsMs(unservedFromMs) >= unservedMsMax)
    return `stopped: nobody was served for ${Math.round(unservedMsMax / 1000)} s, the budget of this fault`;
  return null;
}
