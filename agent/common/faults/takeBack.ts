/**
 * Takes back every fault that was ever written on a node, and looks whether anything of one is still there: a shell
 * script, because it must work with nothing but a login: the agent may be dead, frozen or the fault itself. The agent
 * runs the same one.
 */

/**
 * What is looked at. `pending`: undoings that did not succeed. `guards`: guards still at work. `tables`: packet filters
 * of ours. `queues`: of ours on interfaces. `programs`: that ran beside. `mounts`: over the agent's folders. `agent`: it
 * is not frozen, and runs where it is installed. `cables`, `power`: the rack's.
 */
export const FAULT_CHECKS = [
  ...(['pending', 'guards', 'tables', 'queues', 'programs', 'mounts', 'agent', 'cables', 'power'] as const),
] as const;
export type FaultCheckName = (typeof FAULT_CHECKS)[number];

const SCRIPT = String.raw`set -u
root=$1
PATH=$PATH:/usr/local/sbin:/usr/sbin:/sbin
LC_ALL=C
export PATH LC_ALL
say() { printf 'check\t%s\t%s\t%s\n' "$1" "$2" "$(printf '%s' "$3" | tr '\t\n' '  ')"; }
# Never by a name alone: a guard has the whole path of its script in its command line. It is not there in this script.
guard_of() { read -r guard _ 2>/dev/null <"$1/guard.pid" && grep -qa "$1/guard.s[h]" "/proc/$guard/cmdline" 2>/dev/null; }
left=
for dir in "$root"/*/; do
  dir=${'$'}{dir%/}
  [ -f "$dir/revert.sh" ] || continue
  if [ ! -e "$dir/reverted" ] && guard_of "$dir"; then
    # It knows how, and two at once might start the agent twice. A disk that takes no lease does not stop the signal.
    echo 0 >"$dir/lease" 2>/dev/null
    kill -USR1 "$guard" 2>/dev/null
    tries=0
    while [ ! -e "$dir/reverted" ] && [ -d "$dir" ] && guard_of "$dir" && [ $tries -lt 150 ]; do
      sleep 0.1
      tries=$((tries + 1))
    done
  fi
  [ -d "$dir" ] || { printf 'reverted\t%s\n' "${'$'}{dir##*/}"; continue; }
  [ -e "$dir/reverted" ] || sh "$dir/revert.sh" </dev/null >/dev/null 2>&1
  if [ -e "$dir/reverted" ] || [ ! -d "$dir" ]; then
    printf 'reverted\t%s\n' "${'$'}{dir##*/}"
    if guard_of "$dir"; then kill -KILL "-$guard" 2>/dev/null; fi
    rm -rf "$dir"
  else
    left="$left ${'$'}{dir##*/}"
  fi
done
if [ -z "$left" ]; then say pending ok 'no fault is left on this node'; else say pending bad "not undone:$left"; fi

guards=
for dir in "$root"/*/; do
  if guard_of "${'$'}{dir%/}"; then guards="$guards $guard"; fi
done
if [ -z "$guards" ]; then say guards ok 'none runs'; else say guards bad "still at work:$guards"; fi

if command -v nft >/dev/null 2>&1; then
  tables() { nft list tables 2>/dev/null | awk '$3 ~ /^twinbeat_/ { print $2, $3 }'; }
  tables | while read -r family name; do nft delete table "$family" "$name" </dev/null; done
  found=$(tables)
  if [ -z "$found" ]; then say tables ok 'no packet filter of ours'; else say tables bad "still there: $found"; fi
else
  say tables ok 'there is no nft here'
fi

if command -v tc >/dev/null 2>&1; then
  queues() { tc qdisc show 2>/dev/null | awk '$3 == "7b7b:" { print $5 }'; }
  for iface in $(queues); do tc qdisc del dev "$iface" root; done
  found=$(queues)
  if [ -z "$found" ]; then say queues ok 'no queue of ours'; else say queues bad "still on $found"; fi
else
  say queues ok 'there is no tc here'
fi

programs() {
  for entry in /proc/[0-9]*; do
    if tr '\0' '\n' 2>/dev/null <"$entry/cmdline" | grep -q '^twinbeat-faul[t]-'; then echo "${'$'}{entry#/proc/}"; fi
  done
}
for pid in $(programs); do kill -KILL "-$pid" 2>/dev/null || kill -KILL "$pid" 2>/dev/null; done
sleep 0.1
found=$(programs)
if [ -z "$found" ]; then say programs ok 'none runs'; else say programs bad "still running: $found"; fi

state=${'$'}{root%/faults}
covered=$(awk -v a="$state" -v b="$state/faults" '$5 == a || $5 == b { print $5 }' /proc/self/mountinfo)
if touch "$state/.twinbeat-probe" 2>/dev/null && rm -f "$state/.twinbeat-probe"; then
  say mounts ok "$state can be written"
elif [ ! -d "$state" ]; then
  say mounts ok "there is no $state"
else
  say mounts bad "$state cannot be written${'$'}{covered:+; mounts over $covered}"
fi

pid=$(cat "$2/agent.pid" 2>/dev/null)
# A fault may have ended the agent, and its undoing have started it a moment ago.
tries=0
while [ -L /opt/twinbeat-agent/current ] && [ $tries -lt 30 ] && ! { [ -n "$pid" ] && [ -d "/proc/$pid" ]; }; do
  sleep 0.1
  pid=$(cat "$2/agent.pid" 2>/dev/null)
  tries=$((tries + 1))
done
if [ -n "$pid" ] && [ -d "/proc/$pid" ]; then
  if grep -q '^State:.*T' "/proc/$pid/status"; then kill -CONT "$pid"; sleep 0.2; fi
  if grep -q '^State:.*T' "/proc/$pid/status"; then
    say agent bad "process $pid is frozen"
  else
    say agent ok "process $pid runs"
  fi
elif [ -L /opt/twinbeat-agent/current ]; then
  say agent bad 'it does not run: start it'
else
  say agent ok 'it is not installed here'
fi
echo end
`;

function word(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`;
}

/** The command line of the script for a node's folders. As root. */
export function takeBackScript(stateDir: string, runDir: string): string {
  return `/bin/sh -c ${word(SCRIPT)} twinbeat-take-back ${word(`${stateDir}/faults`)} ${word(runDir)}`;
}

export interface TakeBack {
  /** Ids of the faults that were undone now. */
  readonly reverted: readonly string[];
  readonly checks: readonly { readonly what: FaultCheckName; readonly ok: boolean; readonly detail: string }[];
  /** It came to its end: everything was looked at. */
  readonly isWhole: boolean;
}

/** What the script printed. Lines that are not its own are left out. */
export function parseTakeBack(output: string): TakeBack {
  const rows = output.split('\n').map((line) => line.split('\t'));
  const isCheck = (name: string | undefined): name is FaultCheckName => FAULT_CHECKS.some((known) => known === name);
  return {
    reverted: rows.flatMap(([kind, id]) => (kind === 'reverted' && id !== undefined ? [id] : [])),
    checks: rows.flatMap(([kind, what, how, detail]) =>
      kind === 'check' && isCheck(what) ? [{ what, ok: how === 'ok', detail: detail ?? '' }] : [],
    ),
    isWhole: rows.some(([kind]) => kind === 'end'),
  };
}
