/** A node beside a real heartbeat that is about to fall silent, for the tests of what may be taken from it and when. */
import { instant } from '../../agent/common/base/instant.ts';
import type { EngineConfig } from '../../agent/common/engine/types.ts';
import { fieldText } from '../../agent/common/wire/message.ts';
import { Harness, KEEPALIVE_MS, testConfig } from './engineHarness.ts';

export const BEAT = { st: 'active', dt: '1388', protocol: '1' };
export const INITDEAD_MS = 10_000;

/** Beside a real heartbeat that holds its own group; both links carried its heartbeats unless `links` says otherwise. */
export function joined(changes: Partial<EngineConfig>, links: readonly string[] = ['l1', 'l2']): Harness {
  const h = new Harness(testConfig(changes));
  for (const name of h.pingNodes) h.answering.add(name);
  h.joinRealPeer();
  h.run(KEEPALIVE_MS);
  const beat = h.hear('status', BEAT);
  for (const link of links) h.arrive(beat, link);
  h.commands.length = 0;
  h.events.length = 0;
  return h;
}

export function view(h: Harness) {
  return h.engine.snapshot(instant(h.nowMs));
}

export function stonithResults(h: Harness): (string | undefined)[] {
  return h.sentOf('stonith').map((m) => fieldText(m, 'result'));
}

/** Answers the newest fence command. */
export function answerFence(h: Harness, ok: boolean, detail = ''): void {
  const fence = h.commands.filter((c) => c.kind === 'fence').at(-1);
  h.step({ kind: 'command-done', id: fence!.id, ok, detail });
}

export const acquired = (h: Harness) => h.commands.filter((c) => c.kind === 'acquire').map((c) => c.groups.join());
export const fences = (h: Harness) => h.commands.filter((c) => c.kind === 'fence').length;
