/** The console: server-rendered pages with fragments; what asks for something opens in a dialog over the page. */

import { startAsking } from "./shared/asking";
import { startPage } from "./shared/page";

startPage();
startAsking();
if (document.querySelector("[data-copies]")) {
  void import("./shared/keeping").then(({ startKeeping }) => startKeeping());
}

/** `data-ticks="name"` ticks every box of that name in its form, or none. */
document.addEventListener("change", ({ target: all }) => {
  if (!(all instanceof HTMLInputElement) || !all.dataset["ticks"]) return;
  for (const box of all.form?.elements ?? []) {
    if (box instanceof HTMLInputElement && box.name === all.dataset["ticks"]) box.checked = all.checked;
  }
});

/** `/` leads to the search, unless somebody is writing. */
document.addEventListener("keydown", (event) => {
  const { target, key, altKey, ctrlKey, metaKey } = event;
  if (key !== "/" || altKey || ctrlKey || metaKey) return;
  if (target instanceof Element && target.closest("input, textarea, select, dialog")) return;
  event.preventDefault();
  document.querySelector<HTMLElement>(".console-search input")?.focus();
});
