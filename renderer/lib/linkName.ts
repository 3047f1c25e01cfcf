/** What the screen calls a heartbeat link: its medium in the person's language, and what tells it from the other links of the node. */
import type { LinkStatus } from '../../agent/common/rpc/agentContract.ts';
import type { T } from '../locales/index.ts';

/** A label without its directive: `ucast6 eth1 fd00::2` is `eth1 fd00::2`, unlike any other link of that medium. */
export function ownPart(label: string): string {
  return label.slice(label.indexOf(' ') + 1);
}

/** The own part of a link's name. Agents before `label` name no address, so that two links of one interface read alike. */
export function ownName({ name, label }: Pick<LinkStatus, 'name' | 'label'>): string {
  return label === undefined ? name : ownPart(label);
}

/** Like `unicast eth1 fd00::2`. */
export function linkTitle(medium: LinkStatus['medium'], own: string, t: T): string {
  return `${t(`picture.link.${medium}`)} ${own}`;
}
