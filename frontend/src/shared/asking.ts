/** Forms that open over the page. */

/** Open the page's dialog when a form came into it; without scripts the same address is a page of its own. */
export function startAsking(): void {
  document.addEventListener("htmx:after:swap", () => {
    const box = document.getElementById("dialog");
    if (!(box instanceof HTMLDialogElement) || box.open || !box.firstElementChild) return;
    box.showModal();
    box.addEventListener("close", () => box.replaceChildren(), { once: true });
  });
}
