/** Seeds that once failed, each with what it found. They run before every random seed. */
export const KNOWN_SEEDS: readonly { readonly seed: number; readonly found: string }[] = [
  {
    seed: 102348,
    found: 'a `done` of the last standby, overtaken by the next `me`, started groups that still ran on the peer',
  },
];
