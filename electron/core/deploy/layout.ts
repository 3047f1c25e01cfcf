/** Where things are on a node. The shell scripts below scripts/ repeat the base path, being texts of their own. */
export const AGENT_BASE = '/opt/twinbeat-agent';
export const AGENT_CURRENT = `${AGENT_BASE}/current`;
export const AGENT_COMMAND = '/usr/local/sbin/twinbeat-agent';
export const SYSTEMD_UNIT = '/etc/systemd/system/twinbeat-agent.service';
export const SYSTEMD_WANTED = '/etc/systemd/system/multi-user.target.wants/twinbeat-agent.service';
export const INIT_SCRIPT = '/etc/init.d/twinbeat-agent';
/** Undoes what faults left when the power went, before the daemon starts: ours or the real one. */
export const MEND_UNIT = '/etc/systemd/system/twinbeat-mend.service';
export const MEND_WANTED = '/etc/systemd/system/multi-user.target.wants/twinbeat-mend.service';
export const MEND_SCRIPT = '/etc/init.d/twinbeat-mend';
export const HA_DIR = '/etc/ha.d';
export const HA_CF = `${HA_DIR}/ha.cf`;
export const HARESOURCES = `${HA_DIR}/haresources`;
export const TWINBEAT_CF = `${HA_DIR}/twinbeat.cf`;
export const AUTHKEYS = `${HA_DIR}/authkeys`;

/** Run level links of the init script: started in 2 to 5, stopped gracefully before halt and reboot. */
export const INIT_LINKS: readonly string[] = [
  ...['2', '3', '4', '5'].map((level) => `/etc/rc${level}.d/S20twinbeat-agent`),
  ...['0', '6'].map((level) => `/etc/rc${level}.d/K20twinbeat-agent`),
];

/** Before every other script of the run level, whatever number heartbeat's has. */
export const MEND_LINKS: readonly string[] = ['2', '3', '4', '5'].map((level) => `/etc/rc${level}.d/S01twinbeat-mend`);

/** Heartbeat's own log, which our engine writes in its place. */
export const HA_LOG = '/var/log/ha-log';

/** What the agent makes for itself while it runs; removed with it unless it was there before. */
export const AGENT_TRACES: readonly string[] = [
  '/var/lib/twinbeat-agent',
  '/run/twinbeat-agent',
  '/var/log/twinbeat-agent.log',
  HA_LOG,
];
