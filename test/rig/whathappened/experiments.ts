/** M1 to M16 as deeds on a rack: what is done, when it is true by kernel, cable or the daemon's own log, and how it is undone. */
import type { SituationCode } from '../../../electron/common/contract/state.ts';
import type { Engine, NamingStage } from './namingStage.ts';

export interface Experiment {
  readonly id: string;
  readonly what: string;
  readonly engines: readonly Engine[];
  /** Done in every run; the others by TWINBEAT_NAMING=all. */
  readonly brief: readonly Engine[];
  readonly code: SituationCode;
  /** Right as well: what comes before it, and what comes of it. */
  readonly also: readonly SituationCode[];
  cause(on: NamingStage): Promise<void>;
  /** Since when it is true, on the session's axis; null: not yet. `fromMs`: the deed began; `doneMs`: it was done. */
  truth(on: NamingStage, fromMs: number, doneMs: number): number | null;
  heal(on: NamingStage): Promise<void>;
}

const BOTH: readonly Engine[] = ['twinbeat', 'heartbeat'];
const REAL: readonly Engine[] = ['heartbeat'];
const OURS: readonly Engine[] = ['twinbeat'];

/** All processes of the daemon, aimed at as an operator would. */
const PROCESSES: Readonly<Record<Engine, string>> = {
  heartbeat: `pgrep -f '^heartbeat: '`,
  twinbeat: 'cat /run/twinbeat-agent/agent.pid',
};
const GUARD = 'cat /run/twinbeat-agent/address-guard.pid';
const ADDRESS_OFF = 'ip addr flush to 192.168.2.3/32; /etc/init.d/httpd stop >/dev/null 2>&1; true';

/** Who was the holder when the deed began: several steps are about the same node. */
let victim = '';

async function startOver(on: NamingStage, node: string): Promise<void> {
  await on.sh(node, ADDRESS_OFF);
  await on.service(node, 'start');
  await on.settled();
}

/** The standby with a changed file: stopped in good order, changed, started again. */
async function restartWith(on: NamingStage, change: string): Promise<void> {
  victim = on.other(on.holder);
  await on.service(victim, 'stop');
  await on.sh(victim, `rm -rf /run/ha.d.good; cp -a /etc/ha.d /run/ha.d.good && cd /etc/ha.d && ${change}`);
  // A start that is refused is an answer here, not a failure.
  await on.sh(
    victim,
    `/etc/init.d/${on.engine === 'heartbeat' ? 'heartbeat' : 'twinbeat-agent'} start >/dev/null 2>&1 || true`,
  );
}

async function restoreFiles(on: NamingStage): Promise<void> {
  await on.service(victim, 'stop');
  await on.sh(victim, `cd /run/ha.d.good && cp -a . /etc/ha.d/ && rm -rf /run/ha.d.good; ${ADDRESS_OFF}`);
  await on.service(victim, 'start');
  await on.settled();
}

/**
 * The serial line as an adapter that can be pulled: another tty in front of it, whose master is a program. When that ends, the
 * line is hung up, and putting the files back undoes it; the line of the rack itself could not be mended.
 */
const ADAPTER = '/dev/ttyM15';
const ADAPTER_PROGRAM = `
use Fcntl; use IO::Select;
sysopen(my $m, "/dev/ptmx", O_RDWR | O_NOCTTY) or die "ptmx: $!"; sysopen(my $l, "/dev/ttyS0", O_RDWR | O_NOCTTY) or die "line: $!";
my $n = pack("i", 0); ioctl($m, 0x40045431, $n) or die "unlock: $!"; ioctl($m, 0x80045430, $n) or die "number: $!";
my $tty = "/dev/pts/" . unpack("i", $n); system("stty", "-F", $tty, "raw", "-echo", "clocal", "9600");
unlink("${ADAPTER}"); symlink($tty, "${ADAPTER}") or die "link: $!"; sysopen(my $kept, $tty, O_RDWR | O_NOCTTY);
my $s = IO::Select->new($m, $l);
while (1) { for my $from ($s->can_read) { sysread($from, my $b, 4096) or exit 1; syswrite($from == $m ? $l : $m, $b); } }
`;

const runs = (on: NamingStage, fromMs: number): number | null =>
  on.allOf(fromMs, [{ node: victim, source: 'log', text: /Local status now set to: 'up'/ }]);

const linkDead = (on: NamingStage, fromMs: number, nodes: readonly string[]): number | null =>
  on.allOf(
    fromMs,
    nodes.map((node) => ({ node, source: 'log', text: /Link \S+:\/dev\/ttyS0 dead/ })),
  );

