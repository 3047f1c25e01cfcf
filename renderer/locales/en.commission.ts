/** English: the way from nothing to the report. */
export const enCommission = {
  commission: {
    title: 'Commission this pair',
    finished: 'Everything is done.',
    hide: 'Hide this bar',
    hideHint: 'Hide this bar. The commands (Ctrl+K) show it again.',
    show: 'Show the bar for commissioning',
    open: 'Commission this pair: checklist…',
    next: 'Commission this pair, next: {{act}}',
    step: {
      connect: 'Connect',
      preflight: 'Checks',
      deploy: 'Deploy',
      links: 'Links',
      advice: 'Advice',
      drills: 'Drills',
      report: 'Report',
    },
    act: {
      connect: 'Connect',
      preflight: 'Check the servers',
      deploy: 'Plan the deployment',
      links: 'Look at the links',
      advice: 'Read the advice',
      drills: 'Choose drills',
      report: 'Open the report',
    },
    state: { done: 'done', todo: 'to do', busy: 'at work', trouble: 'needs you', unknown: 'unknown' },
    flow: {
      rack: 'Building two servers, a LAN and their heartbeat cables…',
      connect: 'Logging in to both servers…',
      deploy: 'Checking both servers and planning…',
      settle: 'Waiting for the first heartbeats…',
    },
    runDrill: 'Run the drill: {{title}}…',
    runShortSet: 'Run the short set of drills…',
    shortSet: 'Choose the short set',
    shortSetHint:
      'The drills that show the most in the least time: hand-over, power loss, daemon killed, one heartbeat cable pulled.',
  },
};
