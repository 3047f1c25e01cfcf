/** Words that page, preload and main use among themselves, and what main tells the core. */

/** Page to preload: my listener is there, hand me a port. */
export const PAGE_READY_MESSAGE = 'twinbeat-page-ready';
/** Preload to page, with the port. */
export const PORT_MESSAGE = 'twinbeat-port';
/** Preload to main: the page asks for a port. */
export const CONNECT_CHANNEL = 'twinbeat:connect';
/** Main to preload, with the port. */
export const PORT_CHANNEL = 'twinbeat:port';

/** What the core must know of its host; paths are absolute. */
export interface CoreStart {
  readonly version: string;
  /** Profiles, sessions and settings live here. */
  readonly dataDir: string;
  /** The agent's folder as it is sent to nodes. */
  readonly agentDir: string;
  /** Root of the application's own files, for whatever the rack shows to its nodes. */
  readonly appDir: string;
}

/** Main to core. `start` carries the port of hostContract, `page` the port of one page. */
export type CoreMessage =
  | { readonly kind: 'start'; readonly options: CoreStart }
  | { readonly kind: 'page' }
  /** Close everything, the rack too, then exit. */
  | { readonly kind: 'shutdown' };
