/** What came of taking everything back at once. */
import { z } from 'zod';
import { FaultCheckSchema } from '../../../agent/common/rpc/agentContract.ts';

/** What a panic found, for each node and for the rack. */
export const PanicNodeSchema = z.object({
  node: z.string(),
  /** How it was reached; `none`: neither its agent nor SSH answered, so nothing is known. */
  via: z.array(z.enum(['agent', 'ssh'])),
  /** Faults that were taken back now, by their ids. */
  reverted: z.array(z.string()),
  checks: z.array(FaultCheckSchema),
  /** Why it is not proven; empty where it is. */
  problem: z.string(),
  proven: z.boolean(),
});
export type PanicNode = z.infer<typeof PanicNodeSchema>;

export const PanicReportSchema = z.object({
  /** Everything is taken back on both nodes and in the rack, read from the systems themselves. */
  proven: z.boolean(),
  nodes: z.array(PanicNodeSchema),
  /** Cables and power of the rack; empty on real servers. */
  rack: z.array(FaultCheckSchema),
});
export type PanicReport = z.infer<typeof PanicReportSchema>;
