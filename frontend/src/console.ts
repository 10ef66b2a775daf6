/** The console: server-rendered pages with fragments; what asks for something opens in a dialog over the page. */

import { startPage } from "./shared/page";

startPage();
startDialog();

/** Open the page's dialog when a form came into it; without scripts the same address is a page of its own. */
function startDialog(): void {
  document.addEventListener("htmx:after:swap", () => {
    const box = document.getElementById("dialog");
    if (!(box instanceof HTMLDialogElement) || box.open || !box.firstElementChild) return;
    box.showModal();
    box.addEventListener("close", () => box.replaceChildren(), { once: true });
  });
}
