#!/bin/sh
### BEGIN INIT INFO
# Provides:          @SERVICE@
# Required-Start:    $network
# Required-Stop:     $network
# Default-Start:
# Default-Stop:
# Short-Description: the rack's web service: a page that names its server
### END INIT INFO
#
# Heartbeat starts and stops this, never the boot. Only shell built-ins besides the server
# itself, because the time from start to listening is part of what a client sees as outage.

pidfile=/run/@SERVICE@.pid

running() {
  [ -f "$pidfile" ] && read -r pid <"$pidfile" && [ -n "$pid" ] && kill -0 "$pid" 2>/dev/null
}

case "$1" in
  start)
    running && exit 0
    if [ -x /usr/bin/perl ]; then
      exec /usr/bin/perl /usr/local/lib/rack/web.pl "$pidfile"
    fi
    ELECTRON_RUN_AS_NODE=1 exec "@NODE@" /usr/local/lib/rack/web.mjs "$pidfile"
    ;;
  stop)
    running && kill -9 "$pid"
    rm -f "$pidfile"
    exit 0
    ;;
  restart)
    "$0" stop && exec "$0" start
    ;;
  status)
    # Heartbeat greps for "running", so the other answer must not contain the word.
    if running; then
      echo "@SERVICE@ is running"
      exit 0
    fi
    echo "@SERVICE@ is stopped"
    exit 3
    ;;
  *)
    echo "usage: $0 start|stop|restart|status" >&2
    exit 2
    ;;
esac
