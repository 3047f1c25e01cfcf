import { configTarget } from './config.ts';
import type { FuzzTarget } from './fuzz.ts';
import { rpcTarget } from './rpc.ts';
import { framerTarget, wireTarget } from './wire.ts';

/** Everything that takes bytes from strangers. */
export const FUZZ_TARGETS: readonly FuzzTarget[] = [wireTarget, framerTarget, configTarget, rpcTarget];
