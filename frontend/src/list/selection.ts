/** Which rows are chosen: one by one, a stretch with Shift, or all of a folder, loaded or not. */

import { keyOf, type Row } from "./types";

/** More rows than these are not selected one by one. */
export const MOST_STRETCH = 5000;

export class Selection {
  private readonly chosen = new Map<string, Row>();
  /** From where Shift stretches. */
  anchor = -1;
  /** All of the folder; then `chosen` is what was chosen before. */
  everything = false;

  get size(): number {
    return this.chosen.size;
  }

  get rows(): Row[] {
    return [...this.chosen.values()];
  }

  has(row: Row): boolean {
    return this.everything || this.chosen.has(keyOf(row));
  }

  toggle(row: Row, index: number): void {
    const key = keyOf(row);
    this.everything = false;
    if (!this.chosen.delete(key)) this.chosen.set(key, row);
    this.anchor = index;
  }

  /** Add rows, those of a stretch or of what is loaded. */
  add(rows: Iterable<Row>): void {
    for (const row of rows) this.chosen.set(keyOf(row), row);
  }

  clear(): void {
    this.chosen.clear();
    this.everything = false;
    this.anchor = -1;
  }

  /** Take new figures of chosen rows; forget those that are gone from a list known whole. */
  refresh(rows: Iterable<Row>): void {
    for (const row of rows) if (this.chosen.has(keyOf(row))) this.chosen.set(keyOf(row), row);
  }

  drop(rows: Iterable<Row>): void {
    for (const row of rows) this.chosen.delete(keyOf(row));
  }
}

/** The rows between two, both included, in order. */
export function stretch(from: number, to: number): { first: number; last: number } {
  return { first: Math.min(from, to), last: Math.max(from, to) + 1 };
}

/** Messages by folder, as the server wants them named. */
export function places(rows: Iterable<Row>): { folder: number; uids: number[] }[] {
  const found = new Map<number, number[]>();
  for (const row of rows) found.set(row.folder, [...(found.get(row.folder) ?? []), ...row.uids]);
  return [...found].map(([folder, uids]) => ({ folder, uids }));
}
