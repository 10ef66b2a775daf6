/** The reading pane: a conversation beside the list, with an address of its own, or over it on a phone. */

import { hear, say, type MailOpen } from "../list/events";
import type { Row } from "../list/types";
import { gettext } from "../shared/i18n";
import { htmx } from "../shared/page";

const SLOW_MS = 150;
const VERY_SLOW_MS = 5000;

export class Reading {
  private thread = "";
  private asking: AbortController | null = null;
  private readonly none: Node[];

  constructor(
    private readonly shell: HTMLElement,
    private readonly pane: HTMLElement,
  ) {
    this.none = [...pane.childNodes];
    hear("mail:open", (what) => this.open(what));
    hear("mail:close", () => this.close());
    window.addEventListener("popstate", () => this.follow());
    document.getElementById("reading-back")?.addEventListener("click", () => this.close());
    this.follow();
  }

  get isOpen(): boolean {
    return this.thread !== "";
  }

  /** Show what the address names. */
  private follow(): void {
    const query = new URLSearchParams(location.search);
    const thread = query.get("t") ?? "";
    if (/^-?\d+$/.test(thread)) void this.show(thread, Number(query.get("in") ?? this.folder));
    else this.empty();
  }

  private get folder(): number {
    return Number(/\/f\/(\d+)\//.exec(location.pathname)?.[1] ?? 0);
  }

  private open({ thread, folder, row }: MailOpen): void {
    const url = new URL(location.href);
    url.searchParams.set("t", thread);
    if (folder === this.folder) url.searchParams.delete("in");
    else url.searchParams.set("in", String(folder));
    // Going through a list is one step back, not many.
    if (this.thread) history.replaceState(history.state, "", url);
    else history.pushState({ opened: true }, "", url);
    void this.show(thread, folder, row);
  }

  /** Close it; back leads to where one was before the list, as if it had not been open. */
  close(): void {
    if (!this.thread) return;
    if ((history.state as { opened?: boolean } | null)?.opened) {
      history.back();
      return;
    }
    const url = new URL(location.href);
    url.searchParams.delete("t");
    url.searchParams.delete("in");
    history.replaceState(null, "", url);
    this.empty();
  }

  private empty(): void {
    this.asking?.abort();
    const wasOpen = this.isOpen;
    this.thread = "";
    this.shell.classList.remove("is-reading");
    this.pane.removeAttribute("role");
    this.pane.replaceChildren(...this.none);
    if (wasOpen) say("mail:opened", { thread: "" });
  }

  /** On a phone it is all there is: the list behind it is hidden. Styles may come after the first script. */
  private lead(): void {
    const isHidden = getComputedStyle(document.getElementById("main") ?? this.pane).visibility === "hidden";
    if (isHidden) this.pane.setAttribute("role", "main");
    else this.pane.removeAttribute("role");
  }

  private async show(thread: string, folder: number, row?: Row): Promise<void> {
    this.asking?.abort();
    const asking = (this.asking = new AbortController());
    this.thread = thread;
    this.shell.classList.add("is-reading");
    this.lead();
    say("mail:opened", { thread });
    const slow = window.setTimeout(() => {
      this.pane.setAttribute("aria-busy", "true");
      this.pane.replaceChildren(waiting(row));
    }, SLOW_MS);
    const verySlow = window.setTimeout(() => {
      this.pane.append(stillWorking(() => this.close()));
    }, VERY_SLOW_MS);
    try {
      const answer = await fetch(`${this.shell.dataset["base"]}t/${thread}?folder=${folder}`, {
        headers: { "HX-Request": "true", "X-Fragment": "1", Accept: "text/html" },
        credentials: "same-origin",
        signal: asking.signal,
      });
      if (answer.status === 401) location.reload();
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      if (asking.signal.aborted) return;
      this.pane.replaceChildren(...page.body.childNodes);
      this.lead();
      htmx.process(this.pane);
      this.pane.scrollTop = 0;
      if (navigator.userActivation.hasBeenActive) (this.pane.querySelector<HTMLElement>("h2[tabindex], [data-subject]") ?? this.pane).focus({ preventScroll: true });
    } catch (error) {
      if (asking.signal.aborted) return;
      window.clearTimeout(slow);
      this.pane.replaceChildren(failure(() => void this.show(thread, folder, row)));
    } finally {
      window.clearTimeout(slow);
      window.clearTimeout(verySlow);
      if (this.asking === asking) this.pane.removeAttribute("aria-busy");
    }
  }
}

/** What the row knows, and bars where the text will be. */
function waiting(row: Row | undefined): HTMLElement {
  const box = document.createElement("div");
  box.className = "thread is-waiting";
  if (row) {
    const subject = document.createElement("h2");
    subject.className = "thread-subject";
    subject.dir = "auto";
    subject.textContent = row.subject || gettext("(no subject)");
    const who = document.createElement("p");
    who.className = "message-who";
    who.textContent = row.who || row.address;
    box.append(subject, who);
  }
  for (let n = 0; n < 4; n++) {
    const bar = document.createElement("span");
    bar.className = "blank-bar";
    box.append(bar);
  }
  return box;
}

function stillWorking(stop: () => void): HTMLElement {
  const line = document.createElement("p");
  line.className = "empty";
  line.setAttribute("role", "status");
  line.append(gettext("Still working…"), button(gettext("Cancel"), stop));
  return line;
}

function button(label: string, run: () => void): HTMLButtonElement {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "btn";
  made.textContent = label;
  made.addEventListener("click", run);
  return made;
}

function failure(again: () => void): HTMLElement {
  const box = document.createElement("div");
  box.className = "empty";
  box.setAttribute("role", "alert");
  const text = document.createElement("strong");
  text.textContent = gettext("The conversation could not be loaded");
  box.append(text, button(gettext("Try again"), again));
  return box;
}
