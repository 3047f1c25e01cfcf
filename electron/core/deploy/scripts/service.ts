/** The texts that Twinbeat puts on a node besides the agent itself. */

/** /usr/local/sbin/twinbeat-agent */
export const WRAPPER_SH = String.raw`#!/bin/sh
# Twinbeat agent: runs the installed version.
base=/opt/twinbeat-agent
# A power cut in the middle of a deployment leaves a decided but unfinished change. Finish its files first.
if { [ "$1" = run ] || [ "$1" = observe ]; } && [ -f "$base/transaction/run.sh" ]; then
  sh "$base/transaction/run.sh" --files-only >/dev/null 2>&1
fi
exec "$base/current/node" "$base/current/twinbeat-agent.cjs" "$@"
`;

/** What the service does: be the engine, or observe another one. */
export type ServiceVerb = 'run' | 'observe';

/** /etc/systemd/system/twinbeat-agent.service of an agent that only observes. It holds nothing, so it ends and starts at any time. */
const OBSERVING_UNIT_TEXT = `[Unit]
Description=Twinbeat agent, observing heartbeat
# Not bound to heartbeat in either direction: that one starts, stops and fails by itself.
After=network-online.target
StartLimitIntervalSec=0

[Service]
ExecStart=/usr/local/sbin/twinbeat-agent observe
Restart=on-failure
RestartSec=1
RestartPreventExitStatus=6 64
RuntimeDirectory=twinbeat-agent
RuntimeDirectoryPreserve=yes
# Rather this one than what it observes.
OOMScoreAdjust=500

[Install]
WantedBy=multi-user.target
`;

/** /etc/systemd/system/twinbeat-agent.service */
const RUNNING_UNIT_TEXT = `[Unit]
Description=Twinbeat agent, two-node hot standby
Wants=network-online.target
After=network-online.target time-sync.target
StartLimitIntervalSec=0

[Service]
ExecStart=/usr/local/sbin/twinbeat-agent run
# Reads authkeys again, without interruption.
ExecReload=/usr/local/sbin/twinbeat-agent reload
# An ordered stop ends with status 0 and stays stopped; everything else comes back. At once, whatever the deadtime is:
# an agent that was killed first releases what it held, then joins as a node that restarted and takes nothing that the
# other node holds by then. Waiting would only leave this node's address answering with nobody guarding it.
Restart=on-failure
RestartSec=1
# A wrong file does not get better by trying again; everything else may, and is tried for ever.
RestartPreventExitStatus=6 64
# What it held is recorded here, for the start after a crash.
RuntimeDirectory=twinbeat-agent
RuntimeDirectoryPreserve=yes
# Services that the agent started for the pair must not die with it.
KillMode=process
# A graceful stop stops the resources first, and their scripts take their time.
TimeoutStopSec=120
# The heartbeat must leave on time also on a busy server, and the agent must not be the one that is killed for memory.
# Its heartbeat thread takes its real-time priority itself (realtime and rtprio in ha.cf): given here, it would be the
# whole process's. What the agent starts has an ordinary score; it shares the limit on swap.
OOMScoreAdjust=-1000
MemorySwapMax=0
LimitRTPRIO=99

[Install]
WantedBy=multi-user.target
`;

/** /etc/systemd/system/twinbeat-mend.service: once at boot, and waited for. */
export const MEND_UNIT_TEXT = `[Unit]
Description=Twinbeat: undo what a fault left when the power went
# What faults edit is as it was before anything reads it: our own engine, or the real daemon.
Before=heartbeat.service twinbeat-agent.service
ConditionDirectoryNotEmpty=/var/lib/twinbeat-agent/faults

[Service]
Type=oneshot
ExecStart=/usr/local/sbin/twinbeat-agent mend
# Each undoing has 20 s; there is seldom more than one.
TimeoutStartSec=90

[Install]
WantedBy=multi-user.target
`;

/** The unit file of a service. */
export const systemdUnit = (verb: ServiceVerb): string => (verb === 'run' ? RUNNING_UNIT_TEXT : OBSERVING_UNIT_TEXT);

/** /etc/init.d/twinbeat-agent, where systemd does not run. */
export const initScript = (verb: ServiceVerb): string => INIT_SCRIPT_TEXT.replaceAll('@VERB@', verb);

/** /etc/init.d/twinbeat-mend, where systemd does not run: what is started later waits for its end. */
export const MEND_SCRIPT_SH = String.raw`#!/bin/sh
### BEGIN INIT INFO
# Provides:          twinbeat-mend
# Required-Start:    $local_fs
# Required-Stop:
# X-Start-Before:    heartbeat twinbeat-agent
# Default-Start:     2 3 4 5
# Default-Stop:
# Short-Description: Twinbeat: undo what a fault left when the power went
### END INIT INFO
case "$1" in
  start)
    for fault in /var/lib/twinbeat-agent/faults/*/; do
      if [ -d "$fault" ]; then exec /usr/local/sbin/twinbeat-agent mend; fi
    done
    ;;
  stop | status | restart | reload | force-reload) ;;
  *) echo "Usage: $0 start" >&2; exit 2 ;;
esac
`;

const INIT_SCRIPT_TEXT = String.raw`#!/bin/sh
### BEGIN INIT INFO
# Provides:          twinbeat-agent
# Required-Start:    $remote_fs $network
# Required-Stop:     $remote_fs $network
# Default-Start:     2 3 4 5
# Default-Stop:      0 1 6
# Short-Description: Twinbeat agent, two-node hot standby
### END INIT INFO
command=/usr/local/sbin/twinbeat-agent
pidfile=/run/twinbeat-agent/agent.pid
socket=/run/twinbeat-agent/agent.sock
log=/var/log/twinbeat-agent.log

pid() { cat "$pidfile" 2>/dev/null; }
# By its command line: a number alone may be somebody else's by now, and a zombie has none.
alive() { [ -n "$1" ] && tr '\0' ' ' 2>/dev/null <"/proc/$1/cmdline" | grep -q 'twinbeat-agent'; }
running() { alive "$(pid)"; }
# By its state: while a process replaces its program it has no command line either.
gone() { [ ! -d "/proc/$1" ] || grep -q '^State:.*Z' "/proc/$1/status" 2>/dev/null; }

start() {
  if running; then return 0; fi
  rm -f "$socket"
  # Its heartbeat thread takes its real-time priority itself, and the agent its out-of-memory score.
  setsid "$command" @VERB@ </dev/null >>"$log" 2>&1 &
  started=$!
  tries=0
  while [ $tries -lt 200 ] && ! gone $started; do
    if running && [ -S "$socket" ]; then return 0; fi
    sleep 0.1
    tries=$((tries + 1))
  done
  echo "twinbeat-agent did not start; see $log" >&2
  return 1
}

stop() {
  number=$(pid)
  if ! alive "$number"; then return 0; fi
  kill -TERM "$number"
  # Resources are stopped first, and their scripts take their time: up to two minutes.
  tries=0
  while alive "$number"; do
    if [ $tries -eq 1200 ]; then kill -KILL "$number"; fi
    if [ $tries -gt 1250 ]; then return 1; fi
    sleep 0.1
    tries=$((tries + 1))
  done
  return 0
}

case "$1" in
  start) start ;;
  stop) stop ;;
  restart | force-reload) stop && start ;;
  reload) "$command" reload ;;
  status) if running; then echo 'twinbeat-agent is running'; else echo 'twinbeat-agent is not running'; exit 3; fi ;;
  *) echo "Usage: $0 {start|stop|restart|reload|force-reload|status}" >&2; exit 2 ;;
esac
`;
