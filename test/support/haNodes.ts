/**
 * One node of a pair in the rack, run by our agent or by Debian's heartbeat, behind one interface:
 * mixed pairs and benchmarks treat both alike.
 */
import { join } from 'node:path';
import type { AgentStatus } from '../../agent/common/rpc/agentContract.ts';
import type { RackHandle } from '../../electron/lab/index.ts';
import { runOn, until, writeOn } from './rackRun.ts';

export interface NodeFiles {
  readonly haCf: string;
  readonly haresources: string;
  readonly authkeys: string;
}

export interface HaNode {
  readonly engine: 'twinbeat' | 'heartbeat';
  readonly name: string;
  /** Writes /etc/ha.d; the node's disk keeps it over a power cut. */
  install(files: NodeFiles): Promise<void>;
  start(): Promise<void>;
  /** Graceful stop; resolves when the daemon is gone. */
  stop(): Promise<void>;
  /** SIGKILL to every process of the daemon. */
  kill(): Promise<void>;
  /** Lines of the HA log so far. */
  log(): Promise<readonly string[]>;
  /** SIGSTOP to every process of the daemon, and SIGCONT. */
  freeze(): Promise<void>;
  thaw(): Promise<void>;
  /** The operator's order, given on this node. Its outcome is told by who holds what afterwards. */
  handOver(order: 'standby' | 'takeover', set: GroupSet): Promise<void>;
  /** Has authkeys read again by a running daemon; `signal`: by SIGHUP instead of the daemon's own command. */
  rereadKeys(how: 'command' | 'signal'): Promise<void>;
  /** By this node's word: both nodes are active, no resource is in transition, and the peer is heard on these links. */
  calm(peer: string, links: readonly string[]): Promise<boolean>;
  /** By this node's word the ping node answers. */
  sees(pingNode: string): Promise<boolean>;
}

/** From the ordering node's view, as both engines name it. */
export type GroupSet = 'local' | 'foreign' | 'all';

const ROOT = join(import.meta.dirname, '..', '..');
/** A long campaign runs a copy of its own, below the checkout, so that a build meanwhile does not change what it tests. */
const AGENT = process.env['TWINBEAT_AGENT_FILE'] ?? join(ROOT, 'build', 'agent', 'twinbeat-agent.cjs');
const LOG_FILE = '/var/log/ha-log';

async function must(rack: RackHandle, node: string, script: string): Promise<readonly string[]> {
  const result = await runOn(rack, node, script);
  if (result.status !== 0)
    throw new Error(`on ${node}: ${script}\n${result.lines.join('\n')} (status ${result.status})`);
  return result.lines;
}

async function writeFiles(rack: RackHandle, node: string, files: NodeFiles): Promise<void> {
  await writeOn(rack, node, '/etc/ha.d/ha.cf', files.haCf);
  await writeOn(rack, node, '/etc/ha.d/haresources', files.haresources);
  await writeOn(rack, node, '/etc/ha.d/authkeys', files.authkeys, '600');
}

async function readLog(rack: RackHandle, node: string): Promise<readonly string[]> {
  return (await runOn(rack, node, `cat ${LOG_FILE} 2>/dev/null`)).lines;
}

async function gone(rack: RackHandle, node: string, pattern: string): Promise<void> {
  await until(
    `${pattern} ends on ${node}`,
    async () => ((await pids(rack, node, pattern)).length === 0 ? true : null),
    {
      withinMs: 90_000,
    },
  );
}

/** Pids on the node whose command line matches; the node's own processes only. */
async function pids(rack: RackHandle, node: string, pattern: string): Promise<readonly string[]> {
  return (await runOn(rack, node, `pgrep -f '${pattern}' | grep -v "^$$\$"`)).lines.filter((l) => l !== '');
}

async function agentStatus(rack: RackHandle, name: string, command: string): Promise<AgentStatus | null> {
  const said = await runOn(rack, name, `${command} status --json`);
  return said.status === 0 ? (JSON.parse(said.lines.join('\n')) as AgentStatus) : null;
}

async function agentCalm(rack: RackHandle, name: string, command: string, links: readonly string[]): Promise<boolean> {
  const status = await agentStatus(rack, name, command);
  if (status === null) return false;
  const heard = status.links.filter(({ fromPeer }) => fromPeer.state === 'up').map((link) => link.name);
  return (
    status.status === 'active' &&
    status.peer.status === 'active' &&
    status.stable &&
    links.every((l) => heard.includes(l))
  );
}

