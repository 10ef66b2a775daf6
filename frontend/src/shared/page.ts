/** What every page does: htmx for fragments, menus, dialogs, and the line that shows something is on its way. */

import htmx from "htmx.org";

import { gettext } from "./i18n";
import { notify } from "./notices";
import { startPopovers } from "./popovers";
import { sayZone } from "./zone";

/** Start the common parts; called once by each entry. */
export function startPage(): void {
  sayZone();
  startPopovers();
  startDialogs();
  startBusyLine();
  document.addEventListener("htmx:error", () => {
    notify(gettext("The server could not be reached. Nothing was changed."), { error: true });
  });
}

/** `data-opens="id"` opens a dialog, `data-closes` closes the one around it; a press beside it closes it, too. */
function startDialogs(): void {
  document.addEventListener("click", (event) => {
    const target = event.target;
    if (!(target instanceof Element)) return;
    const opener = target.closest<HTMLElement>("[data-opens]");
    if (opener) dialog(opener.dataset["opens"] ?? "")?.showModal();
    if (target.closest("[data-closes]")) target.closest("dialog")?.close();
    if (target instanceof HTMLDialogElement && isBeside(event, target)) target.close();
  });
}

function dialog(id: string): HTMLDialogElement | null {
  const found = document.getElementById(id);
  return found instanceof HTMLDialogElement ? found : null;
}

function isBeside(event: MouseEvent, box: Element): boolean {
  const { left, right, top, bottom } = box.getBoundingClientRect();
  return event.clientX < left || event.clientX > right || event.clientY < top || event.clientY > bottom;
}

function startBusyLine(): void {
  const line = document.getElementById("busy-line");
  let underway = 0;
  const count = (by: number) => {
    underway = Math.max(0, underway + by);
    line?.classList.toggle("is-busy", underway > 0);
  };
  document.addEventListener("htmx:before:request", () => count(1));
  document.addEventListener("htmx:finally:request", () => count(-1));
}

export { htmx };
