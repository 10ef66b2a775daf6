/** `<mail-list>`: a folder's list, of any length, as a window that moves over it; what is done in it, done at once. */

import { html, LitElement, nothing, type TemplateResult } from "lit";
import { repeat } from "lit/directives/repeat.js";

import { complain } from "../list/acting";
import { Deeds } from "../list/deeds";
import { startDrag, takeDrops } from "../list/dragging";
import { drawRow, emptyState, selectBar, statusLine } from "../list/drawing";
import { hear, say } from "../list/events";
import type { Deed } from "../list/keys";
import { MOST_STRETCH, Selection } from "../list/selection";
import { FolderSource, SearchSource, type Source } from "../list/source";
import { tellNew } from "../list/telling";
import type { Boot, Row } from "../list/types";
import { clamp, drawn, scrollTo, visible, type Range } from "../list/window";
import { HttpError } from "../shared/http";
import { gettext, interpolate, ngettext } from "../shared/i18n";

const SETTLE_MS = 20;

export class MailList extends LitElement {
  boot!: Boot;
  source!: Source;
  active = -1;
  opened = "";
  readonly selection = new Selection();
  wantsFocus = false;
  pending = 0;
  private readonly deeds = new Deeds(this);
  private top = 0;
  private room = 800;
  private height = 56;
  private failed = false;
  private settling = 0;
  private refreshing = 0;
  private stops: (() => void)[] = [];

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
      takeDrops(this.boot.folder, (target) => void this.deeds.do(this.deeds.chosen, "move", { target })),
      hear("mail:changed", (change) => {
        if (this.failed) this.again();
        if (change.mailbox !== this.boot.mailbox) return;
        if (change.folder < 0 || (change.folder === this.boot.folder && change.modseq > this.source.modseq)) {
          if (!this.boot.text) this.refreshSoon();
        }
      }),
      hear("mail:act", (wanted) => void this.deeds.actFor(wanted)),
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

  get range(): Range {
    return visible(this.top, this.room, this.height, this.source.total);
  }

  get fitting(): number {
    return Math.floor(this.room / this.height);
  }

  get activeRow(): Row | undefined {
    return this.source.at(this.active);
  }

  // Drawing.

  protected override render(): TemplateResult | typeof nothing {
    if (!this.boot) return nothing;
    const { total } = this.source;
    const now = new Date();
    return html`${this.selection.size || this.selection.everything ? this.bar() : nothing}${statusLine(this.source, this.failed, this.again)}
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

  private loadedRows(): number {
    let n = 0;
    for (let index = 0; index < Math.min(this.source.total, MOST_STRETCH); index++) if (this.source.at(index)) n++;
    return n;
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
      if (event.button !== 1 && target?.closest("[data-do=select]")) this.deeds.select(at);
      else window.open(this.address(row), "_blank", "noopener");
      return;
    }
    const deed = target?.closest<HTMLElement>("[data-do]")?.dataset["do"];
    if (event.shiftKey) void this.deeds.extend(at);
    else if (deed === "select") this.deeds.select(at);
    else if (deed === "star") void this.deeds.do([row], row.starred ? "unstar" : "star");
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

  open(at: number): void {
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
  perform(deed: Deed | "all", near: Element | null = null): Promise<boolean> {
    return this.deeds.perform(deed, near);
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

  searchAgain(): void {
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
      tellNew(top);
    }
    this.requestUpdate();
  }
}

customElements.define("mail-list", MailList);
