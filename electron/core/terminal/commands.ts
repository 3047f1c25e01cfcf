/** Commands of the ready-made panes. They run in the node's own `sh`, old ones included. */
import type { z } from 'zod';
import type { TerminalKindSchema } from '../../common/contract/console.ts';

export type TerminalKind = z.infer<typeof TerminalKindSchema>;

/**
 * Addresses, redrawn in place twice a second. Each line is cleared to its end and the rest of
 * the screen below, instead of the whole screen at once: that would flicker. `ip -br` is missing
 * on old distributions, `-c` on older ones still; both are tried first.
 */
const WATCH_ADDRESSES = `
list() { ip -br -c addr show 2>/dev/null || ip -o -4 addr show; }
ip -br -c addr show >/dev/null 2>&1 || list() { ip -br addr show 2>/dev/null || ip -o addr show; }
printf '\\033[2J\\033[?25l'
while :; do
  text=$(list)
  printf '\\033[H%s  %s\\033[K\\n\\033[K\\n' "$(uname -n)" "$(date +%H:%M:%S)"
  printf '%s\\n' "$text" | while IFS= read -r line; do printf '%s\\033[K\\n' "$line"; done
  printf '\\033[J'
  sleep 0.5 2>/dev/null || sleep 1
done`;

/**
 * The HA log: the file that ha.cf names, else the usual one, else the journal of our unit.
 * `tail -F` follows the name through rotation and waits for a file that is not there yet.
 */
const FOLLOW_LOG = `
log=$(sed -n 's/^[[:space:]]*logfile[[:space:]]\\{1,\\}//p' /etc/ha.d/ha.cf 2>/dev/null | tail -n 1)
for f in "$log" /var/log/twinbeat-agent.log /var/log/ha-log; do
  if [ -n "$f" ] && [ -e "$f" ]; then echo "== $f"; exec tail -n 200 -F "$f"; fi
done
if [ -d /run/systemd/system ]; then exec journalctl -n 200 -f -o short-precise -u twinbeat-agent -u heartbeat -u keepalived; fi
echo "== waiting for \${log:-/var/log/ha-log}"
exec tail -n 200 -F "\${log:-/var/log/ha-log}"`;

/** Quotes a word for a POSIX shell. */
function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The remote command of a pane; null is the login shell. */
export function terminalCommand(kind: TerminalKind): { readonly command: string | null; readonly asRoot: boolean } {
  if (kind === 'watch-addresses') return { command: `sh -c ${quoted(WATCH_ADDRESSES)}`, asRoot: false };
  if (kind === 'follow-log') return { command: `sh -c ${quoted(FOLLOW_LOG)}`, asRoot: true };
  return { command: null, asRoot: false };
}
