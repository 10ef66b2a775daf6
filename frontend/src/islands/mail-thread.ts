/** A conversation's behaviour: frames as high as their text, keys that work inside them, links that are asked about. */

import { hear } from "../list/events";
import { askLabel } from "../list/labels";
import { labelColour } from "../list/words";
import { request } from "../shared/http";
import { gettext } from "../shared/i18n";
import { notify } from "../shared/notices";

interface Warning {
  says: string;
  host: string;
}

const ids = (text: string | undefined) => (text ?? "").split(" ").filter(Boolean).map(Number);

export class MailThread extends HTMLElement {
  private watchers = new Map<HTMLIFrameElement, ResizeObserver>();
  private stop = new AbortController();

  connectedCallback(): void {
    this.stop = new AbortController();
    const signal = this.stop.signal;
    this.addEventListener("click", (event) => this.pressed(event), { signal });
    this.addEventListener("submit", (event) => void this.sent(event), { signal });
    signal.addEventListener("abort", hear("mail:acted", ({ verb }) => {
      if (["label", "unlabel", "undo"].includes(verb)) void this.labels();
    })); // prettier-ignore
    this.colours();
    this.addEventListener("toggle", (event) => void this.toggled(event), { signal, capture: true });
    document.addEventListener("keydown", (event) => this.key(event), { signal });
    this.frames(this);
    // A page that was just loaded begins at its beginning; what somebody opened has the focus.
    if (navigator.userActivation.hasBeenActive) this.querySelector<HTMLElement>(".thread-subject")?.focus({ preventScroll: true });
  }

  disconnectedCallback(): void {
    this.stop.abort();
    for (const watcher of this.watchers.values()) watcher.disconnect();
    this.watchers.clear();
  }

  /** Care for the frames below an element, those that are loaded already included. */
  private frames(root: ParentNode): void {
    for (const frame of root.querySelectorAll<HTMLIFrameElement>(".message-frame")) {
      frame.addEventListener("load", () => this.loaded(frame));
      if (frame.contentDocument?.readyState === "complete" && frame.contentDocument.URL !== "about:blank") {
        this.loaded(frame);
      }
    }
  }

  private loaded(frame: HTMLIFrameElement): void {
    const inner = frame.contentDocument;
    if (!inner?.body) return;
    this.watchers.get(frame)?.disconnect();
    const fit = () => {
      // The document is never lower than its window, so what counts is its root's box.
      const height = Math.ceil(Math.max(inner.documentElement.getBoundingClientRect().height, inner.body.scrollHeight));
      const wide = inner.documentElement.scrollWidth > frame.clientWidth ? 16 : 0;
      frame.style.height = `${height + wide}px`;
    };
    // An observer of this page's, for the frame has no scripts of its own.
    const watcher = new ResizeObserver(fit);
    watcher.observe(inner.body);
    this.watchers.set(frame, watcher);
    inner.addEventListener("load", fit, true);
    inner.addEventListener("toggle", fit, true);
    inner.addEventListener("keydown", (event) => this.forward(frame, event));
    inner.addEventListener("click", (event) => this.follow(frame, event));
    fit();
  }

  /** A key pressed in a frame is a key of the page's. */
  private forward(frame: HTMLIFrameElement, event: KeyboardEvent): void {
    const { key, code, ctrlKey, shiftKey, altKey, metaKey } = event;
    const copy = new KeyboardEvent("keydown", {
      key, code, ctrlKey, shiftKey, altKey, metaKey, bubbles: true, cancelable: true, composed: true,
    });
    if (!frame.dispatchEvent(copy)) event.preventDefault();
  }

  /** Ask before a link is followed whose text names another host. */
  private follow(frame: HTMLIFrameElement, event: MouseEvent): void {
    // Its classes are of another window.
    const link = (event.target as Element | null)?.closest?.("a[href]");
    const warning = link && this.warnings(frame).get(link.getAttribute("href") ?? "");
    const sheet = this.querySelector<HTMLDialogElement>(".link-sheet");
    if (!link || !warning || !sheet) return;
    event.preventDefault();
    sheet.querySelector("[data-says]")!.textContent = warning.says;
    sheet.querySelector("[data-host]")!.textContent = warning.host;
    sheet.querySelector<HTMLAnchorElement>("[data-go]")!.href = link.getAttribute("href") ?? "";
    sheet.showModal();
  }

  private warnings(frame: HTMLIFrameElement): Map<string, Warning> {
    const text = frame.closest(".message")?.querySelector<HTMLElement>("[data-warnings]")?.dataset["warnings"] ?? "";
    return new Map(
      text.split("|").filter(Boolean).map((each) => {
        const [href = "", says = "", host = ""] = each.split(" ").map(decodeURIComponent);
        return [href, { says, host }];
      }),
    );
  }

  private pressed(event: MouseEvent): void {
    const target = event.target instanceof Element ? event.target : null;
    const found = target?.closest<HTMLElement>("[data-pictures], [data-act], [data-compose-how], [data-go], [data-step]");
    if (!found) return;
    const { act, composeHow, content, contents, as, name, step } = found.dataset;
    if ("go" in found.dataset) {
      found.closest("dialog")?.close();
    } else if ("pictures" in found.dataset) {
      event.preventDefault();
      this.pictures(found.closest<HTMLElement>(".message"));
    } else if (step) {
      this.say("mail:step", { by: Number(step) });
    } else if (act === "label") {
      void this.label(found);
    } else if (act) {
      this.say("mail:act", { verb: act, contents: ids(contents ?? this.dataset["contents"]), label: name });
    } else if (composeHow) {
      this.say("mail:compose", { how: composeHow, content: Number(content), as });
    }
    found.closest<HTMLElement>("[popover]")?.hidePopover();
  }

