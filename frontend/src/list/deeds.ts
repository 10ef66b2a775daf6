/** What keys, buttons and the reading pane mean in the list, shown as done before the server has answered. */

import { act, complain, takeBack } from "./acting";
import { confirmErasing } from "./erasing";
import { say, type MailAct } from "./events";
import type { Deed } from "./keys";
import { askLabel } from "./labels";
import { choose } from "./picker";
import { MOST_STRETCH, places, stretch, type Selection } from "./selection";
import type { Source } from "./source";
import { keyOf, MOVES, type Boot, type Row, type Verb } from "./types";
import { afterRemoval, clamp, drawn, type Range } from "./window";
import { gettext } from "../shared/i18n";
import { notify } from "../shared/notices";

/** The list, as far as deeds need it. */
export interface List extends HTMLElement {
  readonly boot: Boot;
  readonly source: Source;
  readonly selection: Selection;
  readonly range: Range;
  /** The rows that fit on the screen. */
  readonly fitting: number;
  active: number;
  /** The conversation beside the list. */
  opened: string;
  wantsFocus: boolean;
  /** What was not answered yet; until then nothing is asked anew. */
  pending: number;
  activate(index: number): void;
  open(at: number): void;
  requestUpdate(): void;
  refreshSoon(): void;
  searchAgain(): void;
}

export class Deeds {
  constructor(private readonly list: List) {}

  /** What a deed is done with: the selection, or else the active row. */
  get chosen(): Row[] {
    const { selection, source, active } = this.list;
    if (selection.size) return selection.rows;
    const row = source.at(active);
    return row ? [row] : [];
  }

  /** Do what a key or a button says; false if it means nothing here. */
  async perform(deed: Deed | "all", near: Element | null): Promise<boolean> {
    const { list, chosen: rows } = this;
    const { selection, source, boot } = list;
    const page = Math.max(1, list.fitting - 1);
    const move = { next: 1, previous: -1, "page-down": page, "page-up": -page }[deed as string];
    if (move !== undefined) {
      list.activate(list.active + move);
      if (list.opened && Math.abs(move) === 1 && innerWidth >= 640) list.open(list.active);
      return true;
    }
    const row = source.at(list.active);
    switch (deed) {
      case "first":
        list.activate(0);
        break;
      case "last":
        list.activate(source.total - 1);
        break;
      case "open":
        list.open(list.active);
        break;
      case "select":
        this.select(list.active);
        break;
      case "extend-down":
      case "extend-up":
        if (!selection.size && row) selection.toggle(row, list.active);
        list.activate(list.active + (deed === "extend-down" ? 1 : -1));
        await this.extend(list.active);
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
        selection.clear();
        list.requestUpdate();
        break;
      case "all":
        selection.everything = true;
        list.requestUpdate();
        break;
      case "archive":
        await this.do(rows, "archive");
        break;
      case "delete":
        await this.bin(rows);
        break;
      case "junk":
        await this.do(rows, boot.use === "\\Junk" ? "not_junk" : "junk");
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
        await takeBack(boot.base);
        break;
      case "back":
        if (!selection.size && !selection.everything) return false;
        selection.clear();
        list.requestUpdate();
        break;
      default:
        return false;
    }
    return true;
  }

  // Choosing.

  select(at: number): void {
    const row = this.list.source.at(at);
    if (row) this.list.selection.toggle(row, at);
    this.list.requestUpdate();
  }

  /** Select from where the selection began to here. */
  async extend(to: number): Promise<void> {
    const { selection, source, active } = this.list;
    const from = selection.anchor < 0 ? active : selection.anchor;
    const { first, last } = stretch(from, to);
    if (last - first > MOST_STRETCH) {
      notify(gettext("That is too many at once. Select the whole folder instead."), { error: true });
      return;
    }
    await source.need({ first, last }).catch(complain);
    const rows: Row[] = [];
    for (let n = first; n < last; n++) {
      const row = source.at(n);
      if (row) rows.push(row);
    }
    selection.add(rows);
    selection.anchor = from;
    this.list.requestUpdate();
  }

  private selectLoaded(isWanted: (row: Row) => boolean = () => true): void {
    const { selection, source } = this.list;
    for (let index = 0; index < Math.min(source.total, MOST_STRETCH); index++) {
      const row = source.at(index);
      if (row && isWanted(row)) selection.add([row]);
    }
    this.list.requestUpdate();
  }

  // Acting.

