#!/bin/sh
# /etc/init.d/heartbeat of a rack node: Debian's daemon, with the directories that systemd makes for it elsewhere.
daemon=/usr/libexec/heartbeat/heartbeat
log=/var/log/heartbeat.out

# /run is memory: lost with the power.
prepare() {
  mkdir -p /run/heartbeat/ccm /run/heartbeat/dopd /run/heartbeat/rsctmp /run/heartbeat/crm /run/lock /run/resource-agents
  chown -R hacluster:haclient /run/heartbeat
  mkdir -p /var/lib/heartbeat/cores/root /var/lib/heartbeat/cores/hacluster /var/lib/heartbeat/cores/nobody
}
runs() { [ -f /run/heartbeat.pid ] && kill -0 "$(tr -d ' ' </run/heartbeat.pid)" 2>/dev/null; }

case "$1" in
  start) runs || { prepare && "$daemon" </dev/null >>"$log" 2>&1; } ;;
  stop) ! runs || "$daemon" -k </dev/null >>"$log" 2>&1 ;;
  restart | force-reload) "$0" stop && "$0" start ;;
  reload) "$daemon" -r </dev/null >>"$log" 2>&1 ;;
  status) if runs; then echo 'heartbeat is running'; else echo 'heartbeat is stopped'; exit 3; fi ;;
  *) echo "Usage: $0 {start|stop|restart|reload|force-reload|status}" >&2; exit 2 ;;
esac
