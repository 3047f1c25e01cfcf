/**
 * Ping nodes (reference, section 7.1): hosts outside the pair that answer echo requests. They count in "heard from everybody"
 * of coming up and in ipfail's comparison, and they can be the reference that a takeover needs. They hold no resources.
 */
import { assert } from '../base/assert.ts';
import { elapsedMs, isBefore, plusMs } from '../base/instant.ts';
import type { Instant } from '../base/instant.ts';
import { emit } from './state.ts';
import type { PingState } from './memory.ts';
import type { Context, EngineState } from './state.ts';
import type { PingNodeView } from './types.ts';
import type { Wake } from './wake.ts';

/** An echo reply came. */
export function receivePingReply(ctx: Context, name: string, receivedAt: Instant): void {
  const ping = ctx.state.pings.find((p) => p.name === name);
  assert(ping !== undefined, `reply of unknown ping node ${name}`);
  if (ping.lastHeardAt === null || isBefore(ping.lastHeardAt, receivedAt)) ping.lastHeardAt = receivedAt;
}

/**
 * When the silence of this node makes it dead. One that never answered has until both initdead and deadping are over, as switches
 * boot slowly. After a late step of ours, replies may wait unread as heartbeats may.
 */
function deadline(ctx: Context, ping: PingState): Instant {
  const { state, config } = ctx;
  const limit =
    ping.lastHeardAt === null
      ? plusMs(state.startedAt, Math.max(config.initdeadMs, config.deadpingMs))
      : plusMs(ping.lastHeardAt, config.deadpingMs);
  const { graceUntil } = state;
  return graceUntil !== null && isBefore(limit, graceUntil) ? graceUntil : limit;
}

/** Brings every ping node's status up to date and reports the changes. Returns those that changed. */
export function advancePings(ctx: Context): readonly PingState[] {
  const changed: PingState[] = [];
  for (const ping of ctx.state.pings) {
    const alive = isBefore(ctx.world.now, deadline(ctx, ping));
    if (alive && ping.lastHeardAt === null) continue;
    const status = alive ? 'up' : 'dead';
    if (status === ping.status) continue;
    ping.status = status;
    changed.push(ping);
    emit(ctx, status === 'up' ? 'info' : 'warn', { kind: 'ping-node', node: ping.name, status });
  }
  return changed;
}

/** Moments at which a ping node may die. */
export function pingDeadlines(ctx: Context, wake: Wake): void {
  for (const ping of ctx.state.pings) if (ping.status !== 'dead') wake.consider(deadline(ctx, ping));
}

/** Every ping node has answered or was given up: one condition of becoming active. */
export function pingsSettled(state: EngineState): boolean {
  return state.pings.every((ping) => ping.status !== 'unknown');
}

/** How many ping nodes answer now: what ipfail compares. */
export function pingsUp(state: EngineState): number {
  return state.pings.filter((ping) => ping.status === 'up').length;
}

/** What people see of them. */
export function pingViews(state: EngineState, now: Instant): PingNodeView[] {
  return state.pings.map(({ name, status, lastHeardAt }) => ({
    name,
    status,
    silenceMs: lastHeardAt === null ? null : Math.max(0, elapsedMs(lastHeardAt, now)),
  }));
}
