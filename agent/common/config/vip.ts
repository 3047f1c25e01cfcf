/** The argument of IPaddr and IPaddr2: `ip[/mask[/iface[:label]][/broadcast]]` (reference, section 8.3). */
import { isInterfaceName, isIpv4, isIpv6, prefixBitsOfMask } from './address.ts';
import type { VipSpec } from './model.ts';

export type VipFailure = 'bad-address' | 'bad-mask' | 'bad-interface' | 'bad-broadcast';

export type VipResult =
  | { readonly ok: true; readonly value: VipSpec }
  | {
      readonly ok: false;
      readonly reason: VipFailure;
      /** A sentence with what was expected. */
      readonly detail: string;
      /** Characters from the start of the argument to the part that is wrong. */
      readonly offset: number;
    };

/** Longest `iface:label` of the kernel, without its end mark. */
const LABEL_CHARACTERS_MAX = 15;

/** Reads an address argument. A part may be empty (`10.0.0.1//eth0`): it is then derived like a missing one. */
export function parseVip(argument: string): VipResult {
  const parts = argument.split('/');
  const offsets = parts.map((_, i) => parts.slice(0, i).join('/').length + (i > 0 ? 1 : 0));
  const wrong = (part: number, reason: VipFailure, detail: string): VipResult => ({
    ok: false,
    reason,
    detail,
    offset: offsets[part] ?? 0,
  });
  const [address = '', mask = '', third = '', fourth = ''] = parts;
  const family = isIpv4(address) ? 'ipv4' : isIpv6(address) ? 'ipv6' : null;
  if (family === null) return wrong(0, 'bad-address', `"${address}" is not an IPv4 or IPv6 address.`);
  if (parts.length > 4) return wrong(4, 'bad-broadcast', 'Expected at most ip/mask/interface/broadcast.');

  const prefixBits = readMask(mask, family);
  if (prefixBits === 'bad') {
    const expected = family === 'ipv4' ? 'bits from 0 to 32 or a mask like 255.255.255.0' : 'bits from 0 to 128';
    return wrong(1, 'bad-mask', `"${mask}" is not a network mask; expected ${expected}.`);
  }
  // As in the scripts: what begins with a digit where the interface would stand is the broadcast address.
  const thirdIsBroadcast = /^[0-9]/.test(third);
  const label = thirdIsBroadcast ? '' : third;
  const broadcast = thirdIsBroadcast ? third : fourth;
  if (thirdIsBroadcast && fourth !== '') return wrong(3, 'bad-broadcast', 'There is a broadcast address already.');
  const iface = label.split(':')[0] ?? '';
  if (label !== '' && (!isInterfaceName(iface) || !isLabel(label))) {
    const expected = `an interface or interface:label of at most ${LABEL_CHARACTERS_MAX} characters`;
    return wrong(2, 'bad-interface', `"${label}" is not a network interface; expected ${expected}.`);
  }
  if (broadcast !== '' && !isIpv4(broadcast)) {
    return wrong(thirdIsBroadcast ? 2 : 3, 'bad-broadcast', `"${broadcast}" is not an IPv4 broadcast address.`);
  }
  return {
    ok: true,
    value: {
      address,
      family,
      prefixBits,
      iface: iface === '' ? null : iface,
      label: label.includes(':') ? label : null,
      broadcast: broadcast === '' ? null : broadcast,
    },
  };
}

function readMask(mask: string, family: 'ipv4' | 'ipv6'): number | null | 'bad' {
  if (mask === '') return null;
  if (/^[0-9]{1,3}$/.test(mask)) return Number(mask) <= (family === 'ipv4' ? 32 : 128) ? Number(mask) : 'bad';
  return (family === 'ipv4' ? prefixBitsOfMask(mask) : null) ?? 'bad';
}

function isLabel(label: string): boolean {
  return label.length <= LABEL_CHARACTERS_MAX && !label.endsWith(':') && !/\s/.test(label);
}
