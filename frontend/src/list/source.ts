/** Where rows come from: a folder, any stretch of it, or a search that goes on as long as somebody looks. */

import { request } from "../shared/http";
import type { Boot, Row } from "./types";
import { PAGE, pagesOf, type Range } from "./window";

interface Stretch {
  total: number;
  start: number;
  modseq: number;
  rows: Row[];
}

interface Found {
  rows: Row[];
  cursor: string | null;
}

export interface Source {
  readonly total: number;
  readonly modseq: number;
  /** "": all is there; searching: more may come. */
  readonly searching: boolean;
  at(index: number): Row | undefined;
  /** Fetch what is missing of these rows; resolves when they are there. */
  need(range: Range): Promise<void>;
  /** Ask again for these rows, and in time for all others. */
  refresh(range: Range): Promise<void>;
  remove(indices: readonly number[]): void;
  change(index: number, row: Row): void;
  stop(): void;
}

/** The rows of a folder: those that were seen are kept, and asked for anew once something changed. */
export class FolderSource implements Source {
  total: number;
  modseq: number;
  readonly searching = false;
  private rows = new Map<number, Row>();
  private fresh = new Set<number>();
  private underway = new Map<number, Promise<void>>();
  private age = 0;

  constructor(
    private readonly boot: Boot,
    private readonly changed: () => void,
  ) {
    this.total = boot.total ?? 0;
    this.modseq = boot.modseq;
    boot.rows.forEach((row, n) => this.rows.set(boot.start + n, row));
    if (boot.start % PAGE === 0 && (boot.rows.length >= PAGE || boot.start + boot.rows.length >= this.total)) {
      this.fresh.add(boot.start / PAGE);
    }
  }

  at(index: number): Row | undefined {
    return this.rows.get(index);
  }

  async need(range: Range): Promise<void> {
    const { first, last } = range;
    // What the page brought is enough until somebody looks further.
    const isThere = Array.from({ length: last - first }, (_, n) => this.rows.has(first + n)).every(Boolean);
    if (isThere && this.age === 0) return;
    await Promise.all(pagesOf({ first, last: Math.min(last, this.total) }).map((page) => this.page(page)));
  }

  private page(page: number): Promise<void> {
    if (this.fresh.has(page)) return Promise.resolve();
    const going = this.underway.get(page);
    if (going) return going;
    const age = this.age;
    const asked = this.ask(page * PAGE, PAGE)
      .then((found) => {
        if (age !== this.age) return;
        this.take(found, PAGE);
        this.fresh.add(page);
        this.changed();
      })
      .finally(() => {
        if (this.underway.get(page) === asked) this.underway.delete(page);
      });
    this.underway.set(page, asked);
    return asked;
  }

  private ask(start: number, count: number): Promise<Stretch> {
    const { base, folder, show, label, grouped, use } = this.boot;
    const query = new URLSearchParams({ start: String(start), count: String(count) });
    if (show) query.set("show", show);
    if (label) query.set("label", label);
    if (grouped) query.set("group", "1");
    if (use === "\\Sent" || use === "\\Drafts") query.set("to", "1");
    return request<Stretch>(`${base}f/${folder}/rows?${query}`);
  }

  private take(found: Stretch, asked: number): void {
    this.total = found.total;
    this.modseq = Math.max(this.modseq, found.modseq);
    for (let n = 0; n < asked; n++) {
      const row = found.rows[n];
      if (row) this.rows.set(found.start + n, row);
      else this.rows.delete(found.start + n);
    }
    if (this.rows.size > this.total) for (const n of this.rows.keys()) if (n >= this.total) this.rows.delete(n);
  }

  async refresh(range: Range): Promise<void> {
    const age = ++this.age;
    this.fresh.clear();
    this.underway.clear();
    const pages = pagesOf(range.last > range.first ? range : { first: 0, last: 1 });
    const from = pages[0] ?? 0;
    const count = Math.min(pages.length, 2) * PAGE;
    const found = await this.ask(from * PAGE, count);
    if (age !== this.age) return;
    this.take(found, count);
    for (const page of pages.slice(0, 2)) this.fresh.add(page);
    this.changed();
  }

  remove(indices: readonly number[]): void {
    const gone = new Set(indices);
    const sorted = [...gone].sort((a, b) => a - b);
    const moved = new Map<number, Row>();
    let passed = 0;
    for (const [index, row] of [...this.rows].sort((a, b) => a[0] - b[0])) {
      while (passed < sorted.length && (sorted[passed] ?? 0) < index) passed++;
      if (!gone.has(index)) moved.set(index - passed, row);
    }
    this.rows = moved;
    this.total = Math.max(0, this.total - gone.size);
    this.age++;
    this.fresh.clear();
    this.underway.clear();
  }

  change(index: number, row: Row): void {
    this.rows.set(index, row);
  }

  stop(): void {
    this.age++;
  }
}

/** What a search found so far; it goes on by itself until there is a screenful, and then as somebody scrolls. */
export class SearchSource implements Source {
  readonly modseq = 0;
  searching = false;
  private rows: Row[];
  private cursor: string;
  private stopped = false;
  private going: Promise<void> | null = null;

  constructor(
    private readonly boot: Boot,
    private readonly changed: () => void,
  ) {
    this.rows = [...boot.rows];
    this.cursor = boot.cursor;
  }

  get total(): number {
    return this.rows.length;
  }

  /** Whether there may be more than what is here. */
  get isPartial(): boolean {
    return this.cursor !== "";
  }

  at(index: number): Row | undefined {
    return this.rows[index];
  }

  async need({ last }: Range): Promise<void> {
    this.going ??= this.goOn(Math.max(50, last + 20)).finally(() => {
      this.going = null;
    });
    await this.going;
  }

  private async goOn(wanted: number): Promise<void> {
    while (this.cursor && !this.stopped && this.rows.length < wanted) {
      this.searching = true;
      this.changed();
      const query = new URLSearchParams({ q: this.boot.text, after: this.cursor });
      try {
        const found = await request<Found>(`${this.boot.base}search?${query}`);
        if (this.stopped) break;
        const known = new Set(this.rows.map((row) => row.content));
        this.rows.push(...found.rows.filter((row) => !known.has(row.content)));
        this.cursor = found.cursor ?? "";
      } finally {
        this.searching = false;
      }
    }
    this.changed();
  }

  async refresh(): Promise<void> {
    const query = new URLSearchParams({ q: this.boot.text });
    const found = await request<Found>(`${this.boot.base}search?${query}`);
    this.rows = found.rows;
    this.cursor = found.cursor ?? "";
    this.changed();
  }

  remove(indices: readonly number[]): void {
    const gone = new Set(indices);
    this.rows = this.rows.filter((_, n) => !gone.has(n));
  }

  change(index: number, row: Row): void {
    this.rows[index] = row;
  }

  /** Stop looking; what was found stays. */
  stop(): void {
    this.stopped = true;
    this.searching = false;
    this.cursor = "";
    this.changed();
  }
}
