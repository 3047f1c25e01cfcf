/** What the files ask for and this node cannot give, or should not be asked for. No reason not to start, but better known before a takeover. */
import type { EventDraft } from '../../common/timeline/event.ts';
import { canonicalAddress } from '../host/netlinkMessage.ts';
import { resolveScript, type ScriptDirs } from '../resources/scripts.ts';
import type { Setup } from './setup.ts';

export interface Finding {
  readonly code: 'script-missing' | 'address-is-ping-node';
  readonly detail: string;
}

const addressKey = (address: string): string => (address.includes(':') ? canonicalAddress('ipv6', address) : address);

/** Every finding about a setup, each once. */
export function findingsOf(setup: Pick<Setup, 'groups' | 'ha'>, dirs: ScriptDirs): Finding[] {
  const resources = setup.groups.flatMap((group) => group.resources);
  const scripts = new Set(resources.filter(({ vip }) => vip === null).map(({ script }) => script));
  const missing = [...scripts]
    .filter((script) => resolveScript(script, dirs) === null)
    .map((script): Finding => {
      const places = `${dirs.configDir}/resource.d, ${dirs.initDir}, no systemd unit`;
      return {
        code: 'script-missing',
        detail: `haresources names ${script}, and there is none on this node (${places})`,
      };
    });
  const asked = new Set(setup.ha.pingNodes.flatMap(({ members }) => members.map(addressKey)));
  const own = new Set(resources.flatMap(({ vip }) => (vip === null ? [] : [vip.address])));
  const asReference = [...own]
    .filter((address) => asked.has(addressKey(address)))
    .map((address): Finding => {
      const why = 'whoever holds it is answered by itself, so it says nothing about the network';
      return { code: 'address-is-ping-node', detail: `${address} of haresources is a ping node of ha.cf too: ${why}` };
    });
  return [...missing, ...asReference];
}

/** Tells findings as problems, and their end when somebody mended them while we run. */
export class ConfigFindings {
  private readonly look: () => readonly Finding[];
  private readonly publish: (draft: EventDraft) => void;
  private present: readonly Finding[] = [];

  constructor(look: () => readonly Finding[], publish: (draft: EventDraft) => void) {
    this.look = look;
    this.publish = publish;
  }

  check(): void {
    const before = this.present;
    this.present = this.look();
    const without = (all: readonly Finding[], gone: readonly Finding[]): readonly Finding[] =>
      all.filter(({ detail }) => !gone.some((other) => other.detail === detail));
    for (const finding of without(before, this.present)) this.tell(finding, true);
    for (const finding of without(this.present, before)) this.tell(finding, false);
  }

  private tell({ code, detail }: Finding, over: boolean): void {
    this.publish({ severity: over ? 'info' : 'warn', body: { kind: 'problem', code, over, detail } });
  }
}
