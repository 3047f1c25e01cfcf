/** Looks at a node without changing anything; one fact a line, fields separated by tabs. */
import { IPFAIL_PATHS } from '../../../common/setup/render.ts';
import { shellQuote } from '../../ssh/shellQuote.ts';

const PREFLIGHT_SH = String.raw`
set -u
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
export LC_ALL=C PATH
echo 'twinbeat-preflight 1'
fact() { printf '%s\t%s\n' "$1" "$(printf '%s' "$2" | tr '\t\n' '  ')"; }
have() { command -v "$1" >/dev/null 2>&1; }
name_of() { cat "/proc/$1/comm" 2>/dev/null || echo unknown; }
agent_pid=$(cat /run/twinbeat-agent/agent.pid 2>/dev/null || echo none)
# Our own daemon is shown as such: what it uses is not taken.
holder() { if [ "$1" = "$agent_pid" ]; then echo twinbeat-agent; else name_of "$1"; fi; }

fact uid "$(id -u)"
fact name "$(uname -n)"
fact machine "$(uname -m)"
fact kernel "$(uname -sr)"
fact os "$(. /etc/os-release 2>/dev/null && echo "$PRETTY_NAME")"
if ls /lib/ld-musl-* >/dev/null 2>&1 && ! have getconf; then
  fact libc musl
elif ldd --version 2>&1 | grep -qi musl; then
  fact libc musl
else
  fact libc "$(getconf GNU_LIBC_VERSION 2>/dev/null || echo unknown)"
fi

# A system-wide Node of at least 22 can run the agent; one in somebody's home cannot be relied upon.
for candidate in node nodejs /usr/local/bin/node; do
  if have "$candidate"; then
    fact node "$("$candidate" -p 'process.versions.node + " " + process.execPath' 2>/dev/null)"
  fi
done

place=/opt
[ -d $place ] || place=/
fact free-kib "$(df -Pk $place | awk 'NR == 2 { print $4 }')"
fact missing "$(for tool in tar gzip sha256sum head setsid stat awk; do have $tool || printf '%s ' $tool; done)"
if [ -L /opt/twinbeat-agent/current ]; then fact installed "$(basename "$(readlink /opt/twinbeat-agent/current)")"; fi

for engine in heartbeat pacemakerd corosync keepalived; do
  for entry in /proc/[0-9]*; do
    if [ "$(cat "$entry/comm" 2>/dev/null)" = $engine ]; then
      fact engine "$engine"
      break
    fi
  done
done

for program in /usr/libexec/heartbeat/heartbeat /usr/lib/heartbeat/heartbeat /usr/lib64/heartbeat/heartbeat; do
  if [ -x $program ]; then
    fact heartbeat "$program"
    break
  fi
done
for program in ${IPFAIL_PATHS.join(' ')}; do
  if [ -x $program ]; then
    fact ipfail "$program"
    break
  fi
done
fact cl-status "$(command -v cl_status)"

# /sys may show another network namespace than ours (containers), so ip comes first.
links() {
  if have ip; then
    ip -o link show 2>/dev/null
  else
    for entry in /sys/class/net/*; do echo "0: $(basename "$entry"): state $(cat "$entry/operstate") link/ether $(cat "$entry/address")"; done
  fi
}
for mac in $(links | grep -Eio 'link/ether ([0-9a-f]{2}:){5}[0-9a-f]{2}' | cut -d ' ' -f 2); do fact mac "$mac"; done

check_interface() {
  # Names are compared as whole words; a veth is listed as name@peer.
  state=$(links | awk -v name="$1" '
    { split($2, part, /[@:]/) }
    part[1] == name { for (i = 3; i < NF; i++) if ($i == "state") print tolower($(i + 1)) }' | head -n 1)
  [ -n "$state" ] || state=missing
  printf 'interface\t%s\t%s\n' "$1" "$state"
}

# Who has a file open, by looking at every process: fuser is not everywhere.
users_of() {
  target=$(readlink -f "$1")
  for entry in /proc/[0-9]*; do
    for opened in "$entry"/fd/*; do
      if [ "$(readlink "$opened" 2>/dev/null)" = "$target" ]; then
        holder "$(basename "$entry")"
        break
      fi
    done
  done | sort -u | tr '\n' ' '
}

check_serial() {
  if [ ! -c "$1" ]; then
    printf 'serial\t%s\tmissing\t\n' "$1"
    return
  fi
  used=$(users_of "$1")
  lock=/var/lock/LCK..$(basename "$1")
  if [ -f "$lock" ] && owner=$(tr -d ' ' <"$lock") && [ -d "/proc/$owner" ]; then used="$used$(holder "$owner") "; fi
  if have systemctl && systemctl is-active --quiet "serial-getty@$(basename "$1").service" 2>/dev/null; then used="$used"'getty '; fi
  printf 'serial\t%s\tpresent\t%s\n' "$1" "$used"
}

check_port() {
  hex=$(printf '%04X' "$1")
  inode=$(awk -v port=":$hex\$" '$2 ~ port { print $10; exit }' /proc/net/udp /proc/net/udp6 2>/dev/null)
  used=
  if [ -n "$inode" ]; then
    used=unknown
    for entry in /proc/[0-9]*/fd/*; do
      if [ "$(readlink "$entry" 2>/dev/null)" = "socket:[$inode]" ]; then
        pid=$(echo "$entry" | cut -d / -f 3)
        used=$(holder "$pid")
        break
      fi
    done
  fi
  printf 'port\t%s\t%s\n' "$1" "$used"
}

# Is the address held here, and which hardware address answers for it on the LAN?
check_vip() {
  held=$(ip -o addr show to "$1" 2>/dev/null | awk '{ print $2; exit }')
  device=$(ip -o route get "$1" 2>/dev/null | sed -n 's/.* dev \([^ ]*\).*/\1/p' | head -n 1)
  answer=
  how=none
  if [ -z "$held" ] && [ -n "$device" ] && [ "$device" != lo ]; then
    if have arping; then
      how=arping
      answer=$(arping -c 2 -w 2 -I "$device" "$1" 2>/dev/null | grep -Eio '([0-9a-f]{2}:){5}[0-9a-f]{2}' | head -n 1)
    elif have ping; then
      how=ping
      ping -c 1 -W 1 "$1" >/dev/null 2>&1
      answer=$(ip neigh show "$1" 2>/dev/null | grep -Eio '([0-9a-f]{2}:){5}[0-9a-f]{2}' | head -n 1)
    fi
  fi
  printf 'vip\t%s\t%s\t%s\t%s\t%s\n' "$1" "$held" "$device" "$how" "$answer"
}

# Does it answer from here? Two tries: the first one may be lost while its hardware address is asked for.
check_ping() {
  answer=silent
  case $1 in *:*) family=-6 ;; *) family= ;; esac
  if ! have ping; then
    answer=untold
  elif ping $family -c 2 -W 1 "$1" >/dev/null 2>&1; then
    answer=answers
  fi
  printf 'ping\t%s\t%s\n' "$1" "$answer"
}

# Where the agent would find the device's program, in its own order. Another type goes through cluster-glue's own command.
check_stonith() {
  place=
  case $1 in
    external/*) where='/usr/lib/stonith/plugins /etc/ha.d/stonith.d' ;;
    *) where='/etc/ha.d/stonith.d /usr/local/sbin /usr/local/bin /usr/sbin /usr/bin /sbin /bin' ;;
  esac
  for directory in $where; do
    if [ -z "$place" ] && [ -f "$directory/$1" ] && [ -x "$directory/$1" ]; then place=$directory/$1; fi
  done
  case $1 in
    external/* | fence_*) ;;
    *) [ -n "$place" ] || place=$(command -v stonith) ;;
  esac
  printf 'stonith\t%s\t%s\n' "$1" "$place"
}

# Looked at, never opened: opening a watchdog starts it.
check_watchdog() {
  if [ -c "$1" ]; then
    printf 'watchdog\t%s\tpresent\t%s\n' "$1" "$(users_of "$1")"
  else
    printf 'watchdog\t%s\tmissing\t\n' "$1"
  fi
}
`;

export interface PreflightQuestions {
  readonly pingNodes: readonly string[];
  /** Type of the fencing device of this node; null: none. */
  readonly stonith: string | null;
  readonly watchdog: string | null;
  readonly interfaces: readonly string[];
  readonly serialDevices: readonly string[];
  readonly udpPorts: readonly number[];
  readonly vips: readonly string[];
}

/** The script with what this pair wants to know of this node. */
export function preflightScript(questions: PreflightQuestions): string {
  const calls = [
    ...questions.interfaces.map((name) => `check_interface ${shellQuote(name)}`),
    ...questions.serialDevices.map((device) => `check_serial ${shellQuote(device)}`),
    ...questions.udpPorts.map((port) => `check_port ${port}`),
    ...questions.vips.map((address) => `check_vip ${shellQuote(address)}`),
    ...questions.pingNodes.map((address) => `check_ping ${shellQuote(address)}`),
    ...(questions.stonith === null ? [] : [`check_stonith ${shellQuote(questions.stonith)}`]),
    ...(questions.watchdog === null ? [] : [`check_watchdog ${shellQuote(questions.watchdog)}`]),
  ];
  return `${PREFLIGHT_SH}${calls.map((call) => `${call}\n`).join('')}echo 'end'\n`;
}
