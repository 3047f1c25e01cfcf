/** IP addresses as text. Nothing here resolves names. */

/** Four decimal numbers 0..255 without leading zeros (which some programs read as octal). */
export function isIpv4(text: string): boolean {
  return ipv4Octets(text) !== null;
}

/** The four numbers of an IPv4 address, or null. */
export function ipv4Octets(text: string): readonly [number, number, number, number] | null {
  const shape = /^(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})\.(0|[1-9]\d{0,2})$/.exec(text);
  if (shape === null) return null;
  const octets = [Number(shape[1]), Number(shape[2]), Number(shape[3]), Number(shape[4])] as const;
  return octets.every((octet) => octet <= 255) ? octets : null;
}

/** RFC 4291 text form, `::` once, an IPv4 tail allowed, no zone. */
export function isIpv6(text: string): boolean {
  const halves = text.split('::');
  if (halves.length > 2 || !text.includes(':')) return false;
  let groups = 0;
  for (const [half, part] of halves.entries()) {
    if (part === '') continue;
    const pieces = part.split(':');
    const isTail = half === halves.length - 1;
    for (const [i, piece] of pieces.entries()) {
      const last = isTail && i === pieces.length - 1;
      if (last && isIpv4(piece)) groups += 2;
      else if (/^[0-9a-f]{1,4}$/i.test(piece)) groups += 1;
      else return false;
    }
  }
  // A `::` stands for at least one group of zeros.
  return halves.length === 2 ? groups <= 7 : groups === 8;
}

/** 224.0.0.0/4. */
export function isIpv4Multicast(text: string): boolean {
  const octets = ipv4Octets(text);
  return octets !== null && octets[0] >= 224 && octets[0] <= 239;
}

/** ff00::/8. */
export function isIpv6Multicast(text: string): boolean {
  return isIpv6(text) && /^ff[0-9a-f]{2}:/i.test(text);
}

/** Prefix length of a dotted mask, or null when its one-bits are not all in front. */
export function prefixBitsOfMask(mask: string): number | null {
  const octets = ipv4Octets(mask);
  if (octets === null) return null;
  const bits = octets.map((octet) => octet.toString(2).padStart(8, '0')).join('');
  const shape = /^(1*)0*$/.exec(bits);
  return shape === null ? null : (shape[1] ?? '').length;
}

/**
 * An interface name of up to 15 characters, as the kernel limits it. The kernel would take nearly any character;
 * link names also travel in messages, in lists separated by commas and semicolons, so only those that
 * real systems use are allowed.
 */
export function isInterfaceName(text: string): boolean {
  return /^[A-Za-z0-9._@+=~-]{1,15}$/.test(text) && text !== '.' && text !== '..';
}

/** An address or something that a resolver could take: letters, digits, dots, hyphens, underscores. */
export function isHost(text: string): boolean {
  return isIpv4(text) || isIpv6(text) || (/^[a-z0-9_]([a-z0-9._-]{0,252})$/i.test(text) && !/^[0-9.]+$/.test(text));
}
