/** What people call a link. Linux-HA's link name is the interface, which several links may share. */
import type { LinkConfig } from './model.ts';

/** The directive that makes such a link: `bcast`, `ucast6`, … */
function directiveOf(link: LinkConfig): string {
  const far = farEndOf(link);
  return far.includes(':') ? `${link.medium}6` : link.medium;
}

/** Whom the link sends to, where its line says so; else empty. */
function farEndOf(link: LinkConfig): string {
  if (link.medium === 'ucast') return link.peer;
  return link.medium === 'mcast' ? link.group : '';
}

function shortLabel(link: LinkConfig): string {
  return `${directiveOf(link)} ${link.name}`;
}

function longLabel(link: LinkConfig): string {
  const far = farEndOf(link);
  return far === '' ? shortLabel(link) : `${shortLabel(link)} ${far}`;
}

/**
 * A name of `link` that no other one of `links` has: directive and interface (or device), like `bcast eth1`. Where links share medium
 * and interface also the peer's address or the group, like `ucast6 eth1 fd00::2`, and where even that is shared the port.
 */
export function linkLabel(link: LinkConfig, links: readonly LinkConfig[]): string {
  const others = links.filter(({ id }) => id !== link.id);
  if (!others.some(({ medium, name }) => medium === link.medium && name === link.name)) return shortLabel(link);
  const label = longLabel(link);
  const isShared = others.some((other) => longLabel(other) === label);
  return isShared && link.medium !== 'serial' ? `${label} port ${link.port}` : label;
}
