import { fail, ok } from '../../common/base/result.ts';
import type { Result } from '../../common/base/result.ts';

/** What is asked. */
export type ProbeTarget =
  | { readonly kind: 'http'; readonly url: string }
  | { readonly kind: 'tcp'; readonly host: string; readonly port: number };

/** A target from the words of the command line: exactly one of `http` (a URL) and `tcp` (`host:port`, IPv6 in brackets). */
export function probeTarget(words: {
  readonly http: string | null;
  readonly tcp: string | null;
}): Result<ProbeTarget, 'bad-target'> {
  if ((words.http === null) === (words.tcp === null))
    return fail('bad-target', 'give either --http URL or --tcp HOST:PORT');
  if (words.http !== null) {
    const url = URL.parse(words.http);
    if (url?.protocol !== 'http:') return fail('bad-target', `--http: "${words.http}" is not an http:// URL`);
    return ok({ kind: 'http', url: url.href });
  }
  const match = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(words.tcp ?? '');
  const port = Number(match?.[3]);
  const host = match?.[1] ?? match?.[2];
  if (host === undefined || port < 1 || port > 65_535)
    return fail('bad-target', `--tcp: "${words.tcp}" is not HOST:PORT`);
  return ok({ kind: 'tcp', host, port });
}
