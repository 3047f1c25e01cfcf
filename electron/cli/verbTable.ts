/** The verbs, their options and their help, in one table: it drives parsing, checking and `--help`. */

export type OptionKind = 'string' | 'boolean';

export interface OptionSpec {
  readonly kind: OptionKind;
  /** What stands for the value in the help. */
  readonly value?: string;
  readonly help: string;
}

export interface VerbSpec {
  readonly name: string;
  /** Words after the verb, e.g. `up|down|status`; empty: none. */
  readonly words: string;
  /** The allowed first word; null: any, checked by the verb itself. */
  readonly firstWords: readonly string[] | null;
  /** Any number of words may follow the first one. */
  readonly takesMany?: boolean;
  readonly summary: string;
  readonly options: Readonly<Record<string, OptionSpec>>;
}

const JSON_OPTION = { json: { kind: 'boolean', help: 'print one JSON document instead of text' } } as const;
const PAIR_OPTIONS = {
  rack: { kind: 'boolean', help: 'the pair in the running rack' },
  pair: { kind: 'string', value: 'FILE', help: 'a pair file (docs/pair-file.md)' },
  'password-stdin': { kind: 'boolean', help: 'read the password from the first line of standard input' },
} as const;
const NODE_OPTION = {
  node: { kind: 'string', value: 'N', help: 'name of the node, or its part before the first dot' },
} as const;
const SET_OPTION = { set: { kind: 'string', value: 'SET', help: 'local, foreign or all (default: all)' } } as const;
const RACK_SAFETY_OPTIONS = {
  reference: { kind: 'boolean', help: 'a takeover from a silent node needs an answer of the gateway' },
  'two-links': { kind: 'boolean', help: 'a takeover from a silent node needs two links that went silent together' },
  fencing: { kind: 'boolean', help: "the rack's power switch resets a silent node before its groups are taken" },
  ipfail: { kind: 'boolean', help: 'the groups move to the node that sees the gateway' },
} as const;
const SETUP_OPTIONS = {
  setup: { kind: 'string', value: 'ID', help: 's5 (serial + crossover, default), s1 or s4 (LAN unicast)' },
  engine: {
    kind: 'string',
    value: 'ENGINE',
    help: "twinbeat (default), or heartbeat: both servers run Debian's daemon, which is observed",
  },
  keepalive: { kind: 'string', value: 'TIME', help: 'e.g. 500ms; overrides the setup' },
  deadtime: { kind: 'string', value: 'TIME', help: 'e.g. 3s; overrides the setup' },
} as const;

