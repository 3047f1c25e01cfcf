/** What the core may ask of the main process: only it has the key store, the theme and the menu. */
import { z } from 'zod';
import { call } from '../../agent/common/rpc/contract.ts';
import { SettingsSchema } from '../common/contract/console.ts';

const Done = z.object({});
const Key = z.object({ key: z.string().min(1).max(500) });

export const hostContract = {
  /** Whether secrets can be kept, and where or why not, in one sentence. */
  secretsState: call(Done, z.object({ available: z.boolean(), reason: z.string() })),
  secretGet: call(Key, z.object({ value: z.string().nullable() })),
  /** Refused with `unavailable` where only plain text would be possible. */
  secretSet: call(Key.extend({ value: z.string().max(100_000) }), Done),
  secretRemove: call(Key, Done),
  /** Prints a file of the core's to a file. Refused with `not-printed`. */
  printPdf: call(z.object({ htmlFile: z.string(), pdfFile: z.string() }), Done),
  /** Shows a file with the computer's own program for it. */
  openFile: call(z.object({ file: z.string() }), Done),
  /** The person changed language or theme: the menu and the window's own colours follow. */
  settings: call(SettingsSchema.pick({ language: true, theme: true }), Done),
};
export type HostContract = typeof hostContract;
