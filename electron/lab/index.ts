/** The built-in virtual two-server rack. */
export { attachRack, DEFAULT_RACK_NAME, startRack } from './rack.ts';
export type { StartRackOptions } from './rack.ts';
export { RackError } from './rackError.ts';
export type { RackHandle, RackProgram } from './rackHandle.ts';
export type { RackCredentials } from './protocol.ts';
export type { LabInstall } from './places.ts';
export { rackSupport } from './support.ts';
export type { RackMode, RackSupport } from './support.ts';
