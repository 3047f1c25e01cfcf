/** Which actions a person means by some typed words, the likeliest first. */

export interface Findable {
  readonly id: string;
  readonly title: string;
}

/** Words with one blank between them: nobody types the colon of a title. */
const plain = (text: string): string =>
  text
    .toLowerCase()
    .replace(/[^\p{L}\p{N}]+/gu, ' ')
    .trim();

/** How well an action fits, the best is 0; null: not at all. Every word must be there as it was typed: this list breaks servers. */
function rankOf({ id, title }: Findable, query: string): number | null {
  const [name, hay] = [plain(title), plain(`${title} ${id}`)];
  if (!query.split(' ').every((word) => hay.includes(word))) return null;
  if (name.startsWith(query)) return 0;
  if (name.includes(` ${query}`)) return 1;
  return name.includes(query) ? 2 : 3;
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
