// Goal: what a node's agent is asked to do and undo is told as it is afterwards, not as it was.
import { expect, test } from 'vitest';
import { connect } from '../../../agent/common/rpc/client.ts';
import { agentContract } from '../../../agent/common/rpc/agentContract.ts';
import type { FaultState } from '../../../agent/common/rpc/agentContract.ts';
import { memoryChannelPair } from '../../../agent/common/rpc/memory.ts';
import { serve } from '../../../agent/common/rpc/server.ts';
import { AGENT_INJECT_DEFAULTS, AgentFaults } from '../../../electron/core/faults/agentFaults.ts';
import { FeedAgent, FeedConnector } from '../../support/feedAgent.ts';

test('a fault that was taken back is answered as taken back', async () => {
  const agent = new FeedAgent('a', 'b');
  const fault: FaultState = {
    faultId: 'f1',
    name: 'drop-heartbeats-in',
    phase: 'injected',
    link: null,
    revertsInMs: 12_000,
    detail: 'nft',
    dir: '/run/twinbeat-faults/f1',
  };
  const [near, far] = memoryChannelPair();
  serve(
    far,
    agentContract,
    {
      ...agent.implementation(),
      faultInject: () => fault,
      faultRevert: () => ({ ...fault, phase: 'reverted', revertsInMs: null, detail: 'read back' }),
    },
    null,
  );
  const feed = {
    node: 'a',
    client: connect(near, agentContract),
    status: null,
    agent: { phase: 'attached' as const, detail: '', version: null },
  };
  const faults = new AgentFaults([{ node: 'a', feed, connector: new FeedConnector('a', agent) }]);
  const injected = await faults.inject('a', 'drop-heartbeats-in', null, 60_000, AGENT_INJECT_DEFAULTS);
  expect(injected).toMatchObject({ phase: 'injected', revertsInMs: 60_000 });
  expect(await faults.revert('a', 'f1')).toMatchObject({ phase: 'reverted', revertsInMs: null, detail: 'read back' });
  expect(faults.list()).toMatchObject([{ faultId: 'f1', phase: 'reverted', revertsInMs: null }]);
});
