/** Menus: a [popover] beside the button that opens it, kept on the screen; arrow keys walk through it. */

import { autoUpdate, computePosition, flip, offset, shift } from "@floating-ui/dom";

/** Place a popover beside its opener for as long as it is open. */
export function anchor(opener: Element, popover: HTMLElement): () => void {
  return autoUpdate(opener, popover, () => {
    void computePosition(opener, popover, {
      strategy: "fixed",
      placement: "bottom-end",
      middleware: [offset(4), flip(), shift({ padding: 8 })],
    }).then(({ x, y }) => {
      popover.style.left = `${x}px`;
      popover.style.top = `${y}px`;
    });
  });
}

/** Care for every menu of the page, those that come later included. */
export function startPopovers(): void {
  const stops = new WeakMap<Element, () => void>();
  document.addEventListener(
    "toggle",
    (event) => {
      const popover = event.target;
      if (!(popover instanceof HTMLElement) || !popover.classList.contains("menu-popover")) return;
      stops.get(popover)?.();
      if ((event as ToggleEvent).newState !== "open") return;
      const opener = document.querySelector(`[popovertarget="${CSS.escape(popover.id)}"]`);
      if (opener) stops.set(popover, anchor(opener, popover));
      popover.querySelector<HTMLElement>(".item")?.focus();
    },
    true,
  );
  document.addEventListener("keydown", (event) => {
    const menu = event.target instanceof Element ? event.target.closest(".menu-popover") : null;
    if (!menu || !["ArrowDown", "ArrowUp", "Home", "End"].includes(event.key)) return;
    const items = [...menu.querySelectorAll<HTMLElement>(".item:not([disabled])")];
    const at = items.indexOf(document.activeElement as HTMLElement);
    const to = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: items.length - 1 }[event.key] ?? 0;
    items[(to + items.length) % items.length]?.focus();
    event.preventDefault();
    event.stopPropagation();
  });
}
