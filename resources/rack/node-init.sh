#!/bin/sh
# PID 1 of a rack node. Started by the rack inside new net, mount, uts, ipc and pid namespaces.
#
# usage: node-init.sh NODE_DIR NAME MODE APP_DIR RUNTIME_DIR -- SERVER COMMAND...
#
#   NODE_DIR   the node's directory on the rack's tmpfs: disk/ (survives a power cut), ctl/
#              (the rack's control files, seen in the node as /run/rack), net.batch, tty
#   MODE       root | rootless
#   APP_DIR, RUNTIME_DIR   what must stay visible wherever it lies: the app and its Node
#
# It makes the node's view of the file system, waits for one line on standard input (its network
# cards are in), starts what is installed to start at boot and the SSH server, and reaps orphans: a
# shell that waits collects every child, its own or adopted. TERM is an orderly reboot, USR1 an
# orderly halt; it then ends with status 66 or 67. A power cut is SIGKILL.
#
# Standard output is a protocol: a line `@up` says that the view is made.

set -eu
NODE_DIR=$1 NAME=$2 MODE=$3 APP_DIR=$4 RUNTIME_DIR=$5
shift 6
PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH

# Relative paths from here on: NODE_DIR may lie below /tmp or /run, which get covered.
cd "$NODE_DIR"

# The node's root could otherwise write to the host's files: as real root to all of them, in a user
# namespace to those of the user. Everything that is not the node's own becomes read-only. Where a
# user namespace forbids even that (locked mount flags), the host's permissions have to do.
make_host_read_only() {
  while read -r _ _ _ _ point _; do
    case "$point" in
      /proc | /proc/* | /sys | /sys/* | /dev | /dev/* | "$NODE_DIR" | "${NODE_DIR%/*}" | "${NODE_DIR%/*}"/*) continue ;;
    esac
    point=$(printf '%b' "$point")
    if ! mount -o remount,bind,ro "$point" 2>/dev/null && [ "$point" = / ] && [ "$MODE" = root ]; then
      echo "cannot make the host's file system read-only inside the node" >&2
      exit 1
    fi
  done </proc/self/mountinfo
}

mount_system_views() {
  mount -t proc -o nosuid,nodev,noexec proc /proc
  mount -t sysfs -o ro,nosuid,nodev,noexec sysfs /sys 2>/dev/null || true
  hostname "$NAME"
  # Knobs of the whole machine; /proc/sys/net is the node's own and stays writable.
  for knobs in kernel vm fs dev debug abi; do
    [ -d /proc/sys/$knobs ] || continue
    mount --bind /proc/sys/$knobs /proc/sys/$knobs
    mount -o remount,bind,ro /proc/sys/$knobs 2>/dev/null || true
  done
  mount --bind /dev/null /proc/sysrq-trigger 2>/dev/null || true
}

make_devices() {
  mkdir -p dev
  mount -t tmpfs -o mode=755,size=64k tmpfs dev
  for device in null zero full random urandom tty; do
    : >dev/$device
    mount --bind /dev/$device dev/$device
  done
  mkdir dev/pts dev/shm
  if [ "$MODE" = root ]; then
    mount -t devpts -o newinstance,ptmxmode=0666,mode=620,gid=5 devpts dev/pts
  else
    mount -t devpts -o newinstance,ptmxmode=0666,mode=620 devpts dev/pts
  fi
  mount -t tmpfs -o mode=1777 tmpfs dev/shm
  ln -s pts/ptmx dev/ptmx
  ln -s /proc/self/fd dev/fd
  ln -s /proc/self/fd/0 dev/stdin
  ln -s /proc/self/fd/1 dev/stdout
  ln -s /proc/self/fd/2 dev/stderr
  if [ -s tty ]; then
    read -r tty_name tty_path <tty
    : >"dev/$tty_name"
    mount --bind "$tty_path" "dev/$tty_name"
  fi
}

# Memory: a new tmpfs at every boot, so a power cut loses it.
make_memory() {
  mkdir -p run tmp
  mount -t tmpfs -o mode=755,nosuid,nodev tmpfs run
  mount -t tmpfs -o mode=1777,nosuid,nodev tmpfs tmp
  mkdir -p -m 1777 run/lock
  mkdir -m 700 run/rack
  mount --bind ctl run/rack
}

# What must stay visible is caught before anything is covered.
hold() {
  mkdir -p "held/$2"
  mount --rbind "$1" "held/$2"
  mount -o remount,bind,ro "held/$2" || [ "$MODE" = rootless ]
}

put_back() {
  [ -e "$1/$3" ] && return
  mkdir -p "$1"
  mount --rbind "held/$2" "$1"
}

cover() {
  for directory in etc var opt root home srv mnt media usr/local usr/lib/stonith/plugins/external; do
    if [ -L /$directory ]; then
      mkdir -p "$(readlink -m /$directory)"
    elif [ -d /$directory ]; then
      mount --bind "disk/$(echo $directory | tr / -)" /$directory
    fi
  done
  mount --rbind dev /dev
  mount --rbind run /run
  mount --rbind tmp /tmp
}

make_host_read_only
hold "$APP_DIR" app
hold "$RUNTIME_DIR" runtime
mount_system_views
make_devices
make_memory
cover
put_back "$APP_DIR" app resources/rack/node-init.sh
put_back "$RUNTIME_DIR" runtime .

echo @up
read -r _
ip -batch net.batch
cd /

# From here on nothing may stop PID 1.
set +e
clean_env() {
  env -i PATH="$PATH" HOME=/root USER=root LOGNAME=root SHELL=/bin/bash LANG=C.UTF-8 TERM=linux "$@"
}

# The links of a runlevel in their order, as init does it.
run_level() {
  for script in /etc/rc$1.d/$2*; do
    [ -x "$script" ] || continue
    echo "$script $3"
    (cd / && clean_env RUNLEVEL="$1" "$script" "$3" </dev/null)
  done >>/var/log/boot.log 2>&1
}

others() {
  set -- /proc/[0-9]*
  [ $# -gt 1 ]
}

# Orderly: stop scripts, then TERM for everybody and up to 5 s to follow it.
go_down() {
  trap '' TERM USR1
  run_level "$1" K stop
  kill -TERM -1 2>/dev/null
  for _ in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25; do
    others || break
    sleep 0.2 &
    wait $!
    # `sleep` is itself another process while `others` looks; it has ended by now.
  done
  exit "$2"
}

goal=
trap 'goal=reboot' TERM
trap 'goal=halt' USR1

run_level 2 S start &
while :; do
  setsid env -i PATH="$PATH" HOME=/root LANG=C.UTF-8 RACK_NODE_DIR=/run/rack \
    ELECTRON_RUN_AS_NODE=1 "$@" </dev/null &
  server=$!
  # `wait` returns early for a trapped signal; the server lives on then.
  while kill -0 "$server" 2>/dev/null; do
    wait "$server"
    case "$goal" in
      reboot) go_down 6 66 ;;
      halt) go_down 0 67 ;;
    esac
  done
  # Killed by somebody in the node: back in a moment, but never in a tight loop.
  sleep 0.2 &
  wait $!
done
