/** Keys of the whole page: the list's, the panes', and those that lead elsewhere. */

import type { MailList } from "../islands/mail-list";
import { say } from "../list/events";
import { isTyping, KeyReader, type Deed } from "../list/keys";
import { choose } from "../list/picker";
import { gettext } from "../shared/i18n";
import { performAlone } from "./alone";
import type { Reading } from "./reading";
import { keepTaste, parseTaste } from "./taste";

const PANES = ["webmail-nav", "main", "reading"];

export function startKeys(shell: HTMLElement, list: () => MailList | null, reading: Reading | null): void {
  const toggle = document.querySelector<HTMLInputElement>("#single-keys");
  const reader = new KeyReader(parseTaste(document.cookie).get("keys") !== "0");
  if (toggle) {
    toggle.checked = reader.singles;
    toggle.addEventListener("change", () => {
      reader.singles = toggle.checked;
      keepTaste("keys", reader.singles ? "1" : "0");
    });
  }
  const mailbox = Number(shell.dataset["mailbox"]);

  const act = async (deed: Deed): Promise<void> => {
    const island = list();
    if (deed === "back" && reading?.isOpen && !island?.selection.size) {
      reading.close();
      return;
    }
    if (deed === "undo") {
      // What was just sent is no act of the list; the newest goes first.
      const sent = document.querySelector<HTMLElement>("#notices .notice:last-child [data-undo]");
      if (sent) return sent.click();
    }
    if (island ? await island.perform(deed) : performAlone(deed, shell.dataset["base"] ?? "")) return;
    if (deed === "palette") await palette(act);
    else if (deed.startsWith("go-")) await go(deed);
    else if (deed === "compose-tab") window.open(`${shell.dataset["base"]}compose`, "_blank", "noopener");
    else if (deed === "next-pane" || deed === "previous-pane") cycle(deed === "next-pane" ? 1 : -1);
    else if (deed === "search") document.getElementById("search")?.focus();
    else if (deed === "help") (document.getElementById("key-sheet") as HTMLDialogElement | null)?.showModal();
    else if (deed === "compose") say("mail:compose", { mailbox, how: "new" });
    else if (deed === "reply" || deed === "reply-all" || deed === "forward") {
      const thread = document.querySelector<HTMLElement>("mail-thread")?.dataset["contents"]?.split(" ").at(-1);
      const content = thread ? Number(thread) : list()?.activeRow?.content;
      if (content) say("mail:compose", { mailbox, how: deed, content });
    }
  };

  document.addEventListener("keydown", (event) => {
    const { target } = event;
    if (event.defaultPrevented || document.querySelector("dialog[open], :popover-open")) return;
    if (isTyping(target)) {
      if (event.key === "Escape" && target instanceof HTMLElement && target.id === "search") list()?.activate(list()?.active ?? 0);
      return;
    }
    if (event.altKey && /^Digit[1-9]$/.test(event.code) && !event.ctrlKey && !event.metaKey) {
      const other = document.querySelectorAll<HTMLAnchorElement>("#mailbox-menu a")[Number(event.code.slice(5)) - 1];
      if (other) {
        event.preventDefault();
        location.assign(other.href);
      }
      return;
    }
    const inList = target instanceof Element && target.closest("[role=grid]") !== null;
    const deed = reader.read(event, performance.now(), inList);
    if (!deed) return;
    // A page without a list leaves going back to the conversation itself.
    if (deed === "back" && !list()) return;
    event.preventDefault();
    void act(deed);
  });
}

async function go(deed: Deed): Promise<void> {
  const link = (selector: string): string | undefined =>
    document.querySelector<HTMLAnchorElement>(`#webmail-nav ${selector}`)?.href;
  const inbox = link('[data-use="INBOX"]');
  const where = {
    "go-inbox": inbox,
    "go-starred": link('[data-go="starred"]'),
    "go-drafts": link('[data-use="\\\\Drafts"]'),
    "go-sent": link('[data-use="\\\\Sent"]'),
    "go-all": inbox && `${inbox}?q=-in%3Ajunk%20-in%3Atrash`,
    "go-outbox": "/mail/outbox",
    "go-folder": deed === "go-folder" ? await askFolder() : undefined,
  }[deed as string];
  if (where) location.assign(where);
}

/** What can be done and where one can go, by its name. */
async function palette(act: (deed: Deed) => Promise<void>): Promise<void> {
  const deeds: [Deed, string, string][] = [
    ["archive", gettext("Archive"), /* icon */ "archive"],
    ["delete", gettext("To the bin"), /* icon */ "trash-2"],
    ["junk", gettext("Spam, no spam"), /* icon */ "octagon-alert"],
    ["move", gettext("Move"), /* icon */ "folder-input"],
    ["label", gettext("Label"), /* icon */ "tag"],
    ["star", gettext("Star"), /* icon */ "star"],
    ["read", gettext("Mark as read"), /* icon */ "mail-open"],
    ["unread", gettext("Mark as unread"), /* icon */ "mail"],
    ["reply", gettext("Reply"), /* icon */ "reply"],
    ["reply-all", gettext("Reply all"), /* icon */ "reply-all"],
    ["forward", gettext("Forward"), /* icon */ "forward"],
    ["compose", gettext("Compose"), /* icon */ "pencil-line"],
    ["search", gettext("Search"), /* icon */ "search"],
    ["undo", gettext("Undo"), /* icon */ "undo-2"],
    ["help", gettext("Keys"), /* icon */ "keyboard"],
  ];
  const choices = deeds.map(([value, label, icon]) => ({ value: value as string, label, icon }));
  const wanted = await choose({ title: gettext("Do or go to"), choices: [...choices, ...places()], near: null });
  if (!wanted) return;
  if (deeds.some(([deed]) => deed === wanted)) await act(wanted as Deed);
  else location.assign(wanted);
}

async function askFolder(): Promise<string | undefined> {
  return (await choose({ title: gettext("Go to"), choices: places(), near: null })) ?? undefined;
}

/** Every folder and label beside the list. */
function places(): { value: string; label: string; icon: string }[] {
  const links = [...document.querySelectorAll<HTMLAnchorElement>("#webmail-nav .nav-item")];
  return links.map((each) => ({
    value: each.href,
    label: each.querySelector(".nav-name")?.textContent ?? "",
    icon: each.dataset["folder"] ? /* icon */ "folder" : /* icon */ "tag",
  }));
}

/** The next pane that is on the screen. */
function cycle(step: number): void {
  const panes = PANES.map((id) => document.getElementById(id)).filter((each): each is HTMLElement => !!each?.offsetParent || each?.id === "reading");
  const seen = panes.filter((each) => each.getClientRects().length > 0);
  const at = seen.findIndex((each) => each.contains(document.activeElement));
  const next = seen[(at + step + seen.length) % seen.length];
  if (!next) return;
  const inside = next.querySelector<HTMLElement>('[role=grid] [tabindex="0"], [aria-current=page]');
  (next.id === "reading" ? next : (inside ?? next)).focus({ preventScroll: true });
}
