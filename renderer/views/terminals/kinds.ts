/** The ready-made terminals of a node. */
import type { z } from 'zod';
import type { TerminalKindSchema } from '../../../electron/common/contract/console.ts';

export type TerminalKind = z.infer<typeof TerminalKindSchema>;
export const TERMINAL_KINDS: readonly TerminalKind[] = ['shell', 'watch-addresses', 'follow-log'];