  private say(name: string, detail: object): void {
    const { mailbox, folder } = this.dataset;
    const all = { mailbox: Number(mailbox), folder: Number(folder), ...detail };
    this.dispatchEvent(new CustomEvent(name, { bubbles: true, composed: true, detail: all }));
  }

  private get given(): string[] {
    return [...this.querySelectorAll<HTMLElement>(".thread-label")].map((each) => each.dataset["label"] ?? "");
  }

  private async label(near: Element): Promise<void> {
    const name = await askLabel(this.given, near);
    if (!name) return;
    const verb = this.given.includes(name) ? "unlabel" : "label";
    this.say("mail:act", { verb, contents: ids(this.dataset["contents"]), label: name });
  }

  /** Show the labels as they are now. */
  private async labels(): Promise<void> {
    const { mailbox, thread, folder } = this.dataset;
    const answer = await fetch(`/mail/${mailbox}/t/${thread}/labels?folder=${folder}`, { credentials: "same-origin" }).catch(() => null);
    const list = answer?.ok
      ? new DOMParser().parseFromString(await answer.text(), "text/html").querySelector(".thread-labels")
      : null;
    if (!list) return;
    this.querySelector(".thread-labels")?.replaceWith(document.adoptNode(list));
    this.colours();
  }

  private colours(): void {
    for (const each of this.querySelectorAll<HTMLElement>(".thread-label")) {
      each.classList.add(`label-${labelColour(each.dataset["label"] ?? "")}`);
    }
  }

  /** Remember a sender whose pictures are always shown, and show these. */
  private async sent(event: SubmitEvent): Promise<void> {
    const form = event.target instanceof HTMLFormElement ? event.target : null;
    if (!form || !("trust" in form.dataset)) return;
    event.preventDefault();
    const message = form.closest<HTMLElement>(".message");
    try {
      const answer = await request<{ text: string }>(form.action, { method: "POST", body: new FormData(form), headers: { "X-Fragment": "1" } });
      this.pictures(message);
      notify(answer.text);
    } catch {
      notify(gettext("The server could not be reached. Nothing was changed."), { error: true });
    }
  }

  /** Load a message's frame once more, with its pictures. */
  private pictures(message: HTMLElement | null): void {
    const frame = message?.querySelector<HTMLIFrameElement>(".message-frame");
    const note = message?.querySelector('[data-note="pictures"]');
    if (!frame || !note) return;
    const address = new URL(frame.src);
    address.searchParams.set("images", "1");
    // In place of what it showed: a step of the browser's history would stand between the reader and the list.
    frame.contentWindow?.location.replace(address.href);
    note.remove();
    message?.querySelector<HTMLElement>(".message-head")?.focus();
  }

  /** A folded message is fetched when it is first opened. */
  private async toggled(event: Event): Promise<void> {
    const fold = event.target instanceof HTMLDetailsElement ? event.target : null;
    const message = fold?.closest<HTMLElement>(".message[data-card]");
    if (!fold?.open || !message || !fold.classList.contains("message-fold")) return;
    const address = message.dataset["card"] ?? "";
    delete message.dataset["card"];
    try {
      const response = await fetch(address, { headers: { "X-Fragment": "1" }, credentials: "same-origin" });
      if (!response.ok) throw new Error(String(response.status));
      const made = new DOMParser().parseFromString(await response.text(), "text/html").querySelector(".message");
      const inside = made?.querySelector(".message-open");
      if (!inside) throw new Error("empty");
      fold.querySelector(".message-open")?.replaceWith(document.adoptNode(inside));
      this.frames(fold);
    } catch {
      message.dataset["card"] = address;
      fold.open = false;
      notify(gettext("The message could not be loaded. Try again."), { error: true });
    }
  }

  private key(event: KeyboardEvent): void {
    const target = event.target instanceof Element ? event.target : null;
    if (event.defaultPrevented || event.ctrlKey || event.altKey || event.metaKey || (event.shiftKey && event.key !== "H")) return;
    if (document.querySelector("dialog[open]") || target?.closest("input, textarea, select, [contenteditable], [popover]")) return;
    if (event.key === "Escape" || event.key === "u") {
      const back = document.querySelector<HTMLAnchorElement>("[data-back]");
      if (back) back.click();
      return;
    }
    const messages = [...this.querySelectorAll<HTMLElement>(".message")];
    const current = target?.closest<HTMLElement>(".message") ?? null;
    const inside = target !== null && this.contains(target);
    if (event.key === "n" || event.key === "p") {
      const at = current ? messages.indexOf(current) : event.key === "n" ? -1 : messages.length;
      const next = messages[Math.max(0, Math.min(messages.length - 1, at + (event.key === "n" ? 1 : -1)))];
      const head = next?.querySelector<HTMLElement>(".message-head");
      head?.focus();
      head?.scrollIntoView({ block: "start" });
    } else if (event.key === "." || event.key === "H") {
      const about = current ?? messages.findLast((each) => each.querySelector("[data-trace]"));
      about?.querySelector<HTMLElement>(event.key === "." ? "[popovertarget]" : "[data-trace]")?.click();
    } else if (event.key === "i") {
      this.pictures(current ?? messages.findLast((each) => each.querySelector('[data-note="pictures"]')) ?? null);
    } else if ((event.key === "ArrowLeft" || event.key === "ArrowRight") && inside && current) {
      const fold = current.querySelector<HTMLDetailsElement>(".message-fold");
      if (fold) fold.open = event.key === "ArrowRight";
    } else {
      return;
    }
    event.preventDefault();
  }
}

customElements.define("mail-thread", MailThread);
