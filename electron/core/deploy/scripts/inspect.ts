/** Finishes what an interrupted deployment left, then reports what is installed, one fact a line. */
import { shellQuote } from '../../ssh/shellQuote.ts';

const INSPECT_SH = String.raw`
set -u
base=/opt/twinbeat-agent
echo 'twinbeat-inspect 1'
fact() { printf '%s\t%s\n' "$1" "$2"; }
if [ -f "$base/transaction/run.sh" ]; then
  setsid sh "$base/transaction/run.sh" >/dev/null 2>&1
  # Somebody else may be at it; its steps take seconds, a service that does not start half a minute.
  tries=0
  while [ -d "$base/transaction" ] && [ $tries -lt 90 ]; do sleep 1; tries=$((tries + 1)); done
  if [ -d "$base/transaction" ]; then fact recovered no; else fact recovered yes; fi
fi
if [ -L "$base/current" ]; then fact current "$(basename "$(readlink "$base/current")")"; fi
for version in "$base"/versions/*; do
  if [ -d "$version" ]; then fact version "$(basename "$version")"; fi
done
if [ -f "$base/current/node.sha256" ] && [ -f "$base/current/node" ] && [ ! -L "$base/current/node" ]; then
  fact runtime-sha256 "$(cat "$base/current/node.sha256")"
fi
if [ -d /run/systemd/system ]; then fact service systemd; else fact service init; fi
if [ -f /run/twinbeat-agent/agent.pid ] && kill -0 "$(cat /run/twinbeat-agent/agent.pid)" 2>/dev/null; then
  fact running yes
else
  fact running no
fi
look() {
  if [ -L "$1" ]; then
    printf 'link\t%s\t%s\n' "$1" "$(readlink "$1")"
  elif [ -f "$1" ]; then
    printf 'file\t%s\t%s\t%s\n' "$1" "$(stat -c %a "$1")" "$(sha256sum <"$1" | cut -d ' ' -f 1)"
  else
    printf 'absent\t%s\n' "$1"
  fi
}
`;

/** Script that inspects these paths besides the installation itself. */
export function inspectScript(paths: readonly string[]): string {
  return `${INSPECT_SH}${paths.map((path) => `look ${shellQuote(path)}\n`).join('')}if [ -f ${shellQuote('/opt/twinbeat-agent/original/index')} ]; then
  cut -f 3 /opt/twinbeat-agent/original/index | while IFS= read -r path; do printf 'original\\t%s\\n' "$path"; done
fi
echo 'end'
`;
}
