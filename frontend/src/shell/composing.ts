/** Opens the composer, which is loaded when it is wanted: docked beside the list, or in a tab of its own. */

import type { Start, Wish } from "../islands/composer/beginning";
import type { MailComposer } from "../islands/composer/composer";
import { HttpError } from "../shared/http";
import { gettext, language } from "../shared/i18n";
import { notify } from "../shared/notices";

const UNSAVED = "mail-unsaved:";

interface Known {
  mailbox: number;
  draft: string;
  revision: number;
  saved_at: string;
  letter: Start["letter"] | null;
  asked: Record<string, string>;
}

/** Listen for whoever wants to write. */
export function startComposing(shell: HTMLElement | null): void {
  document.addEventListener("mail:compose", (event) => void docked(() => ask((event as CustomEvent<Wish>).detail)));
  document.addEventListener("composer:start", (event) => {
    const start = (event as CustomEvent<Start>).detail;
    void docked(async () => (start.letter ? start : ask({ mailbox: start.mailbox || here(shell), draft: start.draft })));
  });
  // Before anybody else hears of it: the first press loads the composer.
  document.addEventListener("click", (event) => void onClick(event, shell), true);
  for (const time of document.querySelectorAll<HTMLTimeElement>(".outbox time")) {
    // The server knows no zone of the reader's.
    time.textContent = new Intl.DateTimeFormat(language, { dateStyle: "medium", timeStyle: "short" }).format(new Date(time.dateTime));
  }
  const page = document.querySelector<HTMLElement>("[data-compose-shell]");
  if (page) void inTab(page);
  else if (shell) offerUnsaved(here(shell));
}

const here = (shell: HTMLElement | null): number => Number(shell?.dataset["mailbox"] ?? 0);

function onClick(event: MouseEvent, shell: HTMLElement | null): void {
  const link = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-compose]") : null;
  if (!link || event.button || event.ctrlKey || event.metaKey || event.shiftKey) return;
  event.preventDefault();
  event.stopPropagation();
  const { content, to } = link.dataset;
  document.dispatchEvent(new CustomEvent("mail:compose", { detail: { mailbox: here(shell), how: "new", to, content: Number(content) || undefined } }));
}

/** Load the composer with its styles, once. */
async function load(): Promise<typeof import("../islands/composer/composer")> {
  const [loaded] = await Promise.all([import("../islands/composer/composer"), styles()]);
  return loaded;
}

let styled: Promise<void> | null = null;

function styles(): Promise<void> {
  const href = document.querySelector<HTMLElement>("[data-writing-styles]")?.dataset["writingStyles"];
  if (!href || document.querySelector(`link[href="${CSS.escape(href)}"]`)) return Promise.resolve();
  styled ??= new Promise((resolve, reject) => {
    const link = document.createElement("link");
    link.rel = "stylesheet";
    link.href = href;
    link.addEventListener("load", () => resolve());
    link.addEventListener("error", () => {
      styled = null;
      link.remove();
      reject(new Error("no styles"));
    });
    document.head.append(link);
  });
  return styled;
}

async function ask(wish: Wish): Promise<Start> {
  const { beginning } = await load();
  return beginning(wish);
}

/** Show a composer beside the list; another that is open is saved and makes room. */
async function docked(wanted: () => Promise<Start>): Promise<void> {
  if (document.querySelector("[data-compose-shell]")) {
    await again(wanted);
    return;
  }
  document.documentElement.classList.add("is-composer-coming");
  try {
    const [, start] = await Promise.all([load(), wanted()]);
    const open = document.querySelector<MailComposer>("mail-composer");
    if (open && open.draft === start.draft) {
      open.querySelector<HTMLElement>(".composer-text")?.focus();
      return;
    }
    await open?.close();
    // It would not close: there are two versions to choose from first.
    if (open?.isConnected) return;
    const focused = document.activeElement;
    const composer = document.createElement("mail-composer") as MailComposer;
    document.body.append(composer);
    new MutationObserver((_changes, observer) => {
      if (composer.isConnected) return;
      observer.disconnect();
      if (focused instanceof HTMLElement && focused.isConnected) focused.focus();
    }).observe(document.body, { childList: true });
    await composer.start(start);
  } catch (error) {
    notify(error instanceof HttpError ? error.message : gettext("The composer could not be opened. Are you online?"), { error: true });
  } finally {
    document.documentElement.classList.remove("is-composer-coming");
  }
}

/** In a tab of its own the letter that comes back takes the place of the one that was sent. */
async function again(wanted: () => Promise<Start>): Promise<void> {
  const start = await wanted();
  const page = document.querySelector<HTMLElement>("[data-compose-shell]");
  if (page) await inTab(page, start);
}

async function inTab(page: HTMLElement, start?: Start): Promise<void> {
  const known = read<Known>("compose-known");
  const form = document.getElementById("compose-plain");
  const main = document.getElementById("main");
  if (!known || !main) return;
  const { beginning } = await load();
  if (form) form.hidden = true;
  main.querySelector("mail-composer")?.remove();
  const composer = document.createElement("mail-composer") as MailComposer;
  composer.inTab = true;
  main.append(composer);
  page.classList.add("has-composer");
  const inbox = `/mail/${known.mailbox}/`;
  composer.addEventListener("composer:done", () => location.assign(inbox));
  const { mailbox, draft, revision, letter, saved_at: savedAt, asked } = known;
  if (!start && letter) start = { mailbox, draft, revision, letter, savedAt };
  await composer.start(start ?? { ...(await beginning({ mailbox, ...asked })), draft });
}

/** What was written and never saved comes back, if its author wants it. */
function offerUnsaved(mailbox: number): void {
  try {
    for (const key of Object.keys(localStorage).filter((each) => each.startsWith(UNSAVED))) {
      const copy = JSON.parse(localStorage.getItem(key) ?? "null") as { mailbox: number; draft: string; revision: number; letter: Start["letter"] } | null;
      if (!copy || copy.mailbox !== mailbox) continue;
      const start: Start = { mailbox, draft: copy.draft, revision: copy.revision, letter: copy.letter, isUnsaved: true };
      const run = (): void => void docked(() => Promise.resolve(start));
      notify(gettext("A message you were writing is not saved yet."), { action: { label: gettext("Open"), run }, time: 0 });
      return;
    }
  } catch {
    // A browser that keeps nothing has nothing to give back.
  }
}

function read<T>(id: string): T | null {
  const text = document.getElementById(id)?.textContent;
  return text ? (JSON.parse(text) as T) : null;
}
