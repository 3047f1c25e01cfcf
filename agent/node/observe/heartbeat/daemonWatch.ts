/** The observed daemon itself: whether it runs, what it answers, and whether addresses are here that it does not claim. */
import { elapsedMs, type Instant } from '../../../common/base/instant.ts';
import type { EventDraft } from '../../../common/timeline/event.ts';
import type { ResourceGroup } from '../../../common/config/model.ts';
import { vipsOf } from '../../resources/groups.ts';
import type { ClStatus } from './clStatus.ts';
import type { Conditions } from './conditions.ts';
import { askDaemon, bodiesOf, type Questions } from './daemonWord.ts';
import type { GroupWatch } from './groupWatch.ts';
import type { PairView } from './pairView.ts';
import { NO_DAEMON, type DaemonState } from './processes.ts';

export interface DaemonWatchHost {
  readonly view: PairView;
  readonly conditions: Conditions;
  readonly questions: Questions;
  readonly groups: readonly ResourceGroup[];
  readonly groupWatch: GroupWatch;
  readonly cl: ClStatus;
  now(): Instant;
  /** Looks at the process. */
  look(): DaemonState;
  /** Service addresses on this node. */
  held(): readonly string[];
  /** Something of the daemon's is under way. */
  isBusy(): boolean;
  /** Through the view: what is no news is not told. */
  tell(draft: EventDraft): void;
  /** As it is. */
  publish(draft: EventDraft): void;
}

/** Each question costs the daemon a connection, so it is asked seldom; its log tells at once what has changed. */
const ASK_PERIOD_MS = 5000;
/** After news in the log, to settle what the log does not say. */
const ASK_SOON_MS = 400;
/** An address without a daemon that claims it is stray after this: a start or a stop takes a moment. Longer while the daemon was not asked. */
const STRAY_MS = 1500;
const UNSURE_STRAY_MS = 10_000;
/** A daemon that is just starting takes no questions yet. */
const FAILURES_MIN = 3;

export class DaemonWatch {
  private readonly host: DaemonWatchHost;
  private present: DaemonState = NO_DAEMON;
  private looked = false;
  private asking = false;
  private askAt: Instant;
  /** The newest change that another source told. */
  private changedAt: Instant | null = null;
  private straySince: Instant | null = null;
  private answeredAt: Instant | null = null;
  private failures = 0;
  private clProblem: string | null = null;

  constructor(host: DaemonWatchHost) {
    this.host = host;
    this.askAt = host.now();
  }

  get state(): DaemonState {
    return this.present;
  }

  /** Why the daemon's own command gives no answers, or null. */
  get silence(): string | null {
    return this.present.state === 'running' ? this.clProblem : null;
  }

  /** Another source told of a change: what is being asked just now may be older, and there is more to ask. */
  changed(): void {
    const now = this.host.now();
    this.changedAt = now;
    const soon = { monotonicMs: now.monotonicMs + ASK_SOON_MS };
    if (elapsedMs(soon, this.askAt) > 0) this.askAt = soon;
  }

  /** A few times a second. */
  tick(): void {
    this.lookForStrays();
    const now = this.host.now();
    if (this.asking || this.present.state !== 'running' || elapsedMs(this.askAt, now) < 0) return;
    this.askAt = { monotonicMs: now.monotonicMs + ASK_PERIOD_MS };
    void this.ask(now);
  }

  /** Whether it runs: before its log is read, so that a new daemon's lines are its own. */
  lookAtProcess(): void {
    const { conditions, view } = this.host;
    const before = this.present;
    const now = this.host.look();
    this.present = now;
    const [was, is] = [before.master, now.master];
    const replaced = was?.pid !== is?.pid || was?.startTicks !== is?.startTicks;
    if (replaced || !this.looked) {
      this.looked = true;
      const drafts =
        is === null
          ? view.daemonGone()
          : was === null
            ? view.daemonStarted()
            : [...view.daemonGone(), ...view.daemonStarted()];
      for (const draft of drafts) this.host.publish(draft);
      if (is !== null) this.askAt = this.host.now();
    }
    const gone = is === null ? 'heartbeat does not run on this node' : null;
    conditions.set('daemon-not-running', gone, 'crit');
    const frozen =
      now.state === 'frozen' ? `heartbeat (process ${is?.pid ?? 0}) is stopped: it neither sends nor hears` : null;
    conditions.set('daemon-frozen', frozen, 'crit');
  }

  private lookForStrays(): void {
    const { conditions, view, groups, groupWatch } = this.host;
    const now = this.host.now();
    const held = this.host.held();
    const runs = this.present.master !== null;
    const settled = !runs || (view.own === 'active' && view.stable && !this.host.isBusy());
    const unclaimed = groups.filter((group) => !runs || !groupWatch.isClaimed(group, view.mine));
    const stray = vipsOf(unclaimed).flatMap(({ spec }) => (held.includes(spec.address) ? [spec.address] : []));
    if (stray.length === 0 || !settled) this.straySince = null;
    else this.straySince ??= now;
    const lasts =
      this.straySince !== null && elapsedMs(this.straySince, now) >= (this.isSure(runs) ? STRAY_MS : UNSURE_STRAY_MS);
    const why = runs ? 'although heartbeat here does not claim it' : 'although heartbeat does not run here';
    conditions.set('stray-address', lasts ? `${stray.join(', ')} is on this node ${why}` : null, 'crit');
  }

  /** That the daemon does not claim it was said since, or there is none to say anything. */
  private isSure(runs: boolean): boolean {
    const { straySince, answeredAt } = this;
    return !runs || (straySince !== null && answeredAt !== null && elapsedMs(straySince, answeredAt) >= 0);
  }

  private async ask(askedAt: Instant): Promise<void> {
    this.asking = true;
    const word = await askDaemon(this.host.cl, this.host.questions);
    this.asking = false;
    const { failure } = word;
    this.failures = failure === null ? 0 : this.failures + 1;
    this.clProblem = failure !== null && this.failures >= FAILURES_MIN ? failure.detail : null;
    if (failure !== null) this.changed();
    const silent = failure?.reason === 'timeout' ? `heartbeat does not answer: ${failure.detail}` : null;
    this.host.conditions.set('daemon-not-answering', silent, 'error');
    const overtaken = this.changedAt !== null && elapsedMs(askedAt, this.changedAt) >= 0;
    if (failure !== null || overtaken || this.present.master === null) return;
    this.answeredAt = askedAt;
    const { view, questions } = this.host;
    for (const body of bodiesOf(word, questions, (name) => view.linkIds(name))) {
      const bad = ('status' in body && body.status === 'dead') || ('state' in body && body.state === 'dead');
      this.host.tell({ severity: bad ? 'warn' : 'info', body });
    }
    if (word.holds !== null) for (const draft of view.answered(word.holds)) this.host.publish(draft);
  }
}
