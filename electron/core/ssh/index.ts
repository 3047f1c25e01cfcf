/** SSH for the console: connections that verify, notice, return and stop; commands and terminals over them. */
export { SshConnection, StartError } from './connection.ts';
export type { RunFailure, RunOptions, StartFailure } from './connection.ts';
export type { SshConnectionOptions } from './options.ts';
export { SshProcess } from './remoteProcess.ts';
export type { ProcessExit, RunResult } from './remoteProcess.ts';
export { knownHostsFile } from './knownHostsFile.ts';
export type { HostKeyStore } from './knownHostsFile.ts';
export type { HostKeyAnswer } from './hostKeyJudge.ts';
export { classify, fingerprint } from './hostKey.ts';
export { ATTACH_COMMAND, channelOver } from './attach.ts';
export { shellQuote, shellWords } from './shellQuote.ts';
export type { Dial, FailureLayer, Terminal } from './transport.ts';
