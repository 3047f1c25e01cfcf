/** The kernel's interfaces and addresses, and the LAN, in memory. */
import { fail, ok } from '../../agent/common/base/result.ts';
import type { Family, Lan, LanClaim, LanQuestion } from '../../agent/node/host/lan.ts';
import type { NetKernel } from '../../agent/node/host/netKernel.ts';
import {
  canonicalAddress,
  type AddressChange,
  type HostAddress,
  type HostInterface,
} from '../../agent/node/host/netlinkMessage.ts';

export const ETH0: HostInterface = { name: 'eth0', index: 2, mac: '02:00:00:00:00:01', up: true, carrier: true };

export class FakeKernel implements NetKernel {
  readonly means = 'fake';
  refuse: 'not-permitted' | 'failed' | null = null;
  list: HostAddress[] = [
    { family: 'ipv4', address: '10.0.0.1', prefixBits: 24, ifaceIndex: 2, broadcast: '10.0.0.255' },
  ];

  interfaces(): readonly HostInterface[] {
    return [ETH0];
  }

  addresses(): readonly HostAddress[] {
    return this.list;
  }

  add(change: AddressChange) {
    if (this.refuse !== null) return fail(this.refuse, 'told to');
    const address = canonicalAddress(change.family, change.address);
    if (this.list.some((known) => known.address === address)) return fail('exists', 'EEXIST');
    this.list.push({ ...change, address });
    return ok(null);
  }

  remove(change: AddressChange) {
    if (this.refuse !== null) return fail(this.refuse, 'told to');
    const address = canonicalAddress(change.family, change.address);
    const before = this.list.length;
    this.list = this.list.filter((known) => known.address !== address);
    return before === this.list.length ? fail('absent', 'EADDRNOTAVAIL') : ok(null);
  }
}

export class FakeLan implements Lan {
  readonly means = 'fake';
  readonly announced: string[] = [];
  readonly questions: LanQuestion[] = [];
  /** MAC of the other host that answers for an address. */
  readonly others = new Map<string, string>();
  private heard: LanClaim[] = [];

  announce(_iface: HostInterface, _family: Family, address: string) {
    this.announced.push(address);
    return ok(null);
  }

  probe(iface: HostInterface, question: LanQuestion) {
    const { family, address } = question;
    this.questions.push(question);
    const mac = this.others.get(address);
    if (mac !== undefined)
      this.heard.push({ iface: iface.name, address: canonicalAddress(family, address), mac, unasked: false });
    return ok(null);
  }

  /** A frame of another host's arrives unasked. */
  claimNow(address: string, mac: string): void {
    this.heard.push({ iface: ETH0.name, address, mac, unasked: true });
  }

  claims(): readonly LanClaim[] {
    const claims = this.heard;
    this.heard = [];
    return claims;
  }

  close(): void {
    this.heard = [];
  }
}
