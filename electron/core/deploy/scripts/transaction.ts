/**
 * `run.sh` of a prepared change on a node. Once the directory `transaction` exists, the change
 * is decided: this script carries it out, alone, whatever happens to the connection. Every
 * step can be repeated, so a script that a power cut ended is simply run again: by the next
 * deployment, or by the agent's own start command. If the new service does not come up, the
 * old state is put back from `undo`, equally repeatable.
 *
 * What stood at a path before Twinbeat first came is kept in `original` until removal.
 *
 * `steps`, one a line, fields separated by tabs:
 *   version NAME | file MODE NUMBER PATH | link TARGET PATH | unlink PATH | trace PATH
 *   reload | start | stop | prune KEEP | uninstall
 */
export const TRANSACTION_SH = String.raw`#!/bin/sh
# Twinbeat: carries out the change prepared in this directory, or takes it back.
# --files-only: the agent itself is starting and only wants its files in order.
set -u
umask 022
trap '' PIPE HUP
base=/opt/twinbeat-agent
here=$base/transaction
tab=$(printf '\t')
files_only=no
if [ $# -gt 0 ] && [ "$1" = --files-only ]; then files_only=yes; fi

say() { printf 'twinbeat %s\n' "$*"; }

# Is another run of this script at work? Its process number alone could be somebody else's after a reboot.
busy() {
  [ -f "$here/pid" ] || return 1
  read -r other <"$here/pid" || return 1
  [ "$other" != $$ ] && tr '\0' ' ' 2>/dev/null <"/proc/$other/cmdline" | grep -q 'transaction/run.sh'
}
[ -d "$here" ] || exit 0
if busy; then exit 0; fi
echo $$ >"$here/pid"

# Makes a directory and its parents, noting first which ones are ours to remove again.
make_dir() {
  [ -d "$1" ] && return 0
  make_dir "$(dirname "$1")" || return 1
  printf '%s\n' "$1" >>"$base/original/directories"
  mkdir "$1" && chmod 755 "$1"
}

# keep STORE PATH: remembers once what stands at PATH. The note follows the copy, so a note is always whole.
keep() {
  cut -f 3 "$1/index" | grep -Fxq -- "$2" && return 0
  number=$(wc -l <"$1/index")
  kind=absent
  if [ -e "$2" ] || [ -L "$2" ]; then
    kind=file
    rm -rf "$1/files/$number"
    cp -a "$2" "$1/files/$number" || return 1
  fi
  printf '%s\t%s\t%s\n' "$kind" "$number" "$2" >>"$1/index"
}

keep_both() { keep "$base/original" "$1" && keep "$here/undo" "$1"; }

# put_back STORE: everything as it was noted, newest note first.
put_back() {
  [ -f "$1/index" ] || return 0
  sed '1!G;h;$!d' "$1/index" | while IFS=$tab read -r kind number path; do
    if [ "$kind" = file ]; then
      rm -rf "$path.twinbeat-new"
      cp -a "$1/files/$number" "$path.twinbeat-new" && mv -fT "$path.twinbeat-new" "$path"
    else
      rm -rf "$path"
    fi
  done
}

do_version() {
  make_dir "$base/versions"
  [ -d "$base/versions/$1" ] || mv -T "$here/payload" "$base/versions/$1"
}
do_file() {
  keep_both "$3" && make_dir "$(dirname "$3")" || return 1
  cp "$here/files/$2" "$3.twinbeat-new" && chown 0:0 "$3.twinbeat-new" && chmod "$1" "$3.twinbeat-new" || return 1
  mv -fT "$3.twinbeat-new" "$3" || return 1
  if command -v restorecon >/dev/null 2>&1; then restorecon "$3"; fi
  return 0
}
do_link() {
  keep_both "$2" && make_dir "$(dirname "$2")" || return 1
  rm -f "$2.twinbeat-new" && ln -s "$1" "$2.twinbeat-new" && mv -fT "$2.twinbeat-new" "$2"
}
do_unlink() { keep_both "$1" && rm -f "$1"; }
# What the agent makes for itself; what was there before it stays.
do_trace() { [ -e "$1" ] || keep "$base/original" "$1"; }
do_prune() {
  for old in "$base"/versions/*; do
    if [ -d "$old" ] && [ "$(basename "$old")" != "$1" ]; then rm -rf "$old"; fi
  done
  return 0
}

has_systemd() { [ -d /run/systemd/system ]; }
do_reload() { if has_systemd; then systemctl daemon-reload; fi; }
service_exists() { [ -f /etc/systemd/system/twinbeat-agent.service ] || [ -f /etc/init.d/twinbeat-agent ]; }
service() {
  if has_systemd; then systemctl "$1" twinbeat-agent.service; else /etc/init.d/twinbeat-agent "$1"; fi </dev/null
}
do_stop() {
  [ "$files_only" = yes ] && return 0
  service_exists || return 0
  service stop
}
is_up() {
  [ -S /run/twinbeat-agent/agent.sock ] && [ -f /run/twinbeat-agent/agent.pid ] &&
    kill -0 "$(cat /run/twinbeat-agent/agent.pid)" 2>/dev/null
}
# A service that dies at once is told from a slow one by its socket: 30 s, then it counts as failed.
do_start() {
  [ "$files_only" = yes ] && return 0
  service restart || return 1
  tries=0
  until is_up; do
    tries=$((tries + 1))
    [ $tries -gt 300 ] && return 1
    sleep 0.1
  done
  # Still there a moment later?
  sleep 0.5
  is_up
}
why_not_up() {
  if has_systemd; then
    journalctl -u twinbeat-agent.service -n 5 -o cat --no-pager 2>/dev/null
  else
    tail -n 5 /var/log/twinbeat-agent.log 2>/dev/null
  fi | tr '\n\t' '  ' | cut -c 1-600
}

# As before Twinbeat ever came. Takes this very directory with it, so it must be the last step.
do_uninstall() {
  do_stop
  put_back "$base/original"
  do_reload
  directories=$(sed '1!G;h;$!d' "$base/original/directories" 2>/dev/null)
  printf '%s\n' "$directories" | while IFS= read -r directory; do
    case $directory in '' | "$base"/*) ;; *) rmdir "$directory" 2>/dev/null ;; esac
  done
  made_base_in=$(cat "$base/original/made-for-base" 2>/dev/null)
  # Gone in one step: as long as it is there, all this can be done again.
  rm -rf "$base.removed" && mv -T "$base" "$base.removed" && rm -rf "$base.removed"
  if [ -n "$made_base_in" ]; then rmdir "$made_base_in" 2>/dev/null; fi
  return 0
}

finish() {
  rm -rf "$base/finished"
  mv -T "$here" "$base/finished" && rm -rf "$base/finished"
}

back() {
  : >"$here/going-back"
  say "taking back"
  if grep -q "^absent$tab[0-9]*$tab$base/current\$" "$here/undo/index"; then
    do_uninstall
  else
    do_stop
    put_back "$here/undo"
    do_reload
    do_start || say "the old service does not start either: $(why_not_up)"
    do_prune "$(basename "$(readlink "$base/current")")"
    finish
  fi
  exit 3
}

mkdir -p "$base/original/files" "$here/undo/files"
chmod 700 "$base/original"
touch "$base/original/index" "$base/original/directories" "$here/undo/index"
# Whether there was an installation before decides what taking back means.
[ -f "$here/going-back" ] || keep "$here/undo" "$base/current"
[ -f "$here/going-back" ] && back
while IFS=$tab read -r verb a b c; do
  say "step $verb $a $b $c"
  if ! "do_$verb" "$a" "$b" "$c"; then
    why="step $verb $a $b $c failed"
    [ "$verb" = start ] && why="the agent did not come up: $(why_not_up)"
    say "failed $why"
    back
  fi
done <"$here/steps"
if [ -d "$here" ]; then finish; fi
sync
exit 0
`;
