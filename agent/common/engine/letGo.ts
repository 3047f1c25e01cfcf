/**
 * A second holder: the LAN shows another host that answers for an address which runs here. When it is the peer, a daemon that
 * was killed or restarted without cleaning up (experiments M1 and M2), it is told to take the address off. The message
 * is ours (`tb-letgo`); a real heartbeat has no use for it and is not sent one.
 */
import { elapsedMs } from '../base/instant.ts';
import { fieldText } from '../wire/message.ts';
import type { WireMessage } from '../wire/message.ts';
import { claims } from './holdings.ts';
import { LET_GO_REPEAT_MS } from './limits.ts';
import { sendLetGo } from './messages.ts';
import { report } from './report.ts';
import type { Side } from './sets.ts';
import { emit } from './state.ts';
import type { Context } from './state.ts';

/** What an address can look like; the sender is authenticated, but the host should never see anything else. */
const ADDRESS = /^[0-9a-fA-F:.]{2,45}$/;

function sideOf(ctx: Context, group: string | undefined): Side | null {
  if (group === undefined) return null;
  if (ctx.config.localGroups.includes(group)) return 'local';
  return ctx.config.foreignGroups.includes(group) ? 'foreign' : null;
}

/** Another host answers for `address`. If the peer is heard, it is told so; the host reports the conflict itself. */
export function noteSecondHolder(ctx: Context, address: string, group: string, mac: string): void {
  const { state, config, world } = ctx;
  const { peer, safety } = state;
  const side = sideOf(ctx, group);
  if (state.life !== 'running' || side === null || !claims(state, side)) return;
  if (peer.lastHeardAt === null || peer.status === 'dead' || peer.engine === 'heartbeat') return;
  const askedAt = safety.askedAt.get(address);
  if (askedAt !== undefined && elapsedMs(askedAt, world.now) < LET_GO_REPEAT_MS) return;
  safety.askedAt.set(address, world.now);
  sendLetGo(ctx, address, group);
  const detail = `${mac} answers for it as well; ${config.peer} was told to take it off`;
  emit(ctx, 'warn', { kind: 'let-go', phase: 'asked', address, detail });
}

/** The peer holds the group and finds another holder. If that is us, unknowingly, the address goes; if we claim the group, both know now. */
export function receiveLetGo(ctx: Context, message: WireMessage): void {
  const { state, config } = ctx;
  const address = fieldText(message, 'tbaddr');
  const group = fieldText(message, 'tbgroup');
  if (address === undefined || !ADDRESS.test(address) || state.life === 'over') return;
  const tell = (phase: 'heard' | 'failed', detail: string) =>
    emit(ctx, 'warn', { kind: 'let-go', phase, address, detail });
  const side = sideOf(ctx, group);
  if (side === null) return tell('failed', `${config.peer} names a group that this node does not have`);
  if (claims(state, side)) {
    tell('heard', `${config.peer} holds it too; the older holder keeps it`);
    if (state.life === 'running' && state.status === 'active') report(ctx, null);
    return;
  }
  tell('heard', `${config.peer} holds it and finds a second holder`);
  const running = [...state.safety.asides.values()].some((a) => a.kind === 'let-go' && a.address === address);
  if (running || state.mine[side].state === 'stopping') return;
  const id = state.nextCommand++;
  state.safety.asides.set(id, { kind: 'let-go', address });
  ctx.commands.push({ kind: 'let-go', id, address, because: `${config.peer} holds it` });
}

/** The host has taken the address off this node, or could not. */
export function letGoDone(ctx: Context, address: string, ok: boolean, detail: string): void {
  emit(ctx, ok ? 'info' : 'error', { kind: 'let-go', phase: ok ? 'done' : 'failed', address, detail });
}
