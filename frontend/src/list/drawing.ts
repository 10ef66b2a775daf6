/** How a row, the bar over a selection, the line over a search, and an empty list look. */

import { html, nothing, type TemplateResult } from "lit";

import { icon } from "../shared/icons";
import { gettext, interpolate, ngettext } from "../shared/i18n";
import type { Deed } from "./keys";
import { SearchSource, type Source } from "./source";
import type { Boot, Row } from "./types";
import { domainOf, exactDate, labelColour, rowName, shortDate } from "./words";

/** A finger that rests on a row means no drag: there are no folders beside the list then. */
const CAN_DRAG = globalThis.matchMedia?.("(pointer: fine)").matches ? "true" : "false";

export interface Place {
  index: number;
  now: Date;
  y: number;
  isActive: boolean;
  isSelected: boolean;
  isOpen: boolean;
}

export function drawRow(row: Row | undefined, place: Place): TemplateResult {
  const { index, y, isActive } = place;
  const at = `transform:translateY(${y}px)`;
  if (!row) {
    return html`<div class="row is-blank ${isActive ? "is-active" : ""}" role="row" data-index=${index} aria-rowindex=${index + 1}
      aria-busy="true" tabindex=${isActive ? 0 : -1} .style=${at}><div class="row-cells" role="gridcell"><span class="row-who"><span
      class="blank-bar"></span></span><span class="row-text"><span class="blank-bar"></span></span></div></div>`;
  }
  const kind = `row${row.unread ? " is-unread" : ""}${isActive ? " is-active" : ""}${place.isSelected ? " is-selected" : ""}${place.isOpen ? " is-open" : ""}`;
  const domain = domainOf(row);
  return html`<div class=${kind} role="row" data-index=${index} aria-rowindex=${index + 1} aria-selected=${place.isSelected}
    aria-label=${rowName(row)} tabindex=${isActive ? 0 : -1} draggable=${CAN_DRAG} .style=${at}><div class="row-cells" role="gridcell"><span
    class="row-check" data-do="select"><span class="box">${icon("check")}</span></span><span class="row-who">${row.draft
      ? html`<span class="row-draft">${gettext("Draft")}</span> `
      : nothing}<bdi>${row.who || row.address}</bdi>${row.count > 1 ? html` <span class="row-many">${row.count}</span>` : nothing}${domain
      ? html` <span class="row-domain">${domain}</span>`
      : nothing}</span><span class="row-when" title=${exactDate(row.at)}>${shortDate(row.at, place.now)}</span><span
    class="row-star" data-do="star">${icon("star", row.starred ? "is-starred" : "")}</span><span class="row-text"><span
    class="row-subject" dir="auto">${row.subject || gettext("(no subject)")}</span> <span class="row-preview" dir="auto">${row.preview}</span></span><span
    class="row-marks">${row.labels.map((name) => html`<span class="row-label label-${labelColour(name)}">${name}</span>`)}${row.answered
      ? icon("reply")
      : nothing}${row.forwarded ? icon("forward") : nothing}${row.attachment ? icon("paperclip") : nothing}</span></div></div>`;
}

export interface Bar {
  text: string;
  use: string;
  mayWrite: boolean;
  isRead: boolean;
  isStarred: boolean;
  /** The offer to select the whole folder, if there is one to make. */
  more: string;
  run: (deed: Deed | "all", near: Element | null) => void;
}

export function selectBar(bar: Bar): TemplateResult {
  const button = (deed: Deed, name: TemplateResult, text: string, key: string) => html`<button type="button"
    class="btn btn-icon" aria-label=${text} aria-keyshortcuts=${key} title=${`${text} (${key})`}
    @click=${(event: Event) => bar.run(deed, event.currentTarget as Element)}>${name}</button>`;
  const isJunk = bar.use === "\\Junk";
  const isBin = bar.use === "\\Trash";
  return html`<div class="select-bar" role="toolbar" aria-label=${gettext("With what is selected")}>
    <button type="button" class="btn btn-icon" aria-label=${gettext("Select nothing")} title=${gettext("Select nothing")}
      @click=${() => bar.run("select-none", null)}>${icon("x")}</button>
    <span class="select-count" role="status">${bar.text}</span>
    ${bar.mayWrite
      ? html`${button("archive", icon("archive"), gettext("Archive"), "e")}
        ${button("delete", icon("trash-2"), isBin ? gettext("Delete for ever") : gettext("To the bin"), "#")}
        ${button("junk", isJunk ? icon("mail-check") : icon("octagon-alert"), isJunk ? gettext("No spam") : gettext("Spam"), "!")}
        ${button("move", icon("folder-input"), gettext("Move"), "v")}
        ${button("label", icon("tag"), gettext("Label"), "l")}
        ${bar.isRead
          ? button("unread", icon("mail"), gettext("Mark as unread"), "Shift+u")
          : button("read", icon("mail-open"), gettext("Mark as read"), "Shift+i")}
        ${button("star", bar.isStarred ? icon("star-off") : icon("star"), bar.isStarred ? gettext("Remove star") : gettext("Star"), "s")}`
      : nothing}
  </div>${bar.more
    ? html`<button type="button" class="select-all" @click=${() => bar.run("all", null)}>${bar.more}</button>`
    : nothing}`;
}

/** What is said while rows are missing: that they could not be had, or how far a search has come. */
export function statusLine(source: Source, hasFailed: boolean, again: () => void): TemplateResult | typeof nothing {
  if (hasFailed) {
    return html`<div class="list-status" role="alert"><span>${gettext("Some rows could not be loaded.")}</span><button
      type="button" class="btn btn-sm" @click=${again}>${gettext("Try again")}</button></div>`;
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

export function emptyState(boot: Boot): TemplateResult {
  const box = (sign: TemplateResult, title: string, more: TemplateResult | string = "") =>
    html`<div class="empty">${sign}<strong>${title}</strong>${more ? html`<span>${more}</span>` : nothing}</div>`;
  const all = html`<a class="link" href=${location.pathname}>${gettext("Show all")}</a>`;
  if (boot.text) {
    return box(icon("search-x"), gettext("No results in all mail"),
               gettext("Try fewer words, or in:anywhere to look through spam and bin, too.")); // prettier-ignore
  }
  if (boot.show === "unread") return box(icon("mail-check"), gettext("No unread messages"), all);
  if (boot.show || boot.label) return box(icon("funnel-x"), gettext("No message is like that"), all);
  const first = document.getElementById("first-steps");
  if (boot.use === "INBOX" && first instanceof HTMLTemplateElement) return html`${document.importNode(first.content, true)}`;
  if (boot.use === "INBOX") return box(icon("inbox"), gettext("Your inbox is empty"), gettext("New mail appears here by itself."));
  const name = { name: boot.name };
  return box(icon("folder-open"), interpolate(gettext("Nothing in %(name)s"), name),
             boot.use === "\\Trash" ? gettext("What you delete comes here first.") : ""); // prettier-ignore
}
