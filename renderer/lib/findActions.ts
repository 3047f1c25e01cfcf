/** Which actions a person means by some typed words, the likeliest first. */

export interface Findable {
  readonly id: string;
  readonly title: string;
  /** What a person calls it who only wants to see it: the bare name of a pane. */
  readonly name?: string;
}

/** Words with one blank between them: nobody types the colon of a title. */
const plain = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();

/** How well an action fits, the best is 0; null: not at all. Every word must be there as it was typed: this list breaks servers. */
function rankOf({ id, title, name }: Findable, query: string): number | null {
  const [whole, hay] = [plain(title), plain(`${title} ${id}`)];
  if (!query.split(' ').every((word) => hay.includes(word))) return null;
  // Who types the name of a pane wants to see it, not to begin something in it.
  if (name !== undefined && plain(name).startsWith(query)) return plain(name) === query ? 0 : 1;
  if (whole.startsWith(query)) return 2;
  if (whole.includes(` ${query}`)) return 3;
  return whole.includes(query) ? 4 : 5;
}

/** Those that fit; all of them, in their own order, where nothing was typed. */
export function findActions<T extends Findable>(actions: readonly T[], typed: string): T[] {
  const query = plain(typed);
  if (query === '') return [...actions];
  const ranked = actions.flatMap((action) => {
    const rank = rankOf(action, query);
    return rank === null ? [] : [{ action, rank }];
  });
  return ranked.sort((a, b) => a.rank - b.rank).map(({ action }) => action);
}
