/** Which rows of a long list are on the screen, and which pages they come from. Rows are of one height. */

export const PAGE = 100;
const BEYOND = 6;

export interface Range {
  /** First row, and the one after the last. */
  first: number;
  last: number;
}

/** The rows to draw, a few above and below what is seen. */
export function visible(top: number, height: number, row: number, total: number, beyond = BEYOND): Range {
  if (total <= 0 || row <= 0) return { first: 0, last: 0 };
  const first = Math.min(Math.max(0, Math.floor(top / row) - beyond), total);
  const last = Math.min(total, Math.ceil((top + height) / row) + beyond);
  return { first, last: Math.max(first, last) };
}

/** The numbers of the pages these rows are on. */
export function pagesOf({ first, last }: Range, page = PAGE): number[] {
  if (last <= first) return [];
  const from = Math.floor(first / page);
  const to = Math.floor((last - 1) / page);
  return Array.from({ length: to - from + 1 }, (_, n) => from + n);
}

/** Where to scroll to so that a row is seen whole; the same place if it is. */
export function scrollTo(index: number, top: number, height: number, row: number): number {
  const above = index * row;
  if (above < top) return above;
  if (above + row > top + height) return Math.max(0, above + row - height);
  return top;
}

/** The indices to draw: the range, and the active row wherever it is, so that it never leaves the page. */
export function drawn({ first, last }: Range, active: number, total: number): number[] {
  const rows = Array.from({ length: last - first }, (_, n) => first + n);
  if (active < 0 || active >= total || (active >= first && active < last)) return rows;
  return active < first ? [active, ...rows] : [...rows, active];
}

/** Where a row that was at `index` is after those in `removed` (ascending) are gone; its successor if it was one. */
export function afterRemoval(index: number, removed: readonly number[]): number {
  return index - removed.filter((each) => each < index).length;
}

/** A number within [0, total), -1 of nothing. */
export function clamp(index: number, total: number): number {
  return total <= 0 ? -1 : Math.min(Math.max(0, index), total - 1);
}
