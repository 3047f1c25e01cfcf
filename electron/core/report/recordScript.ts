/**
 * Reads what a node is, how it is configured and what is left on it, one tab-separated fact a line. It changes nothing.
 * Texts come as base64. authkeys is not read here: its content leaves a node only to become a fingerprint.
 */
import { shellQuote } from '../ssh/shellQuote.ts';

export const RECORD_HEADER = 'twinbeat-record 1';

/** Keys of the facts. */
export const RECORD_KEYS: ReadonlySet<string> = new Set([
  'os',
  'kernel',
  'machine',
  'serial-number',
  'firmware',
  'package',
  'interface',
  'port',
  'file',
  'no-file',
  'leftover',
  'looked',
  'disk-free',
  'load',
  'log',
]);

/** Programs whose versions belong into a report. */
const PACKAGES = [
  'heartbeat',
  'keepalived',
  'cluster-glue',
  'fence-agents',
  'pacemaker',
  'corosync',
  'openssh-server',
  'iproute2',
  'nftables',
  'ipvsadm',
];

/** Larger files are no configuration of heartbeat. */
const FILE_BYTES_MAX = 262_144;
/** End of the log that is attached. */
const LOG_BYTES_MAX = 131_072;

const FACTS_SH = String.raw`
set -u
LC_ALL=C
export LC_ALL
echo 'twinbeat-record 1'
fact() {
  key=$1
  shift
  line=$key
  for word in "$@"; do
    line="$line$(printf '\t%s' "$(printf '%s' "$word" | tr '\t\r\n' '   ' | cut -c 1-300)")"
  done
  printf '%s\n' "$line"
}
first() { [ -r "$1" ] && head -n 1 "$1" 2>/dev/null; }
os=$(. /etc/os-release 2>/dev/null && printf '%s' "$PRETTY_NAME")
fact os "$([ -n "$os" ] && echo "$os" || first /etc/redhat-release || first /etc/issue)"
fact kernel "$(uname -srm)"
dmi=/sys/class/dmi/id
fact machine "$(first $dmi/sys_vendor) $(first $dmi/product_name)"
fact serial-number "$(first $dmi/product_serial)"
fact firmware "$(first $dmi/bios_vendor) $(first $dmi/bios_version) $(first $dmi/bios_date)"
for name in $packages; do
  version=$(dpkg-query -W -f='${'$'}{Version}' "$name" 2>/dev/null || rpm -q --qf '%{VERSION}-%{RELEASE}' "$name" 2>/dev/null) || version=
  case $version in '' | *'not installed'*) ;; *) fact package "$name" "$version" ;; esac
done
driver() { d=$(readlink "$1/device/driver" 2>/dev/null) && basename "$d"; }
for net in /sys/class/net/*; do
  name=$(basename "$net")
  [ "$name" = lo ] || [ ! -d "$net" ] || fact interface "$name" "$(first "$net/address")" "$(driver "$net")" "$(first "$net/flags")"
done
for tty in /sys/class/tty/ttyS* /sys/class/tty/ttyUSB* /sys/class/tty/ttyACM* /sys/class/tty/ttyAMA*; do
  [ -d "$tty/device" ] || continue
  [ "$(first "$tty/type")" = 0 ] || fact port "/dev/$(basename "$tty")" "$(driver "$tty")"
done
file() {
  if [ -f "$1" ] && [ "$(wc -c <"$1")" -le $file_bytes_max ]; then
    printf 'file\t%s\t%s\n' "$1" "$(base64 <"$1" | tr -d '\n')"
  elif [ -f "$1" ]; then
    printf 'file\t%s\t%s\n' "$1" "$(printf 'too large to be configuration\n' | base64 | tr -d '\n')"
  else
    printf 'no-file\t%s\n' "$1"
  fi
}
for path in $paths; do file "$path"; done
`;

const LEFT_SH = String.raw`
left() {
  kind=$1
  while IFS= read -r line; do fact leftover "$kind" "$line"; done
}
nft list tables 2>/dev/null | grep -i twinbeat | left nft
{ iptables-save; ip6tables-save; } 2>/dev/null | grep -i twinbeat | left iptables
tc qdisc show 2>/dev/null | grep -E ' (netem|tbf) ' | left qdisc
for guard in /var/lib/twinbeat-agent/faults/*; do
  if [ -d "$guard" ] && [ ! -e "$guard/reverted" ]; then echo "$guard"; fi
done | left guard
for stat in /proc/[0-9]*/stat; do
  line=$(cat "$stat" 2>/dev/null) || continue
  case $line in *') T '*) ;; *) continue ;; esac
  command=$(tr '\0' ' ' <"$(dirname "$stat")/cmdline" 2>/dev/null)
  case $command in *heartbeat* | *twinbeat-agent* | *keepalived* | *ipfail*) echo "stopped: $command" ;; esac
done | left process
for net in /sys/class/net/*; do
  name=$(basename "$net")
  grep -qw -e "$name" /etc/ha.d/ha.cf /etc/ha.d/haresources 2>/dev/null || continue
  flags=$(first "$net/flags")
  if [ $((flags & 1)) -eq 0 ]; then echo "$name is down"; fi
done | left interface
if [ -d /run/systemd/system ]; then
  systemctl list-units --all --no-legend --plain 'twinbeat-fault*' 2>/dev/null | grep . | left timer
fi
fact looked yes
fact disk-free "$(df -P / 2>/dev/null | awk 'NR==2 { print $5 }')"
cores=$(grep -c '^processor' /proc/cpuinfo 2>/dev/null)
fact load "$(cut -d ' ' -f 1 /proc/loadavg 2>/dev/null)" "${'$'}{cores:-1}"
log=$(sed -n 's/^[[:space:]]*logfile[[:space:]]\{1,\}//p' /etc/ha.d/ha.cf 2>/dev/null | tail -n 1)
for f in "$log" /var/log/twinbeat-agent.log /var/log/ha-log; do
  if [ -n "$f" ] && [ -f "$f" ]; then
    printf 'log\t%s\t%s\n' "$f" "$(tail -c $log_bytes_max "$f" | base64 | tr -d '\n')"
    break
  fi
done
echo end
`;

/** The script for a node: `paths` of configuration files. */
export function recordScript(paths: readonly string[]): string {
  const parameters = [
    `packages=${shellQuote(PACKAGES.join(' '))}`,
    `paths=${shellQuote(paths.join(' '))}`,
    `file_bytes_max=${FILE_BYTES_MAX}`,
    `log_bytes_max=${LOG_BYTES_MAX}`,
  ];
  return `${parameters.join('\n')}\n${FACTS_SH}${LEFT_SH}`;
}
