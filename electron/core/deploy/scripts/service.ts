/** The texts that Twinbeat puts on a node besides the agent itself. */

/** /usr/local/sbin/twinbeat-agent */
export const WRAPPER_SH = String.raw`#!/bin/sh
# Twinbeat agent: runs the installed version.
base=/opt/twinbeat-agent
# A power cut in the middle of a deployment leaves a decided but unfinished change. Finish its files first.
if [ "$1" = run ] && [ -f "$base/transaction/run.sh" ]; then
  sh "$base/transaction/run.sh" --files-only >/dev/null 2>&1
fi
exec "$base/current/node" "$base/current/twinbeat-agent.cjs" "$@"
`;

/** /etc/systemd/system/twinbeat-agent.service */
export const SYSTEMD_UNIT_TEXT = `[Unit]
Description=Twinbeat agent, two-node hot standby
Wants=network-online.target
After=network-online.target time-sync.target

[Service]
ExecStart=/usr/local/sbin/twinbeat-agent run
# An ordered stop ends with status 0 and stays stopped; everything else comes back.
Restart=on-failure
RestartSec=1
# Services that the agent started for the pair must not die with it.
KillMode=process
# A graceful stop stops the resources first, and their scripts take their time.
TimeoutStopSec=120
# The heartbeat must leave on time also on a busy server. What the agent starts runs normally.
CPUSchedulingPolicy=rr
CPUSchedulingPriority=10
CPUSchedulingResetOnFork=true
OOMScoreAdjust=-900
MemorySwapMax=0
LimitMEMLOCK=infinity

[Install]
WantedBy=multi-user.target
`;

/** /etc/init.d/twinbeat-agent, where systemd does not run. */
export const INIT_SCRIPT_TEXT = String.raw`#!/bin/sh
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
  # The heartbeat must leave on time also on a busy server; -R: what the agent starts runs normally.
  priority=
  if chrt -R -r 10 true 2>/dev/null; then priority='chrt -R -r 10'; fi
  setsid $priority "$command" run </dev/null >>"$log" 2>&1 &
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
  status) if running; then echo 'twinbeat-agent is running'; else echo 'twinbeat-agent is not running'; exit 3; fi ;;
  *) echo "Usage: $0 {start|stop|restart|force-reload|status}" >&2; exit 2 ;;
esac
`;
