/** What the core says, by its codes: the same table that the command line speaks. */
import { SENTENCES } from '../../electron/common/words/sentences.ts';

export const enWords = { said: SENTENCES } as const;
