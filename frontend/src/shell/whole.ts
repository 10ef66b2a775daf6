/** What is done with a whole folder: at once and with its undo, where scripts run. */

import { act } from "../list/acting";
import type { Verb } from "../list/types";

export function startWhole(base: string): void {
  document.addEventListener("submit", (event) => {
    const form = event.target instanceof HTMLFormElement ? event.target : null;
    const { allOf, verb } = form?.dataset ?? {};
    if (!allOf || !verb) return;
    event.preventDefault();
    form?.closest<HTMLElement>("[popover]")?.hidePopover();
    void act(base, { verb: verb as Verb, all: Number(allOf) });
  });
}
