/** English: pairs of heartbeat daemons that are only observed. */
export const enObserve = {
  observe: {
    engine: 'Engine',
    engines: { twinbeat: 'Twinbeat agent', heartbeat: 'Linux-HA heartbeat, observed' },
    engineHint:
      'Both servers of the rack run Debian’s heartbeat daemon; Twinbeat looks on. Needs root and the package heartbeat.',
    keeps: 'Observe heartbeat',
    keepsHint:
      'Heartbeat runs on the servers already. The agent is put beside it: it reads, listens and asks, and changes nothing of it.',
    agent: 'agent {{version}}, observes heartbeat {{daemon}}',
    agentWithout: 'agent {{version}}: heartbeat is {{state}}',
    unknownVersion: '(version unknown)',
    section: 'Observed daemon',
    daemon: 'heartbeat',
    state: { running: 'runs', frozen: 'frozen', 'not-running': 'does not run' },
    source: { log: 'Its log', cl_status: 'Its own word (cl_status)', capture: 'Its packets' },
    works: 'followed',
    fails: 'not available',
    daemonsWord: 'By heartbeat’s own word: when it last heard something on this line is not known.',
    notTold: 'not told: heartbeat does not say what it hears',
    notOurs: 'not known: heartbeat protects itself',
    noConditions: 'heartbeat knows none',
  },
};
