/** The part of an agent's status that says that nothing special is going on. */
import type { AgentStatus } from '../../agent/common/rpc/agentContract.ts';

type Quiet = Pick<AgentStatus, 'pingNodes' | 'hold' | 'fencing' | 'takeoverRequires' | 'protection' | 'keys'>;

export const QUIET_STATUS: Quiet = {
  pingNodes: [],
  hold: null,
  fencing: null,
  takeoverRequires: [],
  protection: [],
  keys: { index: 1, method: 'sha1', fingerprint: 'a1b2c3d4e5f6', accepted: 1 },
};