export const EXPERIMENTS: readonly Experiment[] = [
  {
    id: 'M14',
    what: 'the budget of the serial line',
    engines: BOTH,
    brief: BOTH,
    code: 'serial-budget',
    also: [],
    cause: () => Promise.resolve(),
    // It is true from the moment at which both nodes were reached.
    truth: (on) => on.namesOf('serial-budget', 0)[0]?.sinceMs ?? null,
    heal: () => Promise.resolve(),
  },
  {
    id: 'M8',
    what: 'serial cable cut both ways',
    engines: BOTH,
    brief: [],
    code: 'serial-lost',
    also: [],
    cause: (on) => on.plug('serial', false, false),
    truth: (on, fromMs) => linkDead(on, fromMs, on.nodes),
    async heal(on) {
      await on.plug('serial', true, true);
      await on.settled();
    },
  },
  {
    id: 'M9',
    what: 'serial cable cut one way',
    engines: BOTH,
    brief: REAL,
    code: 'one-way-serial',
    also: [],
    cause: (on) => on.plug('serial', false, true),
    truth: (on, fromMs) => linkDead(on, fromMs, [on.nodes[1]]),
    async heal(on) {
      await on.plug('serial', true, true);
      await on.settled();
    },
  },
  {
    id: 'M6',
    what: 'a standby that was asked for',
    engines: BOTH,
    brief: [],
    code: 'planned-standby',
    also: [],
    async cause(on) {
      victim = on.holder;
      await on.sh(victim, on.engine === 'heartbeat' ? '/usr/share/heartbeat/hb_standby all' : 'twinbeat-agent standby');
    },
    truth: (on, fromMs) => on.removed(fromMs, victim),
    heal: (on) => on.settled(),
  },
  {
    id: 'M7',
    what: 'switch port of the holder down, ipfail',
    engines: BOTH,
    brief: [],
    code: 'service-lan-lost',
    also: [],
    async cause(on) {
      victim = on.holder;
      await on.plug(victim === on.nodes[0] ? 'lan-a' : 'lan-b', false, false);
    },
    truth: (on, fromMs) => on.removed(fromMs, victim),
    async heal(on) {
      await on.plug(victim === on.nodes[0] ? 'lan-a' : 'lan-b', true, true);
      await on.settled();
    },
  },
  {
    id: 'M16',
    what: 'test hooks that lose nothing',
    engines: REAL,
    brief: [],
    code: 'no-effect',
    also: [],
    async cause(on) {
      victim = on.holder;
      const hook = `xmitloss=0\\nrcvloss=0\\nallownodes=${on.nodes.join(' ')};\\n`;
      await on.sh(victim, `printf '${hook}' >/etc/ha.d/OnlyForTesting; /etc/init.d/heartbeat reload`);
    },
    truth: (on, _fromMs, doneMs) => (on.nowMs > doneMs + on.deadtimeMs + 2000 ? doneMs + on.deadtimeMs + 2000 : null),
    async heal(on) {
      await on.sh(victim, 'rm /etc/ha.d/OnlyForTesting; /etc/init.d/heartbeat reload');
      await on.settled();
    },
  },
  {
    id: 'M4',
    what: 'the holder stopped by a signal',
    engines: BOTH,
    brief: [],
    code: 'frozen',
    also: [],
    async cause(on) {
      victim = on.holder;
      await on.sh(victim, `kill -STOP $(${PROCESSES[on.engine]})`);
    },
    truth: (on, fromMs) => on.added(fromMs, on.other(victim)),
    async heal(on) {
      await on.sh(victim, `kill -CONT $(${PROCESSES[on.engine]})`);
      await on.settled();
    },
  },
  {
    id: 'M5',
    what: 'both heartbeat cables at once',
    engines: BOTH,
    brief: OURS,
    code: 'full-split',
    also: [],
    async cause(on) {
      victim = on.holder;
      await Promise.all([on.plug('serial', false, false), on.plug('crossover', false, false)]);
    },
    truth: (on, fromMs) => on.added(fromMs, on.other(victim)),
    async heal(on) {
      await Promise.all([on.plug('serial', true, true), on.plug('crossover', true, true)]);
      await on.settled();
    },
  },
  {
    id: 'M3',
    what: 'the daemon’s master alone killed',
    engines: REAL,
    brief: [],
    code: 'part-killed',
    also: [],
    async cause(on) {
      victim = on.holder;
      await on.sh(victim, 'kill -KILL $(cat /run/heartbeat.pid)');
    },
    truth: (on, fromMs) => on.added(fromMs, on.other(victim)),
    heal: (on) => startOver(on, victim),
  },
  {
    id: 'M3',
    what: 'the guard beside the agent killed',
    engines: OURS,
    brief: [],
    code: 'part-killed',
    also: [],
    async cause(on) {
      victim = on.holder;
      await on.sh(victim, `kill -KILL $(${GUARD})`);
    },
    truth: (_on, _fromMs, doneMs) => doneMs,
    heal: (on) => on.settled(),
  },
  {
    id: 'M1',
    what: 'every process killed on the holder',
    engines: REAL,
    brief: REAL,
    code: 'killed-address-left',
    also: [],
    async cause(on) {
      victim = on.holder;
      await on.sh(victim, `kill -KILL $(${PROCESSES.heartbeat})`);
    },
    truth: (on, fromMs) => on.added(fromMs, on.other(victim)),
    heal: () => Promise.resolve(),
  },
  {
    id: 'M2',
    what: 'and started again',
    engines: REAL,
    brief: [],
    code: 'restarted-over-address',
    also: [],
    async cause(on) {
      await on.service(victim, 'start');
    },
    truth: (on, fromMs) =>
      on.allOf(fromMs, [
        { node: on.other(victim), source: 'log', text: /Status update for node \S+: status (init|up|active)/ },
      ]),
    async heal(on) {
      await on.service(victim, 'stop');
      await startOver(on, victim);
    },
  },
  {
    id: 'M1',
    what: 'the agent killed on the holder',
    engines: OURS,
    brief: [],
    code: 'killed-clean',
    also: [],
    async cause(on) {
      victim = on.holder;
      await on.sh(victim, `kill -KILL $(${PROCESSES.twinbeat})`);
    },
    truth: (on, fromMs) => on.added(fromMs, on.other(victim)),
    heal: () => Promise.resolve(),
  },
  {
    id: 'M2',
    what: 'and started again',
    engines: OURS,
    brief: [],
    code: 'restarted-clean',
    also: [],
    async cause(on) {
      await on.service(victim, 'start');
    },
    truth: (on, fromMs) =>
      on.allOf(fromMs, [
        { node: on.other(victim), source: 'log', text: /Status update for node \S+: status (init|up|active)/ },
      ]),
    heal: (on) => on.settled(),
  },
  {
    id: 'M12',
    what: 'a file that is refused',
    engines: BOTH,
    brief: [],
    code: 'config-refused',
    also: [],
    cause: (on) => restartWith(on, `sed -i 's/^initdead.*/initdead 1/' ha.cf`),
    truth: (_on, _fromMs, doneMs) => doneMs,
    heal: restoreFiles,
  },
  {
    id: 'M13',
    what: 'another deadtime on one node',
    engines: BOTH,
    brief: [],
    code: 'deadtimes-differ',
    also: [],
    cause: (on) => restartWith(on, `sed -i 's/^deadtime.*/deadtime 6/; s/^initdead.*/initdead 12/' ha.cf`),
    truth: runs,
    heal: restoreFiles,
  },
  {
    id: 'M11',
    what: 'another udpport on one node',
    engines: BOTH,
    brief: [],
    code: 'link-never-up',
    also: [],
    cause: (on) => restartWith(on, `sed -i 's/^udpport.*/udpport 695/' ha.cf`),
    truth: (on, fromMs) => {
      const upMs = runs(on, fromMs);
      return upMs === null || on.nowMs < upMs + Math.max(5000, on.deadtimeMs)
        ? null
        : upMs + Math.max(5000, on.deadtimeMs);
    },
    heal: restoreFiles,
  },
  {
    id: 'M15',
    what: 'the serial adapter pulled out',
    engines: BOTH,
    brief: [],
    code: 'serial-hang-up',
    also: ['serial-lost', 'one-way-serial'],
    async cause(on) {
      const standby = on.other(on.holder);
      const program = `setsid perl -e '${ADAPTER_PROGRAM}' </dev/null >/run/adapter.log 2>&1 & echo $! >/run/adapter.pid`;
      await on.sh(
        standby,
        `rm -f ${ADAPTER}; ${program}; for i in 1 2 3 4 5; do [ -e ${ADAPTER} ] || sleep 0.2; done; [ -e ${ADAPTER} ] || { cat /run/adapter.log; exit 1; }`,
      );
      await restartWith(on, `sed -i 's#^serial .*#serial ${ADAPTER}#' ha.cf`);
      await on.settled();
      await on.sh(victim, 'kill -KILL $(cat /run/adapter.pid)');
    },
    truth: (_on, _fromMs, doneMs) => doneMs,
    async heal(on) {
      await on.sh(victim, `rm -f ${ADAPTER}`);
      await restoreFiles(on);
    },
  },
  {
    id: 'M10',
    what: 'another key on one node',
    engines: BOTH,
    brief: [],
    code: 'keys-differ',
    also: [],
    cause: (on) => restartWith(on, `sed -i 's/^1 .*/1 sha1 AnotherSecret/' authkeys`),
    truth: runs,
    heal: restoreFiles,
  },
  {
    id: 'M1',
    what: 'agent and guard killed on the holder',
    engines: OURS,
    brief: OURS,
    code: 'killed-address-left',
    also: [],
    async cause(on) {
      victim = on.holder;
      const pids = `agent=$(${PROCESSES.twinbeat}); guard=$(${GUARD})`;
      await on.sh(victim, `${pids}; kill -STOP $guard; kill -KILL $agent; kill -KILL $guard`);
    },
    truth: (on, fromMs) => on.added(fromMs, on.other(victim)),
    heal: () => Promise.resolve(),
  },
];
