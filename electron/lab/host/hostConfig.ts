import { z } from 'zod';
import { RackUpOptionsSchema } from '../../common/contract/rack.ts';

/** The one argument of the rack host. */
export const HostConfigSchema = z.object({
  places: z.object({ dir: z.string(), controlSocket: z.string(), keyFile: z.string(), worldDir: z.string() }),
  install: z.object({ appDir: z.string(), nodePath: z.string(), entry: z.string() }),
  options: RackUpOptionsSchema,
  mode: z.enum(['root', 'rootless']),
  /** Does not end with whoever started it. */
  detached: z.boolean(),
});
export type HostConfig = z.infer<typeof HostConfigSchema>;
