/** The keys that heartbeats are signed and verified with, read again while everything runs. */
import type { Keyring } from '../../common/base/keyring.ts';
import type { EventDraft } from '../../common/timeline/event.ts';
import { signingKey } from '../../common/wire/fingerprint.ts';
import type { AgentStatus } from '../../common/rpc/agentContract.ts';
import { readKeys } from './setup.ts';

export interface KeysHost {
  readonly configDir: string;
  publish(draft: EventDraft): void;
  /** Hands new keys to the heartbeat thread, where one runs. */
  apply(keyring: Keyring): void;
}

/** `index method fingerprint`. */
function named(keyring: Keyring): string {
  const { index, method, fingerprint } = signingKey(keyring);
  return `${index} ${method} ${fingerprint}`;
}

export class Keys {
  private readonly host: KeysHost;
  private present: Keyring;

  constructor(keyring: Keyring, host: KeysHost) {
    this.present = keyring;
    this.host = host;
  }

  /** What signs and verifies now. */
  get keyring(): Keyring {
    return this.present;
  }

  status(): AgentStatus['keys'] {
    return { ...signingKey(this.present), accepted: this.present.keys.size };
  }

  /**
   * Reads authkeys again. With anything wrong in it the old keys stay: the real daemon exits over a broken file, which
   * turns a slip of the pen into a failover.
   */
  reload(): { readonly accepted: boolean; readonly detail: string } {
    const read = readKeys(this.host.configDir);
    if (!read.ok) {
      const body = { kind: 'keys', ok: false, signing: named(this.present), detail: read.detail } as const;
      this.host.publish({ severity: 'error', body });
      return { accepted: false, detail: `the old keys stay: ${read.detail}` };
    }
    const { keyring, warnings } = read.value;
    this.present = keyring;
    this.host.apply(keyring);
    const signing = named(keyring);
    const accepted = [...keyring.keys.keys()].sort((a, b) => a - b).join(', ');
    const detail = [`signing with ${signing}, accepting ${accepted}`, ...warnings].join('\n');
    this.host.publish({ severity: 'info', body: { kind: 'keys', ok: true, signing, detail } });
    return { accepted: true, detail };
  }
}
