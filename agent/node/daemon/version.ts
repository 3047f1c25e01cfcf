/** Put in by the bundler; absent in the source tree. */
declare const TWINBEAT_VERSION: string | undefined;

/** Version of this agent. */
export const VERSION = typeof TWINBEAT_VERSION === 'string' ? TWINBEAT_VERSION : '0.0.0-source';
