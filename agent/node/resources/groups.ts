/** Resource groups: started left to right, stopped right to left, one group after the other in file order, as heartbeat does. */
import { elapsedMs, type Instant } from '../../common/base/instant.ts';
import { fail, ok, type Result } from '../../common/base/result.ts';
import type { ResourceGroup, ResourceSpec } from '../../common/config/model.ts';
import type { EventDraft } from '../../common/timeline/event.ts';
import { sleep, type Timers } from '../host/timers.ts';
import type { HeldRecord } from './record.ts';
import { isRunningText, type ScriptRunner } from './scripts.ts';
import type { GroupVip, Vips } from './vips.ts';

export type GroupState = 'started' | 'stopped' | 'starting' | 'stopping' | 'failed';

export interface GroupsHost {
  readonly vips: Vips;
  readonly scripts: ScriptRunner;
  readonly record: HeldRecord;
  readonly timers: Timers;
  /** Tries of a failing stop, heartbeat's HA_STOPRETRYMAX. */
  readonly stopTriesMax: number;
  now(): Instant;
  publish(draft: EventDraft): void;
  /** A resource cannot be stopped: it may still run here when the peer starts it. Called once for each such stop. */
  stopFailed(detail: string): void;
}

/** How an acquisition treats addresses; see `Vips.acquire`. */
export interface AcquireOptions {
  readonly checkFirst: boolean;
  readonly standDownMs: number;
}

/** Heartbeat's default of HA_STOPRETRYMAX, and its pause. */
const STOP_TRIES_DEFAULT = 10;
/** A minute and a half of tries; the peer waits for the end of them. */
const STOP_TRIES_MAX = 100;
const STOP_RETRY_MS = 1000;
/** A script that takes longer is named while it still runs: until its limit the group would only look stuck. */
const SLOW_MS = 15_000;

/** Tries of a failing stop out of HA_STOPRETRYMAX. Zero and less mean "for ever" to heartbeat; nothing is for ever here. */
export function stopTriesOf(text: string | undefined): number {
  const tries = Number.parseInt(text ?? '', 10);
  if (Number.isNaN(tries)) return STOP_TRIES_DEFAULT;
  return tries < 1 ? STOP_TRIES_MAX : Math.min(tries, STOP_TRIES_MAX);
}

/** All virtual addresses of the groups. */
export function vipsOf(groups: readonly ResourceGroup[]): GroupVip[] {
  return groups.flatMap((group) =>
    group.resources.flatMap((resource) => (resource.vip === null ? [] : [{ group: group.key, spec: resource.vip }])),
  );
}

export class Groups {
  private readonly groups: readonly ResourceGroup[];
  private readonly host: GroupsHost;
  private readonly current = new Map<string, GroupState>();
  /** Resources that did not stop, and what was said about each. */
  private readonly stuck = new Map<string, string>();

  constructor(groups: readonly ResourceGroup[], host: GroupsHost) {
    this.groups = groups;
    this.host = host;
    for (const group of groups) this.current.set(group.key, 'stopped');
  }

  /** One entry for each group, in file order. */
  states() {
    return this.groups.map((group) => ({
      key: group.key,
      preferredNode: group.node,
      state: this.current.get(group.key) ?? ('stopped' as const),
      resources: group.resources.map((resource) => resource.spec),
    }));
  }

  /** Starts the groups. A group that cannot start is stopped again and the others are still started. */
  async acquire(keys: readonly string[], options: AcquireOptions): Promise<Result<null, 'failed'>> {
    const failures: string[] = [];
    for (const group of this.named(keys)) {
      const started = await this.start(group, options);
      if (!started.ok) failures.push(started.detail);
    }
    return failures.length === 0 ? ok(null) : fail('failed', failures.join('; '));
  }

  /** Stops the groups. Everything is tried, also after a failure: an address must not stay because a script hangs. */
  async release(keys: readonly string[]): Promise<Result<null, 'failed'>> {
    const failures: string[] = [];
    for (const group of this.named(keys)) {
      const stopped = await this.stop(group);
      if (!stopped.ok) failures.push(stopped.detail);
    }
    return failures.length === 0 ? ok(null) : fail('failed', failures.join('; '));
  }

