/**
 * Takes an upload on a node and keeps it ready, for exactly as long as the connection lives.
 * It reads from its standard input the stream, then one line: `commit` makes the change
 * decided (one rename), anything else, or the end of the input, leaves no trace of it.
 */
import { shellQuote } from '../../ssh/shellQuote.ts';

export interface StageOptions {
  readonly uploadBytes: number;
  /** Hex SHA-256 of the upload. */
  readonly uploadSha256: string;
  /** Version whose runtime is linked into the new one instead of being sent; null: it is in the upload, or nothing is needed. */
  readonly runtimeFrom: string | null;
}

const STAGE_SH = String.raw`
set -u
umask 077
trap '' PIPE HUP
base=/opt/twinbeat-agent
staging=$base/staging
made_opt=no
say() { printf 'twinbeat %s\n' "$*"; }
give_up() {
  say "refused $*"
  rm -rf "$staging"
  rmdir "$base" 2>/dev/null
  if [ $made_opt = yes ]; then rmdir /opt 2>/dev/null; fi
  exit 4
}
if [ ! -d /opt ]; then mkdir -m 755 /opt && made_opt=yes; fi
mkdir -p -m 755 "$base" || { say "refused cannot make $base"; exit 4; }
if [ -f "$staging/pid" ] && tr '\0' ' ' 2>/dev/null <"/proc/$(cat "$staging/pid")/cmdline" | grep -q 'head -c'; then
  say 'refused another deployment to this node is under way'
  exit 4
fi
rm -rf "$staging" "$base.removed"
mkdir "$staging" && echo $$ >"$staging/pid" || give_up "cannot write to $base"
say ready
head -c "$bytes" >"$staging/upload" || give_up 'no space for the upload'
[ "$(wc -c <"$staging/upload")" -eq "$bytes" ] || give_up 'the upload ended early'
printf '%s  %s\n' "$sha256" "$staging/upload" | sha256sum -c >/dev/null 2>&1 || give_up 'the upload arrived damaged'
say verified
tar -xzf "$staging/upload" -C "$staging" --no-same-owner </dev/null || give_up 'the upload cannot be unpacked: is the disk full?'
rm -f "$staging/upload"
if [ -d "$staging/payload" ]; then
  if [ -n "$runtime_from" ]; then
    ln "$base/versions/$runtime_from/node" "$staging/payload/node" || give_up 'the runtime of the installed version is gone'
  fi
  chmod -R go+rX "$staging/payload"
fi
sync -f "$staging" 2>/dev/null || sync
say staged
read -r word || word=
[ "$word" = commit ] || give_up 'cancelled'
if [ $made_opt = yes ]; then
  mkdir -p "$base/original" && echo /opt >"$base/original/made-for-base"
fi
rm -f "$staging/pid"
mv -T "$staging" "$base/transaction" || give_up 'an older change is still being carried out'
say committed
setsid sh "$base/transaction/run.sh" </dev/null &
wait $!
say "ended $?"
`;

/** The script with its parameters in front. */
export function stageScript(options: StageOptions): string {
  const parameters = [
    `bytes=${options.uploadBytes}`,
    `sha256=${shellQuote(options.uploadSha256)}`,
    `runtime_from=${shellQuote(options.runtimeFrom ?? '')}`,
  ];
  return `${parameters.join('\n')}\n${STAGE_SH}`;
}

/**
 * Command that reads a script of `scriptBytes` from its standard input and leaves the rest of
 * the input to it. The script is not on the command line: sudo logs that, and it is limited.
 */
export function scriptCommand(scriptBytes: number): string {
  return `sh -c 'eval "$(head -c ${scriptBytes})"'`;
}
