/** Our reports to the peer (`resource`) and to the timeline (`holdings`). */
import { fieldText } from '../wire/message.ts';
import type { WireMessage } from '../wire/message.ts';
import type { ResourceSet } from '../timeline/event.ts';
import { busy, claims, failedSet, heldByPeer, heldSet, runningSet, touchedSet } from './holdings.ts';
import { parseDecimal, sendResource } from './messages.ts';
import { SIDES, parseSet, setOf } from './sets.ts';
import type { Side } from './sets.ts';
import { emit } from './state.ts';
import type { Announcement, Context, EngineState, PeerState } from './state.ts';

/** We know what we may hold and nothing is moving: what `isstable` says. */
export function settled(state: EngineState): boolean {
  return state.phase === 'stable' && state.standby.kind === 'none' && !busy(state);
}

/**
 * The set that `rsc_hold` names. A Twinbeat peer is told what runs; our claims go beside it in `tbc`. For a
 * real heartbeat the field has to mean "hands off": it starts its own groups after ten seconds if a
 * survivor that is still taking them over does not name them.
 */
function wireHold(state: EngineState): ResourceSet {
  return state.peer.engine === 'twinbeat' ? runningSet(state) : touchedSet(state);
}

function termOf(state: EngineState, side: Side): number | null {
  return claims(state, side) ? state.mine[side].term : null;
}

function announcement(state: EngineState): Announcement {
  const [local, foreign] = [termOf(state, 'local'), termOf(state, 'foreign')];
  return { hold: wireHold(state), local, foreign, failed: failedSet(state), stable: settled(state) };
}

/** `tbc`: every claimed set with the term of its claim, `-` when there is none. */
function claimsText(said: Announcement): string {
  const claimed = SIDES.filter((side) => said[side] !== null).map((side) => `${side}:${said[side]}`);
  return claimed.length === 0 ? '-' : claimed.join(' ');
}

/** Sends what we hold, whether or not it changed. */
export function report(ctx: Context, info: string | null): void {
  const { state, config } = ctx;
  // A real daemon in legacy mode knows no reports, and one of another family must not rely on us.
  if (config.autoFailback === 'legacy' && state.peer.engine !== 'twinbeat') return;
  const said = announcement(state);
  state.announced = said;
  sendResource(ctx, said, claimsText(said), info);
}

/**
 * Sends what we hold when it changed, to a peer that takes reports. During a standby a real heartbeat gets
 * exactly the messages of that exchange, which standby.ts sends.
 */
export function reportChange(ctx: Context): void {
  const { state } = ctx;
  if (state.life !== 'running' || state.status !== 'active' || state.phase === 'init') return;
  if (state.peer.status !== 'active' || !state.peer.conversing || state.peer.stopped) return;
  if (state.peer.engine !== 'twinbeat' && state.standby.kind !== 'none') return;
  const { hold, local, foreign, failed, stable } = announcement(state);
  const last = state.announced;
  const same =
    last?.hold === hold &&
    last.local === local &&
    last.foreign === foreign &&
    last.failed === failed &&
    last.stable === stable;
  if (!same) report(ctx, null);
}

/** Publishes what both nodes hold when it changed. */
export function publishHoldings(ctx: Context): void {
  const { state } = ctx;
  const mine = heldSet(state);
  const theirs = heldByPeer(state);
  const stable = bothSettled(state);
  const last = state.lastHoldings;
  if (last?.mine === mine && last.theirs === theirs && last.stable === stable) return;
  state.lastHoldings = { mine, theirs, stable };
  emit(ctx, 'info', { kind: 'holdings', mine, theirs, stable });
}

/** Nothing is moving on either node. */
export function bothSettled(state: EngineState): boolean {
  return settled(state) && (state.peer.stable || state.peer.status === 'dead' || state.peer.stopped);
}

/** Reads `tbc` into the peer's claims and terms, and `tbx`. Without it (a real heartbeat) everything it names is a claim. */
export function readClaims(peer: PeerState, message: WireMessage, hold: ResourceSet): void {
  peer.failed = parseSet(fieldText(message, 'tbx')) ?? 'none';
  const value = fieldText(message, 'tbc');
  if (value === undefined) {
    peer.claims = hold;
    return;
  }
  const terms = new Map<string, number>();
  for (const part of value.split(' ')) {
    const [side, term] = part.split(':');
    const number = parseDecimal(term);
    if (side !== undefined && number !== null) terms.set(side, number);
  }
  peer.claims = setOf(terms.has('local'), terms.has('foreign'));
  peer.terms = { local: terms.get('local') ?? 0, foreign: terms.get('foreign') ?? 0 };
}
