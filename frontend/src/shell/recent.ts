/** The menu of recent actions, each with its undo. */

import { takeBack } from "../list/acting";
import { htmx } from "../shared/page";

export function startRecent(base: string): void {
  const menu = document.getElementById("recent-menu");
  if (!menu) return;
  menu.addEventListener("toggle", (event) => {
    if ((event as ToggleEvent).newState !== "open") return;
    void htmx.ajax("GET", menu.dataset["recent"] ?? "", { target: menu, swap: "innerHTML", source: menu });
  });
  menu.addEventListener("click", (event) => {
    const button = event.target instanceof Element ? event.target.closest<HTMLElement>("[data-undo]") : null;
    if (!button) return;
    menu.hidePopover();
    void takeBack(base, Number(button.dataset["undo"]));
  });
}
