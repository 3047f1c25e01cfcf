/**
 * The directives of ha.cf, one row each (reference, section 9). The rows drive parsing, defaults
 * and help; a directive that is not here is illegal.
 */
import { apiauth, environment, node, ping, pingGroup, respawn, stonith, stonithHost } from './members.ts';
import { baud, BAUD_RATES, bcast, mcast, mcast6, missingPlugin, serial, ucast, ucast6, udp, udpport } from './media.ts';
import { autoFailback, autojoin, niceFailback, pacemaker } from './obsolete.ts';
import { anything, choice, duration, facility, flag, integer, path, type Setter } from './setters.ts';

export interface DirectiveRow {
  readonly name: string;
  /** What stands behind the name. */
  readonly syntax: string;
  /** As it would be written; applied before the file is read. null: none, or it depends on others (see `help`). */
  readonly default: string | null;
  /** `each`: every value counts for itself, the last wins. `line`: the values belong together. */
  readonly takes: 'each' | 'line';
  readonly set: Setter;
  /** One or two sentences for people. */
  readonly help: string;
}

const INT_MAX = 0x7fff_ffff;

function each(name: string, syntax: string, preset: string | null, set: Setter, help: string): DirectiveRow {
  return { name, syntax, default: preset, takes: 'each', set, help };
}

function line(name: string, syntax: string, preset: string | null, set: Setter, help: string): DirectiveRow {
  return { name, syntax, default: preset, takes: 'line', set, help };
}

const TIMING: readonly DirectiveRow[] = [
  each('keepalive', '<time>', '1', duration, 'Time between two heartbeats on every path.'),
  each('deadtime', '<time>', '30', duration, 'Silence after which the other node is dead. More than twice keepalive.'),
  each(
    'warntime',
    '<time>',
    null,
    duration,
    'Gap between two heartbeats that is logged as late. Default: half of deadtime.',
  ),
  each(
    'initdead',
    '<time>',
    null,
    duration,
    'deadtime right after the start, when networks still come up. At least deadtime. Default: deadtime if over 10 s, 12 s if deadtime is under 6 s, else twice deadtime.',
  ),
  each('deadping', '<time>', null, duration, 'deadtime of ping nodes. Default: deadtime.'),
  each(
    'hopfudge',
    '<0..255>',
    '1',
    integer(0, 255),
    'Added to the number of nodes in the ttl field, which nobody uses.',
  ),
  each(
    'max_rexmit_delay',
    '<ms>',
    '250',
    integer(1, INT_MAX),
    'Longest wait before a missing packet is asked for again, in milliseconds.',
  ),
];

const MEDIA: readonly DirectiveRow[] = [
  each('udpport', '<port>', '694', udpport, 'UDP port of the media lines that follow.'),
  each('baud', BAUD_RATES.join('|'), '19200', baud, 'Speed of the serial lines that follow. May stand once.'),
  each('serial', '<device>…', null, serial, 'Heartbeat path over a null-modem cable.'),
  each('bcast', '<interface>…', null, bcast, 'Heartbeat path by UDP broadcast.'),
  each('udp', '<interface>…', null, udp, 'Old name of bcast.'),
  line('mcast', '<interface> <group> <port> <ttl> <loop>', null, mcast, 'Heartbeat path by UDP multicast.'),
  line('ucast', '<interface> <host>', null, ucast, 'Heartbeat path by UDP to one address, that of the other node.'),
  line('mcast6', '<interface> <group> <port> <hops> <loop>', null, mcast6, 'Heartbeat path by IPv6 multicast.'),
  line(
    'ucast6',
    '<interface> <address>',
    null,
    ucast6,
    'Heartbeat path by UDP to one IPv6 address, that of the other node; a link-local one is that of the interface.',
  ),
  line('hbaping', '…', null, missingPlugin, 'Ping over a Fibre Channel adapter; not shipped.'),
  line('rds', '…', null, missingPlugin, 'Heartbeat path over RDS; not shipped.'),
  line('tipc', '…', null, missingPlugin, 'Heartbeat path over TIPC; not shipped.'),
];

const MEMBERS: readonly DirectiveRow[] = [
  each('node', '<name>…', null, node, 'The two nodes, named as uname -n prints them. Folded to lower case.'),
  each('ping', '<host>…', null, ping, 'A host outside the pair that shows whether our network works.'),
  each('ping6', '<host>…', null, ping, 'IPv6 form of ping.'),
  line('ping_group', '<name> <host>…', null, pingGroup, 'Ping node that is alive while any of its hosts answers.'),
  each(
    'auto_failback',
    'on|off|legacy',
    'legacy',
    autoFailback,
    'on: a returning node gets its own resources back. off: they stay where they are. Write it: the default is a mode of before 2003.',
  ),
  each('nice_failback', 'on|off', null, niceFailback, 'Obsolete form of auto_failback.'),
  line(
    'stonith',
    '<type> <file>',
    null,
    stonith,
    'Device that powers the other node off before its resources are taken.',
  ),
  line('stonith_host', '<host|*> <type> <parameters>', null, stonithHost, 'The same, with its parameters in the line.'),
  each(
    'watchdog',
    '<device>',
    null,
    path,
    'Kernel watchdog, fed by the heartbeat thread: a node whose heartbeats stop is reset, before the other takes over where whole seconds allow it. Closed properly by a graceful stop, kept running by a crash.',
  ),
  line(
    'respawn',
    '<user> <command> [arguments]',
    null,
    respawn,
    'Program that runs as that user while this node is active, is started again when it ends, and ends with the agent. Exit status 100, or more than ten quick ends, and it stays ended. ipfail is not started: the engine does its work.',
  ),
  line(
    'failfast',
    '<user> <command> [arguments]',
    null,
    respawn,
    'Like respawn, and its failure is an error; where watchdog is set, it resets the node.',
  ),
  line('apiauth', '<client> [uid=…] [gid=…]', null, apiauth, 'Read and not used: only root may talk to the agent.'),
];