export const VERBS: readonly VerbSpec[] = [
  {
    name: 'rack',
    words: 'up|down|status|power|cable|power-switch',
    firstWords: ['up', 'down', 'status', 'power', 'cable', 'power-switch'],
    summary:
      'the built-in virtual two-server rack; `up` leaves it running; `power`, `cable` and `power-switch` are its switches and plugs',
    options: {
      ...SETUP_OPTIONS,
      ...RACK_SAFETY_OPTIONS,
      ...NODE_OPTION,
      to: {
        kind: 'string',
        value: 'STATE',
        help: 'power: off, on or reboot; power-switch (what fencing uses): broken or works',
      },
      cable: { kind: 'string', value: 'ID', help: 'cable: lan-a, lan-b, crossover or serial' },
      cut: { kind: 'string', value: 'WHAT', help: 'cable: both, a-to-b, b-to-a or none (plugged in)' },
      noise: { kind: 'string', value: 'PPM', help: 'cable: damaged bytes per million on the serial cable (default 0)' },
      ...JSON_OPTION,
    },
  },
  {
    name: 'preflight',
    words: '',
    firstWords: [],
    summary: 'look at both nodes and say what is in the way, changing nothing',
    options: { ...PAIR_OPTIONS, ...JSON_OPTION },
  },
  {
    name: 'deploy',
    words: '',
    firstWords: [],
    summary: 'put the agent and its configuration on both nodes; --plan only shows what it would do',
    options: {
      ...PAIR_OPTIONS,
      plan: { kind: 'boolean', help: 'show preflight and plan, change nothing' },
      ...JSON_OPTION,
    },
  },
  {
    name: 'remove',
    words: '',
    firstWords: [],
    summary: 'take the agent off both nodes without a trace',
    options: { ...PAIR_OPTIONS, plan: { kind: 'boolean', help: 'show the plan, change nothing' }, ...JSON_OPTION },
  },
  {
    name: 'status',
    words: '',
    firstWords: [],
    summary: 'nodes, links, who holds the address, and what must not be overlooked',
    options: { ...PAIR_OPTIONS, ...JSON_OPTION },
  },
  {
    name: 'fault',
    words: 'list|arm NAME|revert|panic|NAME',
    firstWords: null,
    takesMany: true,
    summary:
      'break something for a while (docs/faults.md); it mends itself even when this console is gone. `arm` also wants a clean baseline; `panic` takes everything back and proves it',
    options: {
      ...PAIR_OPTIONS,
      ...NODE_OPTION,
      for: { kind: 'string', value: 'TIME', help: 'how long, 500ms to 60min (default 20s)' },
      link: { kind: 'string', value: 'ID', help: 'link that the fault is about, where it is about one' },
      amount: { kind: 'string', value: 'N', help: 'how much, where the fault has a measure (fault list says which)' },
      id: { kind: 'string', value: 'ID', help: 'which fault to revert (default: every one that is on)' },
      wait: {
        kind: 'boolean',
        help: 'stay until it is over; if this console ends before, the fault ends within seconds',
      },
      budget: {
        kind: 'string',
        value: 'TIME',
        help: 'stop it when nobody was served for this long (60s; where that is what it is about: never)',
      },
      force: { kind: 'boolean', help: 'arm: also when the pair is not as it should be' },
      'cut-management': { kind: 'boolean', help: 'spare no SSH session; at most 60s, and needs --confirm' },
      confirm: { kind: 'string', value: 'NODE', help: 'the name of the node whose management the fault cuts' },
      category: {
        kind: 'string',
        value: 'WHICH',
        help: 'list: serial, process, host, network, config or split-brain',
      },
      available: { kind: 'boolean', help: 'list: only what can be done now' },
      ...JSON_OPTION,
    },
  },
  {
    name: 'drill',
    words: 'list|run NAME...|power-off',
    firstWords: ['list', 'run', 'power-off'],
    takesMany: true,
    summary:
      'scripted faults with a pass criterion (docs/drills.md): `run` them once or n times; `power-off` is the shortest of them',
    options: {
      ...PAIR_OPTIONS,
      suite: { kind: 'boolean', help: 'run: every drill but the long ones, in the order of the list' },
      repeat: {
        kind: 'string',
        value: 'N',
        help: "run: how often each (default 1); `default`: each drill's own number",
      },
      both: { kind: 'boolean', help: 'run: from both nodes in turn, where the drill has two directions' },
      'failover-limit': { kind: 'string', value: 'TIME', help: 'run: longest outage of a takeover that was agreed on' },
      'heal-limit': { kind: 'string', value: 'TIME', help: 'run: longest outage of a heal that was agreed on' },
      soak: { kind: 'string', value: 'TIME', help: 'run: length of a long drill (default: its own, 24h)' },
      resume: { kind: 'boolean', help: 'run: go on with the newest suite of this pair that was not finished' },
      waive: {
        kind: 'string',
        value: 'GATE',
        help: 'run: go on although this gate fails (links, client, faults, load, clocks, disk; several by comma); needs --by and --why',
      },
      by: { kind: 'string', value: 'NAME', help: 'run: who answers for the waiver' },
      why: { kind: 'string', value: 'TEXT', help: 'run: why it is waived; the result and the report say so' },
      ...JSON_OPTION,
    },
  },
  {
    name: 'timeline',
    words: '',
    firstWords: [],
    summary: 'what happened: phases with their errors, who held the address, what it is called and why; --svg draws it',
    options: {
      ...PAIR_OPTIONS,
      session: {
        kind: 'string',
        value: 'ID',
        help: 'a stored session instead of a pair; the first letters of its id do',
      },
      last: { kind: 'boolean', help: 'around the newest fault or move (the default)' },
      drill: { kind: 'boolean', help: 'the newest drill' },
      from: { kind: 'string', value: 'TIME', help: 'with --to: a stretch, counted from the beginning of the session' },
      to: { kind: 'string', value: 'TIME', help: 'end of that stretch' },
      svg: { kind: 'string', value: 'FILE', help: 'write the picture there as well' },
      ...JSON_OPTION,
    },
  },
  {
    name: 'exercise',
    words: 'list|start NAME|answer|give-up',
    firstWords: ['list', 'start', 'answer', 'give-up'],
    takesMany: true,
    summary: 'find what is broken: the console breaks something in the running rack and does not say what (--rack)',
    options: {
      ...PAIR_OPTIONS,
      fault: { kind: 'string', value: 'ID', help: 'answer: what it is, one of the listed ids' },
      place: { kind: 'string', value: 'ID', help: 'answer: where it is, one of the listed ids' },
      ...JSON_OPTION,
    },
  },
  {
    name: 'demo',
    words: '',
    firstWords: [],
    summary: 'all of it in a rack of its own: up, deploy, settle, power-off, measure, clean up',
    options: { ...SETUP_OPTIONS, ...RACK_SAFETY_OPTIONS, ...JSON_OPTION },
  },
  {
    name: 'probe',
    words: '',
    firstWords: [],
    summary: 'ask the service address again and again and say who answers',
    options: {
      ...PAIR_OPTIONS,
      for: { kind: 'string', value: 'TIME', help: 'how long (default 10s)' },
      ...JSON_OPTION,
    },
  },
  {
    name: 'standby',
    words: '',
    firstWords: [],
    summary: 'ask a node to give its resources to the other one',
    options: { ...PAIR_OPTIONS, ...NODE_OPTION, ...SET_OPTION, ...JSON_OPTION },
  },
  {
    name: 'takeover',
    words: '',
    firstWords: [],
    summary: 'ask a node to take resources from the other one',
    options: { ...PAIR_OPTIONS, ...NODE_OPTION, ...SET_OPTION, ...JSON_OPTION },
  },
  {
    name: 'confirm-dead',
    words: 'NODE',
    firstWords: null,
    summary: 'you made sure that NODE is off: the other node ends whatever its takeover waits for',
    options: { ...PAIR_OPTIONS, ...JSON_OPTION },
  },
  {
    name: 'keys',
    words: 'show|rotate',
    firstWords: ['show', 'rotate'],
    summary: "the pair's shared key: compare it by fingerprint, or change it on both nodes without interruption",
    options: {
      ...PAIR_OPTIONS,
      method: { kind: 'string', value: 'METHOD', help: 'rotate: sha1 (default), sha256 or md5' },
      ...JSON_OPTION,
    },
  },
  {
    name: 'advise',
    words: '',
    firstWords: [],
    summary: 'which keepalive, warntime, deadtime and initdead the observed heartbeats speak for, and what that risks',
    options: {
      ...PAIR_OPTIONS,
      session: {
        kind: 'string',
        value: 'ID',
        help: 'a stored session instead of a pair; the first letters of its id do',
      },
      years: { kind: 'string', value: 'N', help: 'at most one false takeover in N years (default 10)' },
      'vm-pause': { kind: 'string', value: 'TIME', help: 'longest pause of a virtual machine; 0s: these are none' },
      'fencing-time': { kind: 'string', value: 'TIME', help: 'longest time that fencing takes' },
      watchdog: { kind: 'string', value: 'TIME', help: "time limit of a watchdog that is not the agent's own" },
      ...JSON_OPTION,
    },
  },
  {
    name: 'commission',
    words: '',
    firstWords: [],
    summary:
      'how far the pair is from nothing to its report: every step of the checklist, and what comes next; changes nothing',
    options: { ...PAIR_OPTIONS, ...JSON_OPTION },
  },
  {
    name: 'report',
    words: '[list]',
    firstWords: null,
    summary: 'an acceptance report of every drill of the pair, as a folder: HTML, PDF, JSON and attachments, sealed',
    options: {
      ...PAIR_OPTIONS,
      session: {
        kind: 'string',
        value: 'ID,...',
        help: 'only these sessions ("sessions" lists them); needs no pair to be there',
      },
      out: { kind: 'string', value: 'DIR', help: "folder to be made (default: among the console's own reports)" },
      form: { kind: 'string', value: 'FILE', help: 'JSON with everything a person can say (docs/report.md)' },
      language: { kind: 'string', value: 'LANG', help: 'en (default) or zh-CN' },
      operator: { kind: 'string', value: 'NAME', help: 'who ran the drills' },
      'operator-company': { kind: 'string', value: 'NAME', help: "the operator's company" },
      witness: { kind: 'string', value: 'NAME', help: 'who watched for the customer' },
      'witness-company': { kind: 'string', value: 'NAME', help: "the witness's company" },
      site: { kind: 'string', value: 'TEXT', help: 'where the pair stands' },
      order: { kind: 'string', value: 'TEXT', help: 'order or project number' },
      window: { kind: 'string', value: 'TEXT', help: 'maintenance window of the drills' },
      approver: { kind: 'string', value: 'NAME', help: 'who approved the window' },
      remarks: { kind: 'string', value: 'TEXT', help: 'anything else' },
      'failover-limit': { kind: 'string', value: 'TIME', help: 'Tf: longest outage after a fault, as promised' },
      'heal-limit': { kind: 'string', value: 'TIME', help: 'Th: longest outage while a fault heals, as promised' },
      drills: { kind: 'string', value: 'NAME,...', help: 'drills that were agreed on (default: every drill there is)' },
      strict: { kind: 'boolean', help: 'end with 1 when the verdict is "not accepted", 11 when it is "cannot tell"' },
      ...JSON_OPTION,
    },
  },
  {
    name: 'verify-report',
    words: 'DIR',
    firstWords: null,
    summary: 'find and name every file of a report of which a byte was changed; 0: none, 1: some, 2: this is no report',
    options: { ...JSON_OPTION },
  },
  {
    name: 'sessions',
    words: '',
    firstWords: [],
    summary: 'what is recorded on this computer, newest first',
    options: { 'pair-id': { kind: 'string', value: 'ID', help: 'only of this pair' }, ...JSON_OPTION },
  },
  {
    name: 'export',
    words: 'FILE|SESSION|last',
    firstWords: null,
    summary:
      'a session, or a file that somebody sent, as one file, or as tables and asciicasts; --anonymise hides whose it is',
    options: {
      recording: { kind: 'string', value: 'FILE', help: 'one file with everything (docs/recording.md)' },
      csv: { kind: 'string', value: 'DIR', help: 'a table a kind of thing, and the terminals as asciicasts' },
      anonymise: {
        kind: 'boolean',
        help: 'replace host and user names, addresses and fingerprints, also in terminal text',
      },
      ...JSON_OPTION,
    },
  },
  {
    name: 'replay',
    words: 'FILE|SESSION|last',
    firstWords: null,
    summary: 'tell a recording again as it happened',
    options: {
      speed: { kind: 'string', value: 'N', help: 'times as fast, or max (default: 1 on a terminal, max into a pipe)' },
      terminal: { kind: 'string', value: 'N', help: 'show what this terminal showed instead' },
      ...JSON_OPTION,
    },
  },
  {
    name: 'agent',
    words: 'start|stop',
    firstWords: ['start', 'stop'],
    summary: 'start or stop the deployed agent on --node; stopping releases what it holds',
    options: { ...PAIR_OPTIONS, ...NODE_OPTION, ...JSON_OPTION },
  },
  {
    name: 'console',
    words: '',
    firstWords: [],
    summary: 'serve the console to a browser on this computer',
    options: { port: { kind: 'string', value: 'PORT', help: 'port on 127.0.0.1 (default: any free one)' } },
  },
];
