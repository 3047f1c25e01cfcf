/** Rows drawn above and below the visible ones, so that scrolling shows no holes. */
const SPARE_ROWS = 6;

/** Which rows of a list of equal heights are to be drawn: first..last, last excluded. */
export function visibleRows(
  scrollTopPx: number,
  heightPx: number,
  rowHeightPx: number,
  count: number,
): { first: number; last: number } {
  const first = Math.max(0, Math.min(count, Math.floor(scrollTopPx / rowHeightPx)) - SPARE_ROWS);
  const last = Math.min(count, Math.ceil((scrollTopPx + heightPx) / rowHeightPx) + SPARE_ROWS);
  return { first, last: Math.max(first, last) };
}
