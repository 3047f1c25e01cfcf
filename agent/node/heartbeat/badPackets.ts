/**
 * Packets that do not authenticate, as one problem a link instead of one line a packet: a peer with
 * another key sends ten a second, and the real daemon's log drowns in them.
 */
import { elapsedMs, type Instant } from '../../common/base/instant.ts';
import type { EventDraft } from '../../common/timeline/event.ts';

/** Without a bad packet for this long the problem is over. */
const QUIET_MS = 10_000;

export class BadPackets {
  private readonly present = new Map<string, { readonly detail: string; lastAt: Instant; count: number }>();

  /** One bad packet on a link. Returns what to report, if this begins a problem. */
  seen(link: string, reason: string, now: Instant): EventDraft | null {
    const known = this.present.get(link);
    if (known !== undefined) {
      known.lastAt = now;
      known.count += 1;
      return null;
    }
    const detail = `${link}: packets that do not authenticate (${reason}); do both nodes have the same authkeys?`;
    this.present.set(link, { detail, lastAt: now, count: 1 });
    return { severity: 'error', body: { kind: 'problem', code: 'bad-packets', over: false, detail } };
  }

  /** Ends problems that are over. */
  tick(now: Instant): EventDraft[] {
    const over: EventDraft[] = [];
    for (const [link, known] of this.present) {
      if (elapsedMs(known.lastAt, now) < QUIET_MS) continue;
      this.present.delete(link);
      const detail = `${link}: ${known.count} packet(s) did not authenticate`;
      over.push({ severity: 'info', body: { kind: 'problem', code: 'bad-packets', over: true, detail } });
    }
    return over;
  }

  /** Present problem of a link, or null. */
  of(link: string): { code: string; detail: string } | null {
    const known = this.present.get(link);
    return known === undefined ? null : { code: 'bad-packets', detail: known.detail };
  }
}
