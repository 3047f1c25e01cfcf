/** Resource groups and fencing of an observed daemon, from its events and from the kernel: no script of theirs is ever run. */
import type { ResourceGroup } from '../../../common/config/model.ts';
import type { AgentStatus } from '../../../common/rpc/agentContract.ts';
import type { EventBody, ResourceSet } from '../../../common/timeline/event.ts';
import { vipsOf, type GroupState } from '../../resources/groups.ts';

const includes = (set: ResourceSet, side: 'local' | 'foreign'): boolean => set === 'all' || set === side;

/** A script ends, and the next one of the group begins, or none; this many events of a group are remembered as its state. */
type Seen = 'starting' | 'stopping' | 'failed';

export class GroupWatch {
  private readonly self: string;
  private readonly groups: readonly ResourceGroup[];
  private readonly seen = new Map<string, Seen>();

  constructor(self: string, groups: readonly ResourceGroup[]) {
    this.self = self;
    this.groups = groups;
  }

  note(body: EventBody): void {
    // Over for every group: the daemon says so itself, or has ended.
    if (body.kind === 'holdings' && body.stable) {
      for (const [group, state] of this.seen) if (state !== 'failed') this.seen.delete(group);
    }
    if (body.kind !== 'resource') return;
    const found = this.groups.find(
      ({ key, resources }) => key === body.group || resources[0]?.spec.startsWith(body.group),
    );
    if (found === undefined) return;
    if (body.phase === 'failed') this.seen.set(found.key, 'failed');
    else if (body.phase === 'begin') this.seen.set(found.key, body.action === 'stop' ? 'stopping' : 'starting');
    else this.seen.delete(found.key);
  }

  /** Whether the daemon's word on what it holds has a group in it. */
  isClaimed(group: ResourceGroup, mine: ResourceSet): boolean {
    return includes(mine, group.node === this.self ? 'local' : 'foreign');
  }

  /** `held`: service addresses that are on this node now. */
  states(mine: ResourceSet, held: readonly string[]): AgentStatus['groups'] {
    return this.groups.map((group) => ({
      key: group.key,
      preferredNode: group.node,
      state: this.stateOf(group, mine, held),
      resources: group.resources.map((resource) => resource.spec),
    }));
  }

  /** Of all groups together, by the kernel and the scripts: for when this node is left with everything. */
  progress(held: readonly string[]): 'started' | 'starting' | 'failed' {
    const states = this.groups.map((group) => this.stateOf(group, 'all', held));
    if (states.includes('failed')) return 'failed';
    return states.every((state) => state === 'started') ? 'started' : 'starting';
  }

  private stateOf(group: ResourceGroup, mine: ResourceSet, held: readonly string[]): GroupState {
    const seen = this.seen.get(group.key);
    if (seen !== undefined) return seen;
    const claimed = this.isClaimed(group, mine);
    const addresses = vipsOf([group]).map(({ spec }) => spec.address);
    if (addresses.length === 0) return claimed ? 'started' : 'stopped';
    // The kernel knows better than the daemon: one that was killed leaves its addresses behind.
    if (addresses.every((address) => held.includes(address))) return 'started';
    return claimed ? 'starting' : 'stopped';
  }
}

/** How the fencing of the peer stands, by the daemon's log. */
export class FencingWatch {
  private readonly device: string | null;
  private state: NonNullable<AgentStatus['fencing']>['state'] = 'none';
  private detail = '';

  /** `device`: type of the stonith device; null: none is configured. */
  constructor(device: string | null) {
    this.device = device;
  }

  note(body: EventBody): void {
    if (body.kind === 'peer-status' && body.status !== 'dead') [this.state, this.detail] = ['none', ''];
    if (body.kind !== 'fencing') return;
    const states = {
      begin: 'running',
      'waiting-operator': 'waiting-operator',
      done: 'done',
      failed: 'failed',
    } as const;
    this.state = body.phase in states ? states[body.phase as keyof typeof states] : 'none';
    this.detail = body.detail;
  }

  status(): AgentStatus['fencing'] {
    return this.device === null ? null : { device: this.device, state: this.state, detail: this.detail };
  }
}
