/** Every request of a page passes here: navigation events, custom schemes, and no way out to the network. */
import type { CdpSession } from './cdp.ts';
import { report, type Runtime } from './runtime.ts';
import type { WebContents } from './webContents.ts';

export interface PausedRequest {
  readonly requestId: string;
  readonly frameId: string;
  readonly resourceType: string;
  readonly request: {
    readonly url: string;
    readonly method: string;
    readonly headers: Record<string, string>;
    readonly postData?: string;
  };
}

const LOCAL_SCHEMES = /^(file|data|blob|about|devtools):$/;
const LOOPBACK_HOSTS = /^(localhost|127\.0\.0\.1|\[::1\])$/;

/** Answers one paused request; never throws. */
export async function answerRequest(
  runtime: Runtime,
  contents: WebContents,
  session: CdpSession,
  paused: PausedRequest,
): Promise<void> {
  const { requestId, request } = paused;
  const refuse = async (errorReason: string): Promise<void> => {
    await session.send('Fetch.failRequest', { requestId, errorReason }).catch(() => undefined);
  };
  try {
    if (new URL(request.url).pathname === '/favicon.ico') return await refuse('FileNotFound'); // Electron never asks for one
    if (paused.resourceType === 'Document' && !contents.allowsNavigation(paused.frameId, request.url)) {
      return await refuse('Aborted');
    }
    if (runtime.schemes.schemeOf(request.url) !== null) return await serve(runtime, session, paused);
    const { protocol, hostname } = new URL(request.url);
    if (LOCAL_SCHEMES.test(protocol) || LOOPBACK_HOSTS.test(hostname)) {
      await session.send('Fetch.continueRequest', { requestId });
      return;
    }
    runtime.blockedUrls.push(request.url);
    report(`blocked remote request ${request.url}`);
    await refuse('BlockedByClient');
  } catch (error) {
    const message = (error as Error).message;
    // A page that closes while its request is being answered is no failure.
    if (!/closed|Invalid InterceptionId|not found/i.test(message)) report(`request ${request.url} failed: ${message}`);
    await refuse('Failed');
  }
}

async function serve(runtime: Runtime, session: CdpSession, { requestId, request }: PausedRequest): Promise<void> {
  const handler = runtime.schemes.handlers.get(runtime.schemes.schemeOf(request.url) ?? '');
  if (handler === undefined) {
    await session.send('Fetch.failRequest', { requestId, errorReason: 'FileNotFound' });
    return;
  }
  const response = await handler(
    new Request(runtime.schemes.toApp(request.url), {
      method: request.method,
      headers: request.headers,
      ...(request.postData === undefined ? {} : { body: request.postData }),
    }),
  );
  await session.send('Fetch.fulfillRequest', {
    requestId,
    responseCode: response.status,
    responseHeaders: [...response.headers].map(([name, value]) => ({ name, value })),
    body: Buffer.from(await response.arrayBuffer()).toString('base64'),
  });
}
