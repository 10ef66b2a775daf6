/** A conversation on a page of its own: what its buttons and keys want is done here, for there is no list. */

import { act, takeBack } from "../list/acting";
import { confirmErasing } from "../list/erasing";
import { hear, say, type MailAct } from "../list/events";
import type { Deed } from "../list/keys";
import { choose } from "../list/picker";
import { MOVES, type Verb } from "../list/types";
import { gettext } from "../shared/i18n";
import { notify } from "../shared/notices";

const LEFT = "mail:left";

/** Show what was done on the page before, with its way back. */
export function showLeft(base: string): void {
  const kept = sessionStorage.getItem(LEFT);
  sessionStorage.removeItem(LEFT);
  if (!kept) return;
  const { text, undo } = JSON.parse(kept) as { text: string; undo: number };
  notify(text, { action: { label: gettext("Undo"), run: () => void takeBack(base, undo) } });
}

export function startAlone(base: string): void {
  hear("mail:act", (wanted) => {
    if (!document.querySelector("mail-list")) void perform(base, wanted);
  });
}

async function perform(base: string, { verb, contents, folder, target, label }: MailAct): Promise<void> {
  if (verb === "delete" && isBin() && !(await confirmErasing())) return;
  if (verb === "delete" && isBin()) verb = "erase";
  const to = verb === "move" && !target ? Number(await askFolder(folder)) : target;
  if (verb === "move" && !to) return;
  const isMove = MOVES.has(verb);
  const wanted = { verb, contents, folder: isMove ? folder : undefined, target: to, label };
  const isDone = await act(base, wanted, (done) => {
    if (isMove && done.undo !== null) sessionStorage.setItem(LEFT, JSON.stringify({ text: done.text, undo: done.undo }));
    return !isMove;
  });
  const back = document.querySelector<HTMLAnchorElement>("[data-back]");
  if (isDone && isMove && back) location.assign(back.href);
}

/** A key of the list's, for the conversation that is the page; false if it means nothing here. */
export function performAlone(deed: Deed, base: string): boolean {
  const thread = document.querySelector<HTMLElement>("mail-thread");
  const verbs: Partial<Record<Deed, Verb>> = {
    archive: "archive", delete: "delete", junk: "junk", move: "move", star: "star", unread: "unread", read: "read",
  }; // prettier-ignore
  const verb = verbs[deed];
  if (deed === "label") thread?.querySelector<HTMLElement>('[data-act="label"]')?.click();
  else if (deed === "undo") void takeBack(base);
  else if (verb && thread) {
    const contents = (thread.dataset["contents"] ?? "").split(" ").filter(Boolean).map(Number);
    say("mail:act", { verb, contents, folder: Number(thread.dataset["folder"]) }, thread);
  } else return false;
  return true;
}

/** Whether the page is a conversation in the bin, where deleting is for ever. */
const isBin = (): boolean => document.querySelector<HTMLElement>("[data-back]")?.dataset["use"] === "\\Trash";

async function askFolder(current: number | undefined): Promise<string | null> {
  const links = [...document.querySelectorAll<HTMLAnchorElement>("#webmail-nav [data-folder]")];
  const choices = links
    .filter((each) => each.dataset["folder"] !== String(current))
    .map((each) => ({
      value: each.dataset["folder"] ?? "",
      label: each.querySelector(".nav-name")?.textContent ?? "",
      icon: /* icon */ "folder",
    }));
  return choose({ title: gettext("Move to"), choices, near: null });
}