  /**
   * Groups that an earlier life left behind: on record, or with an address still on an interface. Nothing else is
   * touched: a service that runs without its group may be meant to.
   */
  leftovers(): string[] {
    const recorded = new Set(this.host.record.load());
    return this.groups
      .filter(
        (group) =>
          recorded.has(group.key) ||
          group.resources.some((r) => r.vip !== null && this.host.vips.holdersOf(r.vip).length > 0),
      )
      .map((group) => group.key);
  }

  stateOf(key: string): GroupState {
    return this.current.get(key) ?? 'stopped';
  }

  /**
   * Takes an address off this node because another host holds it too. Refused while its group runs or moves here:
   * what the engine holds is given up by the engine.
   */
  letGo(address: string): Result<string, 'unknown' | 'held' | 'failed'> {
    const vips = this.host.vips.list().filter((vip) => vip.spec.address === address);
    const [vip] = vips;
    if (vip === undefined) return fail('unknown', `${address} is no address of this pair`);
    const busy = vips.find(({ group }) => this.stateOf(group) !== 'stopped' && this.stateOf(group) !== 'failed');
    if (busy !== undefined) return fail('held', `${address} belongs to ${busy.group}, which runs here`);
    if (this.host.vips.holdersOf(vip.spec).length === 0) return ok('it is not on this node');
    const released = this.host.vips.release(vip);
    return released.ok ? ok('removed from this node') : fail('failed', released.detail);
  }

  private named(keys: readonly string[]): ResourceGroup[] {
    return this.groups.filter((group) => keys.includes(group.key));
  }

  private become(group: ResourceGroup, state: GroupState): void {
    this.current.set(group.key, state);
    const kept = this.groups.filter((g) => this.current.get(g.key) !== 'stopped').map((g) => g.key);
    if (!this.host.record.save(kept)) {
      const text = `cannot record which groups are started; leftovers of a kill are then found by their addresses only`;
      this.host.publish({ severity: 'warn', body: { kind: 'log', text } });
    }
  }

  private async start(group: ResourceGroup, options: AcquireOptions): Promise<Result<null, 'failed'>> {
    this.become(group, 'starting');
    for (const resource of group.resources) {
      const started = await this.timed(group, resource, 'start', () => this.startOne(group, resource, options));
      if (started.ok) continue;
      await this.stop(group);
      this.become(group, 'failed');
      return fail('failed', `${group.key}: ${resource.spec}: ${started.detail}`);
    }
    this.become(group, 'started');
    return ok(null);
  }

  private async stop(group: ResourceGroup): Promise<Result<null, 'failed'>> {
    this.become(group, 'stopping');
    const failures: string[] = [];
    for (const resource of [...group.resources].reverse()) {
      const stopped = await this.timed(group, resource, 'stop', () => this.stopOne(group, resource));
      if (!stopped.ok) failures.push(`${resource.spec}: ${stopped.detail}`);
    }
    this.become(group, failures.length === 0 ? 'stopped' : 'failed');
    return failures.length === 0 ? ok(null) : fail('failed', `${group.key}: ${failures.join('; ')}`);
  }

  private async timed(
    group: ResourceGroup,
    resource: ResourceSpec,
    action: 'start' | 'stop',
    work: () => Promise<Result<null, string>>,
  ): Promise<Result<null, string>> {
    const about = { kind: 'resource', group: group.key, resource: resource.spec, action } as const;
    const begunAt = this.host.now();
    this.host.publish({ severity: 'info', body: { ...about, phase: 'begin' } });
    const result = await this.sayingWhenSlow(`${action} of ${resource.spec}`, work);
    const tookMs = elapsedMs(begunAt, this.host.now());
    this.host.publish(
      result.ok
        ? { severity: 'info', body: { ...about, phase: 'done', tookMs } }
        : { severity: 'crit', body: { ...about, phase: 'failed', tookMs, detail: result.detail } },
    );
    const what = `${group.key}: ${resource.spec}`;
    if (result.ok) this.noteSuccess(what);
    else if (action === 'stop') this.noteStopFailure(what, result.detail);
    return result;
  }