const LOGGING: readonly DirectiveRow[] = [
  each(
    'logfacility',
    '<facility>|none',
    null,
    facility,
    'Syslog facility that all lines but debug go to, by /dev/log, with the tag heartbeat.',
  ),
  each(
    'logfile',
    '<path>',
    null,
    path,
    'File of all log lines but debug. Default: /var/log/ha-log when no log is named.',
  ),
  each('debugfile', '<path>', null, path, 'File of all log lines, debug too.'),
  each(
    'use_logd',
    'on|off',
    null,
    flag,
    'Read and not used: there is no logging daemon. off without any log is an error.',
  ),
  each('conn_logd_time', '<time>', '60', duration, 'Read and not used: there is no logging daemon.'),
  each('syslogmsgfmt', 'on|off', 'on', flag, 'Log files look like those of syslog; off: heartbeat’s older form.'),
  each(
    'log_badpack',
    'on|off',
    'on',
    flag,
    'Report packets that fail authentication, once a link and not once a packet. A key that differs from the peer’s is an alarm in any case.',
  ),
  each('debug', '<0..255>', '0', integer(0, 255), 'Read and not used: debugfile has every debug line there is.'),
];

const PROCESS: readonly DirectiveRow[] = [
  each('coredumps', 'on|off', 'on', flag, 'Read and not used.'),
  each('coreroot', '<directory>', null, path, 'Read and not used.'),
  each(
    'realtime',
    'on|off',
    'on',
    flag,
    'Real-time priority of the heartbeat thread alone. Unwritten: where the node allows it, and no problem where not. Memory is not locked: swap is off for the service instead.',
  ),
  each(
    'rtprio',
    '<1..99>',
    null,
    integer(1, 99),
    'That priority. Default: 1, which is above everything that is not real-time.',
  ),
  each('memreserve', '<KiB>', '6500', integer(1, INT_MAX), 'Read and not used.'),
  each('hbgenmethod', 'file|time', 'file', choice('file', 'time'), 'Where the generation number comes from.'),
  each(
    'uuidfrom',
    'file|nodename',
    'file',
    choice('file', 'nodename'),
    'Read and not used: the uuid is kept in a file, made at the first start.',
  ),
  each(
    'msgfmt',
    'classic|netstring',
    'classic',
    choice('classic', 'netstring'),
    'Read and not used: both forms are understood, and the text form is sent, which every daemon understands.',
  ),
  each('compression', 'zlib|bz2', 'zlib', choice('zlib', 'bz2'), 'Read and not used: no message is large enough.'),
  each('compression_threshold', '<KiB>', '2', integer(1, INT_MAX), 'Read and not used: no message is large enough.'),
  each('traditional_compression', 'on|off', 'off', flag, 'Read and not used: no message is large enough.'),
  line('env', 'NAME=value', null, environment, 'Exported to resource scripts and respawned programs as HA_NAME.'),
  each('use_apphbd', 'on|off', 'off', flag, 'Read and not used.'),
];

const CLUSTER: readonly DirectiveRow[] = [
  each('autojoin', 'none', 'none', autojoin, 'Anything but none needs Pacemaker.'),
  each('crm', 'off', 'off', pacemaker, 'Anything but off is a Pacemaker cluster.'),
  each('pacemaker', 'off', 'off', pacemaker, 'The same as crm.'),
  line('crm_daemon_dir', '<directory>', null, anything, 'Read and not used: Pacemaker only.'),
  line('crmd_spawns_pengine', 'on|off', null, anything, 'Read and not used: Pacemaker only.'),
  line('record_config_changes', 'on|off', null, anything, 'Read and not used: Pacemaker only.'),
  line('record_pengine_inputs', 'on|off', null, anything, 'Read and not used: Pacemaker only.'),
  line('enable_config_writes', 'on|off', null, anything, 'Read and not used: Pacemaker only.'),
  line('cluster', '<name>', 'linux-ha', anything, 'Read and not used: the name is not on the wire.'),
  line('quorum_server', '<host>', null, anything, 'Read and not used: Pacemaker only.'),
];

/** Every directive, grouped as a reader would look for it. */
export const HA_CF_DIRECTIVES: readonly DirectiveRow[] = [
  ...TIMING,
  ...MEDIA,
  ...MEMBERS,
  ...LOGGING,
  ...PROCESS,
  ...CLUSTER,
];

const BY_NAME: ReadonlyMap<string, DirectiveRow> = new Map(HA_CF_DIRECTIVES.map((row) => [row.name, row]));

/** The row of that name; names are case-sensitive. */
export function findDirective(name: string): DirectiveRow | undefined {
  return BY_NAME.get(name);
}

/** The directive that was probably meant, or null: same letters in another case, or at most two edits away. */
export function nearestDirective(name: string): string | null {
  const folded = name.toLowerCase().slice(0, 40);
  let best: { readonly name: string; readonly edits: number } | null = null;
  for (const row of HA_CF_DIRECTIVES) {
    const edits = editDistance(folded, row.name);
    if (best === null || edits < best.edits) best = { name: row.name, edits };
  }
  return best !== null && best.edits <= Math.min(2, Math.floor(folded.length / 2)) ? best.name : null;
}

/** Levenshtein distance, one row at a time. */
function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = (previous[j - 1] ?? 0) + (a[i - 1] === b[j - 1] ? 0 : 1);
      row.push(Math.min(replaced, (previous[j] ?? 0) + 1, (row[j - 1] ?? 0) + 1));
    }
    previous = row;
  }
  return previous[b.length] ?? 0;
}
