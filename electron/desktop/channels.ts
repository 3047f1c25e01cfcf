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
  /** Pairs, settings and sessions live here; null: where the other hosts keep them for this user. */
  readonly userDir: string | null;
  /** Holds build/agent, resources and the Node packages: the checkout, or a packed application's resources. */
  readonly appDir: string;
  /** The rack's programs (electron/lab/main.ts, bundled), outside of any archive. */
  readonly labEntry: string;
}

/** Main to core. `start` carries the port of hostContract, `page` the port of one page. */
export type CoreMessage =
  | { readonly kind: 'start'; readonly options: CoreStart }
  | { readonly kind: 'page' }
  /** Close everything, the rack too, then exit. */
  | { readonly kind: 'shutdown' };
