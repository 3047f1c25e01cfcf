/** Seeds that once failed, each with what it found. They run before every random seed. */
export const KNOWN_SEEDS: readonly { readonly seed: number; readonly found: string }[] = [];
