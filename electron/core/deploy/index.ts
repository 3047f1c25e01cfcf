/** Deploying the agent to the nodes of a pair, and removing it without a trace. */
export { createDeployer, PlanError } from './deployer.ts';
export type { DeployerOptions } from './deployer.ts';
export type { DeployHost } from './host.ts';
export { bundledPayload } from './payload.ts';
export type { AgentPayload } from './payload.ts';
export type { Architecture } from './judge.ts';