  /** Archive the row, and open the one that follows or the one before. */
  private async archiveAndGo(step: number): Promise<void> {
    const { list } = this;
    const at = list.active;
    const row = list.source.at(at);
    if (!row || !list.boot.mayWrite) return;
    const isReading = list.opened !== "";
    // What is open is not closed in between: the next one takes its place.
    list.opened = "";
    const done = this.do([row], "archive");
    list.activate(Math.max(0, at + step));
    if (isReading) list.open(list.active);
    await done;
  }

  private async bin(rows: Row[]): Promise<void> {
    if (this.list.boot.use !== "\\Trash") return this.do(rows, "delete");
    if (await confirmErasing()) await this.do(rows, "erase");
  }

  private async move(rows: Row[], near: Element | null): Promise<void> {
    const { boot } = this.list;
    if (!rows.length || !boot.mayWrite) return;
    const target = await choose({
      title: gettext("Move to"),
      near,
      choices: boot.folders
        .filter((folder) => folder.id !== boot.folder)
        .map(({ id, label, icon: name }) => ({ value: String(id), label, icon: name })),
    });
    if (target) await this.do(rows, "move", { target: Number(target) });
  }

  private async label(rows: Row[], near: Element | null): Promise<void> {
    const { boot } = this.list;
    if (!rows.length || !boot.mayWrite) return;
    const isOn = (name: string) => rows.every((row) => row.labels.includes(name));
    const given = boot.labels.filter(isOn);
    const name = await askLabel(given, near, boot.labels);
    if (!name) return;
    if (!boot.labels.includes(name)) boot.labels = [...boot.labels, name].sort();
    await this.do(rows, isOn(name) ? "unlabel" : "label", { label: name });
  }

  private indexOf(rows: Row[]): number[] {
    const { source, active } = this.list;
    const keys = new Set(rows.map(keyOf));
    const found: number[] = [];
    const { first, last } = this.list.range;
    const look = (index: number) => {
      const row = source.at(index);
      if (row && keys.delete(keyOf(row))) found.push(index);
    };
    for (let index = first; index < last && keys.size; index++) look(index);
    for (let index = 0; index < Math.min(source.total, MOST_STRETCH) && keys.size; index++) look(index);
    look(active);
    return found.sort((a, b) => a - b);
  }

  /** Show a deed as done, do it, and let the server have the last word. */
  async do(rows: Row[], verb: Verb, more: { target?: number; label?: string } = {}): Promise<void> {
    const { list } = this;
    const { boot, source, selection, active: before } = list;
    if (!rows.length || !boot.mayWrite) return;
    const all = selection.everything ? boot.folder : undefined;
    const hadFocus = list.contains(document.activeElement);
    if (MOVES.has(verb)) {
      const wasOpen = rows.some((row) => row.thread === list.opened);
      if (!all) {
        const gone = this.indexOf(rows);
        source.remove(gone);
        list.active = clamp(afterRemoval(list.active, gone), source.total);
      }
      selection.clear();
      if (wasOpen) say("mail:close", null, list);
      list.wantsFocus = hadFocus || wasOpen;
    } else {
      const found = this.indexOf(rows);
      for (const index of found) {
        const row = source.at(index);
        if (row) source.change(index, changed(row, verb, more.label ?? ""));
      }
      selection.refresh(found.map((index) => source.at(index)!));
    }
    list.requestUpdate();
    list.pending++;
    const isDone = await act(boot.base, { verb, ...(all ? { all } : { places: places(rows) }), ...more });
    list.pending--;
    if (!isDone) {
      list.active = before;
      if (boot.text) list.searchAgain();
    }
    if (all) selection.clear();
    list.refreshSoon();
  }

  /** What the reading pane wants done with the messages it shows; moves are for those in its folder alone. */
  async actFor(wanted: MailAct): Promise<void> {
    const { uids, contents, verb, target, label } = wanted;
    const { boot, source, active, range } = this.list;
    const rows = drawn(range, active, source.total)
      .map((index) => source.at(index))
      .filter((row): row is Row => !!row && !!(contents?.includes(row.content) || uids?.includes(row.uid)));
    if (verb === "move" && !target) await this.move(rows, null);
    else if (verb === "delete" && boot.use === "\\Trash") await this.bin(rows);
    else if (rows.length && MOVES.has(verb)) await this.do(rows, verb, { target, label });
    else if (contents?.length) {
      const folder = MOVES.has(verb) ? wanted.folder : undefined;
      if (await act(boot.base, { verb, contents, folder, target, label }) && MOVES.has(verb)) say("mail:close", null, this.list);
    } else if (rows.length) await this.do(rows, verb, { target, label });
  }
}

/** The row as the deed leaves it. */
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