  private async sayingWhenSlow<T>(what: string, work: () => Promise<T>): Promise<T> {
    const detail = `${what} takes longer than ${SLOW_MS / 1000} s`;
    const about = { kind: 'problem', code: 'script-slow', detail } as const;
    let said = false;
    const cancel = this.host.timers.after(SLOW_MS, () => {
      said = true;
      this.host.publish({ severity: 'warn', body: { ...about, over: false } });
    });
    try {
      return await work();
    } finally {
      cancel();
      if (said) this.host.publish({ severity: 'info', body: { ...about, over: true } });
    }
  }

  /** A resource that stopped, or that was started again on purpose, is no longer one that does not stop. */
  private noteSuccess(what: string): void {
    const detail = this.stuck.get(what);
    if (detail === undefined) return;
    this.stuck.delete(what);
    this.host.publish({ severity: 'info', body: { kind: 'problem', code: 'stop-failed', over: true, detail } });
  }

  /** What does not stop may run on both nodes soon: said until a later stop or start succeeds, and passed on. */
  private noteStopFailure(what: string, why: string): void {
    const text = `${what} does not stop and may still run: ${why}`;
    if (!this.stuck.has(what)) {
      this.stuck.set(what, text);
      this.host.publish({
        severity: 'crit',
        body: { kind: 'problem', code: 'stop-failed', over: false, detail: text },
      });
    }
    this.host.stopFailed(text);
  }

  /**
   * Heartbeat asks `status` before every `start`. We start at once and ask only if that fails: the answer would be
   * "not running" on every takeover, and the process that gives it costs more outage than the address does. A
   * script that refuses because the service runs already counts as started, as with heartbeat.
   */
  private async startOne(
    group: ResourceGroup,
    resource: ResourceSpec,
    options: AcquireOptions,
  ): Promise<Result<null, string>> {
    if (resource.vip !== null) return this.host.vips.acquire({ group: group.key, spec: resource.vip }, options);
    const run = await this.host.scripts.run(resource, 'start');
    if (!run.ok) return run;
    if (run.value.exitStatus === 0) return ok(null);
    if (!run.value.timedOut && (await this.askStatus(resource)) === 'running') return ok(null);
    return fail('start-failed', this.explain('start', run.value));
  }

  private async stopOne(group: ResourceGroup, resource: ResourceSpec): Promise<Result<null, string>> {
    if (resource.vip !== null) return this.host.vips.release({ group: group.key, spec: resource.vip });
    let why = '';
    for (let tries = 0; tries < this.host.stopTriesMax; tries++) {
      if (tries > 0) await sleep(this.host.timers, STOP_RETRY_MS);
      const run = await this.host.scripts.run(resource, 'stop');
      // What does not exist cannot run: stopping it has succeeded.
      if (!run.ok && run.reason === 'not-found') return ok(null);
      if (run.ok && run.value.exitStatus === 0) return ok(null);
      why = run.ok ? this.explain('stop', run.value) : run.detail;
      // A script that hung for its whole limit hangs the next time too; the peer is waiting.
      if (run.ok && run.value.timedOut) break;
    }
    // Scripts that are not LSB-compliant fail when there is nothing to stop.
    const state = await this.askStatus(resource);
    if (state === 'stopped') return ok(null);
    return fail('stop-failed', state === 'running' ? why : `${why}; and its status does not answer`);
  }

  private async askStatus(resource: ResourceSpec): Promise<'running' | 'stopped' | 'unknown'> {
    const status = await this.host.scripts.run(resource, 'status');
    if (!status.ok || status.value.timedOut) return 'unknown';
    return isRunningText(status.value.output) ? 'running' : 'stopped';
  }

  private explain(
    action: string,
    run: { readonly exitStatus: number | null; readonly timedOut: boolean; readonly output: string },
  ): string {
    const how = run.timedOut ? 'did not end in time and was killed' : `ended with ${run.exitStatus ?? 'a signal'}`;
    return `${action} ${how}${run.output === '' ? '' : `: ${run.output}`}`;
  }
}
