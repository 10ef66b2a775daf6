/** `<mail-list>`: a folder's list, of any length, as a window that moves over it; what is done in it, done at once. */

import { html, LitElement, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";

import { act, complain, takeBack } from "../list/acting";
import { startDrag, takeDrops } from "../list/dragging";
import { confirmErasing } from "../list/erasing";
import { hear, say, type MailAct } from "../list/events";
import type { Deed } from "../list/keys";
import { askLabel } from "../list/labels";
import { choose } from "../list/picker";
import { drawRow, emptyState, selectBar } from "../list/drawing";
import { places, Selection, stretch } from "../list/selection";
import { FolderSource, SearchSource, type Source } from "../list/source";
import { keyOf, MOVES, type Boot, type Row, type Verb } from "../list/types";
import { afterRemoval, clamp, drawn, scrollTo, visible, type Range } from "../list/window";
import { HttpError } from "../shared/http";
import { gettext, interpolate, ngettext } from "../shared/i18n";
import { notify } from "../shared/notices";

const MOST_STRETCH = 5000;
const SETTLE_MS = 20;

export class MailList extends LitElement {
  boot!: Boot;
  active = -1;
  opened = "";
  readonly selection = new Selection();
  private source!: Source;
  private top = 0;
  private room = 800;
  private height = 56;
  private pending = 0;
  private failed = false;
  private settling = 0;
  private refreshing = 0;
  private stops: (() => void)[] = [];
  private wantsFocus = false;

  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  override connectedCallback(): void {
    super.connectedCallback();
    const data = document.getElementById("list-boot")?.textContent;
    if (!data) return;
    this.querySelector(".list-plain")?.remove();
    this.boot = JSON.parse(data) as Boot;
    const changed = () => this.requestUpdate();
    this.source = this.boot.text ? new SearchSource(this.boot, changed) : new FolderSource(this.boot, changed);
    this.active = clamp(this.boot.start, this.source.total);
    const measure = new ResizeObserver(() => this.measure());
    measure.observe(this);
    this.stops = [
      () => measure.disconnect(),
      takeDrops(this.boot.folder, (target) => void this.do(this.chosen, "move", { target })),
      hear("mail:changed", (change) => {
        if (this.failed) this.again();
        if (change.mailbox !== this.boot.mailbox) return;
        if (change.folder < 0 || (change.folder === this.boot.folder && change.modseq > this.source.modseq)) {
          if (!this.boot.text) this.refreshSoon();
        }
      }),
      hear("mail:act", (wanted) => void this.actFor(wanted)),
      hear("mail:acted", ({ verb }) => {
        // What was found stays as it was found, until something comes back to it.
        if (verb === "undo" && this.boot.text) this.searchAgain();
        else this.refreshSoon();
      }),
      hear("mail:step", ({ by }) => {
        this.activate(this.active + by);
        this.open(this.active);
      }),
      hear("mail:opened", ({ thread }) => this.showOpened(thread)),
    ];
    this.measure();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    for (const stop of this.stops) stop();
    this.source?.stop();
  }

  private measure(): void {
    this.height = parseFloat(getComputedStyle(this).getPropertyValue("--row")) || 56;
    this.room = this.scroller?.clientHeight || this.clientHeight || 800;
    this.requestUpdate();
  }

  private get scroller(): HTMLElement | null {
    return this.querySelector(".list-scroll");
  }

  private get range(): Range {
    return visible(this.top, this.room, this.height, this.source.total);
  }

  // Drawing.

  protected override render(): TemplateResult | typeof nothing {
    if (!this.boot) return nothing;
    const { total } = this.source;
    const now = new Date();
    return html`${this.selection.size || this.selection.everything ? this.bar() : nothing}${this.status()}
    ${total
      ? html`<div class="list-scroll" role="grid" aria-label=${this.boot.text ? gettext("Search") : this.boot.name}
          aria-rowcount=${total} aria-multiselectable="true" @scroll=${this.onScroll} @click=${this.onClick}
          @auxclick=${this.onClick} @dragstart=${this.onDrag} @dblclick=${this.onDouble}><div class="list-space" role="presentation"
          .style=${`height:${total * this.height}px`}>${repeat(
            drawn(this.range, this.active, total),
            (index) => index,
            (index) => {
              const row = this.source.at(index);
              return drawRow(row, {
                index, now, y: index * this.height, isActive: index === this.active,
                isSelected: row ? this.selection.has(row) : false, isOpen: !!row && row.thread === this.opened,
              }); // prettier-ignore
            },
          )}</div></div>`
      : html`<div class="list-state">${this.source.searching ? nothing : emptyState(this.boot)}</div>`}`;
  }

  private bar(): TemplateResult {
    const { selection, source, boot } = this;
    const n = selection.everything ? source.total : selection.size;
    return selectBar({
      text: interpolate(ngettext("%(n)s selected", "%(n)s selected", n), { n: n.toLocaleString() }),
      use: boot.use,
      mayWrite: boot.mayWrite,
      isRead: selection.rows.every((row) => !row.unread),
      isStarred: selection.rows.every((row) => row.starred),
      more:
        !selection.everything && !boot.text && !boot.show && !boot.label && selection.size >= this.loadedRows() && source.total > selection.size
          ? interpolate(gettext("Select all %(n)s in %(name)s"), { n: source.total.toLocaleString(), name: boot.name })
          : "",
      run: (deed, near) => void this.perform(deed, near),
    });
  }

  private readonly again = (): void => {
    this.failed = false;
    this.requestUpdate();
  };

  private status(): TemplateResult | typeof nothing {
    const { source } = this;
    if (this.failed) {
      return html`<div class="list-status" role="alert"><span>${gettext("Some rows could not be loaded.")}</span><button
        type="button" class="btn btn-sm" @click=${this.again}>${gettext("Try again")}</button></div>`;
    }
    if (!(source instanceof SearchSource)) return nothing;
    const n = source.total;
    const text = source.searching && !n
      ? gettext("Searching…")
      : source.isPartial
        ? interpolate(ngettext("%(n)s result so far", "%(n)s results so far", n), { n })
        : n
          ? interpolate(ngettext("%(n)s result", "%(n)s results", n), { n })
          : ""; // prettier-ignore
    if (!text) return nothing;
    return html`<div class="list-status"><span role="status">${text}</span>${source.searching
      ? html`<button type="button" class="btn btn-sm" @click=${() => source.stop()}>${gettext("Stop")}</button>`
      : nothing}</div>`;
  }

  protected override updated(): void {
    if (!this.boot) return;
    const scroller = this.scroller;
    if (scroller && Math.abs(scroller.scrollTop - this.top) > 1) this.top = scroller.scrollTop;
    if (this.wantsFocus) {
      this.wantsFocus = false;
      this.querySelector<HTMLElement>(`[data-index="${this.active}"]`)?.focus({ preventScroll: true });
    }
    this.needSoon();
  }

  /** Ask for what is missing, once scrolling has come to rest for a moment. */
  private needSoon(): void {
    if (this.settling || this.pending || this.failed) return;
    this.settling = window.setTimeout(() => {
      this.settling = 0;
      this.source.need(this.range).catch((error: unknown) => {
        if (error instanceof HttpError && error.status === 401) complain(error);
        this.failed = true;
        this.requestUpdate();
      });
    }, SETTLE_MS);
  }

  private readonly onScroll = (): void => {
    this.top = this.scroller?.scrollTop ?? 0;
    this.requestUpdate();
  };

  // Pointing.

  private readonly onClick = (event: MouseEvent): void => {
    const target = event.target instanceof Element ? event.target : null;
    const at = Number(target?.closest<HTMLElement>("[data-index]")?.dataset["index"] ?? -1);
    const row = this.source.at(at);
    if (!row || event.button > 1) return;
    event.preventDefault();
    if (event.button === 1 || event.ctrlKey || event.metaKey) {
      if (event.button !== 1 && target?.closest("[data-do=select]")) this.select(at);
      else window.open(this.address(row), "_blank", "noopener");
      return;
    }
    const deed = target?.closest<HTMLElement>("[data-do]")?.dataset["do"];
    if (event.shiftKey) void this.extend(at);
    else if (deed === "select") this.select(at);
    else if (deed === "star") void this.do([row], row.starred ? "unstar" : "star");
    else this.open(at);
    this.activate(at);
  };

  private readonly onDrag = (event: DragEvent): void => {
    const at = Number((event.target as Element).closest<HTMLElement>("[data-index]")?.dataset["index"] ?? -1);
    const row = this.source.at(at);
    if (!row || !this.boot.mayWrite) {
      event.preventDefault();
      return;
    }
    // Who drags a row that is not selected means that row alone.
    if (!this.selection.has(row)) this.selection.clear();
    this.activate(at, false);
    startDrag(event, this.selection.size || row.uids.length);
  };

  private readonly onDouble = (event: Event): void => event.preventDefault();

  private address(row: Row): string {
    return `${this.boot.base}t/${row.thread}?folder=${row.folder}`;
  }

  private select(at: number): void {
    const row = this.source.at(at);
    if (row) this.selection.toggle(row, at);
    this.requestUpdate();
  }

  private async extend(to: number): Promise<void> {
    const from = this.selection.anchor < 0 ? this.active : this.selection.anchor;
    const { first, last } = stretch(from, to);
    if (last - first > MOST_STRETCH) {
      notify(gettext("That is too many at once. Select the whole folder instead."), { error: true });
      return;
    }
    await this.source.need({ first, last }).catch(complain);
    const rows: Row[] = [];
    for (let n = first; n < last; n++) {
      const row = this.source.at(n);
      if (row) rows.push(row);
    }
    this.selection.add(rows);
    this.selection.anchor = from;
    this.requestUpdate();
  }

  // Moving.

  activate(index: number, focus = true): void {
    const { total } = this.source;
    this.active = clamp(index, total);
    this.wantsFocus = focus;
    const scroller = this.scroller;
    if (scroller && this.active >= 0) {
      const to = scrollTo(this.active, scroller.scrollTop, this.room, this.height);
      if (to !== scroller.scrollTop) {
        scroller.scrollTop = to;
        this.top = to;
      }
    }
    this.requestUpdate();
  }

  private open(at: number): void {
    const row = this.source.at(at);
    if (!row) return;
    const { mailbox } = this.boot;
    if (this.boot.use === "\\Drafts") {
      say("mail:compose", { mailbox, how: "new", content: row.content, draft: "" }, this);
      return;
    }
    if (row.unread) this.source.change(at, { ...row, unread: 0 });
    say("mail:open", { mailbox, folder: row.folder, thread: row.thread, uid: row.uid, content: row.content, row }, this);
  }

  private showOpened(thread: string): void {
    this.opened = thread;
    const row = this.source.at(this.active);
    if (!thread && row) this.wantsFocus = true;
    this.requestUpdate();
  }

  /** Do what a key or a button says; false if it means nothing here. */
  async perform(deed: Deed | "all", near: Element | null = null): Promise<boolean> {
    const page = Math.max(1, Math.floor(this.room / this.height) - 1);
    const move = { next: 1, previous: -1, "page-down": page, "page-up": -page }[deed as string];
    if (move !== undefined) {
      this.activate(this.active + move);
      if (this.opened && Math.abs(move) === 1 && innerWidth >= 640) this.open(this.active);
      return true;
    }
    const [row] = [this.source.at(this.active)];
    const rows = this.chosen;
    switch (deed) {
      case "first":
        this.activate(0);
        break;
      case "last":
        this.activate(this.source.total - 1);
        break;
      case "open":
        this.open(this.active);
        break;
      case "select":
        this.select(this.active);
        break;
      case "extend-down":
      case "extend-up":
        if (!this.selection.size && row) this.selection.toggle(row, this.active);
        this.activate(this.active + (deed === "extend-down" ? 1 : -1));
        await this.extend(this.active);
        break;
      case "select-all":
        this.selectLoaded();
        break;
      case "select-unread":
        this.selectLoaded((each) => each.unread > 0);
        break;
      case "archive-next":
      case "archive-previous":
        await this.archiveAndGo(deed === "archive-next" ? 0 : -1);
        break;
      case "select-none":
        this.selection.clear();
        this.requestUpdate();
        break;
      case "all":
        this.selection.everything = true;
        this.requestUpdate();
        break;
      case "archive":
        await this.do(rows, "archive");
        break;
      case "delete":
        await this.bin(rows);
        break;
      case "junk":
        await this.do(rows, this.boot.use === "\\Junk" ? "not_junk" : "junk");
        break;
      case "star":
        await this.do(rows, rows.every((each) => each.starred) ? "unstar" : "star");
        break;
      case "read":
      case "unread":
        await this.do(rows, deed);
        break;
      case "move":
        await this.move(rows, near);
        break;
      case "label":
        await this.label(rows, near);
        break;
      case "undo":
        await takeBack(this.boot.base);
        break;
      case "back":
        if (!this.selection.size && !this.selection.everything) return false;
        this.selection.clear();
        this.requestUpdate();
        break;
      default:
        return false;
    }
    return true;
  }

  // Acting.

  /** What a deed is done with: the selection, or else the active row. */
  get chosen(): Row[] {
    if (this.selection.size) return this.selection.rows;
    const row = this.source.at(this.active);
    return row ? [row] : [];
  }

  get activeRow(): Row | undefined {
    return this.source.at(this.active);
  }

  private loadedRows(): number {
    let n = 0;
    for (let index = 0; index < Math.min(this.source.total, MOST_STRETCH); index++) if (this.source.at(index)) n++;
    return n;
  }

  /** Archive the row, and open the one that follows or the one before. */
  private async archiveAndGo(step: number): Promise<void> {
    const at = this.active;
    const row = this.source.at(at);
    if (!row || !this.boot.mayWrite) return;
    const isReading = this.opened !== "";
    // What is open is not closed in between: the next one takes its place.
    this.opened = "";
    const done = this.do([row], "archive");
    this.activate(Math.max(0, at + step));
    if (isReading) this.open(this.active);
    await done;
  }

  private selectLoaded(isWanted: (row: Row) => boolean = () => true): void {
    for (let index = 0; index < Math.min(this.source.total, MOST_STRETCH); index++) {
      const row = this.source.at(index);
      if (row && isWanted(row)) this.selection.add([row]);
    }
    this.requestUpdate();
  }

  private async bin(rows: Row[]): Promise<void> {
    if (this.boot.use !== "\\Trash") return this.do(rows, "delete");
    if (await confirmErasing()) await this.do(rows, "erase");
  }

  private async move(rows: Row[], near: Element | null): Promise<void> {
    if (!rows.length || !this.boot.mayWrite) return;
    const target = await choose({
      title: gettext("Move to"),
      near,
      choices: this.boot.folders
        .filter((folder) => folder.id !== this.boot.folder)
        .map(({ id, label, icon: name }) => ({ value: String(id), label, icon: name })),
    });
    if (target) await this.do(rows, "move", { target: Number(target) });
  }

  private async label(rows: Row[], near: Element | null): Promise<void> {
    if (!rows.length || !this.boot.mayWrite) return;
    const isOn = (name: string) => rows.every((row) => row.labels.includes(name));
    const given = this.boot.labels.filter(isOn);
    const name = await askLabel(given, near, this.boot.labels);
    if (!name) return;
    if (!this.boot.labels.includes(name)) this.boot.labels = [...this.boot.labels, name].sort();
    await this.do(rows, isOn(name) ? "unlabel" : "label", { label: name });
  }

  private indexOf(rows: Row[]): number[] {
    const keys = new Set(rows.map(keyOf));
    const found: number[] = [];
    const { first, last } = this.range;
    const look = (index: number) => {
      const row = this.source.at(index);
      if (row && keys.delete(keyOf(row))) found.push(index);
    };
    for (let index = first; index < last && keys.size; index++) look(index);
    for (let index = 0; index < Math.min(this.source.total, MOST_STRETCH) && keys.size; index++) look(index);
    look(this.active);
    return found.sort((a, b) => a - b);
  }

  /** Show a deed as done, do it, and let the server have the last word. */
  private async do(rows: Row[], verb: Verb, more: { target?: number; label?: string } = {}): Promise<void> {
    if (!rows.length || !this.boot.mayWrite) return;
    const all = this.selection.everything ? this.boot.folder : undefined;
    const before = { active: this.active };
    const hadFocus = this.contains(document.activeElement);
    if (MOVES.has(verb)) {
      const wasOpen = rows.some((row) => row.thread === this.opened);
      const gone = all ? [] : this.indexOf(rows);
      if (!all) {
        this.source.remove(gone);
        this.active = clamp(afterRemoval(this.active, gone), this.source.total);
      }
      this.selection.clear();
      if (wasOpen) say("mail:close", null, this);
      this.wantsFocus = hadFocus || wasOpen;
    } else {
      for (const index of this.indexOf(rows)) {
        const row = this.source.at(index);
        if (row) this.source.change(index, changed(row, verb, more.label ?? ""));
      }
      this.selection.refresh(this.indexOf(rows).map((index) => this.source.at(index)!));
    }
    this.requestUpdate();
    this.pending++;
    const isDone = await act(this.boot.base, { verb, ...(all ? { all } : { places: places(rows) }), ...more });
    this.pending--;
    if (!isDone) {
      this.active = before.active;
      if (this.boot.text) this.searchAgain();
    }
    if (all) this.selection.clear();
    this.refreshSoon();
  }

  /** What the reading pane wants done with the messages it shows; moves are for those in its folder alone. */
  private async actFor(wanted: MailAct): Promise<void> {
    const { uids, contents, verb, target, label } = wanted;
    const rows = drawn(this.range, this.active, this.source.total)
      .map((index) => this.source.at(index))
      .filter((row): row is Row => !!row && !!(contents?.includes(row.content) || uids?.includes(row.uid)));
    if (verb === "move" && !target) await this.move(rows, null);
    else if (verb === "delete" && this.boot.use === "\\Trash") await this.bin(rows);
    else if (rows.length && MOVES.has(verb)) await this.do(rows, verb, { target, label });
    else if (contents?.length) {
      const folder = MOVES.has(verb) ? wanted.folder : undefined;
      if (await act(this.boot.base, { verb, contents, folder, target, label }) && MOVES.has(verb)) say("mail:close", null, this);
    } else if (rows.length) await this.do(rows, verb, { target, label });
  }

  // What others did.

  /** Ask anew in a moment: hints and answers come in crowds. */
  refreshSoon(): void {
    if (this.refreshing) return;
    this.refreshing = window.setTimeout(() => {
      this.refreshing = 0;
      if (this.pending) this.refreshSoon();
      else void this.refresh();
    }, 60);
  }

  private searchAgain(): void {
    this.source.refresh(this.range).catch(complain);
  }

  private async refresh(): Promise<void> {
    if (this.boot.text) return;
    const { first } = visible(this.top, this.room, this.height, this.source.total, 0);
    const was = this.active;
    const active = this.source.at(was);
    const anchor = this.source.at(first);
    const shift = this.top - first * this.height;
    const isAtTop = this.top < this.height / 2;
    const newest = this.source.at(0);
    try {
      await this.source.refresh(this.range);
    } catch (error) {
      if (navigator.onLine) complain(error);
      return;
    }
    const find = (row: Row | undefined, near: number): number => {
      if (!row) return -1;
      for (let step = 0; step < 200; step++) {
        for (const index of [near + step, near - step]) {
          if (this.source.at(index)?.content === row.content) return index;
        }
      }
      return -1;
    };
    // Who moved on meanwhile is where they went.
    const now = this.active === was ? find(active, was) : -1;
    this.active = clamp(now >= 0 ? now : this.active, this.source.total);
    const seen = isAtTop ? -1 : find(anchor, first);
    await this.updateComplete;
    if (seen >= 0 && seen !== first && this.scroller) {
      this.scroller.scrollTop = seen * this.height + shift;
      this.top = this.scroller.scrollTop;
    }
    const top = this.source.at(0);
    if (top && newest && top.content !== newest.content && top.at >= newest.at && top.unread) {
      tell(interpolate(gettext("New mail from %(who)s"), { who: top.who || top.address }));
    }
    this.requestUpdate();
  }
}

let toldAt = 0;

/** Say it to who listens, at most every 30 seconds. */
function tell(text: string): void {
  if (Date.now() - toldAt < 30_000) return;
  toldAt = Date.now();
  const region = document.getElementById("list-news");
  if (region) region.textContent = text;
}

function changed(row: Row, verb: Verb, label: string): Row {
  switch (verb) {
    case "star":
    case "unstar":
      return { ...row, starred: verb === "star" };
    case "read":
      return { ...row, unread: 0 };
    case "unread":
      return { ...row, unread: row.uids.length };
    case "label":
      return { ...row, labels: [...new Set([...row.labels, label])] };
    case "unlabel":
      return { ...row, labels: row.labels.filter((name) => name !== label) };
    default:
      return row;
  }
}

customElements.define("mail-list", MailList);