async function heartbeatCalm(rack: RackHandle, name: string, peer: string, links: readonly string[]): Promise<boolean> {
  const ask = (words: string) => `timeout 10 cl_status ${words} 2>/dev/null`;
  const questions = [
    ...[name, peer].map((node) => ask(`nodestatus ${node}`)),
    ask('rscstatus'),
    ...links.map((link) => ask(`hblinkstatus ${peer} ${link}`)),
  ];
  const [own, other, resources, ...states] = (await runOn(rack, name, questions.join('; '))).lines;
  return (
    own === 'active' &&
    other === 'active' &&
    ['all', 'local', 'foreign', 'none'].includes(resources ?? '') &&
    states.length === links.length &&
    states.every((state) => state === 'up')
  );
}

/** A node that runs our agent, from the build directory that the rack's nodes see. */
export function twinbeatNode(rack: RackHandle, name: string): HaNode {
  const command = `'${process.execPath}' '${AGENT}'`;
  const pattern = '[t]winbeat-agent.cjs run';
  return {
    engine: 'twinbeat',
    name,
    install: (files) => writeFiles(rack, name, files),
    start: async () => {
      await must(
        rack,
        name,
        `mkdir -p /var/log && setsid ${command} run </dev/null >>/var/log/agent.out 2>&1 & sleep 0.1`,
      );
    },
    stop: async () => {
      await must(rack, name, `${command} stop`);
      await gone(rack, name, pattern);
    },
    kill: async () => {
      await must(rack, name, `pkill -9 -f '${pattern}'`);
    },
    log: () => readLog(rack, name),
    freeze: async () => void (await must(rack, name, `pkill -STOP -f '${pattern}'`)),
    thaw: async () => void (await must(rack, name, `pkill -CONT -f '${pattern}'`)),
    handOver: async (order, set) => void (await must(rack, name, `${command} ${order} ${set}`)),
    rereadKeys: async (how) =>
      void (await must(rack, name, how === 'command' ? `${command} reload` : `pkill -HUP -f '${pattern}'`)),
    calm: (_peer, links) => agentCalm(rack, name, command, links),
    sees: async (pingNode) =>
      (await agentStatus(rack, name, command))?.pingNodes.find((ping) => ping.name === pingNode)?.status === 'up',
  };
}

/** A node that runs Debian's heartbeat 3.0.6 (rack-facts: what it needs in a namespace). */
export function heartbeatNode(rack: RackHandle, name: string): HaNode {
  const daemon = '/usr/libexec/heartbeat/heartbeat';
  const pattern = '[h]eartbeat: ';
  // /run is lost with the power, so this belongs to every start.
  const prepare = [
    'mkdir -p /run/heartbeat/ccm /run/heartbeat/dopd /run/heartbeat/rsctmp /run/heartbeat/crm /run/lock /run/resource-agents',
    'chown -R hacluster:haclient /run/heartbeat',
    'mkdir -p /var/lib/heartbeat/cores/root /var/lib/heartbeat/cores/hacluster /var/lib/heartbeat/cores/nobody',
  ].join(' && ');
  return {
    engine: 'heartbeat',
    name,
    install: async (files) => {
      await must(
        rack,
        name,
        'rm -rf /var/lib/heartbeat/hb_generation /var/lib/heartbeat/hb_uuid /var/lib/heartbeat/fifo',
      );
      await writeFiles(rack, name, files);
    },
    start: async () => {
      await must(rack, name, `${prepare} && ${daemon} </dev/null >>/var/log/heartbeat.out 2>&1`);
    },
    stop: async () => {
      await must(rack, name, `${daemon} -k </dev/null >>/var/log/heartbeat.out 2>&1`);
      await gone(rack, name, pattern);
    },
    kill: async () => {
      await must(rack, name, `pkill -9 -f '${pattern}'`);
      await gone(rack, name, pattern);
    },
    log: () => readLog(rack, name),
    freeze: async () => void (await must(rack, name, `pkill -STOP -f '${pattern}'`)),
    thaw: async () => void (await must(rack, name, `pkill -CONT -f '${pattern}'`)),
    handOver: async (order, set) =>
      void (await must(rack, name, `/usr/share/heartbeat/hb_${order} ${set} </dev/null >>/var/log/heartbeat.out 2>&1`)),
    rereadKeys: async (how) =>
      void (await must(
        rack,
        name,
        how === 'command'
          ? `${daemon} -r </dev/null >>/var/log/heartbeat.out 2>&1`
          : 'kill -HUP "$(cat /run/heartbeat.pid)"',
      )),
    calm: (peer, links) => heartbeatCalm(rack, name, peer, links),
    sees: async (pingNode) =>
      (await runOn(rack, name, `timeout 10 cl_status nodestatus ${pingNode}`)).lines[0] === 'ping',
  };
}
